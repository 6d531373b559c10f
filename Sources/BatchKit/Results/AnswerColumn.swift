/// A column that an export adds to a table: what of an answer it shows, and the name it goes by.
///
/// ```swift
/// try joined.write(to: "enriched.csv", columns: [.content, .error, .flattened("verdict")])
/// ```
public struct AnswerColumn: Sendable, Hashable {
  enum Content: Sendable, Hashable {
    case content, finishReason, promptTokens, completionTokens, cachedTokens, reasoningTokens
    case error, errorCode, model, status, refusal, customID, body
    case flattened
  }

  let content: Content
  /// The name of the column.
  public let name: String

  private init(_ content: Content, _ name: String) {
    self.content = content
    self.name = name
  }

  /// The text of the answer.
  public static let content = Self(.content, "content")
  /// Why the model stopped.
  public static let finishReason = Self(.finishReason, "finish_reason")
  /// The tokens read.
  public static let promptTokens = Self(.promptTokens, "prompt_tokens")
  /// The tokens written.
  public static let completionTokens = Self(.completionTokens, "completion_tokens")
  /// The tokens read from the provider's cache.
  public static let cachedTokens = Self(.cachedTokens, "cached_tokens")
  /// The tokens spent on reasoning.
  public static let reasoningTokens = Self(.reasoningTokens, "reasoning_tokens")
  /// The sentence of what went wrong.
  public static let error = Self(.error, "error")
  /// The code of what went wrong.
  public static let errorCode = Self(.errorCode, "error_code")
  /// The model that answered.
  public static let model = Self(.model, "model")
  /// The HTTP status of the request.
  public static let status = Self(.status, "status")
  /// What the model said when it declined.
  public static let refusal = Self(.refusal, "refusal")
  /// The id of the request, where a line answers it.
  public static let customID = Self(.customID, "custom_id")
  /// The whole body of the answer, as JSON.
  public static let body = Self(.body, "body")

  /// The fields of answers that are JSON objects, each in a column of its own such as `verdict.label`.
  ///
  /// The results are gone through once more for the names, in the order in which they first appear. Objects
  /// within objects are taken apart too; a list stands in its cell as JSON. An answer that is no object has
  /// no fields: choose ``content`` too where its text is to be kept.
  public static func flattened(_ name: String) -> Self { Self(.flattened, name) }

  /// Returns the same column under another name.
  public func named(_ name: String) -> Self { Self(content, name) }
}

extension [AnswerColumn] {
  /// The five columns that an export adds where none are chosen.
  public static var standard: Self { [.content, .finishReason, .promptTokens, .completionTokens, .error] }
}
