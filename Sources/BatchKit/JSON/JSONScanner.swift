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
    switch bytes[position] {
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
  package mutating func skipSpace(_ bytes: Span<UInt8>) {
    while position < bytes.count, bytes[position] <= 0x20 {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position &+= 1
      default: return
      }
    }
  }

  /// Moves past `byte` and any space before it, or tells that something else stands there.
  @inline(__always)
  package mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
    skipSpace(bytes)
    guard position < bytes.count, bytes[position] == byte else { return false }
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
    skipSpace(bytes)
    let start = position
    if try skipsNothingNested(bytes) { return start..<position }
    try skipNested(bytes)
    return start..<position
  }

  /// Moves past a value that is neither array nor object, or stays where it is and tells so.
  @inline(__always)
  private mutating func skipsNothingNested(_ bytes: Span<UInt8>) throws(JSONFault) -> Bool {
    switch try peek(bytes) {
    case .string: _ = try string(bytes)
    case .number: _ = try number(bytes)
    case .bool: _ = try bool(bytes)
    case .null: try literal("null", bytes)
    case .object, .array: return false
    }
    return true
  }

  /// Moves past an array or object.
  ///
  /// What is open is kept in the bits of one word, an object being a 1, so that no text can exhaust the
  /// stack.
  private mutating func skipNested(_ bytes: Span<UInt8>) throws(JSONFault) {
    var objects: UInt128 = 0
    var depth = 0
    repeat {
      if let isObject = try enter(bytes, depth: depth) {
        objects = objects << 1 | (isObject ? 1 : 0)
        depth &+= 1
        if isObject { try skipKey(bytes) }
        continue
      }
      while depth > 0 {
        let isObject = objects & 1 == 1
        if take(UInt8(ascii: ","), bytes) {
          if isObject { try skipKey(bytes) }
          break
        }
        try expect(UInt8(ascii: isObject ? "}" : "]"), bytes)
        objects >>= 1
        depth &-= 1
      }
    } while depth > 0
  }

  /// Moves into an array or object that holds something and tells which it is, or past any other value.
  private mutating func enter(_ bytes: Span<UInt8>, depth: Int) throws(JSONFault) -> Bool? {
    if try skipsNothingNested(bytes) { return nil }
    guard depth < Self.deepest else { throw JSONFault(.tooDeep, at: position) }
    let isObject = bytes[position] == UInt8(ascii: "{")
    position &+= 1
    return take(UInt8(ascii: isObject ? "}" : "]"), bytes) ? nil : isObject
  }

  private mutating func skipKey(_ bytes: Span<UInt8>) throws(JSONFault) {
    _ = try string(bytes)
    try expect(UInt8(ascii: ":"), bytes)
  }

  /// Requires that nothing but space follows.
  package mutating func finish(_ bytes: Span<UInt8>) throws(JSONFault) {
    skipSpace(bytes)
    guard position == bytes.count else { throw JSONFault(.trailingBytes, at: position) }
  }
}
