import BatchKit
import BatchKitTesting
import Testing

@Suite struct `A workbook that can't be read is refused in one sentence` {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func refusal(_ bytes: [UInt8]) throws -> String {
    let path = try scratch.file("x.xlsx", bytes)
    do throws(any Error) {
      let problem = Array(try Table(path: path)).compactMap(\.problem).first
      return problem?.message ?? ""
    } catch {
      #expect((error as? BatchError)?.code == .invalidTable)
      return "\(error)"
    }
  }

  private var sound: WorkbookWriter { WorkbookWriter(rows: WorkbookWriter.rows([["a", "b"], ["1", "2"]])) }

  @Test func `cut short`() throws {
    let bytes = sound.bytes
    for count in [0, 3, 100, bytes.count / 2, bytes.count - 1] {
      #expect(try refusal(Array(bytes.prefix(count))).contains("is cut short or is no .xlsx workbook"))
    }
  }

  @Test func `encrypted`() throws {
    var workbook = sound
    workbook.flags = 1
    #expect(try refusal(workbook.bytes).contains("is encrypted or an old .xls"))
    #expect(
      try refusal([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1] + [0, 0]).contains("without a password"))
  }

  @Test(arguments: [1 << 31, 1 << 40])
  func `a bomb by the size it claims`(_ size: Int) throws {
    var workbook = sound
    workbook.style = .wide
    workbook.claimedSize = size
    #expect(try refusal(workbook.bytes).contains("is refused as a zip bomb"))
  }

  @Test func `a bomb that claims to be small`() throws {
    var workbook = sound
    workbook.claimedSize = 10
    #expect(try refusal(workbook.bytes).contains("is damaged"))
  }

  @Test func `packed in a way we don't know`() throws {
    var workbook = sound
    workbook.method = 12
    #expect(try refusal(workbook.bytes).contains("is packed by method 12"))
  }

  @Test func `another kind of archive`() throws {
    var workbook = sound
    workbook.missing = "xl/workbook.xml"
    #expect(try refusal(workbook.bytes).contains("is a zip archive but no .xlsx workbook"))
  }

  @Test(arguments: [
    ("<row><c t=\"s\"><v>7</v></c></row>", "has a text that is not there"),
    ("<row><c r=\"XFE1\"><v>7</v></c></row>", "has a cell in no column"),
    ("<row><c><v>7</c></row>", "a tag is malformed or closes what is not open"),
    ("<row><c t=\"str\"><v>&lol;</v></c></row>", "an “&” begins nothing known"),
    ("", "is empty; its first row should name the columns"),
  ])
  func `a sheet that makes no sense`(_ rows: String, _ message: String) throws {
    #expect(try refusal(WorkbookWriter(rows: rows).bytes).contains(message))
  }

  @Test func `a part that is there twice, where it is one that is read`() throws {
    var workbook = sound
    workbook.doubled = "xl/worksheets/sheet1.xml"
    #expect(
      try refusal(workbook.bytes)
        == "\(scratch("x.xlsx")) holds XL/WORKSHEETS/SHEET1.XML twice, and which of the two is meant can't be told; "
        + "open it in a spreadsheet and save it again.")
    workbook.sheets.append(("Other", WorkbookWriter.sheet(WorkbookWriter.rows([["c"]]))))
    #expect(try scratch.table(workbook, sheet: 2).columns == ["c"])
  }

  @Test func `a bomb of one text in every cell, after the rows before it`() throws {
    let cells = String(repeating: "<c t=\"s\"><v>0</v></c>", count: 65)
    var workbook = WorkbookWriter(
      rows: WorkbookWriter.rows([["a"], ["1"]]) + "<row r=\"7\">\(cells)</row>")
    workbook.sharedTexts = "<si><t>\(String(repeating: "x", count: 1 << 20))</t></si>"
    let rows = Array(try scratch.table(workbook))
    #expect(rows.map { $0.problem == nil } == [true, false])
    #expect(
      rows[1].problem?.message.hasSuffix(
        "is refused as a zip bomb: its row 7 holds more than 64 MB of text; export the sheet as CSV if that is meant."
      ) == true)
  }

  @Test func `half a character at the end of a part`() throws {
    var workbook = sound
    workbook.encoding = .lowByteFirst
    #expect(try refusal(workbook.bytes) == "")
    workbook.tail = [0x20]
    #expect(try refusal(workbook.bytes).contains("is damaged"))
  }

  @Test func `a name of a megabyte, which is not repeated in full`() throws {
    let long = String(repeating: "n", count: 1 << 20)
    let doubled = WorkbookWriter(rows: WorkbookWriter.rows([[long, long]]))
    #expect(
      try refusal(doubled.bytes).contains("are both named “\(String(repeating: "n", count: 60))…”; give"))
    let workbook = WorkbookWriter(rows: WorkbookWriter.rows([[long]]), name: long)
    for wanted in [long, "other"] {
      #expect {
        try scratch.table(workbook, sheet: .named(wanted + "x"))
      } throws: {
        "\($0)".utf8.count < 1000 && "\($0)".contains("There is no sheet")
      }
    }
    let names = try scratch.table(workbook).source.columns
    #expect {
      try names.requiredPlace(of: long + "x")
    } throws: {
      "\($0)".utf8.count < 1000 && "\($0)".contains("There is no column")
    }
  }

  @Test func `a grammar of its own`() throws {
    var workbook = sound
    workbook.sheets[0].xml = "<!DOCTYPE x [<!ENTITY a \"b\">]>" + workbook.sheets[0].xml
    #expect(try refusal(workbook.bytes).contains("it brings a grammar of its own"))
  }

  @Test func `a sheet that stops in the middle is told as its last row`() throws {
    var workbook = sound
    workbook.sheets[0].xml = String(workbook.sheets[0].xml.dropLast(20))
    let rows = Array(try scratch.table(workbook))
    #expect(rows.map { $0.problem == nil } == [true, false])
    #expect(rows[1].problem?.message.contains("its XML ends too early") == true)
  }

  @Test func `a changed byte is found by the check sum, after the rows before it`() throws {
    let bytes = sound.bytes.replacing(Array("<t>2</t>".utf8), with: Array("<t>3</t>".utf8))
    let rows = Array(try Table(path: try scratch.file("x.xlsx", bytes)))
    #expect(rows.last?.problem?.message.contains("is damaged") == true)
  }

  @Test func `thousands of damaged workbooks never trap, and every row is there or told`() throws {
    var dice = SplitMix(seed: 21)
    var sounds = [sound.bytes]
    for name in ["openpyxl.xlsx", "xlsxwriter.xlsx", "xlsxwriter-inline.xlsx"] {
      sounds.append(try fixture(name))
    }
    for round in 0..<2000 {
      let bytes = dice.mutate(sounds[round % sounds.count], times: Int.random(in: 1..<6, using: &dice))
      do {
        let store = MemoryStore()
        try store.replace("/x.xlsx", with: bytes)
        let rows = Array(try Table(path: "/x.xlsx", store: store))
        #expect(rows.enumerated().allSatisfy { $1.number == $0 + 1 })
        for row in rows where row.problem == nil { #expect(row.fields.count == row.columns.count) }
      } catch { #expect(error.code == .invalidTable) }
    }
  }
}
