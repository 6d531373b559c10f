/// Compact JSON, written straight into bytes: the same value, the same bytes.
///
/// It is a buffer to which lines are added by the hundred thousand: each is written where it will be sent
/// from, with no string, no dictionary and no encoder in between. Names and values must come in turn, as the
/// format wants it; that is not checked here, since only this library writes with it.
///
/// Escapes are the fewest that RFC 8259 asks for: what is UTF-8 stays UTF-8.
package struct JSONWriter {
  /// What was written so far.
  package private(set) var bytes: [UInt8] = []
  /// Whether a number was among it that JSON has no word for, such as infinity.
  package private(set) var hasUnwritableNumber = false
  /// Whether a value stands in front of the next one.
  private var needsComma = false

  package init() {}

  /// The compact JSON of `value`.
  package static func bytes(of value: JSONValue) -> [UInt8] {
    var writer = Self()
    writer.value(value)
    return writer.bytes
  }

  /// Forgets what was written and keeps the room for it.
  package mutating func clear() {
    bytes.removeAll(keepingCapacity: true)
    needsComma = false
    hasUnwritableNumber = false
  }

  /// Ends a line of JSON Lines.
  package mutating func newline() {
    bytes.append(0x0A)
    needsComma = false
  }

  package mutating func beginObject() { open(0x7B) }
  package mutating func endObject() { close(0x7D) }
  package mutating func beginArray() { open(0x5B) }
  package mutating func endArray() { close(0x5D) }

  /// Writes the name of the value that follows.
  package mutating func key(_ name: String) {
    string(name)
    bytes.append(0x3A)
    needsComma = false
  }

  /// Writes a text as a value.
  package mutating func string(_ text: String) {
    separate()
    var text = text
    text.withUTF8 { appendQuoted($0) }
  }

  /// Writes a value with all that is in it.
  ///
  /// A number that JSON has no word for is written all the same, so that the line stays readable to a person,
  /// and noted in `hasUnwritableNumber`.
  package mutating func value(_ value: JSONValue) {
    switch value {
    case .null: raw("null")
    case .bool(let flag): raw(flag ? "true" : "false")
    case .number(let number):
      if !number.isFinite { hasUnwritableNumber = true }
      raw(number.literal)
    case .string(let text): string(text)
    case .array(let elements):
      beginArray()
      for element in elements { self.value(element) }
      endArray()
    case .object(let object):
      beginObject()
      for (key, value) in object {
        self.key(key)
        self.value(value)
      }
      endObject()
    }
  }

  /// Writes a name and its value, or nothing where there is no value.
  package mutating func pair(_ name: String, _ value: JSONValue?) {
    guard let value else { return }
    key(name)
    self.value(value)
  }

  /// Writes text that is JSON already.
  package mutating func raw(_ json: String) {
    separate()
    bytes.append(contentsOf: json.utf8)
  }

  /// Writes bytes that are JSON already.
  package mutating func raw(_ json: some Collection<UInt8>) {
    separate()
    bytes.append(contentsOf: json)
  }

  /// Writes a value piece by piece: the body appends JSON by `appendVerbatim`, text by `appendEscaped`.
  package mutating func assembled(_ body: (inout Self) throws -> Void) rethrows {
    separate()
    try body(&self)
  }

  /// Writes the value of a name that was appended as it stands.
  package mutating func continued(_ body: (inout Self) throws -> Void) rethrows {
    needsComma = false
    try body(&self)
  }

  /// Appends bytes that are a piece of JSON.
  package mutating func appendVerbatim(_ json: some Collection<UInt8>) { bytes.append(contentsOf: json) }

  /// Writes a string piece by piece: the body appends escaped text by `appendEscaped`.
  package mutating func string(_ body: (inout Self) throws -> Void) rethrows {
    separate()
    bytes.append(0x22)
    try body(&self)
    bytes.append(0x22)
  }

  /// Appends text inside an open string.
  package mutating func appendEscaped(_ utf8: UnsafeBufferPointer<UInt8>) {
    var start = 0
    while true {
      let end = utf8.span.endOfPlainText(from: start)
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<end]))
      guard end < utf8.count else { return }
      appendEscape(utf8[end])
      start = end &+ 1
    }
  }

  /// Appends a text between quotes.
  private mutating func appendQuoted(_ utf8: UnsafeBufferPointer<UInt8>) {
    bytes.append(0x22)
    appendEscaped(utf8)
    bytes.append(0x22)
  }

  /// Appends the escape of a byte that can't stand in a string: by its letter where it has one.
  private mutating func appendEscape(_ byte: UInt8) {
    bytes.append(0x5C)
    switch byte {
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case 0x08: bytes.append(UInt8(ascii: "b"))
    case 0x0C: bytes.append(UInt8(ascii: "f"))
    case 0x22, 0x5C: bytes.append(byte)
    default:
      // A control character without a letter of its own goes by its number, which has two digits at most.
      let digits = Array("0123456789abcdef".utf8)
      bytes.append(contentsOf: Array("u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]])
    }
  }

  /// Puts a comma in front of the next value where one is due.
  private mutating func separate() {
    if needsComma { bytes.append(0x2C) }
    needsComma = true
  }

  /// Begins an object or a list, in which nothing stands yet.
  private mutating func open(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    needsComma = false
  }

  /// Ends one, after which a comma is due.
  private mutating func close(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }
}
