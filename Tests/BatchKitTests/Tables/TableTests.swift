import BatchKit
import Testing

@Suite struct `A table is read from a file` {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func table(_ name: String, _ text: String, delimiter: Unicode.Scalar? = nil) throws -> Table {
    try DiskStore.shared.write(text, to: scratch(name))
    return try Table(path: scratch(name), delimiter: delimiter)
  }

  @Test func `cells are found by the name of their column`() throws {
    let table = try table("a.csv", "ID,Product Name,text\n1,Lamp,\"so, so\"\n2,,good\n")
    #expect(table.columns == ["ID", "Product Name", "text"])
    let rows = Array(table)
    #expect(rows.map { $0["id"] } == ["1", "2"])
    #expect(rows.map { $0[" product name "] } == ["Lamp", ""])
    #expect(rows.map { $0["text"] } == ["so, so", "good"])
    #expect(
      rows[0]["no such"] == "" && rows[0].text(in: "no such") == nil && rows[1].text(in: "product name") == ""
    )
    #expect(rows.map(\.number) == [1, 2] && rows.map(\.line) == [2, 3])
    #expect(rows[0].description == "ID: 1, Product Name: Lamp, text: so, so")
  }

  @Test func `rows that were kept do not change while the table is walked on`() throws {
    let table = try table("a.csv", "n\n" + (0..<1000).map { "value \($0)\n" }.joined())
    #expect(table.map { $0["n"] } == (0..<1000).map { "value \($0)" })
    #expect(Array(table).map { $0["n"] } == (0..<1000).map { "value \($0)" })
  }

  @Test func `a table is walked as often as one likes`() throws {
    let table = try table("a.csv", "n\n1\n2\n")
    for _ in 0..<3 { #expect(table.map { $0["n"] } == ["1", "2"]) }
  }

  @Test func `a file larger than what is read at once comes in whole`() throws {
    let cell = String(repeating: "x,\"\"\n", count: 20_000)
    let table = try table("big.csv", "id,cell\n" + (0..<9).map { "\($0),\"\(cell)\"\n" }.joined())
    let rows = Array(table)
    #expect(rows.count == 9)
    #expect(rows.allSatisfy { $0["cell"].utf8.count == 80_000 && $0.problem == nil })
  }

  @Test(arguments: [
    ("a.tsv", "a\tb\n1\t2,3\n", nil), ("a.csv", "a;b\n1;2,3\n", ";"), ("A.TSV", "a|b\n1|2,3\n", "|"),
  ])
  func `cells may be parted by something else`(_ name: String, _ text: String, _ delimiter: Unicode.Scalar?)
    throws
  {
    #expect(try table(name, text, delimiter: delimiter).map { $0["b"] } == ["2,3"])
  }

  @Test func `a ragged row is a problem of its own, and no row is lost`() throws {
    let table = try table("a.csv", "a,b\n1\n2,2\n3,3,3\n\"4\"x,4\n5,5\n")
    let rows = Array(table)
    #expect(rows.map { $0["a"] } == ["1", "2", "3", "4x", "5"])
    #expect(rows.map { $0.problem == nil } == [false, true, false, false, true])
    let path = scratch("a.csv")
    #expect(
      rows[0].problem?.message
        == "Row 1 (line 2) of \(path) has 1 cell where the header has 2; look for a missing or an extra delimiter, "
        + "or for a quote that is not doubled.")
    #expect(rows[3].problem?.message.contains("text after a closing quote (line 5)") == true)
  }

  @Test func `a quote that is never closed ends the table with a row that says so`() throws {
    let rows = Array(try table("a.csv", "a,b\n1,1\n2,\"two\n3,3\n"))
    #expect(rows.count == 2)
    #expect(rows[1].number == 2)
    #expect(
      rows[1].problem?.message
        == "Row 2 of \(scratch("a.csv")) opens a quote at line 3 that is never closed; close it.")
  }

  @Test func `a row that is not UTF-8 is a problem, not a guess`() throws {
    let file = try DiskStore.shared.create(scratch("latin.csv"), .exclusive)
    try file.write(Array("a\nfine\ncaf".utf8) + [0xE9, 0x0A] + Array("é\n".utf8))
    try file.close()
    let rows = Array(try Table(path: scratch("latin.csv")))
    #expect(rows.map { $0.problem == nil } == [true, false, true])
  }

  @Test(arguments: [
    ("empty.csv", "", "is empty; its first line should name the columns."),
    ("twice.csv", "a,b,a\n", "are both named “a”"),
    ("quote.csv", "\"a,b\n", "The header of"),
    (
      "table.xml", "<a/>",
      "is no table by its name; name it .csv, .tsv, .jsonl, .json or .xlsx, or give its format."
    ),
    ("empty.jsonl", "", "is empty"),
  ])
  func `what is no table is refused`(_ name: String, _ text: String, _ message: String) throws {
    #expect {
      try table(name, text)
    } throws: {
      ($0 as? BatchError)?.code == .invalidTable && "\($0)".contains(message)
    }
  }

  @Test func `a missing file is told by its path`() {
    #expect {
      try Table(path: scratch("none.csv"))
    } throws: {
      ($0 as? BatchError)?.code == .unreadableFile && "\($0)".contains("none.csv")
    }
  }

  @Test(arguments: ["\"", "\n", "\r", "é"] as [Unicode.Scalar])
  func `some characters can't part cells`(_ delimiter: Unicode.Scalar) throws {
    #expect(throws: BatchError.self) { try table("a.csv", "a\n", delimiter: delimiter) }
  }

  @Test func `a file that is gone by the time it is walked is the only row`() throws {
    let table = try table("a.csv", "a\n1\n")
    try DiskStore.shared.remove(scratch("a.csv"))
    let rows = Array(table)
    #expect(rows.count == 1 && rows[0].problem?.code == .unreadableFile)
  }

  @Test(arguments: [
    ("a,b\n1,2\n", CSVDialect()),
    ("a;b\r\n1;2\r\n", CSVDialect(delimiter: UInt8(ascii: ";"), newline: .crlf)),
    ("\u{FEFF}a\r\n", CSVDialect(newline: .crlf, hasMark: true)),
    ("a", CSVDialect()),
  ])
  func `the way a file is written is remembered`(_ text: String, _ dialect: CSVDialect) throws {
    #expect(try table("a.csv", text).source.dialect == dialect)
  }

  @Test func `damaged tables never trap, and every row is there or told`() throws {
    var dice = SplitMix(seed: 8)
    let sound = Array("id,text\r\n1,\"a \"\"quote\"\"\r\nnew\"\r\n2,é😀\r\n".utf8)
    for round in 0..<200 {
      let file = try DiskStore.shared.create(scratch("f\(round).csv"), .exclusive)
      try file.write(dice.mutate(sound, times: Int.random(in: 1..<6, using: &dice)))
      try file.close()
      do {
        let rows = Array(try Table(path: scratch("f\(round).csv")))
        #expect(rows.enumerated().allSatisfy { $1.number == $0 + 1 })
        for row in rows where row.problem == nil { #expect(row.fields.count == row.columns.count) }
      } catch { #expect(error is BatchError) }
    }
  }
}

@Suite struct `A table is read from JSON Lines` {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func table(_ text: String) throws -> Table {
    try DiskStore.shared.write(text, to: scratch("a.jsonl"))
    return try Table(path: scratch("a.jsonl"))
  }

  @Test func `keys are columns, and what is no text is filled in as JSON`() throws {
    let table = try table(
      """
      {"id":1,"text":"a\\nb"}

      {"text":null,"tags":["x",2],"id":12345678901234567890,"ok":true}
      """)
    #expect(table.columns == ["id", "text", "tags", "ok"])
    let rows = Array(table)
    #expect(rows[0].fields == Fields(["1", "a\nb", "", ""]))
    #expect(rows[1].fields == Fields(["12345678901234567890", "", "[\"x\",2]", "true"]))
    #expect(rows.map(\.line) == [1, 3] && rows.map(\.number) == [1, 2])
  }

  @Test func `keys that differ in case are two columns`() throws {
    let row = try #require(try table(#"{"Text":"a","text":"b"}"#).first { _ in true })
    #expect(row["Text"] == "a" && row["text"] == "b")
  }

  @Test func `a key that comes late is a column of its row`() throws {
    let lines = String(repeating: "{\"a\":1}\n", count: 150) + #"{"late":"x","a":2}"#
    let rows = Array(try table(lines))
    #expect(rows.count == 151 && rows[0].columns == ["a"])
    #expect(rows[150]["late"] == "x" && rows[150]["a"] == "2" && rows[150].columns == ["a", "late"])
  }

  @Test func `a line that is no object is a row with a problem`() throws {
    let rows = Array(try table("{\"a\":1}\n[1]\n{\"a\":\n{\"a\":2}\n"))
    #expect(rows.map { $0.problem == nil } == [true, false, false, true])
    #expect(rows[1].problem?.message == "Line 2 of \(scratch("a.jsonl")) is not a JSON object; make it one.")
    #expect(rows[2].problem?.message.contains("is not JSON: the text ends too early at byte 6.") == true)
  }
}

@Suite struct `A table may be in memory` {
  @Test func `rows are cells in the order of the columns`() throws {
    let table = try Table(columns: ["a", "b"], rows: [["1", "2"], ["3"]])
    let rows = Array(table)
    #expect(rows[0]["b"] == "2" && rows[0].problem == nil)
    #expect(rows[1]["b"] == "" && rows[1].problem != nil)
    #expect(throws: BatchError.self) { try Table(columns: ["a", "a"], rows: []) }
  }
}

@Suite struct `Lines of a file know where they stand` {
  @Test func `what stands there is the line`() throws {
    let scratch = try Scratch()
    let lines = (0..<3000).map { String(repeating: "é\($0)", count: $0 % 97) }
    try DiskStore.shared.write(lines.joined(separator: "\n"), to: scratch("lines"))
    let file = try DiskStore.shared.open(scratch("lines"))
    var reader = LineReader(file)
    for line in lines {
      #expect(try reader.next())
      #expect(reader.line == Array(line.utf8))
      #expect(try file.read(at: reader.offset, count: reader.line.count) == reader.line)
    }
    #expect(try !reader.next())
    #expect(reader.number == 3000)
  }
}
