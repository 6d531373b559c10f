/// Texts by the newer endpoint: requests to `/v1/responses`.
///
/// A value is a prototype that carries the settings; each is a method named as the setting and returns a
/// copy.
public struct Responses<Output: Sendable>: BatchRequest {
  /// What is asked.
  public typealias Input = Prompt

  private var name: Model
  private var settings = RequestSettings()
  private var schema: AnswerSchema?
  private let read: @Sendable (Reply) throws(LineError) -> Output

  private init(model: Model, read: @escaping @Sendable (Reply) throws(LineError) -> Output) {
    name = model
    self.read = read
  }

  /// Where the requests go.
  public var endpoint: Endpoint { .responses }
  /// The model that is asked, where it is the same for all.
  public var model: Model? { settings["model"]?.string.map { Model($0) } ?? name }
  /// What is wrong with the settings.
  public var problems: [Problem] { settings.problems + (schema?.problems ?? []) }

  /// Returns the body of the request about `input`.
  public func body(for input: Prompt) -> JSONValue {
    let asked = input.onlyText.map { .string($0) } ?? JSONValue.array(input.messages.map(Self.item))
    var body: JSONObject = ["model": .string(name.rawValue), "input": asked]
    settings.add(to: &body, order: Self.order)
    return .object(body)
  }

  /// Returns what an answer means, or throws why it is of no use.
  public func output(of reply: Reply) throws(LineError) -> Output { try read(reply) }

  /// A message as the endpoint wants it: it tells apart what was said to the model and by it.
  private static func item(_ message: Message) -> JSONValue {
    message.json(textKind: message.role == .assistant ? "output_text" : "input_text")
  }

  private static var order: [String] {
    ["instructions", "temperature", "top_p", "max_output_tokens", "reasoning", "text", "metadata"]
  }

  private func with(_ edit: (inout Self) -> Void) -> Self {
    var copy = self
    edit(&copy)
    return copy
  }

  private func setting(_ name: String, _ value: JSONValue) -> Self { with { $0.settings.set(name, value) } }

  /// Sets one value inside a setting that is an object, and leaves the others in it.
  private func setting(_ name: String, _ key: String, _ value: JSONValue) -> Self {
    var object = settings[name]?.object ?? [:]
    object[key] = value
    return setting(name, .object(object))
  }
}

extension Responses where Output == ChatReply {
  /// Requests to this model.
  public init(model: Model) { self.init(model: model) { reply throws(LineError) in try reply.words() } }

  /// Requests to the model of this name.
  @_disfavoredOverload
  public init(model: String) { self.init(model: Model(model)) }
}

extension Responses {
  /// Sets what the model is told above every prompt.
  public func instructions(_ text: String) -> Self { setting("instructions", .string(text)) }

  /// Asks another model.
  public func model(_ model: Model) -> Self {
    with {
      $0.name = model
      $0.settings.set("model", nil)
    }
  }

  /// Sets how freely the model chooses its words, from 0 to 2.
  public func temperature(_ value: Double) -> Self { setting("temperature", .number(JSONNumber(value))) }

  /// Keeps to the words that make up this share of the likelihood.
  public func topP(_ share: Double) -> Self { setting("top_p", .number(JSONNumber(share))) }

  /// Limits the length of the answer, reasoning included.
  public func maxOutputTokens(_ count: Int) -> Self {
    setting("max_output_tokens", .number(JSONNumber(count)))
  }

  /// Sets how long a reasoning model thinks, such as `low`.
  public func reasoningEffort(_ effort: String) -> Self { setting("reasoning", "effort", .string(effort)) }

  /// Sets how much the model says, such as `low`.
  public func verbosity(_ verbosity: String) -> Self { setting("text", "verbosity", .string(verbosity)) }

  /// Attaches up to 16 names and values that the service keeps with the answer.
  public func metadata(_ metadata: [String: String]) -> Self {
    let pairs = metadata.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
    return setting("metadata", .object(JSONObject(pairs)))
  }

  /// Sets anything else by its name on the wire, also what this library has never heard of.
  ///
  /// A parameter with the name of a setting takes its place.
  public func parameter(_ name: String, _ value: JSONValue) -> Self {
    with { $0.settings.setParameter(name, value) }
  }

  /// Has the model answer in JSON of this schema, and decodes the answers.
  ///
  /// - Parameters:
  ///   - type: What each answer becomes.
  ///   - schema: The JSON Schema, an object at its root, by the rules of strict structured output.
  ///   - name: The name of the schema, for the service; that of the type if `nil`.
  public func returning<Value: Decodable & Sendable>(
    _ type: Value.Type, schema: JSONValue, name: String? = nil
  ) -> Responses<Value> {
    var typed = Responses<Value>(model: self.name) { reply throws(LineError) in try reply.decoded(as: type) }
    let schema = AnswerSchema(name: name ?? "\(type)", schema: schema)
    typed.schema = schema
    typed.settings = settings
    let format: JSONValue = .object(
      JSONObject([("type", "json_schema")] + schema.fields.map { ($0.key, $0.value) }))
    return typed.setting("text", "format", format)
  }
}
