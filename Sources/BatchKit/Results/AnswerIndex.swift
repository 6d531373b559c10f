/// Where every answer of a result set stands, and what became of every request that was sent.
///
/// Opening reads each line once, for its id and outcome, and keeps a few words of it; the text stays on disk.
final class AnswerIndex: Sendable {
  /// One row of the result set.
  struct Entry: Sendable {
    enum State: UInt8 { case answered, failed, rejected }
    var state: State
    var source: Int32
    var length: Int32
    var offset: Int
    /// The number of its line within the source, counted from 1.
    var line: Int32
  }

  /// The files of one part: what was sent, where we have it, and what came back.
  struct Part {
    var requests: (any ReadableFile)?
    var results: [any ReadableFile]
    /// Why the whole part was refused, where it was.
    var rejection: [RemoteProblem] = []
  }

  let sources: [any ReadableFile]
  /// In order of submission where that is known, else in order of the files.
  let entries: [Entry]
  /// Requests that no line answers; `nil` where the requests are not known.
  let missing: [Entry]?
  /// Lines that answer what another line answers better.
  let duplicates: [Entry]
  /// Lines that answer nothing that was sent.
  let strangers: [Entry]
  /// Lines too damaged to tell whose they are.
  let nameless: Int
  private let rejections: [Int32: [RemoteProblem]]
  private let places: [UInt64: Int32]

  init(_ parts: [Part]) throws(BatchError) {
    var builder = AnswerIndexBuilder()
    for part in parts { try builder.takeRequests(of: part) }
    for part in parts { try builder.takeResults(of: part) }
    let built = builder.finish()
    sources = builder.sources
    entries = built.entries
    missing = built.missing
    duplicates = builder.duplicates
    strangers = builder.strangers
    nameless = builder.nameless
    rejections = builder.rejections
    places = built.places
  }

  /// The bytes of a row's line.
  func bytes(of entry: Entry) throws(BatchError) -> [UInt8] {
    let bytes = try sources[Int(entry.source)].read(at: entry.offset, count: Int(entry.length))
    guard bytes.count == Int(entry.length) else {
      throw BatchError(.unreadableFile, "A result file became shorter while it was read; fetch it again.")
    }
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
  func place(of id: CustomID) -> Int? { places[Self.hash(id)].map(Int.init) }

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

  static func hash(_ id: CustomID) -> UInt64 { UInt64(truncatingIfNeeded: id.hashValue) }
}
