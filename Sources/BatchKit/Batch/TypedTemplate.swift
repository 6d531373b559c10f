/// A request template whose answers are decoded; made by ``RequestTemplate/returning(_:_:)``.
///
/// ```swift
/// let rate = try RequestTemplate(path: "rate.json").returning(Rating.self)
/// var batch = Batch(rate)
/// batch.add(contentsOf: try Table(path: "reviews.csv"), id: "{{id}}")
/// ```
public struct TypedTemplate<Output: Decodable & Sendable>: BatchRequest {
  /// The row that fills the template.
  public typealias Input = Row

  /// The template, with the schema of the answers in it.
  public let template: RequestTemplate
  /// By which answers are decoded: it knows whether they are wrapped.
  private let schema: JSONSchema
  /// What does not go together between the template and the type.
  private let faults: [Problem]

  fileprivate init(_ template: RequestTemplate, schema: JSONSchema, faults: [Problem]) {
    self.template = template
    self.schema = schema
    self.faults = faults
  }

  /// Where the requests go.
  public var endpoint: Endpoint { template.endpoint }
  /// The model that is asked, where it is the same for all.
  public var model: Model? { template.model }
  /// What is wrong with the settings, or doesn't go together with the type.
  public var problems: [Problem] { template.problems + faults }

  /// Returns the body of the request about `input`.
  public func body(for input: Row) throws -> JSONValue { try template.body(for: input) }

  /// Returns what an answer means, or throws why it is of no use.
  public func output(of reply: Reply) throws(LineError) -> Output {
    try reply.decoded(as: Output.self, by: schema)
  }
}

extension RequestTemplate {
  /// Decodes the answers, by the schema in the template or, where there is none, that of the type.
  ///
  /// A schema in the template is compared with that of the type: answers that would not decode are an error
  /// among the problems, other differences a warning.
  /// - Parameters:
  ///   - type: What each answer becomes.
  ///   - adjust: Returns the schema of the type with more said in it.
  public func returning<Value: Decodable & Sendable>(
    _ type: Value.Type, _ adjust: (JSONSchema) -> JSONSchema = { $0 }
  ) -> TypedTemplate<Value> {
    var own = adjust(JSONSchema(for: type))
    guard let place = schemaPlace else {
      return TypedTemplate(self, schema: own, faults: [.noPlaceForSchema(endpoint)])
    }
    let given = place.reduce(body) { $0[$1] }["schema"]
    guard given.object != nil else { return adding(own, named: "\(type)".schemaName) }
    // A template that was written for the bare value does not wrap it, whatever the type would do.
    if given["properties"].object?.keys != ["value"] { own.isWrapped = false }
    return TypedTemplate(
      self, schema: own, faults: JSONSchema(given).problems + comparing(given, own, type))
  }

  /// What speaks against decoding answers of a given schema into the type.
  ///
  /// Whether answers would decode is tried with made-up ones, since schemas can differ in words and mean the
  /// same. Only what is refused for certain is an error.
  private func comparing<Value: Decodable>(
    _ given: JSONValue, _ own: JSONSchema, _ type: Value.Type
  ) -> [Problem] {
    let difference = SchemaComparison.difference(given, own.json)
    let isUndecodable = [false, true].contains { isSparse in
      let sample = JSONWriter.bytes(of: JSONSchema(given).sample(isSparse: isSparse))
      return (try? own.decode(type, from: sample)) == nil
    }
    if isUndecodable {
      return [.differentSchema("\(type)", difference ?? "a made-up answer was refused", isCertain: true)]
    }
    // Of a type that can't be read off there is no schema to differ from.
    guard own.faults.isEmpty, let difference else { return [] }
    return [.differentSchema("\(type)", difference, isCertain: false)]
  }

  /// The keys on the way to the object that holds the schema of the answers.
  private var schemaPlace: [String]? {
    switch endpoint {
    case .chatCompletions: ["response_format", "json_schema"]
    case .responses: ["text", "format"]
    default: nil
    }
  }

  /// The template with the schema of the type put into its place.
  private func adding<Value>(_ schema: JSONSchema, named name: String) -> TypedTemplate<Value> {
    let answer = AnswerSchema(name: name, schema: schema)
    var body = body
    if endpoint == .responses {
      body["text"]["format"] = answer.responsesFormat.escapedForTemplate
    } else {
      body["response_format"] = answer.chatFormat.escapedForTemplate
    }
    return TypedTemplate(
      RequestTemplate(endpoint, body: body, id: id), schema: schema, faults: answer.problems)
  }
}

extension JSONValue {
  /// The value with the braces of its texts doubled, as a template wants those that are meant.
  ///
  /// Descriptions may well speak of `{{name}}`, which would be looked for among the columns otherwise.
  fileprivate var escapedForTemplate: JSONValue {
    switch self {
    case .string(let text): .string(text.replacing("{{", with: "{{{{"))
    case .array(let elements): .array(elements.map(\.escapedForTemplate))
    case .object(let object): .object(JSONObject(object.map { ($0.key, $0.value.escapedForTemplate) }))
    default: self
    }
  }
}

extension Batch {
  /// Adds a request for each row of a table, every text of its body filled from the row.
  ///
  /// - Parameters:
  ///   - table: The table.
  ///   - id: What makes the id of each row; if `nil`, that of the template, or else the number of the row.
  public mutating func add<Value>(
    contentsOf table: Table, id: Template? = nil
  ) where Request == TypedTemplate<Value> {
    let template = request.template
    add(rowsOf: table, id: id ?? template.id) { columns throws(BatchError) in
      let bound = try template.bound(to: columns)
      return { _, fields, json in try bound.write(fields, to: &json) }
    }
  }
}

extension Problem {
  fileprivate static func noPlaceForSchema(_ endpoint: Endpoint) -> Self {
    .schema("\(endpoint) has no structured output; use chat or responses, or don't ask for a type.")
  }

  fileprivate static func differentSchema(_ type: String, _ difference: String, isCertain: Bool) -> Self {
    let rest = "\(difference). Take the schema out of the template, or mend one of the two."
    if isCertain { return .schema("Answers by the template's schema don't decode into \(type): \(rest)") }
    return .doubtfulSchema("The template's schema differs from that of \(type): \(rest)")
  }
}
