/// How the rows of a job differ from the requests that it sends, written once beside its opening.
///
/// A job without one sends its rows as they stand. With one, the file of rows is the job as the user sees
/// it, and the parts hold only what had to be sent.
package struct JobShape: Codable, Sendable, Hashable {
  /// Every row of the job in order, each as the request that it would be by itself.
  package var rows: KeptFile
  /// Rows that have their answer from another row's request, each with the id of that row.
  package var shared: KeptFile?
  /// Answers that earlier jobs had paid for, copied under the ids of the rows that ask the same.
  package var reused: KeptFile?
  /// Whether a request may be about several rows, whose answers are taken apart as they come back.
  package var gathers: Bool?
  /// The jobs that those answers come from.
  package var sources: [String]?

  package init(rows: KeptFile) { self.rows = rows }

  /// How many rows there are, and how many of them needed no request of their own.
  package var counts: (rows: Int, shared: Int, reused: Int) {
    (rows.lines, shared?.lines ?? 0, reused?.lines ?? 0)
  }

  /// Every file that belongs to it.
  package var files: [KeptFile] { [rows] + [shared, reused].compactMap(\.self) }
}

/// A file in the folder of a job that is written once and never changed.
package struct KeptFile: Codable, Sendable, Hashable {
  /// Its path within the folder.
  package var file: String
  package var sha256: String
  package var bytes: Int
  package var lines: Int

  package init(file: String, sha256: String, bytes: Int, lines: Int) {
    self.file = file
    self.sha256 = sha256
    self.bytes = bytes
    self.lines = lines
  }
}
