import BatchKit

extension SplitMix {
  /// Bytes drawn from `alphabet`.
  mutating func bytes(_ count: Int, of alphabet: [UInt8]) -> [UInt8] {
    (0..<count).map { _ in alphabet[Int.random(in: alphabet.indices, using: &self)] }
  }

  /// The bytes with a few of them changed, taken out, doubled or put in.
  mutating func mutate(_ bytes: [UInt8], times: Int) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<times {
      let place = Int.random(in: 0...bytes.count, using: &self)
      switch Int.random(in: 0..<3, using: &self) {
      case 0 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &self)
      case 1 where place < bytes.count: bytes.remove(at: place)
      default: bytes.insert(Array("\"{}[],:\n\r\\\u{1}é".utf8).randomElement(using: &self)!, at: place)
      }
    }
    return bytes
  }
}
