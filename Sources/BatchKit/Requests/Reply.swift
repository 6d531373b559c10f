/// The body of an answer that came back, its usual fields read in one pass over the bytes.
///
/// Chat, responses and plain completions put the same things in different places; this reads them all.
/// Whatever else the service sent is in ``raw``.
///
/// It keeps the bytes of the line and the places of the fields, and makes strings only when asked: of the
/// hundred thousand answers of a batch, most are looked at for one field or two. ``raw`` parses anew each
/// time, so keep what it gives where more than one thing is wanted of it.
public struct Reply: Sendable {
  /// The line that the answer came in, or the answer alone.
  private let bytes: [UInt8]
  /// Where the answer stands in the bytes.
  private let body: Range<Int>
  private let facts: ReplyFacts

  /// An answer with this JSON as its body.
  package init(bytes: [UInt8]) {
    self.init(bytes: bytes, body: 0..<bytes.count, facts: ReplyFacts(of: bytes))
  }

  /// An answer within a line, whose fields were found already.
  init(bytes: [UInt8], body: Range<Int>, facts: ReplyFacts) {
    self.bytes = bytes
    self.body = body
    self.facts = facts
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
  public var raw: JSONValue { (try? JSONValue.parse(Array(bytes[body]))) ?? .null }

  /// The text of the answer as UTF-8 that is not checked yet, for those who read on in it byte by byte.
  package var textBytes: [UInt8]? {
    guard !facts.text.isEmpty else { return nil }
    var out: [UInt8] = []
    bytes.withSpan { span in
      for piece in facts.text { piece.append(to: &out, from: span) }
    }
    return out
  }

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
  func withBody<Result>(_ read: ([UInt8]) -> Result) -> Result { read(Array(bytes[body])) }
}

extension Reply {
  /// The text of an answer that has to be whole as JSON, or why it isn't.
  ///
  /// Models that are not held to a schema put a fence round their JSON. One that is there is taken off; an
  /// answer that is JSON already goes on without a copy as a string.
  func wholeJSON() throws(LineError) -> [UInt8] {
    try requireWhole()
    guard let bytes = textBytes, let first = bytes.first, let last = bytes.last else { throw .empty }
    // Only an answer that doesn't begin as JSON has a fence or odd space to be peeled off.
    if [UInt8(ascii: "{"), UInt8(ascii: "[")].contains(first), last < 0x80 { return bytes }
    return Array(try wholeText().withoutCodeFence.utf8)
  }
}
