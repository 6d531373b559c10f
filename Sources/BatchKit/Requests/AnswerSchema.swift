/// A JSON Schema by which a model shapes its answer, and the name it goes by.
struct AnswerSchema: Sendable {
  let name: String
  let problems: [Problem]
  private let json: JSONValue

  init(name: String, schema: JSONSchema) {
    self.name = name
    json = schema.json
    problems = Self.problems(ofName: name) + schema.problems
  }

  /// The schema in the words of chat, which puts it into an object of its own.
  var chatFormat: JSONValue {
    [
      "type": "json_schema",
      "json_schema": ["name": .string(name), "schema": json, "strict": true],
    ]
  }

  /// The schema in the words of the responses endpoint.
  var responsesFormat: JSONValue {
    ["type": "json_schema", "name": .string(name), "schema": json, "strict": true]
  }

  private static func problems(ofName name: String) -> [Problem] {
    let isSound = name == name.schemaName
    guard !isSound || !(1...64).contains(name.utf8.count) else { return [] }
    return [
      .schema(
        "The schema name “\(name.prefix(64))” must be 1 to 64 letters, digits, hyphens and underscores.")
    ]
  }

  /// Keywords that models which were tuned by their users refuse.
  private static let untunable = [
    "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "multipleOf", "patternProperties",
    "minItems", "maxItems",
  ]

  /// What the model would refuse, where it is one that was tuned: those know fewer keywords.
  ///
  /// - Parameter format: The object that holds the schema.
  static func problems(of format: JSONValue?, for model: Model?) -> [Problem] {
    guard let model, model.rawValue.hasPrefix("ft:"), let schema = format?["schema"] else { return [] }
    let used = untunable.filter { schema.uses(keyword: $0) }
    guard !used.isEmpty else { return [] }
    let words = used.map { "“\($0)”" }.joined(separator: ", ")
    return [
      .doubtfulSchema(
        "The schema uses \(words), which fine-tuned models such as \(model) refuse; say it in a description.")
    ]
  }
}

extension JSONValue {
  /// Whether a schema or one inside it has a keyword.
  fileprivate func uses(keyword: String) -> Bool {
    guard let keywords = object else { return array?.contains { $0.uses(keyword: keyword) } ?? false }
    if keywords[keyword] != nil { return true }
    return keywords.contains { name, value in
      switch name {
      case "properties", "$defs", "definitions":
        value.object?.contains { $0.value.uses(keyword: keyword) } ?? false
      default: value.uses(keyword: keyword)
      }
    }
  }
}
