/// Continuations of a text: requests to `/v1/completions`, as base models and older servers have it.
///
/// There is no conversation here: the prompt is one text, and the answer is what might follow it. It is also
/// the one endpoint that many servers for open models have.
/// ```swift
/// let story = Complete(model: "davinci-002").maxTokens(200).stop("\n\n")
/// ```
public struct Complete: TextRequest {
  /// The text to go on from.
  public typealias Input = Prompt
  /// The text that goes on.
  public typealias Output = ChatReply

  private let name: Model
  private var settings = RequestSettings(order: Self.order)

  private static let order = [
    "suffix", "max_tokens", "temperature", "top_p", "n", "best_of", "stop", "seed", "frequency_penalty",
    "presence_penalty", "logit_bias", "logprobs", "echo",
  ]

  /// Continuations by this model.
  public init(model: Model) { name = model }

  /// Continuations by the model of this name.
  @_disfavoredOverload
  public init(model: String) { self.init(model: Model(model)) }

  /// Where the requests go.
  public var endpoint: Endpoint { .completions }
  /// The model that is asked, where it is the same for all.
  public var model: Model? { settings["model"]?.string.map { Model($0) } ?? name }
  /// What is wrong with the settings.
  public var problems: [Problem] { settings.problems }

  /// Returns the body of the request about `input`.
  ///
  /// - Throws: ``BatchError`` where the prompt is more than one text.
  public func body(for input: Prompt) throws -> JSONValue {
    var body: JSONObject = [
      "model": .string(name.rawValue), "prompt": .string(try input.text(for: endpoint)),
    ]
    settings.add(to: &body)
    return .object(body)
  }

  /// Returns what an answer means, or throws why it is of no use.
  public func output(of reply: Reply) throws(LineError) -> ChatReply { try reply.words() }

  /// Sets anything else by its name on the wire, also what this library has never heard of.
  public func parameter(_ name: String, _ value: JSONValue) -> Self {
    var copy = self
    copy.settings[name] = value
    return copy
  }
}

extension Complete {
  /// Limits the length of the text.
  public func maxTokens(_ count: Int) -> Self { parameter("max_tokens", count) }

  /// Ends the text before any of these.
  public func stop(_ texts: String...) -> Self { parameter("stop", .array(texts.map { .string($0) })) }

  /// Says what comes after the text.
  public func suffix(_ text: String) -> Self { parameter("suffix", .string(text)) }

  /// Asks for the same text to the same prompt, as far as the service can.
  public func seed(_ seed: Int) -> Self { parameter("seed", seed) }

  /// Makes words less likely the oftener they were used, from -2 to 2.
  public func frequencyPenalty(_ value: Double) -> Self { parameter("frequency_penalty", value) }

  /// Makes words less likely once they were used, from -2 to 2.
  public func presencePenalty(_ value: Double) -> Self { parameter("presence_penalty", value) }

  /// Asks for the likelihood of each word, and of as many others in its place.
  public func logprobs(top count: Int) -> Self { parameter("logprobs", count) }

  /// Asks for several texts for each prompt, all of which are paid for; see ``ChatReply/choices``.
  public func choices(_ count: Int) -> Self { parameter("n", count) }

  /// Has the prompt repeated in front of the text.
  public func echo(_ isRepeated: Bool = true) -> Self { parameter("echo", .bool(isRepeated)) }
}

extension Prompt {
  /// The one text that the prompt is.
  ///
  /// - Throws: ``BatchError`` where it is a conversation or has attachments, with the name of the endpoint.
  func text(for endpoint: Endpoint) throws(BatchError) -> String {
    if let onlyText { return onlyText }
    throw BatchError(.invalidBatch, "\(endpoint) takes a single text as its prompt; give it one.")
  }

  /// The text and the attachments of a prompt that is one message.
  ///
  /// Endpoints that make images or videos know one text and pictures beside it, and no conversation.
  ///
  /// - Throws: ``BatchError`` for several messages, several texts, or a part in the service's own words.
  func textAndMedia(for endpoint: Endpoint) throws(BatchError) -> (text: String, media: [Attachment]) {
    var texts: [String] = []
    var media: [Attachment] = []
    for part in messages.flatMap(\.parts) {
      switch part.kind {
      case .text(let text): texts.append(text)
      case .media(let attachment): media.append(attachment)
      case .other: throw BatchError(.invalidBatch, "\(endpoint) takes texts and images only; give it those.")
      }
    }
    guard messages.count == 1, texts.count <= 1 else {
      throw BatchError(.invalidBatch, "\(endpoint) takes one message with one text; give it one.")
    }
    return (texts.first ?? "", media)
  }
}
