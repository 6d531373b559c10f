import BatchKit

/// Writes workbooks as a test wants them, be they sound or not.
///
/// Files are stored, not packed; those that zlib packed are fixtures.
struct WorkbookWriter {
  /// How the numbers of the archive are written.
  enum Style { case plain, wide, describedAfter }
  /// How the bytes of a character are written; UTF-16 mostly with a mark in front.
  enum Encoding { case utf8, lowByteFirst, highByteFirst }

  var sheets: [(name: String, xml: String)] = []
  var sharedTexts: String?
  var styles: String?
  var bookProperties = ""
  var style = Style.plain
  /// The bytes of the flags of every file.
  var flags: UInt16 = 0
  var method: UInt16 = 0
  /// What is claimed of every file's size, where it is not the truth.
  var claimedSize: Int?
  var comment = ""
  /// The file that is left out.
  var missing = ""
  /// The file that is there twice, under a name in capitals the second time.
  var doubled = ""
  /// How the files are encoded, and whether they begin with a mark.
  var encoding = Encoding.utf8
  var isMarked = false
  /// The bytes behind the text of every file.
  var tail: [UInt8] = []
  var prefix: [UInt8] = []

  /// A workbook whose first sheet has these rows.
  init(rows: String = "", name: String = "Sheet1") { sheets = [(name, Self.sheet(rows))] }

  static func sheet(_ rows: String) -> String {
    "<?xml version=\"1.0\"?><worksheet><sheetData>\(rows)</sheetData></worksheet>"
  }

  /// Rows of plain text, as they stand from A1 on.
  static func rows(_ rows: [[String]]) -> String {
    rows.enumerated().map { row, cells in
      let cells = cells.enumerated().map { column, text in
        "<c r=\"\(SheetColumn.letters(column))\(row + 1)\" t=\"inlineStr\"><is><t>\(text)</t></is></c>"
      }
      return "<row r=\"\(row + 1)\">\(cells.joined())</row>"
    }.joined()
  }

  var files: [(name: String, text: String)] {
    let links = sheets.indices.map {
      "<Relationship Id=\"rId\($0 + 1)\" Type=\"http://x/worksheet\" Target=\"worksheets/sheet\($0 + 1).xml\"/>"
    }
    let names = sheets.enumerated().map {
      "<sheet name=\"\($1.name)\" sheetId=\"\($0 + 1)\" r:id=\"rId\($0 + 1)\"/>"
    }
    var files = [
      (
        "_rels/.rels",
        "<Relationships><Relationship Id=\"r\" Type=\"x/officeDocument\" Target=\"/xl/workbook.xml\"/></Relationships>"
      ),
      ("xl/workbook.xml", "<workbook>\(bookProperties)<sheets>\(names.joined())</sheets></workbook>"),
      (
        "xl/_rels/workbook.xml.rels",
        "<Relationships>\(links.joined())<Relationship Id=\"s\" Type=\"x/sharedStrings\" Target=\"sharedStrings.xml\"/>"
          + "<Relationship Id=\"t\" Type=\"x/styles\" Target=\"./styles.xml\"/></Relationships>"
      ),
    ]
    files += sheets.enumerated().map { ("xl/worksheets/sheet\($0 + 1).xml", $1.xml) }
    if let sharedTexts { files.append(("xl/sharedStrings.xml", "<sst>\(sharedTexts)</sst>")) }
    if let styles { files.append(("xl/styles.xml", "<styleSheet>\(styles)</styleSheet>")) }
    files += files.filter { $0.0 == doubled }.map { ($0.0.uppercased(), $0.1) }
    return files.filter { $0.0 != missing }
  }

  /// The archive.
  var bytes: [UInt8] {
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for file in files {
      let content = encoded(file.text) + tail
      let entry = Entry(file.name, content, at: archive.count, self)
      archive += entry.header + content + entry.after
      directory += entry.record
    }
    let end = end(of: directory, files.count, at: archive.count)
    return prefix + archive + directory + end
  }

  private func encoded(_ text: String) -> [UInt8] {
    let text = (isMarked ? "\u{FEFF}" : "") + text
    return switch encoding {
    case .utf8: Array(text.utf8)
    case .lowByteFirst: text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    case .highByteFirst: text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    }
  }

  private func end(of directory: [UInt8], _ count: Int, at offset: Int) -> [UInt8] {
    let isWide = style == .wide
    var end: [UInt8] = []
    if isWide {
      end += [0x50, 0x4B, 6, 6] + number(44, 8) + number(45, 2) + number(45, 2) + number(0, 8)
      end += number(count, 8) + number(count, 8) + number(directory.count, 8) + number(offset, 8)
      end +=
        [0x50, 0x4B, 6, 7] + number(0, 4) + number(offset + directory.count + prefix.count, 8) + number(1, 4)
    }
    end += [0x50, 0x4B, 5, 6, 0, 0, 0, 0]
    end += number(isWide ? 0xFFFF : count, 2) + number(isWide ? 0xFFFF : count, 2)
    end += number(isWide ? 0xFFFF_FFFF : directory.count, 4) + number(isWide ? 0xFFFF_FFFF : offset, 4)
    return end + number(comment.utf8.count, 2) + Array(comment.utf8)
  }

  private struct Entry {
    var header: [UInt8]
    var after: [UInt8] = []
    var record: [UInt8]

    init(_ name: String, _ content: [UInt8], at offset: Int, _ writer: WorkbookWriter) {
      var sum = CRC32()
      sum.update(content)
      let name = Array(name.utf8)
      let size = writer.claimedSize ?? content.count
      let isLate = writer.style == .describedAfter
      let isWide = writer.style == .wide
      let start =
        number(45, 2) + number(Int(writer.flags) | (isLate ? 8 : 0), 2) + number(Int(writer.method), 2)
      let facts = number(Int(sum.value), 4) + number(content.count, 4) + number(size, 4)
      header =
        [0x50, 0x4B, 3, 4] + start + [0, 0, 0, 0] + (isLate ? [UInt8](repeating: 0, count: 12) : facts)
      header += number(name.count, 2) + number(4, 2) + name + [0x34, 0x12, 0, 0]
      if isLate { after = [0x50, 0x4B, 7, 8] + facts }
      let wide = number(1, 2) + number(24, 2) + number(size, 8) + number(content.count, 8) + number(offset, 8)
      let wideFacts = number(Int(sum.value), 4) + [UInt8](repeating: 0xFF, count: 8)
      record = [0x50, 0x4B, 1, 2, 45, 0] + start + [0, 0, 0, 0] + (isWide ? wideFacts : facts)
      record += number(name.count, 2) + number(isWide ? wide.count : 0, 2) + [UInt8](repeating: 0, count: 10)
      record += number(isWide ? 0xFFFF_FFFF : offset, 4) + name + (isWide ? wide : [])
    }
  }
}

private func number(_ value: Int, _ width: Int) -> [UInt8] {
  (0..<width).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}

extension Scratch {
  /// Writes a file and returns its path.
  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    try DiskStore.shared.replace(self(name), with: bytes)
    return self(name)
  }

  /// Writes a workbook and opens a sheet of it.
  func table(_ workbook: WorkbookWriter, sheet: Table.Sheet? = nil, _ ragged: Table.RaggedRows = .strict)
    throws
    -> Table
  {
    try Table(path: try file("book.xlsx", workbook.bytes), sheet: sheet, raggedRows: ragged)
  }
}

extension Table {
  /// The cells of every row.
  var cells: [[String]] { map { row in (0..<row.fields.count).map { row.fields[$0] } } }
}
