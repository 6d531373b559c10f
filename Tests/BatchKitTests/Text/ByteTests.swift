import BatchKit
import Testing

@Suite struct `Bytes are searched eight at a time` {
  @Test func `the search finds what a plain walk finds, from every start`() {
    var dice = SplitMix(seed: 3)
    for _ in 0..<300 {
      let bytes = dice.bytes(Int.random(in: 0..<40, using: &dice), of: [0, 1, 2, 0x0A, 0x22, 0x80, 0xFF])
      for start in 0...bytes.count {
        let plain = bytes[start...].firstIndex { $0 == 0x0A || $0 == 0x22 || $0 == 1 } ?? bytes.count
        #expect(bytes.withSpan { $0.firstIndex(of: 0x0A, 0x22, 1, from: start) } == plain)
      }
    }
  }

  @Test func `one byte is found wherever it stands, also among its neighbours`() {
    for length in 0..<110 {
      for place in [0, 1, 7, 8, 31, 32, 33, 63, 64, 90, 109] where place < length {
        var bytes = (0..<length).map { [0x0B, 0x8A, 0x09, 0x61][$0 % 4] as UInt8 }
        #expect(bytes.withSpan { $0.firstIndex(of: 0x0A, from: 0) } == length)
        bytes[place] = 0x0A
        #expect(bytes.withSpan { $0.firstIndex(of: 0x0A, from: 0) } == place)
        #expect(bytes.withSpan { $0.firstIndex(of: 0x0A, from: place + 1) } == length)
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
    var dice = SplitMix(seed: 4)
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

@Suite struct `Bytes are UTF-8 up to the first that keeps them from being it` {
  /// The place by the standard library, which says of a text only whether it is sound.
  private func end(of bytes: [UInt8]) -> Int {
    (0...bytes.count).last { String(validating: bytes[..<$0], as: UTF8.self) != nil } ?? 0
  }

  @Test(
    arguments: [
      [0xC0, 0x80], [0xC1, 0xBF], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0x9F, 0x80], [0xE0, 0xA0, 0x80],
      [0xE1, 0x80, 0x80], [0xED, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBF],
      [0xF0, 0x8F, 0x80, 0x80], [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
      [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFF], [0x80], [0xC3], [0xE2, 0x82],
      [0xCD, 0x80],
      [0xF0, 0x9F, 0x98], [0xC3, 0xC3, 0xA9], [0xC3, 0xA9, 0xA9], [0xE2, 0x82, 0xAC, 0xAC],
      [0xE2, 0x28, 0xA1],
    ] as [[UInt8]]) func `wherever they stand in a word of the machine`(middle: [UInt8])
  {
    for before in 0..<41 {
      for after in [0, 1, 3, 9, 40] {
        let bytes = [UInt8](repeating: 0x61, count: before) + middle + [UInt8](repeating: 0x62, count: after)
        let found = bytes.withUnsafeBufferPointer { endOfWellFormedUTF8($0.span) }
        #expect(found == end(of: bytes), "\(middle) behind \(before) and before \(after)")
      }
    }
  }

  @Test func `whatever becomes of texts in many scripts`() {
    var dice = SplitMix(seed: 5)
    let sound = Array("Ünïcode “café” Жук ελ עב سلام ไทย हिन्दी Tiếng Việt 日本語 한국어 😀🇺🇳 plain text as well".utf8)
    for round in 0..<2000 {
      let bytes = dice.mutate(sound, times: round % 4)
      let found = bytes.withUnsafeBufferPointer { endOfWellFormedUTF8($0.span) }
      #expect(found == end(of: bytes), "round \(round)")
    }
  }
}
