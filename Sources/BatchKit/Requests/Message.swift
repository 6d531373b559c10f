/// One message of a conversation: who says it, and what it is made of.
///
/// ```swift
/// Message.user("What is this?")
/// Message(.user, [.text("What is this?"), .image(path: "photos/1.jpg")])
/// ```
public struct Message: Sendable, Hashable {
  /// Who says a message; services may know more roles than are named here.
  public struct Role: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
    /// The role as the service spells it.
    public let rawValue: String

    /// A role with this name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A value written as a literal.
    public init(stringLiteral value: String) { rawValue = value }

    /// Instructions that stand above the conversation.
    public static let system: Self = "system"
    /// Instructions, in the word of newer models.
    public static let developer: Self = "developer"
    /// The one who asks.
    public static let user: Self = "user"
    /// The model.
    public static let assistant: Self = "assistant"
  }

  /// One piece of what a message is made of.
  ///
  /// Texts, images, sounds and files have makers of their own, which say it in the words of whichever
  /// endpoint the request goes to. What has none goes by ``json(_:)``, and then in the words of that one
  /// endpoint.
  public struct Part: Sendable, Hashable {
    /// What the part is, before an endpoint has its words for it.
    package enum Kind: Sendable, Hashable {
      case text(String)
      case media(Attachment)
      case other(JSONValue)
    }

    package let kind: Kind

    package init(kind: Kind) { self.kind = kind }

    /// A text.
    public static func text(_ text: String) -> Self { Self(kind: .text(text)) }

    /// A part in the service's own words, such as `["type": "image_url", "image_url": ["url": "https://…"]]`.
    public static func json(_ value: JSONValue) -> Self { Self(kind: .other(value)) }
  }

  /// Who says it.
  public var role: Role
  /// What it is made of, in order.
  public var parts: [Part]

  /// A message of these parts.
  public init(_ role: Role, _ parts: [Part]) {
    self.role = role
    self.parts = parts
  }

  /// A message of one text.
  public init(_ role: Role, _ text: String) { self.init(role, [.text(text)]) }

  /// Instructions that stand above the conversation.
  public static func system(_ text: String) -> Self { Self(.system, text) }

  /// Instructions, in the word of newer models.
  public static func developer(_ text: String) -> Self { Self(.developer, text) }

  /// What the one who asks says.
  public static func user(_ text: String) -> Self { Self(.user, text) }

  /// What the model said before, or should be taken to have said.
  public static func assistant(_ text: String) -> Self { Self(.assistant, text) }
}

extension Message {
  /// The message as JSON: a lone text stands by itself, anything else is a list of parts.
  ///
  /// - Throws: ``BatchError`` where a file of it can't be read.
  func json(_ dialect: MessageDialect) throws(BatchError) -> JSONValue {
    if parts.count == 1, case .text(let text) = parts[0].kind {
      return ["role": .string(role.rawValue), "content": .string(text)]
    }
    let dialect = role == .assistant && dialect == .responses ? .responsesAnswer : dialect
    var content: [JSONValue] = []
    for part in parts { content.append(try part.json(dialect)) }
    return ["role": .string(role.rawValue), "content": .array(content)]
  }
}

/// The words that an endpoint has for the parts of a message.
enum MessageDialect {
  case chat
  /// What is said to the model at the responses endpoint.
  case responses
  /// What the model said there before.
  case responsesAnswer
}

extension Message.Part {
  /// The part in the words of an endpoint; one in the service's own words stays as it is.
  func json(_ dialect: MessageDialect) throws(BatchError) -> JSONValue {
    switch kind {
    case .text(let text): ["type": .string(dialect.textKind), "text": .string(text)]
    case .media(let attachment): try attachment.json(dialect)
    case .other(let value): value
    }
  }
}

extension MessageDialect {
  /// The type of a text: responses tells apart what was said to the model and what it said.
  fileprivate var textKind: String {
    switch self {
    case .chat: "text"
    case .responses: "input_text"
    case .responsesAnswer: "output_text"
    }
  }
}
