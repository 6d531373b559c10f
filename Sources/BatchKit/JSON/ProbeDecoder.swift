/// What one type asked for while it decoded itself, and what it was told.
///
/// A second run of the same type is given the same answers up to one, which is refused: a type that then asks
/// in the same place for another type tries one after the other.
final class ProbeLog {
  /// A question with its answer.
  struct Answer {
    /// Where in the type's own questions it was asked.
    let place: String
    /// What was asked for.
    let type: Any.Type
    /// What was given.
    let value: Any
  }

  private(set) var answers: [Answer] = []
  /// Whether the type asked which keys there are, as those with free keys do.
  var asksForAllKeys = false
  /// Whether the type is a value by itself.
  var isSingle = false
  /// Whether the type took elements of different types out of one array.
  var mixesElements = false
  /// Whether the type, refused once, asked what it had not asked before.
  private(set) var asksOtherwise = false
  /// The number of the question that is refused, in a second run.
  private let failing: Int?
  /// The answers of the first run.
  private let script: [Answer]
  /// How many questions were asked in this run.
  private var asked = 0

  init() {
    failing = nil
    script = []
  }

  /// A log that gives the same answers again, up to the one that fails.
  init(answers: [Answer], failing: Int) {
    script = answers
    self.failing = failing
  }

  /// Answers a question, and remembers it.
  ///
  /// - Parameters:
  ///   - place: where it was asked.
  ///   - type: what was asked for.
  ///   - make: makes the answer, in a first run.
  /// - Throws: `DecodingError` for the question that is refused and all behind it.
  func answer<T>(_ place: String, _ type: T.Type, _ make: () throws -> T) throws -> T {
    guard let failing else {
      let value = try make()
      answers.append(Answer(place: place, type: type, value: value))
      return value
    }
    defer { asked += 1 }
    if asked < failing, let value = script[asked].value as? T { return value }
    if asked > failing, !script.contains(where: { $0.place == place && $0.type == type }) {
      asksOtherwise = true
    }
    throw DecodingError.typeMismatch(
      type, DecodingError.Context(codingPath: [], debugDescription: "refused to see what happens"))
  }
}

/// A decoder that has a value for every question, made up, and writes the question down.
///
/// There is no input at all: every key is there, nothing is null, every array has an element. Whether
/// something may be missing shows in how the type asks: by `decodeIfPresent`, or by `decodeNil` before it.
struct ProbeDecoder: Decoder {
  let probe: SchemaProbe
  /// What is noted of the type that asks.
  let shape: SchemaShape
  /// Where the type stands in the whole, for faults.
  let path: String
  let log: ProbeLog
  /// Where in the type's own questions this decoder stands.
  var place = ""

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
    if case .unknown = shape.kind { shape.kind = .object }
    return KeyedDecodingContainer(KeyedProbe(decoder: self))
  }

  func unkeyedContainer() -> any UnkeyedDecodingContainer { UnkeyedProbe(decoder: self) }

  func singleValueContainer() -> any SingleValueDecodingContainer {
    log.isSingle = true
    return SingleProbe(decoder: self)
  }

  /// The answer to a question for a value of a type.
  func value<T>(_ type: T.Type, _ name: String, into shape: SchemaShape) throws -> T {
    try log.answer(place.descending(to: name), type) {
      try probe.value(of: type, into: shape, path: path.descending(to: name))
    }
  }

  /// A decoder for what stands under a name, whose questions are the same type's.
  func nested(_ name: String, _ shape: SchemaShape) -> Self {
    Self(
      probe: probe, shape: shape, path: path.descending(to: name), log: log, place: place.descending(to: name)
    )
  }
}

/// An object that has every key that is asked for, and names none by itself.
private struct KeyedProbe<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: ProbeDecoder

  var codingPath: [any CodingKey] { [] }

  var allKeys: [Key] {
    decoder.log.asksForAllKeys = true
    return []
  }

  /// A key that is asked for is a property, even if its value never is.
  func contains(_ key: Key) -> Bool {
    _ = decoder.shape.member(key.stringValue)
    return true
  }

  /// A type that asks can go on with null, but is given a value, so that it tells of what type that is.
  func decodeNil(forKey key: Key) -> Bool {
    decoder.shape.member(key.stringValue).isNullable = true
    return false
  }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try decoder.value(type, key.stringValue, into: decoder.shape.member(key.stringValue))
  }

  /// The way in which synthesized code reads an optional property.
  func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
    let member = decoder.shape.member(key.stringValue)
    member.isNullable = true
    do {
      return try decoder.value(type, key.stringValue, into: member)
    } catch SchemaProbe.Stop.unfinished { return nil }
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedDecodingContainer<Nested> {
    nested(key.stringValue).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer {
    nested(key.stringValue).unkeyedContainer()
  }

  func superDecoder() -> any Decoder { nested("super") }
  func superDecoder(forKey key: Key) -> any Decoder { nested(key.stringValue) }

  private func nested(_ name: String) -> ProbeDecoder {
    decoder.nested(name, decoder.shape.member(name))
  }
}

/// An array that ends after one element for a type that asks, and goes on for one that counts for itself.
private struct UnkeyedProbe: UnkeyedDecodingContainer {
  let decoder: ProbeDecoder
  private let element = SchemaShape()
  private let end: End
  private(set) var currentIndex = 0
  private var first: Any.Type?

  /// Whether the type ever asked for the end; shared, as the question itself can't change a container.
  private final class End { var wasAsked = false }

  init(decoder: ProbeDecoder) {
    self.decoder = decoder
    end = End()
    decoder.shape.kind = .array(element, count: nil)
  }

  var codingPath: [any CodingKey] { [] }

  var count: Int? {
    end.wasAsked = true
    return 1
  }

  var isAtEnd: Bool {
    end.wasAsked = true
    return currentIndex > 0
  }

  mutating func decodeNil() -> Bool {
    element.isNullable = true
    return false
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    let place = step(type)
    return try decoder.log.answer(decoder.place.descending(to: place), type) {
      try decoder.probe.value(of: type, into: element, path: decoder.path.descending(to: "[]"))
    }
  }

  mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
    decoder.nested(step(type), element).container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer {
    decoder.nested(step(Self.self), element).unkeyedContainer()
  }

  mutating func superDecoder() -> any Decoder { decoder.nested(step(Self.self), element) }

  /// Moves on by one element, and returns the name of its place.
  private mutating func step(_ type: Any.Type) -> String {
    if let first, first != type { decoder.log.mixesElements = true }
    first = first ?? type
    currentIndex += 1
    if !end.wasAsked { decoder.shape.kind = .array(element, count: currentIndex) }
    return "[\(currentIndex - 1)]"
  }
}

/// A value that stands by itself.
private struct SingleProbe: SingleValueDecodingContainer {
  let decoder: ProbeDecoder

  var codingPath: [any CodingKey] { [] }

  func decodeNil() -> Bool {
    decoder.shape.isNullable = true
    return false
  }

  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    try decoder.value(type, "", into: decoder.shape)
  }
}
