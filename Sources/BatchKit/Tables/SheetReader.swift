/// What is wrong with one row of a sheet.
///
/// Only what would put a wrong text into a prompt is a fault. An error such as `#N/A` is not: the sheet shows
/// it, so the row has it.
enum CellFault: Hashable {
  /// A formula in this column has no value beside it.
  ///
  /// Programs that write workbooks without calculating leave it out. An empty cell in its place would be a
  /// lie.
  case uncalculated(column: Int)
  /// The text of a cell is not UTF-8.
  case misencoded
}

/// The columns of a sheet by their letters.
///
/// The letters count in base 26 without a zero: after Z comes AA, not BA.
package enum SheetColumn {
  /// How many columns a sheet can have: A to XFD.
  package static let most = 16_384

  /// The place of the column in a reference such as `XFD12`; `nil` where it is none.
  ///
  /// Counted from 0. The digits of the row end it; only capitals are letters, as every program writes them.
  package static func place(_ reference: Span<UInt8>) -> Int? {
    var column = 0
    for index in 0..<reference.count {
      let letter = reference[index] &- UInt8(ascii: "A")
      guard letter < 26, column < most else { break }
      column = column &* 26 &+ Int(letter) &+ 1
    }
    return (1...most).contains(column) ? column &- 1 : nil
  }

  /// The letters of the column at this place.
  ///
  /// The opposite of ``place(_:)``, for messages: people know a column by its letters.
  package static func letters(_ place: Int) -> String {
    var rest = place + 1
    var letters = ""
    while rest > 0 {
      letters = String(UnicodeScalar(UInt8(ascii: "A") + UInt8((rest - 1) % 26))) + letters
      rest = (rest - 1) / 26
    }
    return letters
  }
}

/// Reads the rows of a sheet one by one, each as wide as its last cell that holds something.
///
/// A row where no cell holds anything is passed over, as a blank line of CSV is.
///
/// A sheet of a million rows is unpacked, scanned and laid out in one go, with the memory of one row beside
/// that of the workbook's shared texts. Rows and columns that are hidden, and those that a filter hides, are
/// read like all others. A text merged across cells stands in the first of them; what the cells that it
/// covers hold beneath it is read too, since only the end of the sheet tells what is merged.
struct SheetReader {
  /// What the text of a cell's value means: a number, the place of a shared text, a text, true or false, a
  /// moment in ISO 8601.
  private enum Content { case number, shared, text, bool, day }

  /// A cell that is being read.
  private struct Cell {
    var column = 0
    var kind = Content.number
    /// Which of the workbook's styles a number has; it alone tells a day from a number.
    var style = 0
    var hasValue = false
    var hasFormula = false
    /// Whether the text that comes now says how the one before is pronounced, which is no part of the cell.
    var isSpoken = false
  }

  /// The length beyond which a row is refused rather than laid out in memory, the same as for CSV.
  private static let longestRow = CSVParser.longestRecord

  /// The number of the row in the sheet.
  ///
  /// Files may leave it out, and then it is one more than that of the row before.
  private(set) var line = 0
  /// What is wrong with the row.
  ///
  /// The last one found; a row is reported once, however many of its cells are at fault.
  private(set) var fault: CellFault?

  private let workbook: Workbook
  private var tags: WorkbookTags
  private var isInCell = false
  private var cell = Cell()
  /// The value of the cell that is being read, in one buffer for all.
  private var value: [UInt8] = []
  /// The texts of the row's cells, and the column of each.
  private var texts: [UInt8] = []
  private var cells: [(column: Int, text: Range<Int>)] = []
  /// Whether the row's cells came from left to right, as they nearly always do.
  private var isInOrder = true
  /// Where a cell stands that does not say.
  private var nextColumn = 0

  /// No limit is set to a sheet's size, since it is never in memory as a whole; what swells as no sheet does
  /// is refused by the archive.
  init(_ zip: ZipFile, _ sheet: Workbook.Sheet, _ workbook: Workbook) throws(BatchError) {
    self.workbook = workbook
    tags = try WorkbookTags(zip, sheet.entry, limit: .max)
  }

  /// Moves to the next row that holds something; `false` after the last.
  ///
  /// The header is the first such row, wherever it stands.
  mutating func next(into fields: inout Fields) throws(BatchError) -> Bool {
    while try tags.next() {
      if isInCell {
        try takeInCell()
      } else if tags.scanner.isNamed("c") {
        try beginCell()
      } else if tags.scanner.isNamed("row"), try takeRow() {
        layOut(into: &fields)
        return true
      }
    }
    return false
  }

  /// Begins or ends a row; `true` where one ended that holds something.
  private mutating func takeRow() throws(BatchError) -> Bool {
    if tags.scanner.kind != .closes {
      line = tags.scanner.number("r") ?? line + 1
      texts.removeAll(keepingCapacity: true)
      cells.removeAll(keepingCapacity: true)
      isInOrder = true
      nextColumn = 0
      fault = nil
    }
    return tags.scanner.kind == .closes && (!cells.isEmpty || fault != nil)
  }

  /// Begins a cell, and skips one that only has a style.
  ///
  /// - Throws: ``BatchError`` where the cell stands beyond the last column there can be; laid out as told,
  ///   such a row could fill the memory.
  private mutating func beginCell() throws(BatchError) {
    let reference = tags.scanner.withAttribute("r") { SheetColumn.place($0) }
    guard let column = reference ?? nextColumn, column < SheetColumn.most else {
      throw .damagedWorkbook(workbook.name, "row \(line) has a cell in no column")
    }
    nextColumn = column + 1
    guard tags.scanner.kind == .opens else { return }
    cell = Cell()
    cell.column = column
    cell.kind = tags.scanner.withAttribute("t", Self.kind) ?? .number
    if cell.kind == .number { cell.style = tags.scanner.number("s") ?? 0 }
    value.removeAll(keepingCapacity: true)
    isInCell = true
  }

  /// What a cell's `t` says. Texts of cells (`inlineStr`), of formulas (`str`) and errors (`e`) are all
  /// texts.
  private static func kind(_ type: Span<UInt8>) -> Content {
    guard type.count == 1 else { return .text }
    switch type[0] {
    case UInt8(ascii: "s"): return .shared
    case UInt8(ascii: "n"): return .number
    case UInt8(ascii: "b"): return .bool
    case UInt8(ascii: "d"): return .day
    default: return .text
    }
  }

  /// Takes one tag between the two of a cell: its value, the pieces of a text with several styles, or its
  /// end.
  private mutating func takeInCell() throws(BatchError) {
    if tags.scanner.isNamed("v") {
      if tags.scanner.kind == .closes { try tags.appendText(to: &value) }
      cell.hasValue = true
    } else if tags.scanner.opens("is") {
      // The text itself, of which some programs keep a copy as a number in front: `1.0` before `1.01.`
      value.removeAll(keepingCapacity: true)
      cell.hasValue = true
    } else if tags.scanner.isNamed("t") {
      if tags.scanner.kind == .closes, !cell.isSpoken { try tags.appendText(to: &value) }
    } else if tags.scanner.isNamed("rPh") {
      cell.isSpoken = tags.scanner.kind == .opens
    } else if tags.scanner.opens("f") {
      cell.hasFormula = true
    } else if tags.scanner.closes("c") {
      isInCell = false
      try endCell()
    }
  }

  /// Makes the cell's text of what was gathered. A cell whose text is empty is as good as none, so that a row
  /// of nothing but styles is passed over.
  private mutating func endCell() throws(BatchError) {
    if cell.hasFormula, !cell.hasValue { fault = .uncalculated(column: cell.column) }
    let start = texts.count
    switch cell.kind {
    case .shared: try appendShared()
    case .text:
      undoWorkbookEscapes(&value, from: 0)
      texts.append(contentsOf: value)
    case .bool where value.isEmpty: break
    case .bool: texts.append(contentsOf: (value == [UInt8(ascii: "0")] ? "FALSE" : "TRUE").utf8)
    // The space is how ``CellMoment`` parts day and time.
    case .day: texts.append(contentsOf: value.map { $0 == UInt8(ascii: "T") ? 0x20 : $0 })
    case .number: appendNumber()
    }
    guard texts.count > start else { return }
    // A text that all cells share stands in the file once, and here once for each of them.
    guard texts.count <= Self.longestRow else { throw .endlessRow(line, workbook.name) }
    if let last = cells.last, last.column >= cell.column { isInOrder = false }
    cells.append((cell.column, start..<texts.count))
  }

  /// Appends the shared text that the value points to. A place that the workbook does not have is damage,
  /// never an empty cell.
  private mutating func appendShared() throws(BatchError) {
    if value.isEmpty { return }
    guard let place = value.withSpan({ decimal($0) }), workbook.texts.append(place, to: &texts) else {
      throw .damagedWorkbook(workbook.name, "row \(line) has a text that is not there")
    }
  }

  /// Appends a number as the sheet shows it: as a moment where the style says so, else by its digits.
  private mutating func appendNumber() {
    if let format = workbook.formats.date(cell.style),
      let days = Double(String(decoding: value, as: UTF8.self)),
      let moment = CellMoment(days, format, countsFrom1904: workbook.countsFrom1904)
    {
      texts.append(contentsOf: moment.text(format).utf8)
    } else {
      CellNumber.append(value[...], to: &texts)
    }
  }

  /// Puts the cells where they belong, with empty ones between.
  ///
  /// Whether the texts are UTF-8 is asked once for the row, of the bytes as they lie together.
  private mutating func layOut(into fields: inout Fields) {
    fields.clear()
    // Files that list cells in another order are rare; of two for one place the later one counts.
    if !isInOrder {
      let latest = Dictionary(cells.map { ($0.column, $0) }, uniquingKeysWith: { $1 })
      cells = latest.values.sorted { $0.column < $1.column }
    }
    for cell in cells {
      while fields.count < cell.column { fields.endField() }
      fields.append(texts[cell.text])
      fields.endField()
    }
    if fault == nil, !fields.bytes.withSpan(isWellFormedUTF8) { fault = .misencoded }
  }
}

extension BatchError {
  /// The sentence for a row that is longer than any that is meant: a text of a megabyte in each of its cells.
  fileprivate static func endlessRow(_ line: Int, _ name: String) -> Self {
    Self(
      .invalidTable,
      """
      \(name) is refused as a zip bomb: its row \(line) holds more than 64 MB of text; export the sheet as \
      CSV if that is meant.
      """)
  }
}
