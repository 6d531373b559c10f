/// The keyed digest of a message, HMAC-SHA256 as RFC 2104 has it: only who knows the key can make it.
package enum HMAC {
  private static let blockSize = 64

  /// The 32 bytes that belong to a message under a key.
  package static func sha256(of message: [UInt8], key: [UInt8]) -> [UInt8] {
    var key = key.count > blockSize ? digest(of: [key]) : key
    key += [UInt8](repeating: 0, count: blockSize - key.count)
    let inner = digest(of: [key.map { $0 ^ 0x36 }, message])
    return digest(of: [key.map { $0 ^ 0x5C }, inner])
  }

  private static func digest(of pieces: [[UInt8]]) -> [UInt8] {
    var hash = SHA256()
    for piece in pieces { hash.update(piece) }
    return hash.digest()
  }

  /// Whether two digests are the same, found in a time that does not depend on where they differ.
  ///
  /// A comparison that stops at the first difference tells an attacker, by how long it takes, how many bytes
  /// were right.
  package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
