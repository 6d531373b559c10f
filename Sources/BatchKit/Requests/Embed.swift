import Foundation

/// Vectors of texts: requests to `/v1/embeddings`.
public struct Embed: BatchRequest {
  /// The text.
  public typealias Input = String
  /// The vector.
  public typealias Output = Embedding

  private let name: Model
  private var settings = RequestSettings()

  /// Vectors by this model, of its own length or of `dimensions` numbers.
  public init(model: Model, dimensions: Int? = nil) {
    name = model
    if let dimensions { settings.set("dimensions", .number(JSONNumber(dimensions))) }
  }

  /// Vectors by the model of this name, of its own length or of `dimensions` numbers.
  @_disfavoredOverload
  public init(model: String, dimensions: Int? = nil) {
    self.init(model: Model(model), dimensions: dimensions)
  }

  /// Where the requests go.
  public var endpoint: Endpoint { .embeddings }
  /// The model that is asked, where it is the same for all.
  public var model: Model? { name }
  /// What is wrong with the settings.
  public var problems: [Problem] { settings.problems }

  /// Sets anything else by its name on the wire.
  public func parameter(_ name: String, _ value: JSONValue) -> Self {
    var copy = self
    copy.settings.setParameter(name, value)
    return copy
  }

  /// Returns the body of the request about `input`.
  public func body(for input: String) -> JSONValue {
    var body: JSONObject = ["model": .string(name.rawValue), "input": .string(input)]
    settings.add(to: &body, order: ["dimensions"])
    return .object(body)
  }

  /// Returns what an answer means, or throws why it is of no use.
  public func output(of reply: Reply) throws(LineError) -> Embedding {
    let vector = reply.raw["data"][0]["embedding"]
    if let numbers = vector.array {
      let floats = numbers.compactMap { $0.double.map { Float($0) } }
      if floats.count == numbers.count, !floats.isEmpty { return Embedding(vector: floats, reply: reply) }
    } else if let text = vector.string, let data = Data(base64Encoded: text), let floats = floats(in: data) {
      return Embedding(vector: floats, reply: reply)
    }
    throw LineError(.empty, message: "The answer holds no vector.")
  }

  /// The numbers in the binary form of the service: four bytes each, the lowest first.
  private func floats(in data: Data) -> [Float]? {
    guard !data.isEmpty, data.count % 4 == 0 else { return nil }
    let bytes = Array(data)
    return stride(from: 0, to: bytes.count, by: 4).map { start in
      Float(bitPattern: bytes[start..<(start + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) })
    }
  }
}

/// The vector that stands for a text.
public struct Embedding: Sendable {
  /// Its numbers.
  public let vector: [Float]
  /// Everything that came back, with usage and model read off.
  public let reply: Reply
}
