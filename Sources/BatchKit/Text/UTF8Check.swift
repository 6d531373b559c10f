/// Whether `bytes` are well-formed UTF-8, which ASCII text shows at once.
///
/// The standard library checks only while it builds a string, and a table row is checked without being one.
package func isWellFormedUTF8(_ bytes: Span<UInt8>) -> Bool {
  var index = 0
  while index < bytes.count {
    if index &+ 8 <= bytes.count,
      case let marks = UInt64(
        littleEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
        & 0x8080_8080_8080_8080, marks & 0x80 == 0
    {
      // As far as the bytes are ASCII, which is often all eight.
      index &+= marks.trailingZeroBitCount >> 3
    } else if bytes[index] < 0x80 {
      index &+= 1
    } else if index &+ 2 < bytes.count, bytes[index] &- 0xE1 < 0x0C, bytes[index &+ 1] & 0xC0 == 0x80,
      bytes[index &+ 2] & 0xC0 == 0x80
    {
      // Most letters of most scripts, whose second byte may be anything that goes on.
      index &+= 3
    } else {
      guard let length = sequenceLength(bytes, at: index) else { return false }
      index &+= length
    }
  }
  return true
}

/// The length of the well-formed sequence of two to four bytes at `index`.
private func sequenceLength(_ bytes: Span<UInt8>, at index: Int) -> Int? {
  guard let (length, second) = shape(bytes[index]), index &+ length <= bytes.count,
    second.contains(bytes[index &+ 1])
  else { return nil }
  for place in (index &+ 2)..<max(index &+ 2, index &+ length) where bytes[place] & 0xC0 != 0x80 {
    return nil
  }
  return length
}

/// How long a sequence with this first byte is, and what its second byte may be: this rules out overlong
/// forms, surrogates and what lies beyond U+10FFFF.
private func shape(_ first: UInt8) -> (length: Int, second: ClosedRange<UInt8>)? {
  switch first {
  case 0xC2...0xDF: (2, 0x80...0xBF)
  case 0xE0: (3, 0xA0...0xBF)
  case 0xED: (3, 0x80...0x9F)
  case 0xE1...0xEF: (3, 0x80...0xBF)
  case 0xF0: (4, 0x90...0xBF)
  case 0xF1...0xF3: (4, 0x80...0xBF)
  case 0xF4: (4, 0x80...0x8F)
  default: nil
  }
}
