/// The SHA-256 digest of bytes that arrive in pieces.
///
/// Foundation on Linux has none, and the library takes no package; FIPS 180-4 is short.
///
/// It is a value: a copy goes on by itself, which is how a digest is taken in the middle. Jobs, parts
/// and result files are known by it, so what it returns for the same bytes must never change.
package struct SHA256 {
  /// The eight words that the bytes taken in so far come to.
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  /// Bytes that do not fill a block yet.
  private var pending: [UInt8] = []
  /// How many bytes were taken in.
  private var length: UInt64 = 0
  /// Room for the words of a block, kept so that no block needs new memory.
  private var schedule = [UInt32](repeating: 0, count: 64)

  package init() { pending.reserveCapacity(64) }

  /// The digest of `bytes`, as 64 hexadecimal digits.
  package static func hex(of bytes: some Sequence<UInt8>) -> String {
    var hash = Self()
    hash.update(Array(bytes))
    return hash.hex()
  }

  /// Takes in more bytes.
  package mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// Takes in more bytes.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    length &+= UInt64(bytes.count)
    var offset = 0
    if !pending.isEmpty {
      let take = min(64 - pending.count, bytes.count)
      pending.append(contentsOf: bytes[..<take])
      offset = take
      guard pending.count == 64 else { return }
      let block = pending
      block.withUnsafeBytes { compress($0, at: 0) }
      pending.removeAll(keepingCapacity: true)
    }
    while offset &+ 64 <= bytes.count {
      compress(bytes, at: offset)
      offset &+= 64
    }
    pending.append(contentsOf: bytes[offset...])
  }

  /// The digest of all that was taken in, as 64 hexadecimal digits; the hash itself can go on.
  package func hex() -> String {
    let digits = Array("0123456789abcdef".utf8)
    let text = digest().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  /// The digest of all that was taken in, as 32 bytes.
  package func digest() -> [UInt8] {
    var last = self
    let bits = length &* 8
    // A single bit, zeros up to eight bytes before the end of a block, and the length in bits end every
    // message.
    let zeros = (119 &- Int(length % 64)) % 64
    last.update([0x80] + [UInt8](repeating: 0, count: zeros))
    last.update((0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * UInt64($0))) })
    return last.state.flatMap { word in
      (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * UInt32($0))) }
    }
  }

  /// Takes in one block of 64 bytes: widens it to 64 words, and mixes those into the state.
  private mutating func compress(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    state.withUnsafeMutableBufferPointer { state in
      schedule.withUnsafeMutableBufferPointer { w in
        for i in 0..<16 {
          w[i] = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset &+ 4 &* i, as: UInt32.self))
        }
        for i in 16..<64 {
          let x = w[i &- 15]
          let y = w[i &- 2]
          let s0 = turn(x, 7) ^ turn(x, 18) ^ (x >> 3)
          let s1 = turn(y, 17) ^ turn(y, 19) ^ (y >> 10)
          w[i] = w[i &- 16] &+ s0 &+ w[i &- 7] &+ s1
        }
        Self.round(state, w)
      }
    }
  }

  /// The 64 steps of a block.
  private static func round(
    _ state: UnsafeMutableBufferPointer<UInt32>, _ w: UnsafeMutableBufferPointer<UInt32>
  ) {
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    constants.withUnsafeBufferPointer { k in
      for i in 0..<64 {
        let s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)
        let t1 = h &+ s1 &+ ((e & f) ^ (~e & g)) &+ k[i] &+ w[i]
        let s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)
        let t2 = s0 &+ ((a & b) ^ (a & c) ^ (b & c))
        (h, g, f, e, d, c, b, a) = (g, f, e, d &+ t1, c, b, a, t1 &+ t2)
      }
    }
    for (i, word) in [a, b, c, d, e, f, g, h].enumerated() { state[i] &+= word }
  }

  /// The first bits of the cube roots of the first 64 primes, as the standard has them.
  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}

/// The word turned right by `count` bits.
private func turn(_ word: UInt32, _ count: UInt32) -> UInt32 {
  (word >> count) | (word << (32 &- count))
}
