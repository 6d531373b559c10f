/// The bits of a compressed stream that were taken from its bytes and not used yet.
struct BitBuffer {
  /// The bits, the next one lowest. Those beyond `count` may be set: they are what the next refill brings.
  private(set) var bits: UInt64 = 0
  private(set) var count = 0

  /// Takes as many whole bytes as there is room for.
  @inline(__always)
  mutating func refill(_ input: Span<UInt8>, _ position: inout Int) {
    if position &+ 8 <= input.count {
      let word = input.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
      bits |= UInt64(littleEndian: word) &<< UInt64(count)
      let bytes = (63 &- count) &>> 3
      position &+= bytes
      count &+= bytes &* 8
    } else {
      while count <= 56, position < input.count {
        bits |= UInt64(input[position]) &<< UInt64(count)
        position &+= 1
        count &+= 8
      }
    }
  }

  /// Takes `width` bits off, or tells that there are fewer.
  @inline(__always)
  mutating func take(_ width: Int) -> Int? {
    guard width <= count else { return nil }
    let value = Int(bits & (1 &<< UInt64(width) &- 1))
    drop(width)
    return value
  }

  @inline(__always)
  mutating func drop(_ width: Int) {
    bits &>>= UInt64(width)
    count &-= width
  }

  /// Drops what is left of the byte that was begun, and every bit that was only looked at.
  mutating func alignToByte() {
    drop(count & 7)
    bits &= count == 0 ? 0 : .max &>> UInt64(64 &- count)
  }
}

/// A prefix code: which bits stand for which symbol.
struct HuffmanTable {
  /// What comes of looking at the next bits.
  enum Lookup {
    static let needsBits = -1
    static let noSymbol = -2
  }

  /// The bits that are looked up at once; longer codes are rare and are walked.
  private static let width = 10
  private static let longest = 15

  /// For each pattern of `width` bits its symbol and, in the lowest four bits, its length; 0 where the code
  /// is longer or there is none.
  private var entries = [UInt16](repeating: 0, count: 1 << Self.width)
  /// How many codes there are of each length.
  private var counts = [Int](repeating: 0, count: Self.longest + 1)
  /// The symbols in the order of their codes.
  private var symbols: [UInt16] = []

  /// The code whose symbols have these lengths, 0 being none; `nil` where no such code can be.
  init?(lengths: some RandomAccessCollection<UInt8>) {
    for length in lengths { counts[Int(length)] += 1 }
    counts[0] = 0
    var free = 1
    for length in 1...Self.longest {
      free = free * 2 - counts[length]
      if free < 0 { return nil }
    }
    var (code, place) = (0, 0)
    var nextCode = [Int](repeating: 0, count: Self.longest + 1)
    var nextPlace = nextCode
    for length in 1...Self.longest {
      nextCode[length] = code
      nextPlace[length] = place
      code = (code + counts[length]) * 2
      place += counts[length]
    }
    symbols = [UInt16](repeating: 0, count: place)
    for (symbol, length) in lengths.enumerated() where length > 0 {
      symbols[nextPlace[Int(length)]] = UInt16(symbol)
      nextPlace[Int(length)] += 1
      enter(symbol, nextCode[Int(length)], Int(length))
      nextCode[Int(length)] += 1
    }
  }

  /// Enters a short code under every pattern that begins with it; codes are sent highest bit first.
  private mutating func enter(_ symbol: Int, _ code: Int, _ length: Int) {
    guard length <= Self.width else { return }
    let reversed = (0..<length).reduce(0) { $0 | (code >> $1 & 1) << (length - 1 - $1) }
    for pattern in stride(from: reversed, to: entries.count, by: 1 << length) {
      entries[pattern] = UInt16(symbol << 4 | length)
    }
  }

  /// Takes the next symbol off `bits`; less than 0 where there is none.
  @inline(__always)
  func next(_ bits: inout BitBuffer) -> Int {
    let entry = entries.withUnsafeBufferPointer { $0[Int(bits.bits & (1 << UInt64(Self.width) - 1))] }
    let length = Int(entry & 15)
    if length == 0 { return walk(&bits) }
    guard length <= bits.count else { return Lookup.needsBits }
    bits.drop(length)
    return Int(entry &>> 4)
  }

  @inline(never)
  private func walk(_ bits: inout BitBuffer) -> Int {
    var (code, first, place) = (0, 0, 0)
    for length in 1...Self.longest {
      guard length <= bits.count else { return Lookup.needsBits }
      code |= Int(bits.bits &>> UInt64(length &- 1) & 1)
      if code - first < counts[length] {
        bits.drop(length)
        return Int(symbols[place + code - first])
      }
      place += counts[length]
      first = (first + counts[length]) * 2
      code *= 2
    }
    return Lookup.noSymbol
  }
}
