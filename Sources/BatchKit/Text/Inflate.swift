/// Why compressed bytes can't be unpacked.
package enum InflateFault: Error, Hashable {
  /// A block is of a kind that is not there.
  case badBlock
  /// The lengths of a block's codes make no code, or bits stand for no symbol.
  case badCode
  /// Something is to be repeated from before the beginning.
  case badDistance
}

/// Unpacks DEFLATE (RFC 1951) from bytes that come in pieces of any size.
///
/// It holds the last 32 KB that it unpacked, since text repeats from there, and what was not handed on yet.
/// A symbol with all its extra bits fits into one word, so that it is either taken whole or left until more
/// bytes are there: that is all that has to be remembered between pieces.
package struct Inflate {
  /// Where the stream stands between two symbols.
  enum State {
    case blockStart
    case storedLength
    case stored(left: Int)
    case codeCounts
    case codeLengths
    case lengths
    case symbols
    case ended
  }

  static let reach = 32 << 10
  /// How much is unpacked before it is handed on.
  package static let pieceSize = 128 << 10
  /// The longest repetition, and the few bytes by which copying in words may go beyond it.
  static let slack = 258 + 8

  var state = State.blockStart
  var bits = BitBuffer()
  var window = [UInt8](repeating: 0, count: Self.reach + Self.pieceSize + Self.slack)
  /// How much of the window is filled, and how much of that was handed on.
  var filled = 0
  private var handedOn = 0
  var literals: HuffmanTable?
  var distances: HuffmanTable?
  private var isLastBlock = false
  /// The lengths of the codes of a block while they are being read, and how many there are of each kind.
  private var lengths: [UInt8] = []
  private var counts = (literals: 0, distances: 0, lengths: 0)
  private var lengthCode: HuffmanTable?

  package init() {}

  /// Whether the stream came to its end.
  package var isAtEnd: Bool { if case .ended = state { true } else { false } }

  /// Unpacks on from `position` and appends to `output`, a piece at most.
  ///
  /// Returns `false` once it needs more bytes, or is at the end; then all that it unpacked was appended.
  package mutating func next(
    _ input: Span<UInt8>, _ position: inout Int, into output: inout [UInt8]
  ) throws(InflateFault) -> Bool {
    makeRoom()
    defer { handOn(to: &output) }
    while !isAtEnd {
      guard try step(input, &position) else { return filled > Self.reach &+ Self.pieceSize }
    }
    return false
  }

  /// Keeps what may be repeated and frees the rest of the window.
  private mutating func makeRoom() {
    let spent = filled - Self.reach
    guard spent > Self.reach else { return }
    window.withUnsafeMutableBytes { window in
      window.copyMemory(from: UnsafeRawBufferPointer(rebasing: window[spent..<filled]))
    }
    filled = Self.reach
    handedOn = Self.reach
  }

  private mutating func handOn(to output: inout [UInt8]) {
    output.append(contentsOf: window[handedOn..<filled])
    handedOn = filled
  }

  /// Goes on by one step; `false` where bytes are needed or the window is full.
  private mutating func step(_ input: Span<UInt8>, _ position: inout Int) throws(InflateFault) -> Bool {
    bits.refill(input, &position)
    switch state {
    case .blockStart: return try startBlock()
    case .storedLength: return try startStored()
    case .stored(let left): return copyStored(left, input, &position)
    case .codeCounts: return takeCounts()
    case .codeLengths: return try takeCodeLengths(input, &position)
    case .lengths: return try takeLengths(input, &position)
    case .symbols: return try takeSymbols(input, &position)
    case .ended: return false
    }
  }

  private mutating func startBlock() throws(InflateFault) -> Bool {
    guard let head = bits.take(3) else { return false }
    isLastBlock = head & 1 == 1
    switch head >> 1 {
    case 0:
      bits.alignToByte()
      state = .storedLength
    case 1:
      literals = Self.fixedLiterals
      distances = Self.fixedDistances
      state = .symbols
    case 2: state = .codeCounts
    default: throw .badBlock
    }
    return true
  }

  private mutating func startStored() throws(InflateFault) -> Bool {
    guard let head = bits.take(32) else { return false }
    guard head & 0xFFFF == ~(head >> 16) & 0xFFFF else { throw .badBlock }
    state = .stored(left: head & 0xFFFF)
    return true
  }

  private mutating func copyStored(_ left: Int, _ input: Span<UInt8>, _ position: inout Int) -> Bool {
    var left = left
    let end = Self.reach + Self.pieceSize
    while left > 0, filled <= end {
      if let byte = bits.take(8) {
        window[filled] = UInt8(byte)
        filled += 1
        left -= 1
      } else if position < input.count {
        bits.alignToByte()
        let count = min(left, input.count - position, end + 1 - filled)
        for offset in 0..<count { window[filled &+ offset] = input[position &+ offset] }
        filled += count
        position += count
        left -= count
      } else {
        break
      }
    }
    state = .stored(left: left)
    if left == 0 { endBlock() }
    return left == 0
  }

  mutating func endBlock() { state = isLastBlock ? .ended : .blockStart }

  private mutating func takeCounts() -> Bool {
    guard let head = bits.take(14) else { return false }
    counts = ((head & 31) + 257, (head >> 5 & 31) + 1, (head >> 10) + 4)
    lengths.removeAll(keepingCapacity: true)
    state = .codeLengths
    return true
  }

  /// Takes the lengths of the code in which the lengths of the two other codes are written.
  private mutating func takeCodeLengths(
    _ input: Span<UInt8>, _ position: inout Int
  ) throws(InflateFault) -> Bool {
    while lengths.count < counts.lengths {
      bits.refill(input, &position)
      guard let length = bits.take(3) else { return false }
      lengths.append(UInt8(length))
    }
    var ordered = [UInt8](repeating: 0, count: Self.lengthOrder.count)
    for (place, length) in zip(Self.lengthOrder, lengths) { ordered[place] = length }
    lengthCode = HuffmanTable(lengths: ordered)
    if lengthCode == nil { throw .badCode }
    lengths.removeAll(keepingCapacity: true)
    state = .lengths
    return true
  }

  private mutating func takeLengths(
    _ input: Span<UInt8>, _ position: inout Int
  ) throws(InflateFault) -> Bool {
    guard let code = lengthCode else { throw .badCode }
    let total = counts.literals + counts.distances
    while lengths.count < total {
      bits.refill(input, &position)
      guard let run = try Self.run(code, &bits, after: lengths.last) else { return false }
      guard lengths.count + run.count <= total else { throw .badCode }
      lengths.append(contentsOf: repeatElement(run.length, count: run.count))
    }
    literals = HuffmanTable(lengths: lengths[..<counts.literals])
    distances = HuffmanTable(lengths: lengths[counts.literals...])
    if literals == nil || distances == nil { throw .badCode }
    state = .symbols
    return true
  }

  /// One length, or one that is repeated; `nil`, with nothing taken, where bits are missing.
  private static func run(
    _ code: HuffmanTable, _ bits: inout BitBuffer, after last: UInt8?
  ) throws(InflateFault) -> (length: UInt8, count: Int)? {
    var ahead = bits
    let symbol = code.next(&ahead)
    if symbol == HuffmanTable.Lookup.needsBits { return nil }
    guard symbol >= 0 else { throw .badCode }
    let (width, base) = symbol < 16 ? (0, 1) : [(2, 3), (3, 3), (7, 11)][symbol - 16]
    guard let more = ahead.take(width) else { return nil }
    bits = ahead
    if symbol < 16 { return (UInt8(symbol), 1) }
    if symbol > 16 { return (0, base + more) }
    guard let last else { throw .badCode }
    return (last, base + more)
  }

  private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

  private static let fixedLiterals = HuffmanTable(
    lengths: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 } as [UInt8])
  private static let fixedDistances = HuffmanTable(lengths: [UInt8](repeating: 5, count: 32))
}
