import BatchKit
import BatchKitTesting

/// Workbooks that are damaged: the archive itself, or the sheets in an archive that is sound.
enum FuzzedWorkbooks {
  private static let parts: [(name: String, text: String)] = [
    (
      "_rels/.rels",
      """
      <Relationships><Relationship Id="r" Type="x/officeDocument" Target="/xl/workbook.xml"/></Relationships>
      """
    ),
    (
      "xl/workbook.xml",
      """
      <workbook xmlns="m" xmlns:r="r"><sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>
      """
    ),
    (
      "xl/_rels/workbook.xml.rels",
      """
      <Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/><Relationship \
      Id="s" Type="x/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="t" Type="x/styles" \
      Target="styles.xml"/></Relationships>
      """
    ),
    ("xl/sharedStrings.xml", "<sst><si><t>id</t></si><si><r><t>te</t></r><r><t>xt</t></r></si></sst>"),
    (
      "xl/styles.xml",
      """
      <styleSheet><numFmts><numFmt numFmtId="170" formatCode="yyyy-mm-dd"/></numFmts><cellXfs><xf numFmtId="0"/>\
      <xf numFmtId="170"/></cellXfs></styleSheet>
      """
    ),
    (
      "xl/worksheets/sheet1.xml",
      """
      <worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row><row r="2"><c r="A2">\
      <v>12</v></c><c r="B2" t="inlineStr"><is><t>a &amp; b</t></is></c></row><row r="4"><c r="A4" s="1"><v>45000.5</v>\
      </c><c r="B4" t="b"><v>1</v></c></row><row r="5"><c r="C5" t="e"><v>#N/A</v></c></row></sheetData></worksheet>
      """
    ),
  ]

  static func read(_ dice: inout SplitMix) throws -> Bool {
    let choice = Int.random(in: 0...parts.count, using: &dice)
    var entries = parts.map { (name: $0.name, bytes: Array($0.text.utf8)) }
    if choice < parts.count { entries[choice].bytes = dice.damaged(entries[choice].bytes) }
    let archive = StoredZip.bytes(of: entries)
    return try Requests.make(
      of: choice < parts.count ? archive : dice.damaged(archive), ending: "xlsx",
      by: RequestTemplate(parsing: #"{"model": "m", "messages": [{"role": "user", "content": "{{text}}"}]}"#))
  }
}

/// Writes an archive whose entries are not compressed.
enum StoredZip {
  static func bytes(of entries: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      var checksum = CRC32()
      entry.bytes.withSpan { checksum.update($0) }
      let offset = archive.count
      var common: [UInt8] = little(20, 2) + little(0, 8)
      common += little(Int(checksum.value), 4) + little(entry.bytes.count, 4) + little(entry.bytes.count, 4)
      common += little(entry.name.utf8.count, 2) + little(0, 2)
      archive += little(0x0403_4B50, 4) + common + Array(entry.name.utf8) + entry.bytes
      directory += little(0x0201_4B50, 4) + little(20, 2) + common + little(0, 10) + little(offset, 4)
      directory += Array(entry.name.utf8)
    }
    let start = archive.count
    archive += directory + little(0x0605_4B50, 4) + little(0, 4)
    archive += little(entries.count, 2) + little(entries.count, 2) + little(directory.count, 4)
    return archive + little(start, 4) + little(0, 2)
  }

  private static func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> ($0 * 8)) : 0 }
  }
}
