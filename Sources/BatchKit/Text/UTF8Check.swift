/// Whether `bytes` are well-formed UTF-8, which ASCII text shows at once.
///
/// The standard library checks only while it builds a string, and a table row is checked without being one.
package func isWellFormedUTF8(_ bytes: Span<UInt8>) -> Bool { endOfWellFormedUTF8(bytes) == bytes.count }

/// The place of the first byte that keeps `bytes` from being UTF-8, or their end.
///
/// Every byte of every file goes through here, so four words are judged in one step: whether each sequence
/// goes on just as long as its first byte says shows in the tops of their bytes, whatever the script. A few
/// first bytes ask more of the byte behind them; those are looked at one by one, as is what may be unsound.
package func endOfWellFormedUTF8(_ bytes: Span<UInt8>) -> Int {
  // Behind the first word every byte has three in front of it, to which it may belong.
  var index = endOfWellFormedUTF8(bytes, from: 0, until: 8)
  guard index >= 8 else { return index }
  while index &+ 32 <= bytes.count {
    let words = load(bytes, index)
    if any((words | load(bytes, index &- 3)) & tops) {
      guard let doubtful = sequenceStarts(bytes, words, at: index) else { break }
      if any(doubtful), !areSound(bytes, doubtful, at: index) { break }
    }
    index &+= 32
  }
  return endOfWellFormedUTF8(bytes, from: startOfSequence(bytes, before: index), until: bytes.count)
}

private typealias Words = SIMD4<UInt64>
private let tops = Words(repeating: 0x8080_8080_8080_8080)

@inline(__always)
private func load(_ bytes: Span<UInt8>, _ index: Int) -> Words {
  bytes.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: Words.self)
}

@inline(__always)
private func any(_ words: Words) -> Bool { words[0] | words[1] | words[2] | words[3] != 0 }

/// The first bytes that ask more of the byte behind them, or `nil` where a sequence is too short or too long.
///
/// Which bytes have to go on is told by those one, two and three places before, read from there.
@inline(__always)
private func sequenceStarts(_ bytes: Span<UInt8>, _ words: Words, at index: Int) -> Words? {
  let (first, second, third) = (load(bytes, index &- 1), load(bytes, index &- 2), load(bytes, index &- 3))
  var expected = first & first &<< 1
  expected |= second & second &<< 1 & second &<< 2
  expected |= third & third &<< 1 & third &<< 2 & third &<< 3
  let leads = words & words &<< 1
  if any((expected ^ (words & ~leads)) & tops) { return nil }
  // C0, C1 and E0 may be overlong, ED a surrogate, and four bytes beyond the last character.
  let threes = leads & words &<< 2
  let low = words & Words(repeating: 0x1F1F_1F1F_1F1F_1F1F)
  let small = leads & ~(low &+ Words(repeating: 0x7E7E_7E7E_7E7E_7E7E))
  let other = low ^ Words(repeating: 0x0D0D_0D0D_0D0D_0D0D)
  let thirteen = threes & ~(other &+ Words(repeating: 0x7F7F_7F7F_7F7F_7F7F))
  return (small | thirteen | threes & words &<< 3) & tops
}

/// Whether the sequences are well-formed whose first bytes are marked, from `index` on.
private func areSound(_ bytes: Span<UInt8>, _ marks: Words, at index: Int) -> Bool {
  for number in 0..<4 {
    var word = UInt64(littleEndian: marks[number])
    while word != 0 {
      let place = index &+ number &* 8 &+ word.trailingZeroBitCount >> 3
      guard sequenceLength(bytes, at: place) != nil else { return false }
      word &= word &- 1
    }
  }
  return true
}

/// The start of the sequence that ends at `index` or goes on behind it, all before being sound.
private func startOfSequence(_ bytes: Span<UInt8>, before index: Int) -> Int {
  var start = index
  while start > 0, bytes[start &- 1] & 0xC0 == 0x80 { start &-= 1 }
  return start > 0 && bytes[start &- 1] >= 0xC0 ? start &- 1 : start
}

/// The same, sequence by sequence, until one ends at `limit` or behind it.
private func endOfWellFormedUTF8(_ bytes: Span<UInt8>, from start: Int, until limit: Int) -> Int {
  var index = start
  while index < limit {
    index = endOfASCII(bytes, from: index)
    guard index < Swift.min(limit, bytes.count) else { break }
    guard let length = sequenceLength(bytes, at: index) else { return index }
    index &+= length
  }
  return index
}

/// The place of the first byte from `start` on that is not ASCII, or the end; most of a text is passed over
/// here.
@inline(__always)
private func endOfASCII(_ bytes: Span<UInt8>, from start: Int) -> Int {
  var index = start
  while index &+ 32 <= bytes.count, !any(load(bytes, index) & tops) { index &+= 32 }
  while index &+ 8 <= bytes.count {
    let word = bytes.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
    let high = UInt64(littleEndian: word) & tops[0]
    if high != 0 { return index &+ high.trailingZeroBitCount >> 3 }
    index &+= 8
  }
  while index < bytes.count, bytes[index] < 0x80 { index &+= 1 }
  return index
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
