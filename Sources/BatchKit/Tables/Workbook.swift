/// What a workbook says of itself: its sheets, and how their cells are to be read.
///
/// Sheets may come in any order in the file and refer to lists of texts and styles beside them, so those
/// lists are read first, once for all walks. They are what a workbook costs in memory; the sheets themselves
/// are streamed.
struct Workbook: Sendable {
  /// One sheet: the name on its tab, whether the tab is hidden, and the file in the archive that holds its
  /// cells.
  struct Sheet: Sendable {
    var name: String
    var isHidden: Bool
    var entry: ZipEntry
  }

  /// The largest list that is read into memory.
  ///
  /// It holds for styles, sheets and links, none of which comes near it in a file that is meant.
  private static let largestList = 256 << 20
  /// The largest list of shared texts. A sheet of many texts has most of its bytes there, hence the wider
  /// limit.
  private static let largestTexts = 2 << 30

  /// What messages call the workbook.
  let name: String
  /// The sheets of cells in the order of their tabs; charts and macros are none.
  private(set) var sheets: [Sheet] = []
  /// Whether days are counted from 1904, as old Macintoshes did.
  private(set) var countsFrom1904 = false
  private(set) var texts = SharedTexts()
  private(set) var formats = CellFormats()

  /// Finds the parts by the links between them, as the standard asks, not by the names that they usually
  /// have: several programs use others.
  ///
  /// - Throws: ``BatchError`` where the archive is no workbook, or a part of it is missing, broken or too
  ///   large.
  init(_ zip: ZipFile) throws(BatchError) {
    name = zip.name
    let links = try Self.links(of: "", zip)
    let path = links.values.first { $0.type == "officeDocument" }?.target ?? "xl/workbook.xml"
    guard let book = zip.entry(path) else { throw .noWorkbook(name) }
    let parts = try Self.links(of: path, zip)
    try readSheets(WorkbookTags(zip, book, limit: Self.largestList), parts, zip)
    for part in parts.values {
      guard let entry = zip.entry(part.target) else { continue }
      switch part.type {
      case "sharedStrings": texts = try SharedTexts(WorkbookTags(zip, entry, limit: Self.largestTexts))
      case "styles": formats = try CellFormats(WorkbookTags(zip, entry, limit: Self.largestList))
      default: break
      }
    }
  }

  /// Reads the list of sheets out of the workbook's main part, and which day is its first. A sheet that the
  /// list names and the archive lacks is damage, which is told before a sheet beside it is read in its stead.
  private mutating func readSheets(
    _ tags: WorkbookTags, _ parts: [String: Link], _ zip: ZipFile
  ) throws(BatchError) {
    var tags = tags
    while try tags.next() {
      // Extensions behind the sheets have tags of this name too, which say nothing of days.
      if tags.scanner.opens("workbookPr"), let answer = tags.scanner.attribute("date1904") {
        countsFrom1904 = ["1", "true"].contains(answer)
      }
      guard tags.scanner.opens("sheet"), let id = tags.scanner.attribute("id"), let link = parts[id],
        link.type == "worksheet"
      else { continue }
      let sheetName = tags.scanner.attribute("name") ?? ""
      guard let entry = zip.entry(link.target) else {
        throw .damagedWorkbook(name, "the sheet “\(sheetName.shortened(60))” is missing")
      }
      let isHidden = (tags.scanner.attribute("state") ?? "visible") != "visible"
      sheets.append(Sheet(name: sheetName, isHidden: isHidden, entry: entry))
    }
  }

  /// The sheet that is meant; the first that is not hidden where none is.
  ///
  /// A name is looked for as it is written and then without regard to case. Where all sheets are hidden the
  /// first of them serves.
  func sheet(_ wanted: Table.Sheet?) throws(BatchError) -> Sheet {
    let found: Sheet? =
      switch wanted {
      case nil: sheets.first { !$0.isHidden } ?? sheets.first
      case .number(let number): sheets.indices.contains(number &- 1) ? sheets[number - 1] : nil
      case .named(let name):
        sheets.first { $0.name == name } ?? sheets.first { $0.name.lowercased() == name.lowercased() }
      }
    guard let found else { throw .unknownSheet(wanted, among: sheets.map(\.name), in: name) }
    return found
  }
}

extension Workbook {
  /// Where one part of a workbook points to another, and what for.
  ///
  /// The type is the last word of the address by which the standard calls it, since the strict and the usual
  /// form of the standard differ in what stands before.
  private struct Link {
    var type: String
    var target: String
  }

  /// The links of a part, by their ids; none where it has no list of them.
  ///
  /// The list stands in a folder `_rels` beside the part and has its name; that of the whole archive is the
  /// list of the part `""`.
  private static func links(of part: String, _ zip: ZipFile) throws(BatchError) -> [String: Link] {
    let folders = part.split(separator: "/").dropLast().map(String.init)
    let list = (folders + ["_rels", "\(part.split(separator: "/").last ?? "").rels"]).joined(separator: "/")
    guard let entry = zip.entry(list) else { return [:] }
    var tags = try WorkbookTags(zip, entry, limit: largestList)
    var links: [String: Link] = [:]
    while try tags.next() {
      guard tags.scanner.opens("Relationship"), let id = tags.scanner.attribute("Id"),
        let target = tags.scanner.attribute("Target"), let type = tags.scanner.attribute("Type")
      else { continue }
      links[id] = Link(type: String(type.split(separator: "/").last ?? ""), target: path(target, in: folders))
    }
    return links
  }

  /// The path in the archive that a link means: from the root where it begins with a slash, else from the
  /// folder of its part. A step up from the root stays there, and no path leaves the archive, for nothing is
  /// ever unpacked to the disk.
  private static func path(_ target: String, in folders: [String]) -> String {
    var parts = target.hasPrefix("/") ? [] : folders
    for step in target.split(separator: "/") where step != "." {
      if step == ".." { _ = parts.popLast() } else { parts.append(String(step)) }
    }
    return parts.joined(separator: "/")
  }
}

/// The texts that the cells of a workbook share, one after the other in memory.
///
/// One buffer and the ends within it take the bytes of the texts and four more each; as an array of strings,
/// a million short texts would take several times that.
struct SharedTexts: Sendable {
  private var bytes: [UInt8] = []
  /// Where each text ends in `bytes`; it begins where the one before it ended.
  private var ends: [UInt32] = []

  /// No texts, for a workbook whose cells all hold their own.
  init() {}

  /// A text may come in pieces, one for each style within it, and they are joined.
  init(_ tags: WorkbookTags) throws(BatchError) {
    var tags = tags
    var isReading = 0
    while try tags.next() {
      if tags.scanner.isNamed("t") {
        if tags.scanner.kind == .closes, isReading == 0 { try tags.appendText(to: &bytes) }
      } else if tags.scanner.isNamed("rPh"), tags.scanner.kind != .isEmpty {
        // How a text is spoken is no part of it.
        isReading += tags.scanner.kind == .opens ? 1 : -1
      } else if tags.scanner.closes("si") {
        undoWorkbookEscapes(&bytes, from: Int(ends.last ?? 0))
        // The file is no larger than 2 GB, and no text is longer than what writes it.
        ends.append(UInt32(truncatingIfNeeded: bytes.count))
      }
    }
  }

  /// Appends the text at `place`; `false` where there is none.
  func append(_ place: Int, to output: inout [UInt8]) -> Bool {
    guard ends.indices.contains(place) else { return false }
    output.append(contentsOf: bytes[(place == 0 ? 0 : Int(ends[place - 1]))..<Int(ends[place])])
    return true
  }
}

extension BatchError {
  fileprivate static func noWorkbook(_ name: String) -> Self {
    Self(.invalidTable, "\(name) is a zip archive but no .xlsx workbook; save the workbook as .xlsx.")
  }

  fileprivate static func unknownSheet(
    _ wanted: Table.Sheet?, among names: [String], in source: String
  ) -> Self {
    let few = names.prefix(20).map { "“\($0.shortened(60))”" }
    let shown = few.joined(separator: ", ") + (names.count > 20 ? ", …" : "")
    switch wanted {
    case nil: return Self(.invalidTable, "\(source) has no sheet of cells; add one.")
    case .number(let number):
      return Self(.invalidTable, "There is no sheet \(number) in \(source), whose sheets are \(shown).")
    case .named(let name):
      let guess = nearestName(to: name, among: names).map { "; did you mean “\($0.shortened(60))”?" } ?? "."
      return Self(
        .invalidTable,
        "There is no sheet “\(name.shortened(60))” in \(source), whose sheets are \(shown)\(guess)")
    }
  }
}
