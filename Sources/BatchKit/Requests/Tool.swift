/// Something that a model may ask for on its way to an answer.
///
/// A batch can't answer it: the call is what comes back, in ``ChatReply/toolCalls``.
///
/// ```swift
/// let lookup = Tool.function("find_order", "Finds an order by its number.", taking: OrderNumber.self)
/// let chat = Chat(model: "gpt-5.4-mini").tools(lookup).toolChoice(.required)
/// ```
public struct Tool: Sendable, Hashable {
  private enum Kind: Hashable {
    case function(JSONObject)
    case custom(JSONObject)
    case other(JSONValue)
  }

  private let kind: Kind
  let problems: [Problem]

  private init(_ kind: Kind, problems: [Problem] = []) {
    self.kind = kind
    self.problems = problems
  }

  /// A function of yours, its parameters described by a schema.
  ///
  /// The schema is held to the rules of strict structured output, so that the arguments always decode; what
  /// breaks them is among the problems of the request.
  ///
  /// - Parameters:
  ///   - name: The name by which the model asks for it.
  ///   - description: What it is good for, told to the model.
  ///   - parameters: The schema of its arguments, an object at its root.
  public static func function(
    _ name: String, _ description: String? = nil, parameters: JSONSchema
  ) -> Self {
    var fields: JSONObject = ["name": .string(name)]
    fields["description"] = description.map { .string($0) }
    fields["parameters"] = parameters.json
    fields["strict"] = true
    let schema = AnswerSchema(name: name, schema: parameters)
    return Self(.function(fields), problems: schema.problems)
  }

  /// A function of yours, its parameters read off a type.
  ///
  /// - Parameters:
  ///   - name: The name by which the model asks for it.
  ///   - description: What it is good for, told to the model.
  ///   - type: The type whose properties are the arguments.
  ///   - adjust: Returns the schema with more said in it.
  public static func function<Parameters: Decodable>(
    _ name: String, _ description: String? = nil, taking type: Parameters.Type,
    _ adjust: (JSONSchema) -> JSONSchema = { $0 }
  ) -> Self {
    function(name, description, parameters: adjust(JSONSchema(for: type)))
  }

  /// A tool of yours that takes any text.
  public static func custom(_ name: String, _ description: String? = nil) -> Self {
    var fields: JSONObject = ["name": .string(name)]
    fields["description"] = description.map { .string($0) }
    return Self(.custom(fields))
  }

  /// A tool in the service's own words, such as `["type": "web_search"]`.
  public static func json(_ value: JSONValue) -> Self { Self(.other(value)) }

  /// Searching the web; only at the responses endpoint.
  public static var webSearch: Self { json(["type": "web_search"]) }

  /// Running programs that the model writes; only at the responses endpoint.
  public static var codeInterpreter: Self {
    json(["type": "code_interpreter", "container": ["type": "auto"]])
  }

  /// Searching files that were stored before; only at the responses endpoint.
  public static func fileSearch(stores: String...) -> Self {
    json(["type": "file_search", "vector_store_ids": .array(stores.map { .string($0) })])
  }
}

extension Tool {
  /// The tool in the words of chat, which puts the fields into an object of their own.
  var chatJSON: JSONValue {
    switch kind {
    case .function(let fields): ["type": "function", "function": .object(fields)]
    case .custom(let fields): ["type": "custom", "custom": .object(fields)]
    case .other(let value): value
    }
  }

  /// The tool in the words of the responses endpoint.
  var responsesJSON: JSONValue {
    switch kind {
    case .function(let fields):
      .object(JSONObject([("type", "function")] + fields.map { ($0.key, $0.value) }))
    case .custom(let fields): .object(JSONObject([("type", "custom")] + fields.map { ($0.key, $0.value) }))
    case .other(let value): value
    }
  }
}

/// Whether and which tool the model asks for.
///
/// Without one, the model chooses as it sees fit.
public struct ToolChoice: Sendable, Hashable {
  private enum Kind: Hashable {
    case word(String)
    case function(String)
    case other(JSONValue)
  }

  private let kind: Kind

  /// As the model sees fit.
  public static let auto = Self(kind: .word("auto"))
  /// No tool.
  public static let none = Self(kind: .word("none"))
  /// Any tool, but one.
  public static let required = Self(kind: .word("required"))

  /// The function of this name.
  public static func function(_ name: String) -> Self { Self(kind: .function(name)) }

  /// A choice in the service's own words.
  public static func json(_ value: JSONValue) -> Self { Self(kind: .other(value)) }

  var chatJSON: JSONValue {
    if case .function(let name) = kind {
      ["type": "function", "function": ["name": .string(name)]]
    } else {
      responsesJSON
    }
  }

  var responsesJSON: JSONValue {
    switch kind {
    case .word(let word): .string(word)
    case .function(let name): ["type": "function", "name": .string(name)]
    case .other(let value): value
    }
  }
}
