/// Where a request came from, put into words only where somebody asks: of a million rows nobody does.
///
/// A place in words for each row would cost more than the row itself.
package enum RequestOrigin: Sendable {
  /// Words that were at hand already.
  case words(String)
  /// The number of a row, and what its table is called.
  case row(Int, of: String)

  /// The words, such as `row 17 of reviews.csv`.
  package var description: String {
    switch self {
    case .words(let words): words
    case .row(let number, let table): "row \(number) of \(table)"
    }
  }
}

/// One line of a request file, ready to be sent.
///
/// It is made by a walk through a batch and handed on at once; nobody keeps many of them.
package struct RenderedLine: Sendable {
  /// The name of the request.
  package var id: CustomID
  /// Where the request came from.
  package var origin: RequestOrigin?
  /// The line, its end included.
  package var bytes: [UInt8]

  /// Where the request came from, such as `row 17 of reviews.csv`.
  package var place: String? { origin?.description }

  package init(id: CustomID, place: String? = nil, bytes: [UInt8]) {
    self.init(id: id, origin: place.map { .words($0) }, bytes: bytes)
  }

  package init(id: CustomID, origin: RequestOrigin?, bytes: [UInt8]) {
    self.id = id
    self.origin = origin
    self.bytes = bytes
  }
}

/// What one request of a batch turns out to be when the batch is gone through.
enum RenderedStep {
  /// A request that can be sent.
  case line(RenderedLine)
  /// A request that can't be written.
  case problem(Problem)
}

/// Writes request lines one after the other, in a buffer that it uses again.
///
/// The key order is always the same: `custom_id`, `method`, `url`, `body`. So a line can be read from its
/// beginning, and the same request makes the same bytes.
struct LineWriter {
  private var json = JSONWriter()
  /// What stands between the id and the body, and the endpoint that it is for.
  private var middle: (endpoint: Endpoint, json: [UInt8])?

  /// Writes the line of one request, whose body `body` writes as one value.
  mutating func line(
    _ id: CustomID, _ endpoint: Endpoint, place: String?, _ body: (inout JSONWriter) throws -> Void
  ) rethrows -> RenderedStep {
    try line(id, endpoint, origin: place.map { .words($0) }, body)
  }

  /// Writes the line of one request, whose body `body` writes as one value.
  ///
  /// - Parameters:
  ///   - id: The id of the request.
  ///   - endpoint: Where it goes.
  ///   - origin: Where it came from, for what may be said of it.
  ///   - body: Writes just one value.
  /// - Returns: the line, or the problem of a number that JSON has no word for.
  mutating func line(
    _ id: CustomID, _ endpoint: Endpoint, origin: RequestOrigin?,
    _ body: (inout JSONWriter) throws -> Void
  ) rethrows -> RenderedStep {
    json.clear()
    json.beginObject()
    json.key("custom_id")
    json.string(id.rawValue)
    // It begins with a comma and ends with the name of the body, so the writer is told to go on behind a
    // name.
    json.appendVerbatim(words(to: endpoint))
    try json.continued(body)
    json.endObject()
    json.newline()
    if json.hasUnwritableNumber { return .problem(.unwritableNumber(id, origin?.description)) }
    return .line(RenderedLine(id: id, origin: origin, bytes: json.bytes))
  }

  /// All that is the same in the lines to one endpoint, made once.
  private mutating func words(to endpoint: Endpoint) -> [UInt8] {
    if let middle, middle.endpoint == endpoint { return middle.json }
    let url = JSONWriter.bytes(of: .string(endpoint.rawValue))
    let words = Array(#","method":"POST","url":"#.utf8) + url + Array(#","body":"#.utf8)
    middle = (endpoint, words)
    return words
  }

  /// Writes the line of one request, or tells why there is none.
  ///
  /// What a request type throws becomes the problem of this request, and the batch goes on.
  mutating func line<Request: BatchRequest>(
    _ id: CustomID, _ request: Request, _ input: Request.Input, place: String?
  ) -> RenderedStep {
    do {
      let body = try request.body(for: input)
      guard body.object != nil else { return .problem(.bodyIsNoObject(id, place)) }
      if body["stream"].bool == true { return .problem(.streaming.at(id, place)) }
      return line(id, request.endpoint, place: place) { $0.value(body) }
    } catch {
      return .problem(.unwritableRequest(error, id, place))
    }
  }
}

extension Problem {
  /// The same problem, told of a request.
  func at(_ id: CustomID?, _ place: String?) -> Self {
    var copy = self
    copy.id = id
    copy.place = place
    return copy
  }

  static func unwritableNumber(_ id: CustomID, _ place: String?) -> Self {
    Self(
      .error, "invalid_number",
      "A number in the request is infinite or no number, for which JSON has no word; give it another value.",
      id: id, place: place)
  }

  static func bodyIsNoObject(_ id: CustomID, _ place: String?) -> Self {
    Self(.error, "invalid_request", "The body of the request must be a JSON object.", id: id, place: place)
  }

  static func unwritableRequest(_ error: any Error, _ id: CustomID?, _ place: String?) -> Self {
    let code = (error as? BatchError)?.code.rawValue ?? BatchError.Code.invalidBatch.rawValue
    return Self(.error, code, "\(error)", id: id, place: place)
  }
}
