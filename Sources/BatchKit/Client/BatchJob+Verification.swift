extension BatchJob {
  /// Reads every file of the job again and holds it against the hash that was noted when it was made.
  ///
  /// Nothing is asked of the service.
  ///
  /// Disks forget and people edit. Results that were changed would be read as if the service had said so;
  /// this is how to be sure of a job of months ago:
  /// ```swift
  /// let check = try job.verify()
  /// if !check.isIntact { print(check) }
  /// ```
  /// - Throws: ``BatchError`` where a file is there and can't be read.
  public func verify() throws -> Verification { try engine.verify() }
}

/// Whether the files of a job are still what was sent and what came back.
public struct Verification: Sendable, Hashable {
  /// How many files were read.
  public let files: Int
  /// A sentence for each file that is missing or was changed.
  public let problems: [String]

  /// Whether every file is as it was.
  public var isIntact: Bool { problems.isEmpty }
}

extension Verification: CustomStringConvertible {
  /// The findings in words.
  public var description: String {
    isIntact ? "All \(files) files are as they were." : problems.joined(separator: "\n")
  }
}

extension JobEngine {
  /// Looks at the requests as they were sent, the rows where those are another file, and everything fetched
  /// or made of what was fetched. A job that was adopted has no requests here, and is none the worse for it.
  func verify() throws(BatchError) -> Verification {
    let shape = (state.shape?.files ?? []).map { ($0.file, $0.sha256, "written") }
    let spread = state.parts.flatMap(\.collected).compactMap(\.spread).map { ($0.file, $0.sha256, "written") }
    let requests = shape + state.parts.filter { !$0.file.isEmpty }.map { ($0.file, $0.sha256, "sent") }
    let results = state.parts.flatMap(\.collected).map { ($0.file, $0.sha256, "fetched") } + spread
    var problems: [String] = []
    for (file, hash, verb) in requests + results {
      if let damage = try damage(of: file, sha256: hash, was: verb) {
        problems.append("\(damage.dropLast()); put it back from a copy.")
      }
    }
    return Verification(files: requests.count + results.count, problems: problems)
  }

  /// A sentence for a file of the job that is gone or not what it was; `nil` where it is whole.
  ///
  /// - Parameters:
  ///   - file: its path within the job's folder.
  ///   - sha256: what was noted when it was made.
  ///   - verb: what was done to make it: written, sent or fetched.
  func damage(of file: String, sha256: String, was verb: String) throws(BatchError) -> String? {
    guard try store.status(of: path(file)) != nil else { return "\(path(file)) is gone." }
    return try store.sha256(of: path(file)) == sha256 ? nil : "\(path(file)) is not what was \(verb)."
  }
}

extension FileStore {
  /// The hash of a file, read piece by piece.
  ///
  /// It is made of what is on the disk, not of what was meant to be written: only that catches a write that
  /// went wrong.
  func sha256(of path: String) throws(BatchError) -> String {
    let file = try open(path)
    var hash = SHA256()
    var offset = 0
    while true {
      let piece = try file.read(at: offset, count: 1 << 18)
      if piece.isEmpty { return hash.hex() }
      hash.update(piece)
      offset += piece.count
    }
  }
}
