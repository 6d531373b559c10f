/// The check sum that zip archives keep of each file, taken of bytes that come in pieces of any size.
package struct CRC32: Sendable {
  /// Eight tables of 256: with them eight bytes are taken in one step.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for index in 0..<256 {
      tables[index] = (0..<8).reduce(UInt32(index)) { sum, _ in
        sum & 1 == 1 ? 0xEDB8_8320 ^ sum >> 1 : sum >> 1
      }
    }
    for index in 256..<tables.count {
      let before = tables[index - 256]
      tables[index] = before >> 8 ^ tables[Int(before & 0xFF)]
    }
    return tables
  }()

  private var sum: UInt32 = .max

  package init() {}

  /// The check sum of everything taken so far.
  package var value: UInt32 { ~sum }

  /// Takes in the next bytes.
  package mutating func update(_ bytes: some Sequence<UInt8>) {
    let taken: Void? = bytes.withContiguousStorageIfAvailable { update($0.span) }
    if taken == nil { Array(bytes).withSpan { update($0) } }
  }

  /// Takes in the next bytes.
  package mutating func update(_ bytes: Span<UInt8>) {
    sum = Self.tables.withUnsafeBufferPointer { tables in
      var sum = sum
      var index = 0
      while index &+ 8 <= bytes.count {
        let raw = bytes.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
        let word = UInt64(littleEndian: raw) ^ UInt64(sum)
        sum = 0
        for place in 0..<8 {
          sum ^= tables[(7 &- place) &* 256 &+ Int(word &>> UInt64(place &* 8) & 0xFF)]
        }
        index &+= 8
      }
      while index < bytes.count {
        sum = sum &>> 8 ^ tables[Int((sum ^ UInt32(bytes[index])) & 0xFF)]
        index &+= 1
      }
      return sum
    }
  }
}
