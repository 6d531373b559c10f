/// Conversations: requests to `/v1/chat/completions`.
///
/// A value is a prototype that carries the settings; each is a method named as the setting and returns a
/// copy:
/// ```swift
/// let polite = Chat(model: "gpt-5.4-mini").system("Answer politely.").temperature(0.2)
/// ```
///
/// Nothing is checked and nothing is sent until the batch is; a setting that the service would refuse is
/// among the ``problems``. Instructions come first in every request, in the order in which they were given,
/// and then the messages of the prompt:
/// ```swift
/// var batch = Batch(polite)
/// batch.add("greeting", "Say hello.")
/// let job = try await client.submit(batch)
/// ```
public struct Chat<Output: Sendable>: TextRequest {
  /// What is asked.
  public typealias Input = Prompt

  private var name: Model
  private var instructions: [Message] = []
  private var settings = RequestSettings(order: chatOrder)
  /// What becomes of a good answer: words at first, a value once ``returning(_:name:_:)`` has been said. A
  /// closure rather than a type of request for each, so that all settings can be said before or after it.
  private let read: @Sendable (Reply) throws(LineError) -> Output

  private init(model: Model, read: @escaping @Sendable (Reply) throws(LineError) -> Output) {
    name = model
    self.read = read
  }

  /// Where the requests go.
  public var endpoint: Endpoint { .chatCompletions }
  /// The model that is asked, where it is the same for all.
  ///
  /// A model among the parameters wins, as every parameter wins over what was said by other means.
  public var model: Model? { settings["model"]?.string.map { Model($0) } ?? name }
  /// What is wrong with the settings.
  public var problems: [Problem] {
    settings.problems + AnswerSchema.problems(of: settings["response_format"]?["json_schema"], for: model)
  }

  /// Returns the body of the request about `input`.
  ///
  /// - Throws: ``BatchError`` where a file that goes with it can't be read.
  public func body(for input: Prompt) throws -> JSONValue {
    var messages: [JSONValue] = []
    for message in instructions { messages.append(try message.json(.chat)) }
    for message in input.messages { messages.append(try message.json(.chat)) }
    var body: JSONObject = ["model": .string(name.rawValue), "messages": .array(messages)]
    settings.add(to: &body)
    return .object(body)
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
}

private let chatOrder = [
  "temperature", "top_p", "max_completion_tokens", "n", "stop", "seed", "frequency_penalty",
  "presence_penalty", "logit_bias", "logprobs", "top_logprobs", "reasoning_effort", "verbosity", "modalities",
  "audio", "response_format", "tools", "tool_choice", "parallel_tool_calls", "service_tier", "store",
  "metadata", "prompt_cache_key", "safety_identifier",
]

extension Chat where Output == ChatReply {
  /// Conversations with this model.
  public init(model: Model) { self.init(model: model) { reply throws(LineError) in try reply.words() } }

  /// Conversations with the model of this name.
  @_disfavoredOverload
  public init(model: String) { self.init(model: Model(model)) }
}

extension Chat {
  /// Puts instructions in front of every prompt.
  ///
  /// Said twice, both stand there in order. The text is the same in every request: columns of a table are
  /// filled into prompts, and into the messages that are given with the table, but not into instructions.
  public func system(_ text: String) -> Self { with { $0.instructions.append(.system(text)) } }

  /// Puts instructions in front of every prompt, in the word of newer models.
  ///
  /// Models that reason were brought up on this word; what goes before every prompt is the same with either.
  public func developer(_ text: String) -> Self { with { $0.instructions.append(.developer(text)) } }

  /// Puts a message in front of every prompt, such as half of an example.
  ///
  /// ```swift
  /// Chat(model: "gpt-5.4-mini").message(.user("2 + 2")).message(.assistant("4"))
  /// ```
  public func message(_ message: Message) -> Self { with { $0.instructions.append(message) } }

  /// Asks another model.
  ///
  /// Everything else stays, so that one prototype can be tried with several models.
  public func model(_ model: Model) -> Self {
    with {
      $0.name = model
      $0.settings["model"] = nil
    }
  }

  /// Limits the length of the answer, reasoning included.
  ///
  /// It is sent as `max_completion_tokens`, since newer models refuse the older `max_tokens`. A server that
  /// knows only that one is served by `.parameter("max_tokens", …)`.
  public func maxTokens(_ count: Int) -> Self { parameter("max_completion_tokens", count) }

  /// Ends the answer before any of these texts.
  public func stop(_ texts: String...) -> Self { parameter("stop", .array(texts.map { .string($0) })) }

  /// Asks for the same answer to the same prompt, as far as the service can.
  ///
  /// A batch run twice may still differ: the service promises an effort, no more.
  public func seed(_ seed: Int) -> Self { parameter("seed", seed) }

  /// Makes words less likely the oftener they were used, from -2 to 2.
  public func frequencyPenalty(_ value: Double) -> Self { parameter("frequency_penalty", value) }

  /// Makes words less likely once they were used, from -2 to 2.
  public func presencePenalty(_ value: Double) -> Self { parameter("presence_penalty", value) }

  /// Makes tokens, by their numbers, less likely or more, from -100 to 100.
  ///
  /// The pairs are written in the order of the tokens, since a dictionary has none: the same biases must make
  /// the same bytes, or a batch would not be known again.
  public func logitBias(_ biases: [Int: Double]) -> Self {
    let pairs = biases.sorted { $0.key < $1.key }.map {
      ("\($0.key)", JSONValue.number(JSONNumber($0.value)))
    }
    return parameter("logit_bias", .object(JSONObject(pairs)))
  }

  /// Asks for the likelihood of each word, and of as many others in its place.
  public func logprobs(top count: Int? = nil) -> Self {
    let asked = parameter("logprobs", true)
    return count.map { asked.parameter("top_logprobs", $0) } ?? asked
  }

  /// Asks for several answers to each prompt, all of which are paid for; see ``ChatReply/choices``.
  public func choices(_ count: Int) -> Self { parameter("n", count) }

  /// Sets how long a reasoning model thinks.
  public func reasoningEffort(_ effort: ReasoningEffort) -> Self {
    parameter("reasoning_effort", effort.json)
  }

  /// Sets how much the model says.
  public func verbosity(_ verbosity: Verbosity) -> Self { parameter("verbosity", verbosity.json) }

  /// Sets the kinds of output.
  ///
  /// Only models that speak take more than text.
  public func modalities(_ modalities: Modality...) -> Self {
    parameter("modalities", Self.values(modalities))
  }

  /// Has the model answer in speech, and in its words.
  ///
  /// The sound comes back as base64 in ``Reply/raw``, at `choices[0].message.audio`.
  ///
  /// - Parameters:
  ///   - voice: The voice, in the service's word.
  ///   - format: The format of the sound, such as `wav`.
  public func speech(voice: String, format: String = "mp3") -> Self {
    modalities(.text, .audio).parameter("audio", ["voice": .string(voice), "format": .string(format)])
  }

  /// Gives the model tools to ask for.
  public func tools(_ tools: Tool...) -> Self { self.tools(tools) }

  /// Gives the model tools to ask for.
  ///
  /// What is wrong with the schema of one is among the ``problems``.
  public func tools(_ tools: [Tool]) -> Self {
    with { $0.settings.set("tools", .array(tools.map(\.chatJSON)), faults: tools.flatMap(\.problems)) }
  }

  /// Sets whether and which tool the model asks for.
  public func toolChoice(_ choice: ToolChoice) -> Self { parameter("tool_choice", choice.chatJSON) }
}

extension Chat {
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
  ) -> Chat<Value> {
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
  ) -> Chat<Value> {
    var typed = Chat<Value>(model: self.name) { reply throws(LineError) in
      try reply.decoded(as: type, by: schema)
    }
    let answer = AnswerSchema(name: name ?? "\(type)".schemaName, schema: schema)
    typed.instructions = instructions
    typed.settings = settings
    typed.settings.set("response_format", answer.chatFormat, faults: answer.problems)
    return typed
  }
}
