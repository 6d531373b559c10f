import BatchKit
import Testing

/// A CSV text and the records it holds.
struct CSVCase: Sendable, CustomTestStringConvertible {
  let name: String
  let text: String
  let records: [[String]]
  var delimiter: UInt8 = UInt8(ascii: ",")
  var testDescription: String { name }
}

private let cases: [CSVCase] = [
  CSVCase(name: "nothing", text: "", records: []),
  CSVCase(name: "one line", text: "a,b,c\n", records: [["a", "b", "c"]]),
  CSVCase(name: "no last line end", text: "a,b\n1,2", records: [["a", "b"], ["1", "2"]]),
  CSVCase(name: "CRLF", text: "a,b\r\n1,2\r\n", records: [["a", "b"], ["1", "2"]]),
  CSVCase(name: "CR alone", text: "a,b\r1,2\r", records: [["a", "b"], ["1", "2"]]),
  CSVCase(name: "all three ends mixed", text: "a\nb\r\nc\rd", records: [["a"], ["b"], ["c"], ["d"]]),
  CSVCase(name: "byte-order mark", text: "\u{FEFF}a,b\n", records: [["a", "b"]]),
  CSVCase(name: "quoted field after a mark", text: "\u{FEFF}\"a\",b\n", records: [["a", "b"]]),
  CSVCase(name: "mark in the middle is text", text: "a,\u{FEFF}b\n", records: [["a", "\u{FEFF}b"]]),
  CSVCase(name: "quoted delimiter", text: "\"a,b\",c\n", records: [["a,b", "c"]]),
  CSVCase(name: "doubled quotes", text: "\"a\"\"b\",\"\"\"\"\n", records: [["a\"b", "\""]]),
  CSVCase(name: "quoted LF", text: "\"a\nb\",c\n", records: [["a\nb", "c"]]),
  CSVCase(name: "quoted CRLF", text: "\"a\r\nb\",c\r\n", records: [["a\r\nb", "c"]]),
  CSVCase(name: "empty fields", text: ",\n,,\n", records: [["", ""], ["", "", ""]]),
  CSVCase(name: "empty quoted field", text: "\"\",\"\"\n\"\"\n", records: [["", ""], [""]]),
  CSVCase(name: "delimiter at the very end", text: "a,", records: [["a", ""]]),
  CSVCase(name: "blank lines are none", text: "\n\na,b\n\n\r\n1,2\n\n", records: [["a", "b"], ["1", "2"]]),
  CSVCase(name: "space is kept", text: " a , b \n", records: [[" a ", " b "]]),
  CSVCase(name: "quote inside plain text", text: "5\" disk,a\"b\"\n", records: [["5\" disk", "a\"b\""]]),
  CSVCase(name: "space before a quote", text: "a, \"b\"\n", records: [["a", " \"b\""]]),
  CSVCase(name: "quoted at the very end", text: "a,\"b\"", records: [["a", "b"]]),
  CSVCase(name: "JSON in a cell", text: "1,\"{\"\"k\"\":\"\"v\"\"}\"\n", records: [["1", "{\"k\":\"v\"}"]]),
  CSVCase(name: "other scripts", text: "ключ,値\n😀,é\n", records: [["ключ", "値"], ["😀", "é"]]),
  CSVCase(
    name: "Unicode line separators", text: "a\u{2028}b,c\u{85}d\n", records: [["a\u{2028}b", "c\u{85}d"]]),
  CSVCase(name: "NUL", text: "a\0b,c\n", records: [["a\0b", "c"]]),
  CSVCase(name: "semicolons", text: "a;b,c\n", records: [["a", "b,c"]], delimiter: UInt8(ascii: ";")),
  CSVCase(name: "tabs", text: "a\tb c\n", records: [["a", "b c"]], delimiter: UInt8(ascii: "\t")),
]

/// Every record of a text that comes in pieces of `size` bytes, and the faults among them.
func parseCSV(
  _ text: [UInt8], size: Int, delimiter: UInt8 = UInt8(ascii: ","), longest: Int = 1 << 20
) -> (records: [[String]], lines: [Int], faults: [CSVFault?], parser: CSVParser) {
  var parser = CSVParser(delimiter: delimiter, longestRecord: longest)
  var fields = Fields()
  var (records, lines, faults): ([[String]], [Int], [CSVFault?]) = ([], [], [])
  func take() {
    records.append((0..<fields.count).map { fields[$0] })
    lines.append(parser.recordLine)
    faults.append(parser.fault)
  }
  for start in stride(from: 0, to: text.count, by: size) {
    let chunk = Array(text[start..<min(start + size, text.count)])
    var position = 0
    while chunk.withSpan({ parser.next($0, &position, into: &fields) }) {
      take()
      if parser.fault?.isFatal == true { return (records, lines, faults, parser) }
    }
  }
  if parser.finish(into: &fields) { take() }
  return (records, lines, faults, parser)
}

@Suite struct `CSV comes apart by RFC 4180` {
  @Test(arguments: cases, [1, 2, 3, 7, 4096])
  func `records are the same in pieces of any size`(_ example: CSVCase, _ size: Int) {
    let parsed = parseCSV(Array(example.text.utf8), size: size, delimiter: example.delimiter)
    #expect(parsed.records == example.records)
    #expect(parsed.faults.allSatisfy { $0 == nil })
  }

  @Test(arguments: cases)
  func `what the writer makes of records reads back as the same`(_ example: CSVCase) {
    var writer = CSVWriter(CSVDialect(delimiter: example.delimiter))
    for record in example.records { writer.row(record) }
    #expect(parseCSV(writer.bytes, size: 5, delimiter: example.delimiter).records == example.records)
  }

  @Test func `a record knows the line it began at`() {
    let parsed = parseCSV(Array("a,b\n\n\"x\ny\",1\nlast,2\n".utf8), size: 1)
    #expect(parsed.lines == [1, 3, 5])
  }

  @Test(arguments: [
    ("a\nb\n", CSVParser.Newline.lf), ("a\r\nb\r\n", .crlf), ("a\rb\r", .cr), ("a\nb\r\n", .lf),
    ("a\rb\r\nc", .cr),
  ])
  func `the first line end is told`(_ text: String, _ newline: CSVParser.Newline) {
    #expect(parseCSV(Array(text.utf8), size: 1).parser.newline == newline)
    #expect(parseCSV(Array(text.utf8), size: 100).parser.newline == newline)
  }

  @Test func `a quote that is never closed names the line where it opened`() {
    let parsed = parseCSV(Array("a,b\n1,\"two\nthree\nfour".utf8), size: 3)
    #expect(parsed.faults == [nil, .unclosedQuote(line: 2)])
    #expect(parsed.records.last == ["1", "two\nthree\nfour"])
  }

  @Test func `text after a closing quote is a fault of that record alone`() {
    let parsed = parseCSV(Array("a,b\n\"x\"y,2\n3,4\n".utf8), size: 2)
    #expect(parsed.records == [["a", "b"], ["xy", "2"], ["3", "4"]])
    #expect(parsed.faults == [nil, .textAfterQuote(line: 2), nil])
  }

  @Test func `an open quote does not swallow a whole file into memory`() {
    let text = Array("a\n\"".utf8) + [UInt8](repeating: 0x78, count: 100_000)
    let parsed = parseCSV(text, size: 512, longest: 10_000)
    #expect(parsed.faults.last == .endlessRecord(line: 2))
  }

  @Test(arguments: [[0xEF], [0xEF, 0xBB], [0xEF, 0xBB, 0x41]] as [[UInt8]])
  func `half a byte-order mark is text`(_ bytes: [UInt8]) {
    for size in [1, 8] {
      let parsed = parseCSV(bytes, size: size)
      #expect(parsed.records.count == 1 && !parsed.parser.hasMark)
    }
  }

  @Test func `any bytes at all make the same records in pieces of any size`() {
    var dice = SplitMix(seed: 1)
    for _ in 0..<1000 {
      let text = dice.bytes(Int.random(in: 0..<60, using: &dice), of: Array("aé,\"\n\r \u{FEFF}".utf8))
      let whole = parseCSV(text, size: 4096)
      let pieces = parseCSV(text, size: Int.random(in: 1..<5, using: &dice))
      #expect(whole.records == pieces.records && whole.faults == pieces.faults && whole.lines == pieces.lines)
    }
  }

  @Test func `any fields at all survive being written and read`() {
    var dice = SplitMix(seed: 2)
    for _ in 0..<500 {
      let records = (0..<3).map { _ in
        (0..<Int.random(in: 1..<4, using: &dice)).map { _ in
          String(
            decoding: dice.bytes(Int.random(in: 0..<6, using: &dice), of: Array("ab,\"\n\r ".utf8)),
            as: UTF8.self)
        }
      }
      var writer = CSVWriter(CSVDialect(newline: .crlf, hasMark: Bool.random(using: &dice)))
      for record in records { writer.row(record) }
      let parsed = parseCSV(writer.bytes, size: 3)
      #expect(parsed.records == records)
    }
  }
}

@Suite struct `CSV is written with no more quotes than it needs` {
  @Test func `plain fields stand bare`() {
    var writer = CSVWriter()
    writer.row(["id", "a b", "1.5", "", "é", "it's"])
    #expect(String(decoding: writer.bytes, as: UTF8.self) == "id,a b,1.5,,é,it's\n")
  }

  @Test func `what would break the line is quoted`() {
    var writer = CSVWriter(CSVDialect(delimiter: UInt8(ascii: ";"), newline: .crlf, hasMark: true))
    writer.row(["a;b", "a,b", "x\"y", "1\n2"])
    #expect(String(decoding: writer.bytes, as: UTF8.self) == "\u{FEFF}\"a;b\";a,b;\"x\"\"y\";\"1\n2\"\r\n")
  }

  @Test func `a lone empty field is no blank line, also after what was written is taken away`() {
    var writer = CSVWriter()
    writer.row(["a"])
    writer.clear()
    writer.row([""])
    #expect(String(decoding: writer.bytes, as: UTF8.self) == "\"\"\n")
  }
}
