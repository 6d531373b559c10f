/// Texts by the newer endpoint: requests to `/v1/responses`.
///
/// A value is a prototype that carries the settings; each is a method named as the setting and returns a
/// copy.
///
/// It has what ``Chat`` has under other names, and more beside it: tools of the service's own, stored
/// prompts, files by their id. A prompt of one text is sent as that text, a conversation as a list.
/// ```swift
/// let research = Responses(model: "gpt-5.4").instructions("Cite sources.").tools(.webSearch)
/// ```
public struct Responses<Output: Sendable>: TextRequest {
  /// What is asked.
  public typealias Input = Prompt

  private var name: Model
  private var settings = RequestSettings(order: responsesOrder)
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
  public var problems: [Problem] {
    settings.problems + AnswerSchema.problems(of: settings["text"]?["format"], for: model)
  }

  /// Returns the body of the request about `input`.
  ///
  /// - Throws: ``BatchError`` where a file that goes with it can't be read.
  public func body(for input: Prompt) throws -> JSONValue {
    var body: JSONObject = ["model": .string(name.rawValue), "input": try asked(input)]
    settings.add(to: &body)
    return .object(body)
  }

  /// The prompt as the endpoint likes it: a text where it is nothing else, which is the shorter form.
  private func asked(_ input: Prompt) throws -> JSONValue {
    if let text = input.onlyText { return .string(text) }
    return .array(try input.messages.map { try $0.json(.responses) })
  }

  /// Returns what an answer means, or throws why it is of no use.
  public func output(of reply: Reply) throws(LineError) -> Output { try read(reply) }

  /// Sets anything else by its name on the wire, also what this library has never heard of.
  ///
  /// A parameter with the name of a setting takes its place.
  public func parameter(_ name: String, _ value: JSONValue) -> Self { with { $0.settings[name] = value } }

  private func with(_ edit: (inout Self) -> Void) -> Self {
    var copy = self
    edit(&copy)
    return copy
  }

  /// Sets one value inside a setting that is an object, and leaves the others in it.
  ///
  /// So that `verbosity`, `returning` and the reasoning settings can be said in any order, though some share
  /// an object.
  private func parameter(_ name: String, _ key: String, _ value: JSONValue) -> Self {
    with { $0.settings.set(name, key, value, order: ["effort", "summary", "verbosity", "format"]) }
  }
}

private let responsesOrder = [
  "instructions", "prompt", "temperature", "top_p", "max_output_tokens", "top_logprobs", "reasoning", "text",
  "tools", "tool_choice", "parallel_tool_calls", "max_tool_calls", "include", "truncation", "service_tier",
  "store", "metadata", "prompt_cache_key", "safety_identifier",
]

extension Responses where Output == ChatReply {
  /// Requests to this model.
  public init(model: Model) { self.init(model: model) { reply throws(LineError) in try reply.words() } }

  /// Requests to the model of this name.
  @_disfavoredOverload
  public init(model: String) { self.init(model: Model(model)) }
}

extension Responses {
  /// Sets what the model is told above every prompt.
  ///
  /// The text is the same in every request; columns of a table are not filled into it.
  public func instructions(_ text: String) -> Self { parameter("instructions", .string(text)) }

  /// Uses a prompt that is stored at the service, with its variables filled in.
  ///
  /// - Parameters:
  ///   - id: The id of the stored prompt.
  ///   - version: The version of it; the current one if `nil`.
  ///   - variables: What stands for its variables, in the order in which they are written.
  public func prompt(
    id: String, version: String? = nil, variables: KeyValuePairs<String, JSONValue> = [:]
  ) -> Self {
    let values = JSONObject(variables.map { ($0.key, $0.value) })
    let prompt: JSONValue = ["id": .string(id)]
    return parameter(
      "prompt",
      prompt.with("version", version.map { .string($0) })
        .with("variables", variables.isEmpty ? nil : .object(values)))
  }

  /// Asks another model.
  public func model(_ model: Model) -> Self {
    with {
      $0.name = model
      $0.settings["model"] = nil
    }
  }

  /// Limits the length of the answer, reasoning included.
  ///
  /// An answer that reaches it is cut off; see ``ChatReply/isTruncated``.
  public func maxOutputTokens(_ count: Int) -> Self { parameter("max_output_tokens", count) }

  /// Sets how long a reasoning model thinks.
  public func reasoningEffort(_ effort: ReasoningEffort) -> Self {
    parameter("reasoning", "effort", effort.json)
  }

  /// Sets how much a reasoning model tells of its thoughts.
  public func reasoningSummary(_ summary: ReasoningSummary) -> Self {
    parameter("reasoning", "summary", summary.json)
  }

  /// Sets how much the model says.
  public func verbosity(_ verbosity: Verbosity) -> Self { parameter("text", "verbosity", verbosity.json) }

  /// Asks for the likelihood of each word, and of as many others in its place.
  public func logprobs(top count: Int? = nil) -> Self {
    let asked = include(.logprobs)
    return count.map { asked.parameter("top_logprobs", $0) } ?? asked
  }

  /// Asks for something more in the answers, beside what was asked for before.
  ///
  /// Something asked for twice is sent once.
  public func include(_ more: Inclusion...) -> Self {
    let known = settings["include"]?.array ?? []
    return parameter("include", .array(known + more.map(\.json).filter { !known.contains($0) }))
  }

  /// Sets what is done with a conversation that is too long.
  public func truncation(_ truncation: Truncation) -> Self { parameter("truncation", truncation.json) }

  /// Gives the model tools to ask for.
  public func tools(_ tools: Tool...) -> Self { self.tools(tools) }

  /// Gives the model tools to ask for.
  public func tools(_ tools: [Tool]) -> Self {
    with { $0.settings.set("tools", .array(tools.map(\.responsesJSON)), faults: tools.flatMap(\.problems)) }
  }

  /// Sets whether and which tool the model asks for.
  public func toolChoice(_ choice: ToolChoice) -> Self { parameter("tool_choice", choice.responsesJSON) }

  /// Limits how often the service's own tools are used for one answer.
  public func maxToolCalls(_ count: Int) -> Self { parameter("max_tool_calls", count) }
}

extension Responses {
  /// Has the model answer in JSON of the type's schema, and decodes the answers.
  ///
  /// The schema is read off the type. Say what a type can't say in `adjust`:
  /// ```swift
  /// .returning(Verdict.self) { $0.describing("confidence", "How sure, 0 to 1", range: 0...1) }
  /// ```
  /// A type whose schema can't be read off is among the ``problems``, with a remedy.
  /// - Parameters:
  ///   - type: What each answer becomes.
  ///   - name: The name of the schema, for the service; that of the type if `nil`.
  ///   - adjust: Returns the schema with more said in it.
  public func returning<Value: Decodable & Sendable>(
    _ type: Value.Type, name: String? = nil, _ adjust: (JSONSchema) -> JSONSchema = { $0 }
  ) -> Responses<Value> {
    returning(type, schema: adjust(JSONSchema(for: type)), name: name)
  }

  /// Has the model answer in JSON of this schema, and decodes the answers.
  ///
  /// - Parameters:
  ///   - type: What each answer becomes.
  ///   - schema: The JSON Schema, an object at its root, by the rules of strict structured output.
  ///   - name: The name of the schema, for the service; that of the type if `nil`.
  public func returning<Value: Decodable & Sendable>(
    _ type: Value.Type, schema: JSONSchema, name: String? = nil
  ) -> Responses<Value> {
    var typed = Responses<Value>(model: self.name) { reply throws(LineError) in
      try reply.decoded(as: type, by: schema)
    }
    let answer = AnswerSchema(name: name ?? "\(type)".schemaName, schema: schema)
    typed.settings = settings
    typed = typed.parameter("text", "format", answer.responsesFormat)
    typed.settings.set("text", typed.settings["text"], faults: answer.problems)
    return typed
  }
}
