/// The body of an answer that came back, its usual fields read in one pass over the bytes.
///
/// Chat, responses and plain completions put the same things in different places; this reads them all.
/// Whatever else the service sent is in ``raw``.
public struct Reply: Sendable {
  private let bytes: [UInt8]
  private let facts: ReplyFacts

  /// An answer with this JSON as its body.
  package init(bytes: [UInt8]) {
    self.bytes = bytes
    facts = ReplyFacts(of: bytes)
  }

  /// The text of the answer; of several choices, the first.
  public var text: String? { facts.text.isEmpty ? nil : joined(facts.text) }

  /// Why the model stopped, such as `stop`, `length` or `content_filter`.
  ///
  /// The responses endpoint has no such field: there it is why the answer is incomplete, or else its status.
  public var finishReason: String? { facts.finishReason.flatMap(decoded) ?? status }

  /// What the model said when it declined to answer.
  public var refusal: String? { facts.refusal.flatMap(decoded) }

  /// The tokens that were used, where the service said so.
  public var usage: TokenUsage? { facts.usage }

  /// The model that answered, often a dated form of the one that was asked.
  public var model: String? { facts.model.flatMap(decoded) }

  /// The status of an answer of the responses endpoint, such as `completed` or `incomplete`.
  public var status: String? { facts.status.flatMap(decoded) }

  /// The whole answer; `null` where it is no JSON.
  public var raw: JSONValue { (try? JSONValue.parse(bytes)) ?? .null }

  /// Whether the model asked for a tool rather than answer in words.
  package var callsTools: Bool { facts.callsTools }

  /// The code and the message of an error that stands in an answer which looks like a success.
  package var failure: (code: String?, message: String?)? {
    guard facts.hasError else { return nil }
    return (facts.errorCode.flatMap(decoded), facts.errorMessage.flatMap(decoded))
  }

  private func decoded(_ text: JSONText) -> String? {
    // Text that is no UTF-8 is as good as none: the line as a whole was found readable before.
    try? bytes.withSpan { span throws(JSONFault) in try text.decoded(span) }
  }

  private func joined(_ parts: [JSONText]) -> String? {
    let texts = parts.compactMap(decoded)
    return texts.count == parts.count ? texts.joined() : nil
  }

  /// Runs `read` with the bytes of the answer.
  func withBody<Result>(_ read: ([UInt8]) -> Result) -> Result { read(bytes) }
}
