/// The ends of strings and numbers, found by functions that keep their place in a register.
///
/// Nearly all of a result file is the inside of strings, and much of that is JSON again, with a backslash
/// before every quote. So these are the innermost loops of reading: they look at eight bytes in one step,
/// they are longer than they would have to be, and they check each byte all the same.
extension Span where Element == UInt8 {
  /// The text of a string that begins at `start`, behind its opening quote.
  func jsonText(from start: Int) throws(JSONFault) -> JSONText {
    var index = start
    var hasEscapes = false
    while true {
      let byte = endOfPlainText(&index)
      if byte == UInt8(ascii: "\"") { return JSONText(range: start..<index, hasEscapes: hasEscapes) }
      guard index < count else { throw JSONFault(.endsEarly, at: index) }
      guard byte == UInt8(ascii: "\\") else { throw JSONFault(.controlCharacter, at: index) }
      index = try endOfEscape(at: index)
      hasEscapes = true
    }
  }

  /// Where an escape ends whose backslash stands at `index`.
  @inline(__always)
  private func endOfEscape(at index: Int) throws(JSONFault) -> Int {
    guard index &+ 1 < count else { throw JSONFault(.endsEarly, at: count) }
    let letter = self[unchecked: index &+ 1]
    // Apart from the others, so that for these there is no jump that is hard to foresee.
    if letter == UInt8(ascii: "u") { return try endOfCodeUnit(at: index) }
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "n"), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "t"),
      UInt8(ascii: "r"), UInt8(ascii: "b"), UInt8(ascii: "f"):
      return index &+ 2
    default: throw JSONFault(.badEscape, at: index)
    }
  }

  /// Where four hexadecimal digits end that stand behind the backslash at `index` and its letter.
  @inline(__always)
  private func endOfCodeUnit(at index: Int) throws(JSONFault) -> Int {
    guard index &+ 6 <= count else { throw JSONFault(.endsEarly, at: count) }
    var digits = hexadecimal(at: index &+ 2) | hexadecimal(at: index &+ 3)
    digits |= hexadecimal(at: index &+ 4) | hexadecimal(at: index &+ 5)
    guard digits < 16 else { throw JSONFault(.badEscape, at: index) }
    return index &+ 6
  }

  /// The value of the hexadecimal digit at `index`, or more than 15 where there is none.
  @inline(__always)
  private func hexadecimal(at index: Int) -> UInt8 {
    let byte = self[unchecked: index]
    let digit = byte &- UInt8(ascii: "0")
    if digit < 10 { return digit }
    let letter = (byte | 0x20) &- UInt8(ascii: "a")
    return letter < 6 ? letter &+ 10 : 0xFF
  }

  /// Moves to the first quote, backslash or control character and returns it, or 0 at the end.
  ///
  /// The byte is taken out of the word that showed it: fetching it anew would be one more wait, and the loop
  /// does little but wait.
  @inline(__always)
  package func endOfPlainText(_ index: inout Int) -> UInt8 {
    while index &+ 8 <= count {
      let word = UInt64(
        littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self))
      let ends = endsOfPlainText(word)
      if ends == 0 {
        index &+= 8
        continue
      }
      let shift = ends.trailingZeroBitCount & 0x38
      index &+= shift >> 3
      return UInt8(truncatingIfNeeded: word &>> UInt64(truncatingIfNeeded: shift))
    }
    while index < count {
      let byte = self[unchecked: index]
      if byte < 0x20 || byte == 0x22 || byte == 0x5C { return byte }
      index &+= 1
    }
    return 0
  }

  /// The place from `start` on of the first quote, backslash or control character, or the end.
  @inline(__always)
  package func endOfPlainText(from start: Int) -> Int {
    var index = start
    _ = endOfPlainText(&index)
    return index
  }

  /// Where a number ends that begins at `start`.
  func endOfNumber(from start: Int) throws(JSONFault) -> Int {
    var index = start
    if index < count, self[unchecked: index] == UInt8(ascii: "-") { index &+= 1 }
    if index < count, self[unchecked: index] == UInt8(ascii: "0") {
      index &+= 1
    } else {
      index = try endOfDigits(from: index)
    }
    if index < count, self[unchecked: index] == UInt8(ascii: ".") {
      index = try endOfDigits(from: index &+ 1)
    }
    guard index < count, self[unchecked: index] | 0x20 == UInt8(ascii: "e") else { return index }
    index &+= 1
    let isSigned =
      index < count
      && (self[unchecked: index] == UInt8(ascii: "+") || self[unchecked: index] == UInt8(ascii: "-"))
    return try endOfDigits(from: isSigned ? index &+ 1 : index)
  }

  @inline(__always)
  private func endOfDigits(from start: Int) throws(JSONFault) -> Int {
    var index = start
    while index < count, self[unchecked: index] &- UInt8(ascii: "0") < 10 { index &+= 1 }
    guard index > start else { throw JSONFault(.badNumber, at: index) }
    return index
  }

  /// Where the space ends that begins at `start`.
  @inline(__always)
  func endOfSpace(from start: Int) -> Int {
    var index = start
    while index < count {
      let byte = self[unchecked: index]
      guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
      index &+= 1
    }
    return index
  }
}

/// A word whose lowest set bit lies in the first byte that ends plain text, if one of the eight does.
///
/// With its second bit turned over a quote comes right behind the control characters, so that one
/// subtraction finds both. Subtracting borrows from the top bit of a byte exactly where the byte was smaller;
/// what a borrow does to the bytes above the first such one is of no concern, and those that had the bit set
/// are left out.
@inline(__always)
func endsOfPlainText(_ word: UInt64) -> UInt64 {
  let ones: UInt64 = 0x0101_0101_0101_0101
  let quotesAndControls = (word ^ (ones &* 0x02)) &- (ones &* 0x21)
  let slashes = (word ^ (ones &* 0x5C)) &- ones
  return (quotesAndControls | slashes) & ~word & (ones &* 0x80)
}
