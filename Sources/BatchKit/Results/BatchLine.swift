/// One row of a result set: the answer to one request, or why there is none.
public struct BatchLine<Output: Sendable>: Sendable {
  /// The id of the request.
  public let id: CustomID
  /// What the answer became, or why it is of no use.
  public let result: Result<Output, LineError>
  /// The body of the answer as it came, where there is one; of a failed row, what the endpoint said.
  public let reply: Reply?
  /// The HTTP status of this one request.
  public let status: Int?

  /// What the answer became, if it is of use.
  public var value: Output? { if case .success(let value) = result { value } else { nil } }

  /// Why the row is of no use, if it is not.
  public var error: LineError? { if case .failure(let error) = result { error } else { nil } }

  /// The tokens that the request used up.
  public var usage: TokenUsage? { reply?.usage }

  /// Why the model stopped, in the service's word.
  public var finishReason: String? { reply?.finishReason }

  /// The text of the answer, whatever it was made into.
  public var text: String? { reply?.text }

  /// The whole body of the answer.
  public var raw: JSONValue { reply?.raw ?? .null }
}
