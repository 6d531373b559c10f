/// The members of an object, as a decoder asks for them.
struct AnswerMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
  private let document: AnswerDocument
  private let node: Int
  /// Objects of many members, such as dictionaries, are not walked along for each of them.
  private let places: [String: Int]?

  init(_ document: AnswerDocument, _ node: Int) throws {
    guard document.kind(of: node) == .object else { throw document.mismatch([String: Any].self, node) }
    self.document = document
    self.node = node
    places = document.tape.nodes[node].end > 24 ? document.places(in: node) : nil
  }

  var codingPath: [any CodingKey] { document.path(to: node) }

  var allKeys: [Key] {
    var seen: Set<String> = []
    return document.keys(of: node).filter { seen.insert($0).inserted }.compactMap { Key(stringValue: $0) }
  }

  func contains(_ key: Key) -> Bool { find(key) != nil }
  func decodeNil(forKey key: Key) throws -> Bool { document.isNull(try value(key)) }

  private func find(_ key: Key) -> Int? {
    if let places { return places[key.stringValue] }
    return document.tape.member(key.stringValue, of: node)
  }

  private func value(_ key: Key) throws -> Int {
    if let place = find(key) { return place }
    throw DecodingError.keyNotFound(
      key, .init(codingPath: codingPath, debugDescription: "There is no member “\(key.stringValue)”."))
  }

  /// The value under a key, unless there is none or it is `null`.
  private func present(_ key: Key) -> Int? { find(key).flatMap { document.isNull($0) ? nil : $0 } }

  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try document.bool(value(key)) }
  func decode(_ type: String.Type, forKey key: Key) throws -> String { try document.string(value(key)) }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try document.double(value(key)) }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try document.float(value(key)) }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try document.integer(type, value(key)) }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try document.integer(type, value(key)) }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try document.integer(type, value(key)) }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try document.integer(type, value(key)) }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try document.integer(type, value(key)) }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try document.integer(type, value(key)) }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try document.integer(type, value(key)) }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
    try document.integer(type, value(key))
  }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
    try document.integer(type, value(key))
  }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
    try document.integer(type, value(key))
  }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try document.value(type, value(key))
  }

  func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
    try present(key).map { try document.bool($0) }
  }

  func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
    try present(key).map { try document.string($0) }
  }

  func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
    try present(key).map { try document.double($0) }
  }

  func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
    try present(key).map { try document.integer(type, $0) }
  }

  func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
    try present(key).map { try document.value(type, $0) }
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    KeyedDecodingContainer(try AnswerMembers<Nested>(document, value(key)))
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try AnswerElements(document, value(key))
  }

  func superDecoder() throws -> any Decoder {
    AnswerDecoder(document, document.tape.member("super", of: node) ?? document.tape.nothing)
  }

  func superDecoder(forKey key: Key) throws -> any Decoder {
    AnswerDecoder(document, find(key) ?? document.tape.nothing)
  }
}

extension AnswerDocument {
  /// The keys of an object in order; one that stands there twice is here twice.
  fileprivate func keys(of node: Int) -> [String] {
    // A key that is no UTF-8 can't be asked for by any name.
    tape.children(of: node).compactMap { tape.text(of: $0 - 1) }
  }

  fileprivate func places(in node: Int) -> [String: Int] {
    let places = tape.children(of: node).compactMap { child in tape.text(of: child - 1).map { ($0, child) } }
    return Dictionary(places, uniquingKeysWith: { $1 })
  }
}
