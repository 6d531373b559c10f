extension Span where Element == UInt8 {
  /// Where the value of any kind ends that begins at `start`.
  ///
  /// What is open is kept in the bits of one word, an object being a 1, so that no text can exhaust the
  /// stack. All of it is one loop with its place in a register: in parts it takes twice the time.
  func endOfValue(from start: Int) throws(JSONFault) -> Int {
    var objects: UInt128 = 0
    var depth = 0
    var index = start
    repeat {
      index = endOfSpace(from: index)
      guard index < count else { throw JSONFault(.endsEarly, at: index) }
      switch self[unchecked: index] {
      case UInt8(ascii: "\""): index = try jsonText(from: index &+ 1).range.upperBound &+ 1
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        guard depth < JSONScanner.deepest else { throw JSONFault(.tooDeep, at: index) }
        let isObject = self[unchecked: index] == UInt8(ascii: "{")
        index = endOfSpace(from: index &+ 1)
        if index < count, self[unchecked: index] == UInt8(ascii: isObject ? "}" : "]") {
          index &+= 1
        } else {
          objects = objects << 1 | (isObject ? 1 : 0)
          depth &+= 1
          if isObject { index = try endOfKey(from: index) }
          continue
        }
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): index = try endOfNumber(from: index)
      case UInt8(ascii: "t"): index = try endOfLiteral("true", from: index)
      case UInt8(ascii: "f"): index = try endOfLiteral("false", from: index)
      case UInt8(ascii: "n"): index = try endOfLiteral("null", from: index)
      default: throw JSONFault(.unexpectedByte, at: index)
      }
      // The value is over, and with it perhaps what it stands in.
      while depth > 0 {
        let isObject = objects & 1 == 1
        index = endOfSpace(from: index)
        guard index < count else { throw JSONFault(.endsEarly, at: index) }
        let byte = self[unchecked: index]
        index &+= 1
        if byte == UInt8(ascii: ",") {
          if isObject { index = try endOfKey(from: index) }
          break
        }
        guard byte == UInt8(ascii: isObject ? "}" : "]") else {
          throw JSONFault(.unexpectedByte, at: index &- 1)
        }
        objects >>= 1
        depth &-= 1
      }
    } while depth > 0
    return index
  }

  /// Where the colon ends that follows a key.
  @inline(__always)
  private func endOfKey(from start: Int) throws(JSONFault) -> Int {
    let quote = try past(UInt8(ascii: "\""), from: start)
    return try past(UInt8(ascii: ":"), from: jsonText(from: quote).range.upperBound &+ 1)
  }

  /// The place behind `byte` and any space before it.
  @inline(__always)
  private func past(_ byte: UInt8, from start: Int) throws(JSONFault) -> Int {
    let index = endOfSpace(from: start)
    guard index < count else { throw JSONFault(.endsEarly, at: index) }
    guard self[unchecked: index] == byte else { throw JSONFault(.unexpectedByte, at: index) }
    return index &+ 1
  }

  /// The place behind a word that must stand here letter by letter.
  @inline(__always)
  private func endOfLiteral(_ word: StaticString, from start: Int) throws(JSONFault) -> Int {
    let end = start &+ word.utf8CodeUnitCount
    let text = JSONText(range: start..<Swift.min(end, count), hasEscapes: false)
    guard text.equals(word, self) else { throw JSONFault(.unexpectedByte, at: start) }
    return end
  }
}
