import BatchKit
import Testing

@Suite struct `Bytes are searched eight at a time` {
  @Test func `the search finds what a plain walk finds, from every start`() {
    var dice = Dice(3)
    for _ in 0..<300 {
      let bytes = dice.bytes(Int.random(in: 0..<40, using: &dice), of: [0, 1, 2, 0x0A, 0x22, 0x80, 0xFF])
      for start in 0...bytes.count {
        let plain = bytes[start...].firstIndex { $0 == 0x0A || $0 == 0x22 || $0 == 1 } ?? bytes.count
        #expect(bytes.withSpan { $0.firstIndex(of: 0x0A, 0x22, 1, from: start) } == plain)
      }
    }
  }

  @Test func `text beyond ASCII is noticed wherever it stands`() {
    for length in 0..<20 {
      var bytes = [UInt8](repeating: 0x7F, count: length)
      #expect(bytes.withSpan { $0.isASCII() })
      for place in 0..<length {
        bytes[place] = 0x80
        #expect(bytes.withSpan { !$0.isASCII() })
        bytes[place] = 0x7F
      }
    }
  }

  @Test func `UTF-8 is well formed exactly where the standard library says so`() {
    var dice = Dice(4)
    let alphabet: [UInt8] = [
      0x41, 0x7F, 0x80, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5,
      0xFF,
    ]
    for _ in 0..<5000 {
      let bytes = dice.bytes(Int.random(in: 0..<6, using: &dice), of: alphabet)
      #expect(
        bytes.withSpan(isWellFormedUTF8) == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
    }
    for scalar in [
      "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}",
    ] {
      #expect(Array("x\(scalar)y".utf8).withSpan(isWellFormedUTF8))
    }
  }
}
