/// Where the text of a JSON string stands, between its quotes, and whether it has to be unescaped.
package struct JSONText {
  package var range: Range<Int>
  package var hasEscapes: Bool

  /// Whether it reads `text`, which needs no escapes.
  @inline(__always)
  package func equals(_ text: StaticString, _ bytes: Span<UInt8>) -> Bool {
    guard range.count == text.utf8CodeUnitCount, !hasEscapes else { return false }
    return text.withUTF8Buffer { wanted in
      for index in 0..<wanted.count where bytes[unchecked: range.lowerBound &+ index] != wanted[index] {
        return false
      }
      return true
    }
  }

  /// Whether it reads `text`; one with escapes is no text that could be compared.
  ///
  /// It has a name of its own: literals would otherwise be taken for this type, and compared by way of the heap.
  func holds(_ text: String, _ bytes: Span<UInt8>) -> Bool {
    guard range.count == text.utf8.count, !hasEscapes else { return false }
    var text = text
    return text.withUTF8 { wanted in
      for index in 0..<wanted.count where bytes[unchecked: range.lowerBound &+ index] != wanted[index] {
        return false
      }
      return true
    }
  }

  /// Appends the text, unescaped, as UTF-8 that is not checked.
  package func append(to out: inout [UInt8], from bytes: Span<UInt8>) {
    if hasEscapes {
      bytes.extracting(range).unescape(into: &out)
    } else {
      out.append(bytes, range)
    }
  }

  /// The text, unescaped.
  package func decoded(_ bytes: Span<UInt8>) throws(JSONFault) -> String {
    let raw = bytes.extracting(range)
    let text =
      hasEscapes
      ? unescaped(raw).withUnsafeBufferPointer { validText($0) }
      : raw.withUnsafeBufferPointer { validText($0) }
    guard let text else { throw JSONFault(.invalidUTF8, at: range.lowerBound) }
    return text
  }
}

extension JSONScanner {
  /// Moves past a string and returns where its text stands.
  @inline(__always)
  package mutating func string(_ bytes: Span<UInt8>) throws(JSONFault) -> JSONText {
    try expect(UInt8(ascii: "\""), bytes)
    let text = try bytes.jsonText(from: position)
    position = text.range.upperBound &+ 1
    return text
  }

  /// Moves past a number and returns where its digits stand.
  package mutating func number(_ bytes: Span<UInt8>) throws(JSONFault) -> Range<Int> {
    skipSpace(bytes)
    let start = position
    position = try bytes.endOfNumber(from: start)
    return start..<position
  }

  /// Moves past a truth value.
  package mutating func bool(_ bytes: Span<UInt8>) throws(JSONFault) -> Bool {
    let isTrue = position < bytes.count && bytes[position] == UInt8(ascii: "t")
    try literal(isTrue ? "true" : "false", bytes)
    return isTrue
  }

  /// Moves past a word that must stand here letter by letter.
  package mutating func literal(_ word: StaticString, _ bytes: Span<UInt8>) throws(JSONFault) {
    let end = position &+ word.utf8CodeUnitCount
    let text = JSONText(range: position..<max(position, min(end, bytes.count)), hasEscapes: false)
    guard text.equals(word, bytes) else { throw JSONFault(.unexpectedByte, at: position) }
    position = end
  }
}

/// The text, if it is UTF-8; ASCII, which most of it is, is spared the slower check.
private func validText(_ utf8: UnsafeBufferPointer<UInt8>) -> String? {
  utf8.span.isASCII() ? String(decoding: utf8, as: UTF8.self) : String(validating: utf8, as: UTF8.self)
}

/// The UTF-8 of string text whose escapes were found sound; a lone surrogate becomes U+FFFD.
private func unescaped(_ raw: Span<UInt8>) -> [UInt8] {
  var out: [UInt8] = []
  out.reserveCapacity(raw.count)
  raw.unescape(into: &out)
  return out
}

extension Span where Element == UInt8 {
  /// Appends the text that this is once its escapes, which were found sound, are undone.
  ///
  /// Text never grows by that, so room is made once; what is plain is copied eight bytes at a time.
  package func unescape(into out: inout [UInt8]) {
    let text = [UInt8](unsafeUninitializedCapacity: count &+ 8) { buffer, length in
      length = unescape(into: UnsafeMutableRawBufferPointer(buffer))
    }
    if out.isEmpty { out = text } else { out += text }
  }

  /// Writes the text, and returns how long it is; `out` has eight bytes more than this.
  private func unescape(into out: UnsafeMutableRawBufferPointer) -> Int {
    var (index, end) = (0, 0)
    while index < count {
      if index &+ 8 <= count {
        let word = bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
        out.storeBytes(of: word, toByteOffset: end, as: UInt64.self)
        let found = endsOfPlainText(UInt64(littleEndian: word))
        let plain = found == 0 ? 8 : found.trailingZeroBitCount >> 3
        index &+= plain
        end &+= plain
        if found == 0 { continue }
      }
      if self[index] == UInt8(ascii: "\\"), index &+ 1 < count {
        index = unescape(at: index, into: out, &end)
      } else {
        out[end] = self[index]
        (index, end) = (index &+ 1, end &+ 1)
      }
    }
    return end
  }

  /// Writes what the escape at `index` stands for, and returns where to go on.
  func unescape(at index: Int, into out: UnsafeMutableRawBufferPointer, _ end: inout Int) -> Int {
    let letter = self[index &+ 1]
    if letter == UInt8(ascii: "u") {
      let (scalar, next) = escapedScalar(self, at: index)
      end = write(scalar.value, into: out, at: end)
      return next
    }
    out[end] = meaning(of: letter)
    end &+= 1
    return index &+ 2
  }

  /// Writes a character as UTF-8, and returns where it ends; most that are escaped take two or three bytes.
  @inline(__always)
  private func write(_ scalar: UInt32, into out: UnsafeMutableRawBufferPointer, at end: Int) -> Int {
    func put(_ place: Int, _ byte: UInt32) { out[end &+ place] = UInt8(truncatingIfNeeded: byte) }
    func tail(_ shift: UInt32) -> UInt32 { 0x80 | scalar &>> shift & 0x3F }
    if scalar < 0x80 {
      put(0, scalar)
      return end &+ 1
    }
    if scalar < 0x800 {
      put(0, 0xC0 | scalar &>> 6)
      put(1, tail(0))
      return end &+ 2
    }
    if scalar < 0x10000 {
      put(0, 0xE0 | scalar &>> 12)
      put(1, tail(6))
      put(2, tail(0))
      return end &+ 3
    }
    put(0, 0xF0 | scalar &>> 18)
    put(1, tail(12))
    put(2, tail(6))
    put(3, tail(0))
    return end &+ 4
  }

  /// What a backslash and this letter stand for.
  private func meaning(of letter: UInt8) -> UInt8 {
    switch letter {
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    default: letter
    }
  }
}

/// The character of one `\uXXXX`, or of two that make a pair, and where to go on.
private func escapedScalar(_ raw: Span<UInt8>, at index: Int) -> (scalar: Unicode.Scalar, next: Int) {
  let first = codeUnit(raw, at: index)
  let next = index &+ 6
  if UTF16.isLeadSurrogate(first), next &+ 6 <= raw.count, raw[next] == UInt8(ascii: "\\"),
    raw[next &+ 1] == UInt8(ascii: "u")
  {
    let second = codeUnit(raw, at: next)
    let pair = 0x10000 &+ (UInt32(first & 0x3FF) << 10) &+ UInt32(second & 0x3FF)
    if UTF16.isTrailSurrogate(second), let scalar = Unicode.Scalar(pair) { return (scalar, next &+ 6) }
  }
  return (Unicode.Scalar(first) ?? "\u{FFFD}", next)
}

/// The number that the four digits of `\uXXXX` spell, which were found to be digits.
private func codeUnit(_ raw: Span<UInt8>, at index: Int) -> UInt16 {
  hexDigit(raw[index &+ 2]) << 12 | hexDigit(raw[index &+ 3]) << 8 | hexDigit(raw[index &+ 4]) << 4
    | hexDigit(raw[index &+ 5])
}

/// The value of a hexadecimal digit: letters have a bit that figures lack, and lie nine below their value.
private func hexDigit(_ byte: UInt8) -> UInt16 { UInt16(byte & 0x0F &+ 9 &* (byte &>> 6)) }

extension Span where Element == UInt8 {
  /// The number that plain digits spell, up to eighteen of them.
  func smallNumber(_ digits: Range<Int>) -> Int? {
    guard digits.count <= 18 else { return nil }
    var value = 0
    for place in digits {
      let digit = self[place] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value &* 10 &+ Int(digit)
    }
    return value
  }
}
