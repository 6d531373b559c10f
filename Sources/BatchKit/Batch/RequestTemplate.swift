/// A request written as JSON, with `{{column}}` in any text of it, to be filled from the rows of a table.
///
/// It is a request body, or a whole line with `custom_id`, `url` and `body`:
/// ```json
/// {"model": "gpt-5.4-mini", "messages": [{"role": "user", "content": "Rate this: {{text}}"}]}
/// ```
/// The JSON is read first and filled afterwards, so no cell can break it, whatever it holds. A text that is
/// one column and nothing else becomes a value where it asks for one: `"{{age | number}}"`, or `| boolean` or
/// `| json`; an empty cell is `null` there.
///
/// It is `Codable`, so it is also what can be stored of a kind of request.
/// ```swift
/// let table = try Table(path: "reviews.csv")
/// var batch = Batch(try RequestTemplate(path: "rate.json"))
/// batch.add(contentsOf: table, id: "{{id}}")
/// ```
public struct RequestTemplate: BatchRequest {
  /// The row that fills the template.
  public typealias Input = Row
  /// The answer, its usual fields read off.
  public typealias Output = Reply

  /// Where the requests go.
  public let endpoint: Endpoint
  /// The body, its texts being templates.
  public let body: JSONValue
  /// The template of the ids, where a whole line was given.
  public let id: Template?

  /// A request to `endpoint` with this body.
  ///
  /// - Parameters:
  ///   - endpoint: Where the requests go.
  ///   - body: The body, with `{{column}}` in any of its texts.
  ///   - id: What makes the id of each row; the number of the row does if `nil`.
  public init(_ endpoint: Endpoint, body: JSONValue, id: Template? = nil) {
    self.endpoint = endpoint
    self.body = body
    self.id = id
  }

  /// Reads a body or a whole line.
  ///
  /// - Parameters:
  ///   - json: The text of it.
  ///   - endpoint: Where it goes. If `nil`, the line says so, or else the body: `messages` belong to chat, an
  ///     `input` to responses, a `prompt` to plain completions.
  ///   - placeholders: How the columns in its texts are written.
  /// - Throws: ``BatchError`` where it is no JSON, or its endpoint can't be told.
  public init(
    parsing json: String, endpoint: Endpoint? = nil, placeholders: Placeholders = .mustache
  ) throws {
    try self.init(parsing: Array(json.utf8), endpoint, placeholders, from: "The template")
  }

  /// Reads a body or a whole line from a file; see ``init(parsing:endpoint:placeholders:)``.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - endpoint: Where it goes; told by the template itself if `nil`.
  ///   - placeholders: How the columns in its texts are written.
  /// - Throws: ``BatchError`` where it can't be read, is no JSON, or its endpoint can't be told.
  public init(path: String, endpoint: Endpoint? = nil, placeholders: Placeholders = .mustache) throws {
    try self.init(path: path, endpoint: endpoint, placeholders: placeholders, store: DiskStore.shared)
  }

  package init(
    path: String, endpoint: Endpoint? = nil, placeholders: Placeholders = .mustache, store: any FileStore
  ) throws(BatchError) {
    try self.init(parsing: try store.read(path), endpoint, placeholders, from: path)
  }

  private init(
    parsing json: [UInt8], _ endpoint: Endpoint?, _ placeholders: Placeholders, from source: String
  ) throws(BatchError) {
    let whole: JSONValue
    do throws(JSONFault) { whole = try JSONValue.parse(json).writingMustache(placeholders) } catch {
      throw .unreadableRequest(source, error, in: json)
    }
    let isLine = whole["body"].object != nil && (whole["url"].string ?? whole["custom_id"].string) != nil
    body = isLine ? whole["body"] : whole
    guard body.object != nil else {
      throw BatchError(.invalidTemplate, "\(source) is no JSON object; write the body of a request as one.")
    }
    guard
      let endpoint = endpoint ?? (isLine ? whole["url"].string.map { Endpoint($0) } : nil) ?? body.endpoint
    else { throw .unknownEndpoint(source) }
    self.endpoint = endpoint
    id = isLine ? whole["custom_id"].string.map { Template($0) } : nil
  }

  /// The model that is asked, where it is the same for all.
  public var model: Model? {
    guard let name = body["model"].string, Template(name).columns.isEmpty else { return nil }
    return Model(name)
  }

  /// What is wrong with the settings.
  public var problems: [Problem] { body["stream"].bool == true ? [.streaming] : [] }

  /// Returns the body of the request about `input`.
  ///
  /// - Throws: ``BatchError`` where the row lacks a column, or a cell is not of the kind that is asked for.
  public func body(for input: Row) throws -> JSONValue {
    try JSONValue(parsing: try bound(to: input.columnNames).bytes(from: input.fields))
  }

  /// Returns what an answer means, or throws why it is of no use.
  public func output(of reply: Reply) -> Reply { reply }
}

extension RequestTemplate: Codable {
  private enum CodingKeys: String, CodingKey { case endpoint, body, id }

  /// Reads what was encoded.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    endpoint = try container.decode(Endpoint.self, forKey: .endpoint)
    body = try JSONValue(parsing: try container.decode(String.self, forKey: .body))
    id = try container.decodeIfPresent(String.self, forKey: .id).map { Template($0) }
  }

  /// Writes the body as a text of JSON, since coders keep neither the order of keys nor every digit.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(endpoint, forKey: .endpoint)
    try container.encode(body.description, forKey: .body)
    try container.encodeIfPresent(id?.text, forKey: .id)
  }
}

extension JSONValue {
  /// The value with the columns in all its texts written `{{column}}`.
  ///
  /// Templates are bound in one way of writing alone; another is translated once, when the template is read.
  fileprivate func writingMustache(_ placeholders: Placeholders) -> JSONValue {
    switch self {
    case _ where placeholders == .mustache: self
    case .string(let text): .string(Template(text, placeholders: placeholders).mustacheText)
    case .array(let elements): .array(elements.map { $0.writingMustache(placeholders) })
    case .object(let object):
      .object(JSONObject(object.pairs.map { ($0.key, $0.value.writingMustache(placeholders)) }))
    case .null, .bool, .number: self
    }
  }

  /// The endpoint that a body was written for, by the key that holds its input.
  fileprivate var endpoint: Endpoint? {
    if object?["messages"] != nil { return .chatCompletions }
    if object?["input"] != nil { return .responses }
    return object?["prompt"] != nil ? .completions : nil
  }
}

extension BatchError {
  fileprivate static func unreadableRequest(_ source: String, _ fault: JSONFault, in json: [UInt8]) -> Self {
    let place = fault.place(in: json)
    return Self(
      .invalidJSON,
      "\(source) is not JSON: \(fault.reason.rawValue) at line \(place.line), column \(place.column).")
  }

  fileprivate static func unknownEndpoint(_ source: String) -> Self {
    Self(
      .invalidTemplate,
      "\(source) does not tell its endpoint; wrap the body in a line with a “url”, or name the endpoint."
    )
  }
}
