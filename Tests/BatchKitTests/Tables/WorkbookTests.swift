import BatchKit
import Testing

@Suite struct `A table is read from a workbook` {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test func `as openpyxl writes it`() throws {
    let table = try Table(path: fixturePath("openpyxl.xlsx"))
    #expect(table.columns == ["id", "text", "score", "when", "clock", "ok", "column_7", "sum"])
    #expect(
      table.cells == [
        ["12", "plain", "0.3", "2024-03-01 13:45:00", "09:05:07", "TRUE", "x", "2"],
        ["13", "a <b> & \"c\"\nnew line 😀 é", "-0.00000015", "1999-12-31", "", "FALSE", "", ""],
        ["15", "  spaced  ", "100000000000000000000", "", "26:30:00", "", "", "#N/A"],
      ])
    #expect(table.map(\.line) == [2, 3, 5] && table.map(\.number) == [1, 2, 3])
    #expect(table.allSatisfy { $0.problem == nil })
  }

  @Test func `with days counted from 1904`() throws {
    #expect(try Table(path: fixturePath("openpyxl-1904.xlsx")).map { $0["day"] } == ["2024-02-29 00:00:00"])
  }

  @Test(
    arguments: [
      (
        "<workbookPr date1904=\"1\"/><extLst><x15:workbookPr chartTrackingRefBase=\"1\"/></extLst>",
        "2024-03-01"
      ),
      ("<workbookPr date1904=\"true\" codeName=\"x\"/>", "2024-03-01"),
      ("<workbookPr date1904=\"0\"/><extLst><x14:workbookPr/></extLst>", "2020-02-29"),
      ("<workbookPr/>", "2020-02-29"), ("", "2020-02-29"),
    ])
  func `with days counted as its properties say, not as an extension of the same name`(
    _ properties: String, _ day: String
  ) throws {
    var workbook = WorkbookWriter(
      rows: WorkbookWriter.rows([["day"]]) + "<row r=\"2\"><c s=\"1\"><v>43890</v></c></row>")
    workbook.bookProperties = properties
    workbook.styles = "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs>"
    #expect(try scratch.table(workbook).cells == [[day]])
  }

  @Test(arguments: [WorkbookWriter.Encoding.utf8, .lowByteFirst, .highByteFirst], [true, false])
  func `in any encoding that XML may have`(_ encoding: WorkbookWriter.Encoding, _ isMarked: Bool) throws {
    // Long enough to be unpacked in several pieces, and the last of them odd.
    let rows = (0..<3000).map { ["\($0)", $0 % 7 == 0 ? "Grüße 😀" : "plain"] }
    var workbook = WorkbookWriter(rows: WorkbookWriter.rows([["näme", "text"]] + rows))
    workbook.encoding = encoding
    workbook.isMarked = isMarked
    let table = try scratch.table(workbook)
    #expect(table.columns == ["näme", "text"] && table.cells == rows)
  }

  @Test func `as XlsxWriter writes it, with shared and rich texts and numbers of 64 bits`() throws {
    let rows = Array(try Table(path: fixturePath("xlsxwriter.xlsx"), sheet: "data"))
    #expect(
      rows[0]["name"] == "shared" && rows[0]["rich"] == "one two three" && rows[0]["formula"] == "shared!")
    #expect(rows[0]["when"] == "2023-05-06 07:08:09" && rows[0]["err"] == "#N/A")
    #expect(rows[0]["long"] == "123456789012345" && rows[1]["when"] == "36:00:00" && rows[1]["long"] == "0.1")
    #expect(rows[1]["formula"] == "6" && rows[1]["err"] == "TRUE" && rows[1]["name"] == "shared")
    #expect(rows[1]["rich"].hasPrefix("tab\tcr") && rows.allSatisfy { $0.problem == nil })
  }

  @Test func `with texts in their cells and rows far apart`() throws {
    let table = try Table(path: fixturePath("xlsxwriter-inline.xlsx"))
    #expect(table.cells == [[" in line ", "1.1"], ["far", ""]] && table.map(\.line) == [2, 10])
  }

  @Test(arguments: [("Second sheet", "k"), ("second SHEET", "k"), ("Hidden", "h"), ("Reviews", "id")])
  func `sheets go by name`(_ name: String, _ column: String) throws {
    #expect(try Table(path: fixturePath("openpyxl.xlsx"), sheet: name).columns[0] == column)
  }

  @Test func `sheets go by number`() throws {
    #expect(try Table(path: fixturePath("openpyxl.xlsx"), sheet: 2).columns == ["k", "v"])
    #expect(try Table(path: fixturePath("openpyxl.xlsx"), sheet: .number(3)).columns == ["h"])
  }

  @Test(
    arguments: [
      (.named("Secnd sheet"), "did you mean “Second sheet”?"),
      (.number(4), "There is no sheet 4 in"), (.number(0), "There is no sheet 0 in"),
      (.number(.min), "“Reviews”"),
    ] as [(Table.Sheet, String)])
  func `a sheet that is not there is refused with those that are`(_ sheet: Table.Sheet, _ message: String) {
    #expect {
      try Table(path: fixturePath("openpyxl.xlsx"), sheet: sheet)
    } throws: {
      ($0 as? BatchError)?.code == .invalidTable && "\($0)".contains(message)
    }
  }

  @Test func `cells stand where their references say`() throws {
    var workbook = WorkbookWriter(
      rows: """
        <row r="2"><c r="B2" t="str"><v>b</v></c><c r="D2" t="inlineStr"><is><t>d</t></is></c></row>
        <row r="3" spans="1:9"/><row r="4"><c r="B4" s="1"/></row>
        <row r="7"><c r="D7"><v>4</v></c><c r="A7"><v>1</v></c></row>
        <row><c><v>1</v></c><c><v>2</v></c></row>
        """)
    workbook.sharedTexts = ""
    let table = try scratch.table(workbook)
    #expect(table.columns == ["column_1", "b", "column_3", "d"])
    #expect(table.cells == [["1", "", "", "4"], ["1", "2", "", ""]] && table.map(\.line) == [7, 8])
  }

  @Test func `every kind of cell`() throws {
    var workbook = WorkbookWriter(
      rows: WorkbookWriter.rows([["a", "b", "c", "d", "e", "f", "g", "h"]]) + """
        <row r="2"><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="b"><v>1</v></c><c t="e"><v>#DIV/0!</v></c>\
        <c t="str"><f>X</f><v>cached</v></c><c t="d"><v>2024-03-01T10:00:00</v></c><c s="1"><v>45352</v></c>\
        <c t="inlineStr"><is><r><t>r</t></r><r><t>s</t></r><rPh sb="0"><t>spoken</t></rPh></is></c></row>
        """)
    workbook.sharedTexts =
      "<si><r><rPr><b/></rPr><t>on</t></r><r><t xml:space=\"preserve\">e </t></r><rPh sb=\"0\" eb=\"1\"><t>no</t></rPh></si>"
      + "<si><t>a&amp;b_x0009_</t></si><si/>"
    workbook.styles = """
      <numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;-&quot;mm"/></numFmts>\
      <cellStyleXfs><xf numFmtId="0"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs>
      """
    let table = try scratch.table(workbook)
    #expect(
      table.cells == [
        ["one ", "a&b\t", "TRUE", "#DIV/0!", "cached", "2024-03-01 10:00:00", "2024-03-01", "rs"]
      ])
  }

  @Test func `a text in its cell is what counts, be there a copy of it as a number, a formula, or nothing`()
    throws
  {
    let workbook = WorkbookWriter(
      rows: WorkbookWriter.rows([["a", "b", "c", "d"]]) + """
        <row r="2"><c t="inlineStr"><v>1.0</v><is><r><t>1.</t></r><r><t>01.</t></r></is></c>\
        <c t="inlineStr"><f>A1</f><is><t></t></is></c><c t="inlineStr"><f>A1</f><is/></c>\
        <c t="inlineStr"><f>A1</f><v>only here</v></c></row>
        """)
    let rows = Array(try scratch.table(workbook))
    #expect(
      rows.map(\.problem?.message) == [nil] && rows[0].fields == Fields(["1.01.", "", "", "only here"]))
  }

  @Test func `names may carry a prefix, and a default sheet is one that is seen`() throws {
    var workbook = WorkbookWriter(rows: WorkbookWriter.rows([["hidden"]]), name: "H\" state=\"hidden")
    workbook.sheets.append(
      (
        "Seen",
        "<x:worksheet><x:sheetData><x:row><x:c t=\"str\"><x:v>seen</x:v></x:c></x:row></x:sheetData></x:worksheet>"
      ))
    #expect(try scratch.table(workbook).columns == ["seen"])
    #expect(try scratch.table(workbook, sheet: 1).columns == ["hidden"])
  }

  @Test func `a cell beside the columns is a problem, or by choice a column`() throws {
    let workbook = WorkbookWriter(rows: WorkbookWriter.rows([["a", "b"], ["1", "", "3"], ["4"]]))
    let strict = Array(try scratch.table(workbook))
    #expect(
      strict[0].problem?.message
        == "Row 2 of \(scratch("book.xlsx")) has something in column C, but the header ends at column B; name the "
        + "column or clear the cell.")
    #expect(strict[1].problem == nil && strict[1].fields == Fields(["4", ""]))
    let lenient = Array(try scratch.table(workbook, .lenient))
    #expect(lenient[0].problem == nil && lenient[0]["column_3"] == "3" && lenient[1].columns == ["a", "b"])
  }

  @Test func `a formula that nobody calculated is a problem`() throws {
    let rows = Array(
      try scratch.table(
        WorkbookWriter(rows: WorkbookWriter.rows([["a"]]) + "<row r=\"2\"><c r=\"A2\"><f>1+1</f></c></row>")))
    #expect(rows.count == 1)
    #expect(rows[0].problem?.message.contains("has a formula in column A that was never calculated") == true)
  }

  @Test(arguments: [WorkbookWriter.Style.plain, .wide, .describedAfter])
  func `archives are read however their numbers are written`(_ style: WorkbookWriter.Style) throws {
    var workbook = WorkbookWriter(rows: WorkbookWriter.rows([["a"], ["1"]]))
    workbook.style = style
    workbook.comment = "PK\u{5}\u{6} a comment"
    workbook.prefix = Array("#!/bin/something\n".utf8)
    #expect(try scratch.table(workbook).cells == [["1"]])
  }

  @Test func `a workbook is walked as often as one likes, and one saved anew is not mixed up with it`() throws
  {
    let table = try scratch.table(WorkbookWriter(rows: WorkbookWriter.rows([["a"], ["1"]])))
    #expect(table.cells == [["1"]] && table.cells == [["1"]])
    _ = try scratch.file("book.xlsx", WorkbookWriter(rows: WorkbookWriter.rows([["a"], ["2"]])).bytes)
    let rows = Array(table)
    #expect(rows.count == 1 && rows[0].problem?.message.contains("was saved anew") == true)
  }
}
