import Foundation

/// Vectors of texts: requests to `/v1/embeddings`.
public struct Embed: ConfigurableRequest {
  /// The text.
  public typealias Input = Prompt
  /// The vector.
  public typealias Output = Embedding

  /// How the service writes a vector.
  public enum Encoding: String, Sendable {
    /// As numbers.
    case float
    /// As bytes in base64, a quarter of the size.
    case base64
  }

  private let name: Model
  private var settings = RequestSettings(order: ["dimensions", "encoding_format"])

  /// Vectors by this model, of its own length or of `dimensions` numbers.
  public init(model: Model, dimensions: Int? = nil) {
    name = model
    if let dimensions { settings["dimensions"] = .number(JSONNumber(dimensions)) }
  }

  /// Vectors by the model of this name, of its own length or of `dimensions` numbers.
  @_disfavoredOverload
  public init(model: String, dimensions: Int? = nil) {
    self.init(model: Model(model), dimensions: dimensions)
  }

  /// Where the requests go.
  public var endpoint: Endpoint { .embeddings }
  /// The model that is asked, where it is the same for all.
  public var model: Model? { settings["model"]?.string.map { Model($0) } ?? name }
  /// What is wrong with the settings.
  public var problems: [Problem] { settings.problems }

  /// Sets how the service writes the vectors; either is read.
  public func encoding(_ encoding: Encoding) -> Self {
    parameter("encoding_format", .string(encoding.rawValue))
  }

  /// Sets anything else by its name on the wire.
  public func parameter(_ name: String, _ value: JSONValue) -> Self {
    var copy = self
    copy.settings[name] = value
    return copy
  }

  /// Returns the body of the request about `input`.
  ///
  /// - Throws: ``BatchError`` where the input is empty or more than one text.
  public func body(for input: Prompt) throws -> JSONValue {
    let text = try input.text(for: endpoint)
    if text.isEmpty {
      throw BatchError(.invalidBatch, "There is no vector of an empty text; leave the request out.")
    }
    var body: JSONObject = ["model": .string(name.rawValue), "input": .string(text)]
    settings.add(to: &body)
    return .object(body)
  }

  /// Returns what an answer means, or throws why it is of no use.
  public func output(of reply: Reply) throws(LineError) -> Embedding {
    try reply.requireAnswer()
    guard let vector = reply.vector, !vector.isEmpty else { throw .nothing("vector") }
    return Embedding(vector: vector, reply: reply)
  }
}

/// The vector that stands for a text.
public struct Embedding: Sendable {
  /// Its numbers.
  public let vector: [Float]
  /// Everything that came back, with usage and model read off.
  public let reply: Reply
}

extension Reply {
  /// The first vector of the answer, read without building a value of each number.
  fileprivate var vector: [Float]? {
    if let vector = withBody({ VectorReading(of: $0).vector }) { return vector }
    // The quick way knows the answer alone; one that still stands in its line is read the long way.
    return VectorReading(of: JSONWriter.bytes(of: raw)).vector
  }
}

/// A vector, read from the bytes of an answer in either of its forms.
struct VectorReading {
  let vector: [Float]?

  init(of json: [UInt8]) {
    vector = json.withSpan { span in
      do throws(JSONFault) { return try Self.answer(span) } catch { return nil }
    }
  }

  private static func answer(_ bytes: Span<UInt8>) throws(JSONFault) -> [Float]? {
    var scanner = JSONScanner()
    var vector: [Float]?
    try scanner.eachNamed(bytes) { scanner, key throws(JSONFault) in
      if key.equals("data", bytes) {
        vector = try list(&scanner, bytes)
      } else {
        try scanner.skipValue(bytes)
      }
    }
    try scanner.finish(bytes)
    return vector
  }

  private static func list(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws(JSONFault) -> [Float]? {
    var vector: [Float]?
    try scanner.eachItem(bytes) { scanner, index throws(JSONFault) in
      if index == 0 { vector = try item(&scanner, bytes) } else { try scanner.skipValue(bytes) }
    }
    return vector
  }

  private static func item(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws(JSONFault) -> [Float]? {
    var vector: [Float]?
    try scanner.eachNamed(bytes) { scanner, key throws(JSONFault) in
      guard key.equals("embedding", bytes) else {
        try scanner.skipValue(bytes)
        return
      }
      switch try scanner.peek(bytes) {
      case .array: vector = try numbers(&scanner, bytes)
      case .string: vector = floats(in: try scanner.string(bytes).decoded(bytes))
      default: try scanner.skipValue(bytes)
      }
    }
    return vector
  }

  /// The numbers of an array; `nil` where anything else is among them.
  private static func numbers(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws(JSONFault) -> [Float]? {
    var numbers: [Float] = []
    var isSound = true
    try scanner.eachElement(bytes) { scanner, _ throws(JSONFault) in
      guard try scanner.peek(bytes) == .number else {
        isSound = false
        try scanner.skipValue(bytes)
        return
      }
      numbers.append(number(bytes.extracting(try scanner.number(bytes))))
    }
    return isSound ? numbers : nil
  }

  /// The number that digits stand for: by whole arithmetic where that is exact, else by the library.
  private static func number(_ digits: Span<UInt8>) -> Float {
    var mantissa: UInt64 = 0
    var places = 0
    var count = 0
    var isFraction = false
    for index in digits.indices {
      switch digits[index] {
      case UInt8(ascii: "-"): break
      case UInt8(ascii: "."): isFraction = true
      case let byte where byte &- UInt8(ascii: "0") < 10:
        mantissa = mantissa &* 10 &+ UInt64(byte &- UInt8(ascii: "0"))
        count &+= mantissa == 0 ? 0 : 1
        places &+= isFraction ? 1 : 0
      default: return written(digits)
      }
    }
    guard count <= 15, places <= 22 else { return written(digits) }
    let value = Double(mantissa) / powers[places]
    return Float(digits[0] == UInt8(ascii: "-") ? -value : value)
  }

  private static func written(_ digits: Span<UInt8>) -> Float {
    // The digits were checked by the scanner, so they always make a number.
    Float(digits.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }) ?? .nan
  }

  private static let powers: [Double] = (0...22).map { pow(10, Double($0)) }

  /// The numbers in the binary form of the service: four bytes each, the lowest first.
  private static func floats(in text: String) -> [Float]? {
    guard let data = Data(base64Encoded: text), !data.isEmpty, data.count % 4 == 0 else { return nil }
    return data.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map { start in
        Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self)))
      }
    }
  }
}
