import BatchKit
import Testing

@Suite struct `SHA-256 is the one of FIPS 180-4` {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
  ])
  func `the published examples`(text: String, digest: String) {
    #expect(SHA256.hex(of: text.utf8) == digest)
  }

  @Test func `a million times the letter a`() {
    var hash = SHA256()
    for _ in 0..<1000 { hash.update([UInt8](repeating: UInt8(ascii: "a"), count: 1000)) }
    #expect(hash.hex() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func `every length around a block pads to its own digest`() {
    let digests = (0...200).map { SHA256.hex(of: [UInt8](repeating: 0x61, count: $0)) }
    #expect(Set(digests).count == 201)
    // Lengths at which the padding changes its number of blocks.
    #expect(digests[55] == "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318")
    #expect(digests[56] == "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a")
    #expect(digests[64] == "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb")
  }

  @Test(arguments: 0..<50)
  func `however the bytes are split, the digest is the same`(seed: UInt64) {
    var dice = SplitMix(seed: seed)
    let bytes = (0..<Int.random(in: 0...1000, using: &dice)).map { _ in
      UInt8.random(in: 0...255, using: &dice)
    }
    var hash = SHA256()
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(Int.random(in: 0...130, using: &dice))
      hash.update(Array(piece))
      rest = rest.dropFirst(piece.count)
    }
    #expect(hash.hex() == SHA256.hex(of: bytes))
  }

  @Test func `asking for the digest does not end the hash`() {
    var hash = SHA256()
    hash.update(Array("a".utf8))
    #expect(hash.hex() == SHA256.hex(of: "a".utf8))
    hash.update(Array("bc".utf8))
    #expect(hash.hex() == SHA256.hex(of: "abc".utf8))
    #expect(hash.digest().count == 32)
  }
}
