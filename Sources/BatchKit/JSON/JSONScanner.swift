/// A position in JSON text, moved along by whole tokens without building any value.
///
/// Reading a result asks for three fields of a line of kilobytes, so everything else is only stepped over; it
/// is checked nevertheless, byte for byte, by RFC 8259. The bytes are handed to each call rather than kept,
/// because a type that keeps a `Span` needs features that are still experimental.
package struct JSONScanner {
  /// The offset of the next byte to read.
  package var position: Int

  /// How deep arrays and objects may nest before the text is refused.
  ///
  /// No answer of a service comes near it. Reading needs no stack, but comparing and releasing what was read
  /// does, and a thread may have no more than 512 KB of it.
  package static let deepest = 128

  package init(at position: Int = 0) { self.position = position }

  /// The kinds of value, told apart by their first byte.
  package enum Kind { case object, array, string, number, bool, null }

  /// The kind of the value that follows, without moving past it.
  @inline(__always)
  package mutating func peek(_ bytes: Span<UInt8>) throws(JSONFault) -> Kind {
    skipSpace(bytes)
    guard position < bytes.count else { throw JSONFault(.endsEarly, at: position) }
    switch bytes[unchecked: position] {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    default: throw JSONFault(.unexpectedByte, at: position)
    }
  }

  @inline(__always)
  package mutating func skipSpace(_ bytes: Span<UInt8>) { position = bytes.endOfSpace(from: position) }

  /// Moves past `byte` and any space before it, or tells that something else stands there.
  @inline(__always)
  package mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
    skipSpace(bytes)
    guard position < bytes.count, bytes[unchecked: position] == byte else { return false }
    position &+= 1
    return true
  }

  @inline(__always)
  package mutating func expect(_ byte: UInt8, _ bytes: Span<UInt8>) throws(JSONFault) {
    if take(byte, bytes) { return }
    throw JSONFault(position < bytes.count ? .unexpectedByte : .endsEarly, at: position)
  }

  /// Moves past an object, calling `body` at each value; the body must move past that value.
  @inline(__always)
  package mutating func eachMember(
    _ bytes: Span<UInt8>, _ body: (inout Self, JSONText) throws(JSONFault) -> Void
  ) throws(JSONFault) {
    try expect(UInt8(ascii: "{"), bytes)
    if take(UInt8(ascii: "}"), bytes) { return }
    repeat {
      let key = try string(bytes)
      try expect(UInt8(ascii: ":"), bytes)
      try body(&self, key)
    } while take(UInt8(ascii: ","), bytes)
    try expect(UInt8(ascii: "}"), bytes)
  }

  /// Moves past an array, calling `body` at each element; the body must move past that element.
  @inline(__always)
  package mutating func eachElement(
    _ bytes: Span<UInt8>, _ body: (inout Self, Int) throws(JSONFault) -> Void
  ) throws(JSONFault) {
    try expect(UInt8(ascii: "["), bytes)
    if take(UInt8(ascii: "]"), bytes) { return }
    var index = 0
    repeat {
      try body(&self, index)
      index &+= 1
    } while take(UInt8(ascii: ","), bytes)
    try expect(UInt8(ascii: "]"), bytes)
  }

  /// Moves past one value of any kind, and returns where it stands.
  @discardableResult
  package mutating func skipValue(_ bytes: Span<UInt8>) throws(JSONFault) -> Range<Int> {
    let start = bytes.endOfSpace(from: position)
    position = try bytes.endOfValue(from: start)
    return start..<position
  }

  /// Requires that nothing but space follows.
  package mutating func finish(_ bytes: Span<UInt8>) throws(JSONFault) {
    skipSpace(bytes)
    guard position == bytes.count else { throw JSONFault(.trailingBytes, at: position) }
  }
}
