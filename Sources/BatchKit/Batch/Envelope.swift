/// What stands around the body of a request in its line, and what speaks against it.
struct Envelope {
  let facts: RequestFacts
  private let line: [UInt8]

  /// Reads a line.
  ///
  /// - Parameter depth: How much of the body is read, for others to judge.
  init(_ line: [UInt8], _ depth: RequestFacts.Depth = .envelope) {
    self.line = line
    facts = RequestFacts(line, depth)
  }

  var id: CustomID? { text(facts.id).map { CustomID($0) } }
  var url: String? { text(facts.url) }
  var model: String? { text(facts.model) }

  /// A key beside the body that means nothing to a service.
  var strangeKey: String? { facts.strangeKey.flatMap { text(.text($0)) } }

  private func text(_ field: RequestFacts.Field) -> String? {
    guard case .text = field else { return nil }
    return line.withSpan { facts.text(field, $0) }
  }

  /// The mark of the id in a census, without making a text of it where that can be spared.
  ///
  /// A line that breaks off has none, whatever was read of it until then: it is told of as broken, and an id
  /// in it is no request's.
  var mark: UInt64? {
    guard facts.fault == nil, case .text(let id) = facts.id else { return nil }
    if !id.hasEscapes, let mark = line.withSpan({ IDCensus.mark(ofASCII: $0.extracting(id.range)) }) {
      return mark
    }
    return self.id.map { IDCensus.mark(of: $0) }
  }

  /// Whether the line goes to this endpoint.
  func goes(to endpoint: Endpoint) -> Bool { isText(facts.url, endpoint.rawValue) }

  /// Whether the line asks this model.
  func asks(_ model: String) -> Bool { isText(facts.model, model) }

  private func isPOST(_ method: JSONText) -> Bool {
    line.withSpan { method.equals("POST", $0) } || method.hasEscapes && text(.text(method)) == "POST"
  }

  private func isText(_ field: RequestFacts.Field, _ text: String) -> Bool {
    guard case .text(let found) = field else { return false }
    if found.hasEscapes { return self.text(field) == text }
    return line.withSpan { found.holds(text, $0) }
  }

  /// What the service would hold against the line, whatever stands in its body.
  ///
  /// - Parameters:
  ///   - endpoint: Where all requests of the file go.
  func problems(endpoint: Endpoint) -> [Problem] {
    problems(endpoint: endpoint, isOnItsWay: goes(to: endpoint))
  }

  /// The same for who has found out already whether the line goes to the endpoint.
  func problems(endpoint: Endpoint, isOnItsWay: Bool) -> [Problem] {
    if let fault = facts.fault { return [.notJSON(fault)] }
    guard facts.isObject else { return [.noObject] }
    var found: [Problem] = []
    check("custom_id", facts.id, &found)
    if case .text(let id) = facts.id, id.range.isEmpty { found.append(.emptyID(nil)) }
    check("url", facts.url, &found)
    if case .text = facts.url, !isOnItsWay { found.append(.otherEndpoint(endpoint)) }
    check("method", facts.method, &found)
    if case .text(let method) = facts.method, !isPOST(method) { found.append(.notPOST) }
    if !facts.hasBody {
      found.append(.missing("body"))
    } else if !facts.bodyIsObject {
      found.append(.wrongBody)
    } else if facts.isStreaming {
      found.append(.streaming)
    }
    return found
  }

  private func check(_ key: String, _ field: RequestFacts.Field, _ found: inout [Problem]) {
    switch field {
    case .missing: found.append(.missing(key))
    case .wrong: found.append(.noText(key))
    // Of a line without a fault every text can be read.
    case .text: break
    }
  }
}

extension Problem {
  /// The column is counted in bytes, as editors that show one do.
  static func notJSON(_ fault: JSONFault) -> Self {
    Self(
      .error, "invalid_json_line",
      "The line is not JSON: \(fault.reason.rawValue), at column \(fault.offset + 1); mend it.")
  }

  fileprivate static var noObject: Self {
    Self(.error, "invalid_json_line", "The line is no JSON object; write the request as one.")
  }

  fileprivate static func missing(_ key: String) -> Self {
    let remedy = key == "body" ? "a request needs one" : "give it one"
    return Self(.error, "missing_required_parameter", "The line has no “\(key)”; \(remedy).")
  }

  fileprivate static func noText(_ key: String) -> Self {
    Self(.error, "missing_required_parameter", "Its “\(key)” is no text; write it in quotes.")
  }

  fileprivate static var wrongBody: Self {
    Self(
      .error, "missing_required_parameter",
      "The line has no “body” that is an object; write the request into one.")
  }

  fileprivate static func otherEndpoint(_ endpoint: Endpoint) -> Self {
    Self(
      .error, "invalid_url",
      "Its “url” is not \(endpoint) as in the first line; put it into a file of its own.")
  }

  fileprivate static var notPOST: Self {
    Self(.error, "invalid_method", "Its “method” is not “POST”, and no other can be batched.")
  }
}
