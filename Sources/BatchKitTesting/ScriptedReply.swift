public import BatchKit
import Foundation

/// What the emulator answers to one request.
///
/// A literal is a plain answer: `emulator.answering("paris", with: "It is the capital of France.")`.
///
/// It is said in the words of the test, and put into the shape of whatever endpoint was asked: the same reply
/// serves chats, responses and completions.
public struct ScriptedReply: Sendable, ExpressibleByStringInterpolation {
  package enum Content: Sendable {
    case text(String)
    case truncated(String)
    case refusal(String)
    case filtered
    case body(JSONValue)
    case failure(ScriptedFailure)
  }

  package let content: Content

  /// An answer that says this.
  /// - Parameter value: The text of the answer.
  public init(stringLiteral value: String) { content = .text(value) }

  package init(_ content: Content) { self.content = content }

  /// An answer that says this.
  /// - Parameter text: The text of the answer.
  public static func text(_ text: String) -> Self { Self(.text(text)) }

  /// An answer that is this value written as JSON, as a typed request asks for.
  ///
  /// ```swift
  /// let emulator = Emulator(.echo.answering { _ in .json(Verdict(label: .praise, confidence: 0.9)) })
  /// ```
  /// The keys come in the order of the alphabet, so that the same value always gives the same answer. A value
  /// that can't be encoded makes the request fail with the reason.
  /// - Parameter value: What the answer decodes to.
  public static func json(_ value: some Encodable) -> Self {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do { return .text(String(decoding: try encoder.encode(value), as: UTF8.self)) } catch {
      return .failure(.custom(code: "unencodable", message: "The scripted answer can't be encoded: \(error)"))
    }
  }

  /// An answer that breaks off at the token limit after these words.
  /// - Parameter text: What there is of the answer.
  public static func truncated(_ text: String) -> Self { Self(.truncated(text)) }

  /// A model that declines in these words.
  ///
  /// It is an answer with status 200, and paid for.
  ///
  /// - Parameter text: The words in which it declines.
  public static func refusal(_ text: String = "I'm sorry, I can't help with that.") -> Self {
    Self(.refusal(text))
  }

  /// An answer that the content filter withheld, with status 200 as the service has it.
  ///
  /// It is paid for, and there is nothing in it.
  public static var filtered: Self { Self(.filtered) }

  /// This very body with status 200, whatever the endpoint.
  ///
  /// For answers that no other reply can say, such as a call of a tool. It is paid for by the usage that it
  /// states.
  ///
  /// - Parameter body: The body of the answer, as the endpoint would write it.
  public static func body(_ body: JSONValue) -> Self { Self(.body(body)) }

  /// No answer but this failure.
  /// - Parameter failure: How the request fails.
  public static func failure(_ failure: ScriptedFailure) -> Self { Self(.failure(failure)) }
}

/// How a request fails: with an HTTP status of its own, or with none at all.
///
/// A failure with a status costs nothing and stands in the file of errors as a response; one without stands
/// there as a bare error.
///
/// ```swift
/// let overloaded = ScriptedFailure.custom(
///   code: "overloaded", message: "The model is overloaded.", status: 503, type: "server_error")
/// let emulator = Emulator(.echo.failing("paris", with: overloaded))
/// ```
public struct ScriptedFailure: Sendable, Hashable {
  /// The service's code for it.
  public var code: String
  /// The service's sentence.
  public var message: String
  /// The HTTP status; `nil` where the request got no answer at all.
  public var status: Int?
  /// The service's word for the class of the failure.
  public var type: String

  /// A failure of these parts.
  /// - Parameters:
  ///   - code: The service's code.
  ///   - message: The service's sentence.
  ///   - status: The HTTP status; `nil` where there was no answer at all.
  ///   - type: The service's word for the class of the failure.
  public static func custom(
    code: String, message: String, status: Int? = 400, type: String = "invalid_request_error"
  ) -> Self {
    Self(code: code, message: message, status: status, type: type)
  }

  /// Status 429: too many requests.
  public static let rateLimit = custom(
    code: "rate_limit_exceeded", message: "Rate limit reached. Please try again later.", status: 429,
    type: "rate_limit_error")
  /// Status 500: the service broke down.
  public static let serverError = custom(
    code: "server_error", message: "The server had an error while processing your request.", status: 500,
    type: "server_error")
  /// Status 400: the prompt is longer than the model can read.
  public static let contextLengthExceeded = custom(
    code: "context_length_exceeded",
    message: "This model's maximum context length is 128000 tokens. Please reduce the length of the messages."
  )
  /// Status 400: the prompt was stopped by the content filter.
  public static let contentFilter = custom(
    code: "content_filter",
    message: "The response was filtered because the prompt triggered the content management policy.")
  /// No answer: the request took too long.
  public static let timeout = custom(
    code: "request_timeout", message: "The request timed out.", status: nil)
  /// No answer: the window closed first.
  public static let expired = custom(
    code: "batch_expired",
    message: "This request could not be executed before the completion window expired.", status: nil)
  /// No answer: the batch was cancelled first.
  public static let cancelled = custom(
    code: "batch_cancelled", message: "This request was not executed because the batch was cancelled.",
    status: nil)

  /// The body of an HTTP answer that tells the failure.
  package var body: JSONValue { .failure(message: message, type: type, code: code) }
}

extension JSONValue {
  /// The body in which the service tells a failure.
  ///
  /// All four fields are there, as the service has them, be they `null`.
  package static func failure(
    message: String, type: String = "invalid_request_error", parameter: String? = nil, code: String? = nil
  ) -> Self {
    [
      "error": [
        "message": .string(message), "type": .string(type), "param": .nullable(parameter),
        "code": .nullable(code),
      ]
    ]
  }
}

extension JSONValue {
  /// The text, or `null` where there is none.
  package static func nullable(_ text: String?) -> Self { text.map { .string($0) } ?? .null }

  /// The number, or `null` where there is none.
  package static func nullable(_ number: Int?) -> Self { number.map { .number(JSONNumber($0)) } ?? .null }
}
