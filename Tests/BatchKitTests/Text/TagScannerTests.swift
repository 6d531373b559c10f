import BatchKit
import Testing

/// Every tag of a text that comes in pieces of `size` bytes, with the text before it, and the fault at the
/// end.
private func scan(_ text: String, size: Int) -> (tags: [String], fault: TagFault?) {
  var scanner = TagScanner()
  var tags: [String] = []
  let bytes = Array(text.utf8)
  for start in stride(from: 0, to: bytes.count, by: size) {
    let piece = Array(bytes[start..<min(start + size, bytes.count)])
    var position = 0
    while piece.withSpan({ scanner.next($0, &position) }) {
      var before: [UInt8] = []
      scanner.appendText(to: &before)
      if let fault = scanner.fault { return (tags, fault) }
      let name =
        ["a", "b", "row"].first { scanner.isNamed($0 == "a" ? "a" : $0 == "b" ? "b" : "row") } ?? "?"
      let value = scanner.attribute("r").map { " r=\($0)" } ?? ""
      tags.append("\(String(decoding: before, as: UTF8.self))<\(scanner.kind) \(name)\(value)>")
    }
  }
  scanner.finish()
  return (tags, scanner.fault)
}

@Suite struct `Tags are found in XML` {
  @Test(arguments: [
    ("<a/>", ["<isEmpty a>"]),
    ("<?xml version=\"1.0\"?>\n<a>x</a>\n", ["\n<opens a>", "x<closes a>"]),
    ("<a r=\"1\" q='2'/>", ["<isEmpty a r=1>"]),
    ("<a q=\">\" r='\"'/>", ["<isEmpty a r=\">"]),
    ("<a\n\tr = \"1\"\n></a >", ["<opens a r=1>", "<closes a>"]),
    ("<x:a x:r=\"1\"><x:b/></x:a>", ["<opens a r=1>", "<isEmpty b>", "<closes a>"]),
    ("<a>&lt;&amp;&#233;&#x1F600;&quot;&apos;</a>", ["<opens a>", "<&é😀\"'<closes a>"]),
    ("<a r=\"&lt;&#10;\"/>", ["<isEmpty a r=<\n>"]),
    ("<a>1<!-- <b> - -- -->2</a>", ["<opens a>", "12<closes a>"]),
    ("<a><![CDATA[<b>&amp;]]]]><![CDATA[>]]></a>", ["<opens a>", "<b>&amp;]]><closes a>"]),
    ("<a>1\r\n2\r3&#13;</a>", ["<opens a>", "1\n2\n3\r<closes a>"]),
    ("\u{FEFF}<row><b></b></row>", ["\u{FEFF}<opens row>", "<opens b>", "<closes b>", "<closes row>"]),
  ])
  func `with the text between them, in pieces of any size`(_ text: String, _ tags: [String]) {
    for size in [1, 2, 5, 1000] {
      let scanned = scan(text, size: size)
      #expect(scanned.tags == tags && scanned.fault == nil)
    }
  }

  @Test(arguments: [
    ("", TagFault.endsEarly), ("text", .endsEarly), ("<a>", .endsEarly), ("<a", .endsEarly),
    ("<a><b></b>", .endsEarly), ("<a><!-- </a>", .endsEarly), ("<a r=\"></a>", .endsEarly),
    ("</a>", .badTag), ("<a></b>", .badTag), ("<a><b></a></b>", .badTag), ("<>", .badTag), ("< a/>", .badTag),
    ("<a r/>", .badTag), ("<a r=1/>", .badTag), ("<a r=\"1\"b=\"2\"/>", .badTag),
    ("<a></a r=\"1\">", .badTag),
    ("<!ELEMENT a>", .badTag), ("<!DOCTYPE a [<!ENTITY x \"y\">]><a/>", .hasGrammar),
    ("<a>&x;</a>", .badEntity), ("<a>& </a>", .badEntity), ("<a>&#xD800;</a>", .badEntity),
    ("<a>&#99999999999;</a>", .badEntity), (String(repeating: "<a>", count: 300), .tooLarge),
  ])
  func `what is broken or cut short is told`(_ text: String, _ fault: TagFault) {
    for size in [1, 1000] { #expect(scan(text, size: size).fault == fault) }
  }

  @Test func `any bytes at all come apart the same in pieces of any size`() {
    var dice = SplitMix(seed: 4)
    for _ in 0..<1000 {
      let text = String(
        decoding: dice.bytes(Int.random(in: 0..<40, using: &dice), of: Array("<<>>a/b\"'=& !-[]?é".utf8)),
        as: UTF8.self)
      #expect(scan(text, size: 1) == scan(text, size: 4096))
    }
  }

  @Test(arguments: [
    ("_x000D_", "\r"), ("a_x0041_b", "aAb"), ("_x005F_x000D_", "_x000D_"), ("_x000", "_x000"),
    ("_xD800_", "_xD800_"), ("__x0009_", "_\t"), ("_xZZZZ_", "_xZZZZ_"), ("snake_case", "snake_case"),
  ])
  func `characters that XML can't hold are read`(_ escaped: String, _ plain: String) {
    var text = Array("_x0041_ \(escaped)".utf8)
    undoWorkbookEscapes(&text, from: 8)
    #expect(String(decoding: text.dropFirst(8), as: UTF8.self) == plain)
  }
}
