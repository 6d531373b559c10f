/// Where every answer of a result set stands, and what became of every request that was sent.
///
/// Opening reads each line once, for its id and outcome, and keeps less than 48 bytes of it; the text stays
/// on disk.
final class AnswerIndex: Sendable {
  /// One row of the result set.
  struct Entry: Sendable {
    enum State: UInt8 { case unanswered, answered, failed, rejected }
    var offset: Int
    var length: UInt32
    /// The number of its line within the source, counted from 1.
    var line: Int32
    var source: Int32
    var state: State
  }

  /// The files of one part: what was sent, where we have it, and what came back.
  struct Part {
    var requests: (any ReadableFile)?
    var results: [any ReadableFile]
    /// Why the whole part was refused, where it was.
    var rejection: [RemoteProblem] = []
    /// What was sent again in the part, where it is a further attempt at rows of others that was refused.
    var refusedAgain: (any ReadableFile)?
    /// Which attempt at its rows the part is, counted from 1.
    var attempt = 1
    /// Whether the part also answers rows that are not looked at here, which makes no strangers of them.
    var isShared = false
  }

  /// The rows of a job that sends them in another way than row by row.
  struct Rows {
    /// Every row in order, as the request that it would be by itself.
    var file: any ReadableFile
    /// The rows that share the answers of others.
    var shared: (any ReadableFile)?
    /// Answers that came from elsewhere.
    var reused: (any ReadableFile)?
    /// Whether the rows that share an answer stood in one request each with a place of its own.
    var gathers = false
    /// How many rows needed no request, and why.
    var spared = Spared()
  }

  /// How many rows needed no request of their own.
  struct Spared: Sendable {
    var shared = 0
    var reused = 0
  }

  /// How many rows needed no request of their own.
  let spared: Spared
  let sources: [any ReadableFile]
  /// The files of requests, where they are known.
  let requests: [any ReadableFile]
  /// In order of submission where that is known, else in order of the files.
  let entries: [Entry]
  /// Requests that no line answers; `nil` where the requests are not known.
  let missing: [Entry]?
  /// Lines that answer what another line of the same attempt answers better.
  let duplicates: [Entry]
  /// How many lines answer what a line of another attempt answers in their place.
  let superseded: Int
  /// Lines that answer nothing that was sent.
  let strangers: [Entry]
  /// Lines too damaged to tell whose they are.
  let nameless: Int
  private let rejections: [Int32: [RemoteProblem]]
  private let table: AnswerTable

  /// - Parameter rows: the rows that the parts were made of, where they are not their requests one by one.
  init(_ parts: [Part], rows: Rows? = nil) throws(BatchError) {
    var builder = AnswerIndexBuilder()
    if let rows {
      try builder.take(rows, refusedIn: parts)
    } else {
      for part in parts { try builder.takeRequests(of: part) }
    }
    for part in parts { try builder.takeResults(of: part) }
    spared = rows?.spared ?? Spared()
    requests = rows.map { [$0.file] } ?? parts.compactMap(\.requests)
    sources = builder.sources
    duplicates = builder.duplicates
    superseded = builder.superseded
    strangers = builder.strangers
    nameless = builder.nameless
    rejections = builder.rejections
    (entries, missing, table) = builder.finish()
  }

  /// The bytes of a row's line.
  func bytes(of entry: Entry) throws(BatchError) -> [UInt8] {
    let bytes = try sources[Int(entry.source)].read(at: entry.offset, count: Int(entry.length))
    guard bytes.count == Int(entry.length) else { throw .shrunkenResults }
    return bytes
  }

  /// The id that a row's line carries.
  func id(of entry: Entry) throws(BatchError) -> CustomID? {
    let bytes = try bytes(of: entry)
    return bytes.withSpan { ResultLine($0).customID($0) }
  }

  /// Whether no line of any result file answers anything, well or badly.
  var holdsNoAnswer: Bool { entries.allSatisfy { $0.state == .rejected } }

  /// The row with this id.
  func place(of id: CustomID) -> Int? { table.row(AnswerTable.hash(id)) }

  /// The rows whose ids have these hashes.
  func places(ofHashes hashes: [UInt64]) -> [Int?] { table.rows(hashes) }

  /// Why the service refused the part that a row was in, that row's own reason first.
  func rejection(of entry: Entry) -> LineError {
    let problems = rejections[entry.source] ?? []
    let own =
      problems.first { $0.line == Int(entry.line) } ?? problems.first { $0.line == nil } ?? problems.first
    return LineError(
      .rejected, code: own?.code,
      message: own?.message ?? "The service refused the batch that the request was in.",
      isWorthRetrying: own == nil || own?.line != Int(entry.line))
  }
}

extension BatchError {
  static var shrunkenResults: Self {
    Self(.unreadableFile, "A result file became shorter while it was read; fetch it again.")
  }
}
