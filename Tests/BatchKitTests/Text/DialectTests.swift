import BatchKit
import Testing

@Suite struct `The dialect of a CSV text is told by its first line` {
  @Test(
    arguments: [
      ("a,b\n1;2;3\n", ","), ("a;b\n", ";"), ("a|b|c", "|"), ("a\tb\n", "\t"), ("", ","), ("alone\n", ","),
      ("a,b;c\n", ","), ("a;b|c\n", ";"), ("\"a,b,c\";d\n", ";"), ("x;\"a\n,,,\";y\n,,,,,\n", ";"),
      ("5\" disk;b,c;d\n", ";"), ("\n\r\n\na|b\n", "|"), ("\u{FEFF}a;b\n", ";"),
      ("\"say \"\"a,b,c\"\"\";d\r", ";"),
      ("a;b;\n,,,,\n", ";"),
    ] as [(String, Unicode.Scalar)])
  func `quotes respected, the comma first among equals`(_ text: String, _ delimiter: Unicode.Scalar) {
    #expect(likelyDelimiter(of: Array(text.utf8)) == UInt8(ascii: delimiter))
  }
}

@Suite struct `UTF-16 is read as UTF-8` {
  private func decoded(_ bytes: [UInt8], size: Int) -> [UInt8]? {
    guard var decoder = UTF16Decoder(mark: bytes.prefix(4)) else { return nil }
    var output: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      decoder.decode(Array(bytes[start..<min(start + size, bytes.count)]), into: &output)
    }
    decoder.finish(into: &output)
    return output
  }

  @Test(arguments: ["", "a", "naïve,日本\r\n", "😀\u{10FFFF}", "\u{FEFF}"], [true, false])
  func `of either byte order, in pieces of any size`(_ text: String, _ lowFirst: Bool) {
    let bytes = utf16("\u{FEFF}" + text, lowFirst: lowFirst)
    for size in [1, 2, 3, 100] { #expect(decoded(bytes, size: size) == Array("\u{FEFF}\(text)".utf8)) }
  }

  @Test(
    arguments: [
      [0xFF, 0xFE, 0x61], [0xFF, 0xFE, 0x3D, 0xD8], [0xFE, 0xFF, 0xDC, 0x00],
      [0xFF, 0xFE, 0x3D, 0xD8, 0x61, 0],
    ] as [[UInt8]])
  func `half a character is damage, not a guess`(_ bytes: [UInt8]) throws {
    #expect(try #require(decoded(bytes, size: 1)).contains(0xFF))
  }

  @Test(arguments: [[], [0x61, 0], [0xEF, 0xBB, 0xBF], [0xFF], [0xFF, 0xFE, 0, 0]] as [[UInt8]])
  func `anything else is none`(_ bytes: [UInt8]) { #expect(UTF16Decoder(mark: bytes) == nil) }
}

/// The bytes of a text in UTF-16.
func utf16(_ text: String, lowFirst: Bool) -> [UInt8] {
  text.utf16.flatMap { unit in
    let (low, high) = (UInt8(unit & 0xFF), UInt8(unit >> 8))
    return lowFirst ? [low, high] : [high, low]
  }
}

@Suite struct `A JSON array comes apart into its elements` {
  private func elements(_ text: String, size: Int) -> (texts: [String], lines: [Int], fault: JSONArrayFault?)
  {
    var parser = JSONElements(longest: 1000)
    var (texts, lines): ([String], [Int]) = ([], [])
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: size) {
      let piece = Array(bytes[start..<min(start + size, bytes.count)])
      var position = 0
      while piece.withSpan({ parser.next($0, &position) }) {
        if parser.fault != nil { return (texts, lines, parser.fault) }
        texts.append(String(decoding: parser.element, as: UTF8.self).trimmed)
        lines.append(parser.elementLine)
      }
    }
    parser.finish()
    return (texts, lines, parser.fault)
  }

  @Test(
    arguments: [
      ("[]", [], []), (" [ ] \n", [], []), ("[1]", ["1"], [1]), ("[1,\n2]", ["1", "2"], [1, 2]),
      ("\u{FEFF}[\n {\"a\":[1,2]},\n\n {}\n]", ["{\"a\":[1,2]}", "{}"], [2, 4]),
      (#"["a,]\"b","\\",{"k":"}"}]"#, [#""a,]\"b""#, #""\\""#, #"{"k":"}"}"#], [1, 1, 1]),
      ("[1,]", ["1", ""], [1, 1]),
    ] as [(String, [String], [Int])])
  func `in pieces of any size`(_ text: String, _ texts: [String], _ lines: [Int]) {
    for size in [1, 3, 1000] {
      let parsed = elements(text, size: size)
      #expect(parsed.texts == texts && parsed.lines == lines && parsed.fault == nil)
    }
  }

  @Test(arguments: [
    ("", JSONArrayFault.endsEarly), ("{}", .noArray), ("[1", .endsEarly), ("[\"]", .endsEarly),
    ("[1] x", .trailingBytes), ("[\"\(String(repeating: "x", count: 2000))", .endlessElement),
  ])
  func `what is no array, or none to the end, is told`(_ text: String, _ fault: JSONArrayFault) {
    for size in [1, 4096] { #expect(elements(text, size: size).fault == fault) }
  }
}
