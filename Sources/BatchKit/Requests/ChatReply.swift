/// An answer in words.
///
/// It is what a request yields unless it says ``Chat/returning(_:name:_:)``. An answer that was cut off is
/// one of these as well, with ``isTruncated`` set: half a text may be of use, where half a value is not.
public struct ChatReply: Sendable {
  /// The text; empty only where the model asked for a tool instead.
  public let text: String
  /// Whether the text was cut off at the token limit.
  public let isTruncated: Bool
  /// Why the model stopped, in the service's word.
  public let finishReason: String?
  /// Everything that came back, with usage and model read off.
  public let reply: Reply

  init(text: String, reply: Reply) {
    self.text = text
    self.reply = reply
    finishReason = reply.finishReason
    isTruncated = reply.isTruncated
  }

  /// The texts of all answers, where several were asked for.
  ///
  /// An answer that is no plain text is left out, so there may be fewer than were asked for.
  public var choices: [String] {
    guard let choices = reply.raw["choices"].array else { return [text] }
    return choices.compactMap { $0["message"]["content"].string ?? $0["text"].string }
  }

  /// The tools the model asked for, in the service's own words.
  ///
  /// The list is empty where there are none. A batch can't answer them: run the tools yourself, and put what
  /// they gave into the requests of another batch.
  public var toolCalls: [JSONValue] {
    let raw = reply.raw
    if let calls = raw["choices"][0]["message"]["tool_calls"].array { return calls }
    return (raw["output"].array ?? []).filter {
      ["function_call", "custom_tool_call"].contains($0["type"].string)
    }
  }
}

extension ChatReply: CustomStringConvertible {
  /// The value as text.
  public var description: String { text }
}

extension Reply {
  /// Whether the answer was cut off at the token limit.
  var isTruncated: Bool { ["length", "max_output_tokens", "max_tokens"].contains(finishReason) }

  /// The answer in words, or why there is none.
  ///
  /// A text that was cut off may still be of use, so here that is no failure.
  func words() throws(LineError) -> ChatReply {
    try requireAnswer()
    if let text, !text.isEmpty { return ChatReply(text: text, reply: self) }
    if callsTools { return ChatReply(text: "", reply: self) }
    throw isTruncated ? .truncated : .empty
  }

  /// The text of an answer that has to be whole, or why it isn't.
  func wholeText() throws(LineError) -> String {
    try requireWhole()
    guard let text, !text.isEmpty else { throw .empty }
    return text
  }

  /// Throws why the answer is not all there, where it isn't.
  func requireWhole() throws(LineError) {
    try requireAnswer()
    if isTruncated { throw .truncated }
  }

  /// Throws why there is no answer, where the service says so in it.
  ///
  /// The order matters: an error says more than a refusal, and a refusal more than a reason to stop. Services
  /// send all of these with the status of a success, so a line that came back well may still hold nothing.
  func requireAnswer() throws(LineError) {
    if let failure { throw .refused(failure.code, failure.message) }
    if let refusal, !refusal.isEmpty { throw LineError(.refusal, message: refusal) }
    if finishReason == "content_filter" { throw .filtered }
    switch status {
    case "failed", "cancelled": throw .refused(status, nil)
    default: return
    }
  }
}

extension LineError {
  static func refused(_ code: String?, _ message: String?) -> Self {
    Self(.refused, code: code, message: message ?? "The service gave no answer and no reason.")
  }

  static var filtered: Self { Self(.filtered, message: "A content filter withheld the answer.") }

  static var empty: Self { Self(.empty, message: "The answer holds no text.") }

  static var truncated: Self {
    Self(.truncated, message: "The answer was cut off at the token limit; allow it more tokens.")
  }
}
