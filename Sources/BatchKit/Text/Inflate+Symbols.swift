extension Inflate {
  /// Takes symbols until the block ends, bytes are needed, or the window is full.
  ///
  /// Nearly all the time of unpacking is spent here, so bits, place and position are kept in local variables.
  mutating func takeSymbols(_ input: Span<UInt8>, _ position: inout Int) throws(InflateFault) -> Bool {
    guard let literals, let distances else { throw .badCode }
    var (bits, place, next) = (self.bits, filled, position)
    defer {
      self.bits = bits
      filled = place
      position = next
    }
    let end = Self.reach + Self.pieceSize
    let outcome = try window.withUnsafeMutableBufferPointer { window throws(InflateFault) -> Outcome in
      while place <= end {
        if bits.count < 48 { bits.refill(input, &next) }
        var ahead = bits
        let symbol = literals.next(&ahead)
        if symbol >= 0, symbol < 256 {
          window[place] = UInt8(truncatingIfNeeded: symbol)
          place &+= 1
          bits = ahead
          continue
        }
        if symbol == 256 {
          bits = ahead
          return .blockEnd
        }
        guard let run = try Self.repetition(symbol, distances, &ahead) else { return .needsInput }
        guard run.distance <= place else { throw .badDistance }
        bits = ahead
        repeatBytes(in: window, to: place, run)
        place &+= run.length
      }
      return .windowFull
    }
    if case .blockEnd = outcome { endBlock() }
    return outcome == .blockEnd
  }

  private enum Outcome { case blockEnd, needsInput, windowFull }

  /// How much is repeated, and from how far back; `nil` where bits are missing.
  @inline(__always)
  private static func repetition(
    _ symbol: Int, _ distances: HuffmanTable, _ bits: inout BitBuffer
  ) throws(InflateFault) -> (length: Int, distance: Int)? {
    guard symbol >= 0 else {
      if symbol == HuffmanTable.Lookup.needsBits { return nil }
      throw .badCode
    }
    guard symbol < 286 else { throw .badCode }
    let (base, width) = lengthBases.withUnsafeBufferPointer { $0[symbol &- 257] }
    guard let moreLength = bits.take(width) else { return nil }
    let distance = distances.next(&bits)
    guard distance >= 0 else {
      if distance == HuffmanTable.Lookup.needsBits { return nil }
      throw .badCode
    }
    guard distance < 30 else { throw .badCode }
    let (back, backWidth) = distanceBases.withUnsafeBufferPointer { $0[distance] }
    guard let moreDistance = bits.take(backWidth) else { return nil }
    return (base &+ moreLength, back &+ moreDistance)
  }

  private static let lengthBases: [(Int, Int)] = [
    (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0), (10, 0), (11, 1), (13, 1), (15, 1), (17, 1),
    (19, 2), (23, 2), (27, 2), (31, 2), (35, 3), (43, 3), (51, 3), (59, 3), (67, 4), (83, 4), (99, 4),
    (115, 4), (131, 5), (163, 5), (195, 5), (227, 5), (258, 0),
  ]

  private static let distanceBases: [(Int, Int)] = [
    (1, 0), (2, 0), (3, 0), (4, 0), (5, 1), (7, 1), (9, 2), (13, 2), (17, 3), (25, 3), (33, 4), (49, 4),
    (65, 5), (97, 5), (129, 6), (193, 6), (257, 7), (385, 7), (513, 8), (769, 8), (1025, 9), (1537, 9),
    (2049, 10), (3073, 10), (4097, 11), (6145, 11), (8193, 12), (12289, 12), (16385, 13), (24577, 13),
  ]
}

/// Copies what is repeated; what overlaps itself repeats as it is written.
@inline(__always)
private func repeatBytes(
  in window: UnsafeMutableBufferPointer<UInt8>, to place: Int, _ run: (length: Int, distance: Int)
) {
  let source = place &- run.distance
  guard run.distance >= 8 else {
    for offset in 0..<run.length { window[place &+ offset] = window[source &+ offset] }
    return
  }
  let bytes = UnsafeMutableRawBufferPointer(window)
  var offset = 0
  while offset < run.length {
    let word = bytes.loadUnaligned(fromByteOffset: source &+ offset, as: UInt64.self)
    bytes.storeBytes(of: word, toByteOffset: place &+ offset, as: UInt64.self)
    offset &+= 8
  }
}
