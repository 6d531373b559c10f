/// The elements of an array, as a decoder asks for them.
struct AnswerElements: UnkeyedDecodingContainer {
  private let document: AnswerDocument
  private let node: Int
  private var place: Int
  private(set) var currentIndex = 0

  init(_ document: AnswerDocument, _ node: Int) throws {
    guard document.kind(of: node) == .array else { throw document.mismatch([Any].self, node) }
    self.document = document
    self.node = node
    place = node + 1
  }

  var codingPath: [any CodingKey] { document.path(to: node) }
  var count: Int? { Int(document.tape.nodes[node].end) }
  var isAtEnd: Bool { currentIndex == Int(document.tape.nodes[node].end) }

  /// Reads the next element, and moves past it where that succeeds.
  private mutating func next<Value>(
    _ type: Value.Type, _ read: (AnswerDocument, Int) throws -> Value
  ) throws -> Value {
    guard !isAtEnd else {
      let path = codingPath + [AnswerKey(intValue: currentIndex)]
      throw DecodingError.valueNotFound(
        type, .init(codingPath: path, debugDescription: "The list ends before it."))
    }
    let value = try read(document, place)
    place = Int(document.tape.nodes[place].next)
    currentIndex += 1
    return value
  }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, document.isNull(place) else {
      if isAtEnd { _ = try next(Never?.self) { _, _ in nil } }
      return false
    }
    return try next(Bool.self) { _, _ in true }
  }

  mutating func decode(_ type: Bool.Type) throws -> Bool { try next(type) { try $0.bool($1) } }
  mutating func decode(_ type: String.Type) throws -> String { try next(type) { try $0.string($1) } }
  mutating func decode(_ type: Double.Type) throws -> Double { try next(type) { try $0.double($1) } }
  mutating func decode(_ type: Float.Type) throws -> Float { try next(type) { try $0.float($1) } }
  mutating func decode(_ type: Int.Type) throws -> Int { try next(type) { try $0.integer(type, $1) } }
  mutating func decode(_ type: Int8.Type) throws -> Int8 { try next(type) { try $0.integer(type, $1) } }
  mutating func decode(_ type: Int16.Type) throws -> Int16 { try next(type) { try $0.integer(type, $1) } }
  mutating func decode(_ type: Int32.Type) throws -> Int32 { try next(type) { try $0.integer(type, $1) } }
  mutating func decode(_ type: Int64.Type) throws -> Int64 { try next(type) { try $0.integer(type, $1) } }
  mutating func decode(_ type: UInt.Type) throws -> UInt { try next(type) { try $0.integer(type, $1) } }
  mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try next(type) { try $0.integer(type, $1) } }
  mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try next(type) { try $0.integer(type, $1) } }
  mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try next(type) { try $0.integer(type, $1) } }
  mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try next(type) { try $0.integer(type, $1) } }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try next(type) { try $0.value(type, $1) }
  }

  mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key>
  {
    try next(KeyedDecodingContainer<Key>.self) { KeyedDecodingContainer(try AnswerMembers<Key>($0, $1)) }
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try next((any UnkeyedDecodingContainer).self) { try AnswerElements($0, $1) }
  }

  mutating func superDecoder() throws -> any Decoder {
    try next((any Decoder).self) { AnswerDecoder($0, $1) }
  }
}

/// A value that is decoded as it is.
struct AnswerScalar: SingleValueDecodingContainer {
  private let document: AnswerDocument
  private let node: Int

  init(_ document: AnswerDocument, _ node: Int) {
    self.document = document
    self.node = node
  }

  var codingPath: [any CodingKey] { document.path(to: node) }

  func decodeNil() -> Bool { document.isNull(node) }
  func decode(_ type: Bool.Type) throws -> Bool { try document.bool(node) }
  func decode(_ type: String.Type) throws -> String { try document.string(node) }
  func decode(_ type: Double.Type) throws -> Double { try document.double(node) }
  func decode(_ type: Float.Type) throws -> Float { try document.float(node) }
  func decode(_ type: Int.Type) throws -> Int { try document.integer(type, node) }
  func decode(_ type: Int8.Type) throws -> Int8 { try document.integer(type, node) }
  func decode(_ type: Int16.Type) throws -> Int16 { try document.integer(type, node) }
  func decode(_ type: Int32.Type) throws -> Int32 { try document.integer(type, node) }
  func decode(_ type: Int64.Type) throws -> Int64 { try document.integer(type, node) }
  func decode(_ type: UInt.Type) throws -> UInt { try document.integer(type, node) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try document.integer(type, node) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try document.integer(type, node) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try document.integer(type, node) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try document.integer(type, node) }
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try document.value(type, node) }
}
