/// Where the text of a JSON string stands, between its quotes, and whether it has to be unescaped.
package struct JSONText {
  package var range: Range<Int>
  package var hasEscapes: Bool

  /// Whether it reads `text`, which needs no escapes.
  package func equals(_ text: StaticString, _ bytes: Span<UInt8>) -> Bool {
    guard range.count == text.utf8CodeUnitCount, !hasEscapes else { return false }
    return text.withUTF8Buffer { wanted in
      for index in 0..<wanted.count where bytes[range.lowerBound &+ index] != wanted[index] { return false }
      return true
    }
  }

  /// The text, unescaped.
  package func decoded(_ bytes: Span<UInt8>) throws(JSONFault) -> String {
    let raw = bytes.extracting(range)
    let utf8 = hasEscapes ? unescaped(raw) : raw.withUnsafeBufferPointer { Array($0) }
    guard let text = String(validating: utf8, as: UTF8.self) else {
      throw JSONFault(.invalidUTF8, at: range.lowerBound)
    }
    return text
  }
}

extension JSONScanner {
  /// Moves past a string and returns where its text stands.
  package mutating func string(_ bytes: Span<UInt8>) throws(JSONFault) -> JSONText {
    try expect(UInt8(ascii: "\""), bytes)
    let start = position
    var hasEscapes = false
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position &+= 1
        return JSONText(range: start..<(position &- 1), hasEscapes: hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        try skipEscape(bytes)
      case 0..<0x20: throw JSONFault(.controlCharacter, at: position)
      default: position &+= 1
      }
    }
    throw JSONFault(.endsEarly, at: position)
  }

  private mutating func skipEscape(_ bytes: Span<UInt8>) throws(JSONFault) {
    guard position &+ 1 < bytes.count else { throw JSONFault(.endsEarly, at: bytes.count) }
    switch bytes[position &+ 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position &+= 2
    case UInt8(ascii: "u"):
      guard position &+ 6 <= bytes.count else { throw JSONFault(.endsEarly, at: bytes.count) }
      for index in (position &+ 2)..<(position &+ 6) where hexDigit(bytes[index]) == nil {
        throw JSONFault(.badEscape, at: position)
      }
      position &+= 6
    default: throw JSONFault(.badEscape, at: position)
    }
  }

  /// Moves past a number and returns where its digits stand.
  package mutating func number(_ bytes: Span<UInt8>) throws(JSONFault) -> Range<Int> {
    skipSpace(bytes)
    let start = position
    if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position &+= 1 }
    if position < bytes.count, bytes[position] == UInt8(ascii: "0") {
      position &+= 1
    } else {
      try digits(bytes)
    }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      position &+= 1
      try digits(bytes)
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position &+= 1
      if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-")
      {
        position &+= 1
      }
      try digits(bytes)
    }
    return start..<position
  }

  private mutating func digits(_ bytes: Span<UInt8>) throws(JSONFault) {
    let start = position
    while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position &+= 1 }
    guard position > start else { throw JSONFault(.badNumber, at: position) }
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

/// The value of a hexadecimal digit.
private func hexDigit(_ byte: UInt8) -> UInt16? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte &- UInt8(ascii: "0"))
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte &- UInt8(ascii: "a") &+ 10)
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte &- UInt8(ascii: "A") &+ 10)
  default: nil
  }
}

/// The UTF-8 of string text whose escapes were found sound; a lone surrogate becomes U+FFFD.
private func unescaped(_ raw: Span<UInt8>) -> [UInt8] {
  var out: [UInt8] = []
  out.reserveCapacity(raw.count)
  var index = 0
  while index < raw.count {
    guard raw[index] == UInt8(ascii: "\\") else {
      out.append(raw[index])
      index &+= 1
      continue
    }
    switch raw[index &+ 1] {
    case UInt8(ascii: "n"): out.append(0x0A)
    case UInt8(ascii: "r"): out.append(0x0D)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0C)
    case UInt8(ascii: "u"):
      index = appendUnicode(raw, at: index, to: &out)
      continue
    default: out.append(raw[index &+ 1])
    }
    index &+= 2
  }
  return out
}

/// Appends the character of one `\uXXXX`, or of two that make a pair, and returns where to go on.
private func appendUnicode(_ raw: Span<UInt8>, at index: Int, to out: inout [UInt8]) -> Int {
  let first = codeUnit(raw, at: index)
  var next = index &+ 6
  var scalar = Unicode.Scalar(first)
  if UTF16.isLeadSurrogate(first), next &+ 6 <= raw.count, raw[next] == UInt8(ascii: "\\"),
    raw[next &+ 1] == UInt8(ascii: "u")
  {
    let second = codeUnit(raw, at: next)
    if UTF16.isTrailSurrogate(second) {
      scalar = Unicode.Scalar(0x10000 &+ (UInt32(first & 0x3FF) << 10) &+ UInt32(second & 0x3FF))
      next &+= 6
    }
  }
  out.append(contentsOf: String(Character(scalar ?? "\u{FFFD}")).utf8)
  return next
}

private func codeUnit(_ raw: Span<UInt8>, at index: Int) -> UInt16 {
  ((index &+ 2)..<(index &+ 6)).reduce(0) { $0 << 4 | (hexDigit(raw[$1]) ?? 0) }
}
