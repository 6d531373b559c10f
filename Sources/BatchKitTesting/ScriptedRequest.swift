public import BatchKit

/// One request as the emulator runs it: a line of an input file, or a call of its own.
///
/// Rules of an `EmulatorScript` are given one and decide by it:
///
/// ```swift
/// let script = EmulatorScript.echo.failing(
///   where: { $0.model == "gpt-5.4-nano" && $0.prompt.count > 1000 }, with: .contextLengthExceeded)
/// ```
public struct ScriptedRequest: Sendable {
  /// The id of the line; `nil` for a request that was sent outside a batch.
  public let id: CustomID?
  /// Where the request goes.
  public let endpoint: Endpoint
  /// The line of the input file, counted from 1; 1 outside a batch.
  public let line: Int
  /// What was sent.
  ///
  /// It is as the client wrote it, so that a test can look at any field:
  /// `request.body["temperature"].double`.
  public let body: JSONValue

  package init(id: CustomID?, endpoint: Endpoint, line: Int = 1, body: JSONValue) {
    self.id = id
    self.endpoint = endpoint
    self.line = line
    self.body = body
  }

  /// The model that is asked.
  public var model: Model? { body["model"].string.map { Model($0) } }

  /// What the user said last, or the text to complete, embed or judge.
  ///
  /// Parts that are no text are left out. It is empty where there is nothing of the kind.
  public var prompt: String {
    if let messages = body["messages"].array { return Self.lastWords(of: messages) }
    for key in ["input", "prompt"] {
      switch body[key] {
      case .string(let text): return text
      case .array(let elements):
        return body["input"][0]["role"].isNull ? Self.text(of: elements[...]) : Self.lastWords(of: elements)
      default: continue
      }
    }
    return ""
  }

  /// The text of the user's last message, or of the last one where the user said nothing.
  ///
  /// A message of content parts gives its texts, one to a line.
  private static func lastWords(of messages: [JSONValue]) -> String {
    let message = messages.last { $0["role"].string == "user" } ?? messages.last ?? .null
    if let text = message["content"].string { return text }
    return text(of: (message["content"].array ?? [])[...])
  }

  /// The texts among content parts; pictures and the like say nothing here.
  private static func text(of parts: ArraySlice<JSONValue>) -> String {
    parts.compactMap { $0.string ?? $0["text"].string }.joined(separator: "\n")
  }

  /// The tokens of the request, as roughly as one counts on fingers: a quarter of its bytes.
  package var promptTokens: Int {
    Self.tokens(in: body["messages"].isNull ? prompt : body["messages"].description)
  }

  /// The rough number of tokens of a text.
  package static func tokens(in text: String) -> Int { (text.utf8.count + 3) / 4 }
}
