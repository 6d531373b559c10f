extension Span where Element == UInt8 {
  /// The place of the first byte from `start` on that is one of these three, or the end.
  ///
  /// Eight bytes are looked at in one step, because a table spends nearly all its time here: subtracting one
  /// from each byte of a word borrows exactly where that byte was zero, and a wanted byte is zero after an
  /// exclusive or.
  package func firstIndex(of a: UInt8, _ b: UInt8, _ c: UInt8, from start: Int) -> Int {
    let (wideA, wideB, wideC) = (repeated(a), repeated(b), repeated(c))
    var index = start
    while index &+ 8 <= count {
      let word = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
      let found = zeros(word ^ wideA) | zeros(word ^ wideB) | zeros(word ^ wideC)
      if found != 0 { return index &+ found.trailingZeroBitCount >> 3 }
      index &+= 8
    }
    while index < count, self[index] != a, self[index] != b, self[index] != c { index &+= 1 }
    return index
  }

  /// The place of the first such byte from `start` on, or the end.
  package func firstIndex(of byte: UInt8, from start: Int) -> Int {
    let wide = repeated(byte)
    var index = start
    // Of four words together it shows in one step that it is in none of them, as it mostly is.
    while index &+ 32 <= count {
      let words = bytes.unsafeLoadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self)
      let changed = words ^ SIMD4(repeating: wide)
      let found = (changed &- SIMD4(repeating: repeated(1))) & ~changed
      guard (found[0] | found[1] | found[2] | found[3]) & repeated(0x80) == 0 else { break }
      index &+= 32
    }
    while index &+ 8 <= count {
      let word = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
      let found = zeros(word ^ wide)
      if found != 0 { return index &+ found.trailingZeroBitCount >> 3 }
      index &+= 8
    }
    while index < count, self[index] != byte { index &+= 1 }
    return index
  }

  /// Whether every byte is ASCII from `start` on.
  package func isASCII(from start: Int = 0) -> Bool {
    var index = start
    while index &+ 8 <= count {
      let word = bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
      if word & 0x8080_8080_8080_8080 != 0 { return false }
      index &+= 8
    }
    while index < count {
      if self[index] >= 0x80 { return false }
      index &+= 1
    }
    return true
  }
}

@inline(__always)
private func repeated(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

/// A word whose lowest set bit lies in the first zero byte of `word`.
@inline(__always)
private func zeros(_ word: UInt64) -> UInt64 {
  (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
}

extension Array where Element == UInt8 {
  /// Appends a stretch of a span.
  package mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    bytes.extracting(range).withUnsafeBufferPointer { append(contentsOf: $0) }
  }
}
