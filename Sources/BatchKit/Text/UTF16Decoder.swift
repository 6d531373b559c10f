/// Turns UTF-16 into UTF-8, from bytes that come in pieces of any size.
///
/// Half a character, or half a pair, becomes a byte that no UTF-8 holds, so that it is told like any other
/// damage.
package struct UTF16Decoder: Sendable {
  private static let damage: UInt8 = 0xFF

  private let lowByteFirst: Bool
  private var half: UInt8?
  private var firstOfPair: UInt16?

  /// A decoder for text that begins with these bytes, or `nil` where its mark is not that of UTF-16.
  package init?(mark: some Collection<UInt8>) {
    // The mark of UTF-32 begins with that of UTF-16, followed by two zeros.
    if mark.starts(with: [0xFF, 0xFE]), !mark.dropFirst(2).starts(with: [0, 0]) {
      lowByteFirst = true
    } else if mark.starts(with: [0xFE, 0xFF]) {
      lowByteFirst = false
    } else {
      return nil
    }
  }

  /// A decoder for XML, or `nil` where it is not in UTF-16.
  ///
  /// Some programs leave out the mark, although they should not; but XML begins with a `<` at any rate, by
  /// whose two bytes it is told.
  package init?(xml start: some Collection<UInt8>) {
    if start.starts(with: [UInt8(ascii: "<"), 0]) {
      self.init(mark: [0xFF, 0xFE])
    } else if start.starts(with: [0, UInt8(ascii: "<")]) {
      self.init(mark: [0xFE, 0xFF])
    } else {
      self.init(mark: start)
    }
  }

  /// Appends to `output` what the next bytes write.
  package mutating func decode(_ bytes: [UInt8], into output: inout [UInt8]) {
    output.reserveCapacity(output.count + bytes.count)
    for byte in bytes {
      guard let first = half else {
        half = byte
        continue
      }
      half = nil
      let (low, high) = lowByteFirst ? (first, byte) : (byte, first)
      take(UInt16(high) << 8 | UInt16(low), &output)
    }
  }

  /// Ends the text.
  package mutating func finish(into output: inout [UInt8]) {
    if half != nil || firstOfPair != nil { output.append(Self.damage) }
    half = nil
    firstOfPair = nil
  }

  private mutating func take(_ unit: UInt16, _ output: inout [UInt8]) {
    if unit < 0x80, firstOfPair == nil { return output.append(UInt8(unit)) }
    if let first = firstOfPair {
      firstOfPair = nil
      if UTF16.isTrailSurrogate(unit) {
        let value = 0x10000 + ((UInt32(first) & 0x3FF) << 10 | UInt32(unit) & 0x3FF)
        return append(Unicode.Scalar(value), &output)
      }
      output.append(Self.damage)
    }
    if UTF16.isLeadSurrogate(unit) {
      firstOfPair = unit
    } else {
      append(Unicode.Scalar(unit), &output)
    }
  }

  private func append(_ scalar: Unicode.Scalar?, _ output: inout [UInt8]) {
    guard let scalar, let encoded = UTF8.encode(scalar) else { return output.append(Self.damage) }
    output.append(contentsOf: encoded)
  }
}
