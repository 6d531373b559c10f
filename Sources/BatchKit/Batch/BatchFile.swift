/// The requests of a JSON Lines file that is there already, sent line by line as they are.
///
/// ```swift
/// let batch = try Batch(path: "requests.jsonl")
/// let results = try await client.submit(batch, named: "reviews").wait()
/// ```
/// ``check(_:for:models:counter:)`` tells whether the service would take the file as it stands.
public struct BatchFile: BatchRequest {
  /// The body of one more request.
  public typealias Input = JSONValue
  /// The answer, its usual fields read off.
  public typealias Output = Reply

  /// Where the requests go.
  public let endpoint: Endpoint
  /// The model that the first line asks.
  public let model: Model?

  /// Requests to this endpoint.
  ///
  /// A batch of this kind is usually made by ``Batch/init(path:)``, which reads both off the first line of
  /// the file.
  public init(_ endpoint: Endpoint, model: Model? = nil) {
    self.endpoint = endpoint
    self.model = model
  }

  /// Returns the body of a request: the input itself.
  public func body(for input: JSONValue) -> JSONValue { input }

  /// Returns what an answer means: the answer itself.
  public func output(of reply: Reply) -> Reply { reply }
}

extension Batch where Request == BatchFile {
  /// The requests of a file of JSON Lines, as ``write(to:)`` makes one.
  ///
  /// - Throws: ``BatchError`` where the file can't be read; what is wrong with a line is told by
  ///   `problems()`.
  ///
  /// The file is held open and not read: it may be larger than memory. Its lines are sent as they are.
  public init(path: String) throws { try self.init(path: path, store: DiskStore.shared) }

  package init(path: String, store: any FileStore) throws(BatchError) {
    let file = try store.open(path)
    let first = try LineSource.first(of: file, called: path)
    self.init(BatchFile(first.endpoint, model: first.model))
    groups = [.source(LineSource(file: file, path: path))]
  }
}

/// The lines of a request file, each checked as far as the service checks it before it runs anything.
///
/// Blank lines are passed over, since some services refuse them.
struct LineSource: RequestSource {
  let file: any ReadableFile
  let path: String

  func count() throws -> Int {
    var count = 0
    var reader = LineReader(file)
    while try reader.next() { count += reader.isBlank ? 0 : 1 }
    return count
  }

  func walk(_ request: BatchFile, _ visit: (RenderedStep) throws -> Void) throws {
    var reader = LineReader(file)
    var line: [UInt8] = []
    while try reader.next(into: &line) {
      if line.isBlank { continue }
      let place = "line \(reader.number) of \(path)"
      let (id, problems) = Self.judge(line, request)
      for problem in problems { try visit(.problem(problem.at(id, place))) }
      guard problems.isEmpty, let id else { continue }
      line.append(0x0A)
      try visit(.line(RenderedLine(id: id, place: place, bytes: line)))
    }
  }

  /// Kept apart so that nothing else holds the line when it is given its end, which would copy it.
  private static func judge(_ line: [UInt8], _ request: BatchFile) -> (id: CustomID?, problems: [Problem]) {
    let envelope = Envelope(line)
    return (envelope.id, envelope.problems(endpoint: request.endpoint))
  }

  /// What the first line says about them all.
  static func first(
    of file: any ReadableFile, called path: String
  ) throws(BatchError) -> (endpoint: Endpoint, model: Model?) {
    var reader = LineReader(file)
    while try reader.next() {
      if reader.isBlank { continue }
      let envelope = Envelope(reader.line)
      guard envelope.facts.fault == nil, let url = envelope.url, !url.isEmpty else {
        throw .noRequestFile(path, line: reader.number)
      }
      return (Endpoint(url), envelope.model.map { Model($0) })
    }
    throw .emptyRequestFile(path)
  }
}

extension LineReader {
  /// Whether nothing but space stands in the line.
  var isBlank: Bool { line.isBlank }
}

extension [UInt8] {
  /// Whether nothing but space stands in the line.
  var isBlank: Bool { allSatisfy { $0 == 0x20 || $0 == 0x09 } }
}

extension BatchError {
  fileprivate static func noRequestFile(_ path: String, line: Int) -> Self {
    Self(
      .invalidBatch,
      """
      \(path) is no request file: line \(line) has no “url”; make one with a template, or give each line \
      “custom_id”, “method”, “url” and “body”.
      """)
  }

  fileprivate static func emptyRequestFile(_ path: String) -> Self {
    Self(.invalidBatch, "\(path) has no requests; write some into it before it is sent.")
  }
}
