/// The requests of a JSON Lines file that is there already, sent line by line as they are.
///
/// ```swift
/// let batch = try Batch(path: "requests.jsonl")
/// let results = try await client.submit(batch, named: "reviews").wait()
/// ```
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
  ///   ``problems()``.
  public init(path: String) throws { try self.init(path: path, store: DiskStore.shared) }

  package init(path: String, store: any FileStore) throws(BatchError) {
    let file = try store.open(path)
    let first = try RequestLine.first(of: file, called: path)
    self.init(BatchFile(first.endpoint, model: first.model))
    groups = [.source(LineSource(file: file, path: path))]
  }
}

/// The lines of a request file, each checked as far as the service checks it before it runs anything.
struct LineSource: RequestSource {
  let file: any ReadableFile
  let path: String

  func count() throws -> Int {
    var count = 0
    try eachLine { _, _ in count += 1 }
    return count
  }

  func walk(_ request: BatchFile, _ visit: (RenderedStep) throws -> Void) throws {
    try eachLine { bytes, number in
      let place = "line \(number) of \(path)"
      let line = RequestLine(bytes)
      let problems = line.problems(for: request, place: place)
      for problem in problems { try visit(.problem(problem)) }
      guard !problems.contains(where: { $0.severity == .error }), let id = line.id else { return }
      try visit(.line(RenderedLine(id: id, place: place, bytes: bytes + [0x0A])))
    }
  }

  private func eachLine(_ body: ([UInt8], Int) throws -> Void) throws {
    var reader = LineReader(file)
    while try reader.next() {
      if reader.line.allSatisfy({ [0x20, 0x09].contains($0) }) { continue }
      try body(reader.line, reader.number)
    }
  }
}

/// One line of a request file, so far as its meaning is needed to send it.
struct RequestLine {
  private let line: JSONValue
  private let fault: JSONFault?

  init(_ bytes: [UInt8]) {
    do throws(JSONFault) {
      line = try JSONValue.parse(bytes)
      fault = nil
    } catch {
      line = .null
      fault = error
    }
  }

  var id: CustomID? { line["custom_id"].string.map { CustomID($0) } }

  private var url: String? { line["url"].string }
  private var model: String? { line["body"]["model"].string }

  /// What the first line says about them all.
  static func first(
    of file: any ReadableFile, called path: String
  ) throws(BatchError) -> (endpoint: Endpoint, model: Model?) {
    var reader = LineReader(file)
    while try reader.next() {
      if reader.line.allSatisfy({ [0x20, 0x09].contains($0) }) { continue }
      let line = Self(reader.line)
      guard let url = line.url, !url.isEmpty else { throw .noRequestFile(path, line: reader.number) }
      return (Endpoint(url), line.model.map { Model($0) })
    }
    throw .emptyRequestFile(path)
  }

  /// Everything the service would hold against the line.
  func problems(for request: BatchFile, place: String) -> [Problem] {
    func problem(_ code: String, _ message: String) -> Problem {
      Problem(.error, code, message, id: id, place: place)
    }
    if let fault {
      return [problem("invalid_json_line", "The line is not JSON: \(fault.reason.rawValue); mend it.")]
    }
    var found: [Problem] = []
    if id == nil {
      found.append(problem("missing_required_parameter", "The line has no “custom_id”; give it one."))
    }
    if url != request.endpoint.rawValue {
      let message =
        "Its “url” is not \(request.endpoint) as in the first line; put it into a file of its own."
      found.append(problem("invalid_url", message))
    }
    if line["method"].string != "POST" {
      found.append(problem("invalid_method", "Its “method” is not “POST”, and no other can be batched."))
    }
    guard line["body"].object != nil else {
      return found + [problem("missing_required_parameter", "The line has no “body”; a request needs one.")]
    }
    if line["body"]["stream"].bool == true { found.append(Problem.streaming.at(id, place)) }
    if let model = request.model?.rawValue, self.model != model {
      let message = "Its model is not \(model) as in the first line; it is sent in a part of its own."
      found.append(Problem(.warning, "model_mismatch", message, id: id, place: place))
    }
    return found
  }
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
