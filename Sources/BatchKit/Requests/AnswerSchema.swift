/// A JSON Schema by which a model shapes its answer, and the name it goes by.
///
/// Chat and responses say the same thing in two shapes; this keeps the thing itself, so that a request type
/// only asks for the shape of its endpoint. Tools of the user's own borrow its checks as well, since the
/// service holds the name and the parameters of a tool to the same rules.
struct AnswerSchema: Sendable {
  let name: String
  /// What is wrong with the name or the schema; nothing is thrown, so that a fluent chain stays one and
  /// `problems()` and `submit` report everything at once.
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

  /// The name must be sound as it was given: it is what the service shows in its errors, so it is refused
  /// here rather than changed in silence.
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
  ///
  /// It is a warning and no error: which keywords tuned models take changes from model to model, and only the
  /// service knows. Without a model, or for one that isn't tuned, there is nothing to say.
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
  ///
  /// What stands beneath `properties` and `$defs` are names that the user chose: a property may well be
  /// called `format`, so there only the values are looked into.
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
