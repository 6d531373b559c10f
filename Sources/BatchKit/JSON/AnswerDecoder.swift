import Foundation

/// Decodes answers into types of the user's, building nothing that the type does not ask for.
///
/// It means the same by the same text as Foundation's decoder as that is set by default, but for these
/// differences:
/// - A `Date` is read by RFC 3339 from a string, as a schema asks models for; a number counts seconds since
///   1970.
/// - `Data` of base64, `URL` and `Decimal` are read as there.
/// - Of several members under one key the last counts.
/// - Keys are compared byte for byte, so an accent that is written in another way makes another key.
/// - Half of a surrogate pair becomes U+FFFD; there it is refused.
/// - A number too small to tell from zero is refused as a whole number too.
/// - Arrays and objects may nest 128 deep; there it is 512.
/// - A byte-order mark in front is passed over, and UTF-16 or UTF-32 is not read.
package struct AnswerDecoder: Decoder {
  private let document: AnswerDocument
  private let node: Int

  init(_ document: AnswerDocument, _ node: Int) {
    self.document = document
    self.node = node
  }

  package var codingPath: [any CodingKey] { document.path(to: node) }
  package var userInfo: [CodingUserInfoKey: Any] { [:] }

  package func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(try AnswerMembers<Key>(document, node))
  }

  package func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try AnswerElements(document, node)
  }
  package func singleValueContainer() -> any SingleValueDecodingContainer { AnswerScalar(document, node) }

  /// The value that JSON bytes hold, decoded as `type`.
  ///
  /// - Throws: `DecodingError`.
  package static func decode<Value: Decodable>(_ type: Value.Type, from json: [UInt8]) throws -> Value {
    let tape: JSONTape
    do throws(JSONFault) { tape = try JSONTape(json) } catch {
      throw DecodingError.dataCorrupted(
        .init(codingPath: [], debugDescription: "\(error)", underlyingError: error))
    }
    return try AnswerDocument(tape).value(type, 0)
  }
}

/// A JSON text that is being decoded: what its values are as Swift has them.
final class AnswerDocument: Sendable {
  let tape: JSONTape

  init(_ tape: JSONTape) { self.tape = tape }

  func kind(of node: Int) -> JSONTape.Node.Kind { tape.nodes[node].kind }
  func isNull(_ node: Int) -> Bool { kind(of: node) == .null }

  /// The value of a node as `type`; types that JSON has no word for are read as Foundation's decoder does.
  func value<Value: Decodable>(_ type: Value.Type, _ node: Int) throws -> Value {
    if type == String.self, let text = try string(node) as? Value { return text }
    if type == [String].self, let texts = try strings(node) as? Value { return texts }
    if type == Date.self, let date = try date(node) as? Value { return date }
    if type == URL.self, let url = try url(node) as? Value { return url }
    if type == Data.self, let data = try data(node) as? Value { return data }
    if type == Decimal.self, let decimal = try decimal(node) as? Value { return decimal }
    return try Value(from: AnswerDecoder(self, node))
  }

  func bool(_ node: Int) throws -> Bool {
    switch kind(of: node) {
    case .yes: true
    case .no: false
    default: throw mismatch(Bool.self, node)
    }
  }

  func string(_ node: Int) throws -> String {
    guard [.string, .escapedString].contains(kind(of: node)) else { throw mismatch(String.self, node) }
    guard let text = tape.text(of: node) else { throw corrupted("It is not valid UTF-8.", node) }
    return text
  }

  func strings(_ node: Int) throws -> [String] {
    guard kind(of: node) == .array else { throw mismatch([String].self, node) }
    return try tape.children(of: node).map { try string($0) }
  }

  func integer<Value: FixedWidthInteger>(_ type: Value.Type, _ node: Int) throws -> Value {
    guard kind(of: node) == .number else { throw mismatch(type, node) }
    if let small = tape.smallNumber(node), let value = Value(exactly: small) { return value }
    let digits = tape.text(of: node) ?? ""
    if let value = Value(digits) { return value }
    // `1.0` and `1e3` are whole numbers too.
    if digits.contains(where: { ".eE".contains($0) }), let decimal = JSONNumber(literal: digits).decimal,
      let value = Value(decimal.description)
    {
      return value
    }
    throw corrupted("The number \(digits.prefix(40)) does not fit in \(type).", node)
  }

  func double(_ node: Int) throws -> Double {
    guard kind(of: node) == .number else { throw mismatch(Double.self, node) }
    if let short = tape.shortFraction(node) { return short }
    return try finite(Double(tape.text(of: node) ?? ""), node)
  }

  func float(_ node: Int) throws -> Float {
    guard kind(of: node) == .number else { throw mismatch(Float.self, node) }
    return try finite(Float(tape.text(of: node) ?? ""), node)
  }

  private func finite<Value: BinaryFloatingPoint>(_ value: Value?, _ node: Int) throws -> Value {
    // A number too small to tell from zero is no more to be trusted than one too large.
    guard let value, value.isFinite, value != 0 || !tape.hasDigits(node) else {
      throw corrupted("The number \(tape.snippet(node)) does not fit in \(Value.self).", node)
    }
    return value
  }

  private func decimal(_ node: Int) throws -> Decimal {
    guard kind(of: node) == .number else { throw mismatch(Decimal.self, node) }
    guard let value = JSONNumber(literal: tape.text(of: node) ?? "").decimal else {
      throw corrupted("The number does not fit in Decimal.", node)
    }
    return value
  }

  private func date(_ node: Int) throws -> Date {
    if kind(of: node) == .number { return Date(timeIntervalSince1970: try value(Double.self, node)) }
    let text = try string(node)
    guard let date = Date(rfc3339: text) else {
      throw corrupted("“\(text.prefix(40))” is no date such as 2030-01-31T18:30:00Z.", node)
    }
    return date
  }

  private func url(_ node: Int) throws -> URL {
    guard let url = URL(string: try string(node)) else { throw corrupted("It is no URL.", node) }
    return url
  }

  private func data(_ node: Int) throws -> Data {
    guard let data = Data(base64Encoded: try string(node)) else { throw corrupted("It is no base64.", node) }
    return data
  }
}

extension AnswerDocument {
  /// Why a value is not what was wanted of it.
  func mismatch(_ type: any Any.Type, _ node: Int) -> DecodingError {
    let context = DecodingError.Context(
      codingPath: path(to: node), debugDescription: "It reads \(tape.snippet(node)).")
    return isNull(node) ? .valueNotFound(type, context) : .typeMismatch(type, context)
  }

  func corrupted(_ reason: String, _ node: Int) -> DecodingError {
    .dataCorrupted(DecodingError.Context(codingPath: path(to: node), debugDescription: reason))
  }

  /// The keys and indices that lead to a node; only a message asks for them, so they are looked for only
  /// then.
  func path(to wanted: Int) -> [any CodingKey] {
    var path: [any CodingKey] = []
    var node = 0
    while node != wanted, wanted < tape.nothing {
      let isObject = kind(of: node) == .object
      let children = tape.children(of: node)
      guard let place = children.lastIndex(where: { $0 <= wanted }) else { return path }
      node = children[place]
      path.append(
        isObject ? AnswerKey(stringValue: tape.text(of: node - 1) ?? "") : AnswerKey(intValue: place))
    }
    return path
  }
}

/// A key of an object, or an index of an array, in a path.
struct AnswerKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(stringValue: String) {
    self.stringValue = stringValue
    intValue = nil
  }

  init(intValue: Int) {
    stringValue = "Index \(intValue)"
    self.intValue = intValue
  }
}
