/// Judgements whether texts and images do harm: requests to `/v1/moderations`.
///
/// OpenAI asks nothing for it. A harmful text is no failure: it is what was asked for, and an answer like
/// any other.
/// ```swift
/// let check = Moderate()
/// for line in try job.results() where line.value?.isFlagged == true { print(line.id) }
/// ```
public struct Moderate: ConfigurableRequest {
  /// The text, or a message of texts and images.
  public typealias Input = Prompt
  /// The judgement.
  public typealias Output = Moderation

  private let name: Model
  private var settings = RequestSettings(order: [])

  /// Judgements by this model.
  public init(model: Model = "omni-moderation-latest") { name = model }

  /// Judgements by the model of this name.
  @_disfavoredOverload
  public init(model: String) { self.init(model: Model(model)) }

  /// Where the requests go.
  public var endpoint: Endpoint { .moderations }
  /// The model that is asked, where it is the same for all.
  public var model: Model? { settings["model"]?.string.map { Model($0) } ?? name }
  /// What is wrong with the settings.
  public var problems: [Problem] { settings.problems }

  /// Returns the body of the request about `input`.
  ///
  /// - Throws: ``BatchError`` where a file that goes with it can't be read.
  public func body(for input: Prompt) throws -> JSONValue {
    var body: JSONObject = ["model": .string(name.rawValue)]
    if let text = input.onlyText {
      body["input"] = .string(text)
    } else {
      body["input"] = .array(try input.messages.flatMap(\.parts).map { try $0.json(.chat) })
    }
    settings.add(to: &body)
    return .object(body)
  }

  /// Returns what an answer means, or throws why it is of no use.
  public func output(of reply: Reply) throws(LineError) -> Moderation {
    try reply.requireAnswer()
    let result = reply.raw["results"][0]
    guard let isFlagged = result["flagged"].bool else { throw .nothing("judgement") }
    return Moderation(isFlagged: isFlagged, result: result, reply: reply)
  }

  /// Sets anything else by its name on the wire, also what this library has never heard of.
  public func parameter(_ name: String, _ value: JSONValue) -> Self {
    var copy = self
    copy.settings[name] = value
    return copy
  }
}

/// What a moderation model finds in a text or an image.
public struct Moderation: Sendable {
  /// Whether it does harm of any kind.
  public let isFlagged: Bool
  /// Whether it does harm of a kind, by names such as `hate/threatening`; models may know different ones.
  ///
  /// Kinds that the model doesn't know are left out rather than called harmless.
  public let categories: [String: Bool]
  /// How likely it does harm of a kind, from 0 to 1.
  public let scores: [String: Double]
  /// What was looked at for a kind of harm, such as `text` and `image`.
  public let inputTypes: [String: [String]]
  /// Everything that came back, with the model read off.
  public let reply: Reply

  fileprivate init(isFlagged: Bool, result: JSONValue, reply: Reply) {
    self.isFlagged = isFlagged
    self.reply = reply
    // A kind of harm that an older model doesn't know is null, which is as good as not there.
    categories = (result["categories"].object ?? [:]).dictionary.compactMapValues(\.bool)
    scores = (result["category_scores"].object ?? [:]).dictionary.compactMapValues(\.double)
    inputTypes = (result["category_applied_input_types"].object ?? [:]).dictionary.compactMapValues {
      $0.array?.compactMap(\.string)
    }
  }

  /// The kinds of harm that were found, the likeliest first.
  public var flaggedCategories: [String] {
    categories.filter(\.value).keys.sorted { left, right in
      let (first, second) = (scores[left] ?? 0, scores[right] ?? 0)
      return first == second ? left < right : first > second
    }
  }
}

extension LineError {
  /// An answer without what it is for.
  static func nothing(_ what: String) -> Self { Self(.empty, message: "The answer holds no \(what).") }
}
