import BatchKit
import Testing

private struct Line: Equatable {
  let text: String
  let offset: Int
  let number: Int
}

private func split(_ text: String, size: Int) -> [Line] {
  var lines = JSONLines()
  var found: [Line] = []
  func take() {
    found.append(
      Line(text: String(decoding: lines.line, as: UTF8.self), offset: lines.offset, number: lines.number))
  }
  let bytes = Array(text.utf8)
  for start in stride(from: 0, to: bytes.count, by: size) {
    let chunk = Array(bytes[start..<min(start + size, bytes.count)])
    var position = 0
    while chunk.withSpan({ lines.next($0, &position) }) { take() }
  }
  if lines.finish() { take() }
  return found
}

@Suite struct `JSON Lines come apart at LF alone` {
  @Test(
    arguments: [
      ("", []),
      ("{}", ["{}"]),
      ("{}\n", ["{}"]),
      ("1\n2\n3", ["1", "2", "3"]),
      ("1\r\n2\r\n", ["1", "2"]),
      ("1\n\n2\n", ["1", "", "2"]),
      ("\n", [""]),
      ("\u{FEFF}1\n\u{FEFF}2", ["1", "\u{FEFF}2"]),
      ("a\rb\n", ["a\rb"]),
      ("a\u{2028}b\u{85}c\u{0B}d\n", ["a\u{2028}b\u{85}c\u{0B}d"]),
    ] as [(String, [String])], [1, 2, 3, 4096])
  func `lines are the same in pieces of any size`(_ example: (String, [String]), _ size: Int) {
    #expect(split(example.0, size: size).map(\.text) == example.1)
  }

  @Test(arguments: [1, 3, 100])
  func `every line knows where it stands`(_ size: Int) {
    let text = "\u{FEFF}{}\r\n\n[1]\nlast"
    #expect(
      split(text, size: size) == [
        Line(text: "{}", offset: 3, number: 1), Line(text: "", offset: 7, number: 2),
        Line(text: "[1]", offset: 8, number: 3), Line(text: "last", offset: 12, number: 4),
      ])
  }
}
