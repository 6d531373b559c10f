/// What a model is asked: a text, or the messages of a conversation.
///
/// Write a text as a literal, and a conversation as a list: `[.user("Hi"), .assistant("Hello!"),
/// .user("Bye")]`.
///
/// A text is nothing but a conversation of one message, said by the user; some endpoints, such as embeddings,
/// take only that.
public struct Prompt: Sendable, Hashable {
  /// The messages in order.
  public var messages: [Message]

  /// A prompt of one text, said by the user.
  public init(_ text: String) { messages = [.user(text)] }

  /// A conversation.
  public init(_ messages: [Message]) { self.messages = messages }
}

extension Prompt: ExpressibleByStringInterpolation, ExpressibleByArrayLiteral {
  /// A value written as a literal.
  public init(stringLiteral value: String) { self.init(value) }
  /// A conversation written as a list of messages.
  public init(arrayLiteral elements: Message...) { self.init(elements) }
}

extension Prompt {
  /// The text, where that is all there is to it.
  ///
  /// Endpoints that can say a text in a shorter form ask for it, and those that know no messages.
  package var onlyText: String? {
    guard messages.count == 1, messages[0].role == .user, messages[0].parts.count == 1,
      case .text(let text) = messages[0].parts[0].kind
    else { return nil }
    return text
  }
}
