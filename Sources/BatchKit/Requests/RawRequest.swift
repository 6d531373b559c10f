/// Requests to any endpoint with bodies of your own.
public struct RawRequest: BatchRequest {
  public typealias Input = JSONValue
  public typealias Output = JSONValue

  public let endpoint: Endpoint
  public let model: Model?

  /// Requests to `endpoint`; a body without a model gets this one.
  public init(_ endpoint: Endpoint, model: Model? = nil) {
    self.endpoint = endpoint
    self.model = model
  }

  public func body(for input: JSONValue) -> JSONValue {
    guard let model, var body = input.object, body["model"] == nil else { return input }
    body["model"] = .string(model.rawValue)
    return .object(body)
  }

  public func output(of reply: Reply) -> JSONValue { reply.raw }
}
