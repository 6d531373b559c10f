/// Conversations: requests to `/v1/chat/completions`.
///
/// A value is a prototype that carries the settings; each is a method named as the setting and returns a
/// copy:
/// ```swift
/// let polite = Chat(model: "gpt-5.4-mini").system("Answer politely.").temperature(0.2)
/// ```
public struct Chat<Output: Sendable>: BatchRequest {
  /// What is asked.
  public typealias Input = Prompt

  private var name: Model
  private var instructions: [Message] = []
  private var settings = RequestSettings()
  private var schema: AnswerSchema?
  private let read: @Sendable (Reply) throws(LineError) -> Output

  private init(model: Model, read: @escaping @Sendable (Reply) throws(LineError) -> Output) {
    name = model
    self.read = read
  }

  /// Where the requests go.
  public var endpoint: Endpoint { .chatCompletions }
  /// The model that is asked, where it is the same for all.
  public var model: Model? { settings["model"]?.string.map { Model($0) } ?? name }
  /// What is wrong with the settings.
  public var problems: [Problem] { settings.problems + (schema?.problems ?? []) }

  /// Returns the body of the request about `input`.
  public func body(for input: Prompt) -> JSONValue {
    var body: JSONObject = [
      "model": .string(name.rawValue),
      "messages": .array((instructions + input.messages).map { $0.json() }),
    ]
    settings.add(to: &body, order: Self.order)
    return .object(body)
  }

  /// Returns what an answer means, or throws why it is of no use.
  public func output(of reply: Reply) throws(LineError) -> Output { try read(reply) }

  private static var order: [String] {
    [
      "temperature", "top_p", "max_completion_tokens", "stop", "seed", "frequency_penalty",
      "presence_penalty",
      "reasoning_effort", "verbosity", "response_format", "metadata",
    ]
  }

  private func with(_ edit: (inout Self) -> Void) -> Self {
    var copy = self
    edit(&copy)
    return copy
  }

  private func setting(_ name: String, _ value: JSONValue) -> Self { with { $0.settings.set(name, value) } }
}

extension Chat where Output == ChatReply {
  /// Conversations with this model.
  public init(model: Model) { self.init(model: model) { reply throws(LineError) in try reply.words() } }

  /// Conversations with the model of this name.
  @_disfavoredOverload
  public init(model: String) { self.init(model: Model(model)) }
}

extension Chat {
  /// Puts instructions in front of every prompt.
  public func system(_ text: String) -> Self { with { $0.instructions.append(.system(text)) } }

  /// Puts instructions in front of every prompt, in the word of newer models.
  public func developer(_ text: String) -> Self { with { $0.instructions.append(.developer(text)) } }

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
  ///
  /// It is sent as `max_completion_tokens`, since newer models refuse the older `max_tokens`. A server that
  /// knows only that one is served by `.parameter("max_tokens", …)`.
  public func maxTokens(_ count: Int) -> Self { setting("max_completion_tokens", .number(JSONNumber(count))) }

  /// Ends the answer before any of these texts.
  public func stop(_ texts: String...) -> Self { setting("stop", .array(texts.map { .string($0) })) }

  /// Asks for the same answer to the same prompt, as far as the service can.
  public func seed(_ seed: Int) -> Self { setting("seed", .number(JSONNumber(seed))) }

  /// Makes words less likely the oftener they were used, from -2 to 2.
  public func frequencyPenalty(_ value: Double) -> Self {
    setting("frequency_penalty", .number(JSONNumber(value)))
  }

  /// Makes words less likely once they were used, from -2 to 2.
  public func presencePenalty(_ value: Double) -> Self {
    setting("presence_penalty", .number(JSONNumber(value)))
  }

  /// Sets how long a reasoning model thinks, such as `low`.
  public func reasoningEffort(_ effort: String) -> Self { setting("reasoning_effort", .string(effort)) }

  /// Sets how much the model says, such as `low`.
  public func verbosity(_ verbosity: String) -> Self { setting("verbosity", .string(verbosity)) }

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
  ) -> Chat<Value> {
    var typed = Chat<Value>(model: self.name) { reply throws(LineError) in try reply.decoded(as: type) }
    let schema = AnswerSchema(name: name ?? "\(type)", schema: schema)
    typed.instructions = instructions
    typed.settings = settings
    typed.schema = schema
    typed.settings.set("response_format", ["type": "json_schema", "json_schema": .object(schema.fields)])
    return typed
  }
}
