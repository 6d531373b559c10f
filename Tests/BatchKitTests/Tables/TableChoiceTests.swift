import BatchKit
import Foundation
import Testing

@Suite struct `How a file is read may be chosen` {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test(arguments: [
    ("a.csv", "a;b\n1;2,3\n"), ("b.csv", "a|b\r1|\"2,3\"\r"), ("c.csv", "a\tb\n1\t2,3\n"),
    ("d.CSV", "a,b\n1,\"2,3\"\n"),
    ("e.json", "[{\"a\":1,\"b\":\"2,3\"}]"), ("f.ndjson", "{\"a\":1,\"b\":\"2,3\"}"),
  ])
  func `its name and its first line tell`(_ name: String, _ text: String) throws {
    let table = try Table(path: try scratch.file(name, Array(text.utf8)))
    #expect(table.columns == ["a", "b"] && table.cells == [["1", "2,3"]])
  }

  @Test(
    arguments: [
      (.csv, "a;b\n1;2\n"), (.tsv, "a\tb\n1\t2\n"), (.jsonLines, "{\"a\":1,\"b\":2}\n"),
      (.json, "[{\"a\":1,\"b\":2}]"),
    ] as [(Table.Format, String)])
  func `a format that is given counts more than the name`(_ format: Table.Format, _ text: String) throws {
    let table = try Table(path: try scratch.file("table.txt", Array(text.utf8)), format: format)
    #expect(table.cells == [["1", "2"]])
  }

  @Test(arguments: [true, false])
  func `UTF-16 is read as it is, and its problems are told`(_ lowFirst: Bool) throws {
    let text = "\u{FEFF}id;text\r\n1;\"né😀;\r\n\"\r\n2;日本\r\n"
    let table = try Table(path: try scratch.file("u.csv", utf16(text, lowFirst: lowFirst)))
    #expect(table.cells == [["1", "né😀;\r\n"], ["2", "日本"]])
    #expect(table.source.dialect == CSVDialect(newline: .crlf, hasMark: true).parting(with: ";"))
    let cut = try Table(path: try scratch.file("u.csv", utf16(text, lowFirst: lowFirst).dropLast()))
    #expect(Array(cut).last?.problem != nil)
  }

  @Test func `UTF-16 comes in whole where it is larger than what is read at once`() throws {
    let text = "\u{FEFF}n,x\n" + (0..<60_000).map { "\($0),é\n" }.joined()
    let table = try Table(path: try scratch.file("u.csv", utf16(text, lowFirst: true)))
    #expect(table.map { $0["n"] } == (0..<60_000).map(String.init))
  }

  @Test func `ragged rows are made right where that is wanted`() throws {
    let path = try scratch.file("r.csv", Array("a,b\n1\n2,2\n3,3,3,x\n\"4\"x,4\n".utf8))
    let rows = Array(try Table(path: path, raggedRows: .lenient))
    #expect(rows.map { $0.problem == nil } == [true, true, true, false])
    #expect(rows[0].fields == Fields(["1", ""]) && rows[2]["column_3"] == "3" && rows[2]["column_4"] == "x")
    #expect(rows[1].columns == ["a", "b"] && rows[2].columns == ["a", "b", "column_3", "column_4"])
  }

  @Test func `a JSON array is read object by object`() throws {
    let text = "[\n{\"a\":\"x,]\\\"\",\"b\":[1,{\"c\":2}]},\n7,\n{\"a\":null},{\"a\"}]"
    let rows = Array(try Table(path: try scratch.file("a.json", Array(text.utf8))))
    #expect(rows[0].fields == Fields(["x,]\"", "[1,{\"c\":2}]"]) && rows[0].line == 2)
    #expect(rows.map { $0.problem == nil } == [true, false, true, false])
    #expect(rows[1].problem?.message == "Line 3 of \(scratch("a.json")) is not a JSON object; make it one.")
  }

  @Test(arguments: [
    ("{\"a\":1}", "is not one JSON array"), ("[{\"a\":1},", "ends inside its JSON array"),
    ("[{\"a\":1}] 2", "goes on after its JSON array"), ("[]", "is empty; put JSON objects in it."),
  ])
  func `what is no array of objects is refused`(_ text: String, _ message: String) throws {
    let path = try scratch.file("a.json", Array(text.utf8))
    #expect { try Table(path: path) } throws: {
      ($0 as? BatchError)?.code == .invalidTable && "\($0)".contains(message)
    }
  }

  private func piped(_ bytes: [UInt8], _ format: Table.Format? = nil) throws -> Table {
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(contentsOf: Data(bytes))
    try pipe.fileHandleForWriting.close()
    let input = StandardInput(descriptor: pipe.fileHandleForReading.fileDescriptor)
    return try Table(path: "-", format: format, store: DiskStore.shared, input: input)
  }

  @Test(
    arguments: [
      ("a;b\n1;2\n", nil), ("\n {\"a\":1,\"b\":2}\n", nil), ("\u{FEFF} [{\"a\":1,\"b\":2}]", nil),
      ("a\tb\n1\t2", .tsv),
    ] as [(String, Table.Format?)])
  func `what is piped in is told by its first bytes, and read as often as one likes`(
    _ text: String, _ format: Table.Format?
  ) throws {
    let table = try piped(Array(text.utf8), format)
    for _ in 0..<2 { #expect(table.cells == [["1", "2"]]) }
  }

  @Test func `a workbook may be piped in, and messages name the standard input`() throws {
    let table = try piped(WorkbookWriter(rows: WorkbookWriter.rows([["a"], ["1", "2"]])).bytes)
    #expect(Array(table)[0].problem?.message.contains("of the standard input has something") == true)
    #expect { try piped([]) } throws: { "\($0)".hasPrefix("the standard input is empty") }
  }
}

extension CSVDialect {
  fileprivate func parting(with delimiter: Unicode.Scalar) -> Self {
    var dialect = self
    dialect.delimiter = UInt8(ascii: delimiter)
    return dialect
  }
}
