/// Requests to any endpoint with bodies of your own.
///
/// It serves endpoints that the library has no type for, and files of bodies that were made elsewhere.
/// Nothing is added to a body but the model, and nothing is read out of an answer.
/// ```swift
/// var batch = Batch(RawRequest("/v1/rerank", model: "rerank-3"))
/// batch.add("q1", ["query": "dogs", "documents": ["a cat", "a dog"]])
/// ```
public struct RawRequest: BatchRequest {
  /// The whole body.
  public typealias Input = JSONValue
  /// The whole answer.
  public typealias Output = JSONValue

  /// Where the requests go.
  public let endpoint: Endpoint
  /// The model of bodies that name none.
  public let model: Model?

  /// Requests to `endpoint`; a body without a model gets this one.
  public init(_ endpoint: Endpoint, model: Model? = nil) {
    self.endpoint = endpoint
    self.model = model
  }

  /// Returns the body of the request about `input`.
  public func body(for input: JSONValue) -> JSONValue {
    guard let model, var body = input.object, body["model"] == nil else { return input }
    body["model"] = .string(model.rawValue)
    return .object(body)
  }

  /// Returns what an answer means, or throws why it is of no use.
  public func output(of reply: Reply) -> JSONValue { reply.raw }
}
