/// A CSV file, read from front to back each time its rows are asked for.
///
/// Opening it reads only the header: enough to know the columns, the delimiter and how the file ends its
/// lines, so that a file written beside it looks the same. Nothing of the rows is kept. A walk holds one
/// window of the file and one row, whatever the file's length.
struct CSVTable: TableSource {
  let file: TableFile
  let raggedRows: Table.RaggedRows
  /// The header as it was when the table was opened; a walk passes over the header of the file without asking
  /// again.
  let columns: ColumnNames
  /// How the file is written, which is how an enriched copy of it is written too.
  let dialect: CSVDialect
  /// Whether the rows stand in the file byte for byte, which those of UTF-16 do not.
  let isVerbatim: Bool

  /// A table whose delimiter is told by its first line where none is given.
  ///
  /// The delimiter is guessed even where one is given, since the guess costs no second reading: it looks at
  /// the window that the header is read from. A file of nothing, or of blank lines alone, is refused; a
  /// header without rows is a table of none.
  ///
  /// - Throws: ``BatchError`` where the file can't be read, the header is not UTF-8 or has a fault, or two
  ///   columns have one name.
  init(_ file: TableFile, delimiter: UInt8?, _ raggedRows: Table.RaggedRows) throws(BatchError) {
    var reader = CSVReader(try file.open())
    let likely = try reader.likelyDelimiter()
    let delimiter = delimiter ?? likely
    reader.parser = CSVParser(delimiter: delimiter)
    var header = Fields()
    guard try reader.next(into: &header) else { throw .emptyTable(file.name) }
    try reader.checkHeader(header, file.name)
    let names = (0..<header.count).map { header[$0] }
    columns = try ColumnNames(names, source: file.name)
    // The line end after the header is only told apart from a lone CR once something after it was asked for.
    _ = try reader.next(into: &header)
    dialect = CSVDialect(
      delimiter: delimiter, newline: reader.parser.newline ?? .lf, hasMark: reader.parser.hasMark)
    isVerbatim = reader.window.isVerbatim
    self.file = file
    self.raggedRows = raggedRows
  }

  /// Opens the file anew and passes over the header, so that any number of walks go on side by side.
  func rows() throws(BatchError) -> any TableCursor { try rows(in: 0..<Int.max) }

  func rows(in stretch: Range<Int>) throws(BatchError) -> any TableCursor {
    var reader = CSVReader(try file.open(), stretch)
    // Only the last stretch has no end, and may lack that of its last line.
    let mayEndOpen = stretch.upperBound == .max
    if stretch.lowerBound > 0 {
      reader.parser = CSVParser(delimiter: dialect.delimiter, resumingAt: stretch.lowerBound)
    } else {
      reader.parser = CSVParser(delimiter: dialect.delimiter)
      var header = Fields()
      _ = try reader.next(into: &header)
      if reader.endsOpen, !mayEndOpen { throw .cutRow(0, columns.source) }
    }
    return Cursor(reader: reader, fitting: RowFitting(columns, raggedRows), mayEndOpen: mayEndOpen)
  }

  /// The file itself: a row that needs no change is copied out of it byte for byte, with the quotes and
  /// spaces that its author chose.
  func verbatimFile() throws(BatchError) -> (any ReadableFile)? { try file.open() }

  /// A walk along the file. It fills the caller's row in place, so that a million rows need the buffers of
  /// one.
  private struct Cursor: TableCursor {
    var reader: CSVReader
    var fitting: RowFitting
    /// Whether the last row may lack the end of its line.
    let mayEndOpen: Bool
    /// How many rows were handed out; the header is none.
    var number = 0

    mutating func next(into row: inout Row) throws(BatchError) -> Bool {
      guard try reader.next(into: &row.fields) else { return false }
      number += 1
      row.columnNames = fitting.columns
      row.number = number
      row.line = reader.parser.recordLine
      // A row that has to be padded is not as it stands in the file.
      let isVerbatim = reader.window.isVerbatim && row.fields.count >= fitting.columns.names.count
      row.record = isVerbatim ? reader.parser.record : nil
      row.problem = try problem(of: &row)
      return true
    }

    /// What is wrong with the row, looked for in the order in which one fault explains the next: a stray
    /// quote makes a row ragged, and bytes of another encoding are only worth a word in a row that was parted
    /// rightly.
    ///
    /// - Throws: ``BatchError`` where nothing after the row can be read.
    private mutating func problem(of row: inout Row) throws(BatchError) -> BatchError? {
      if let fault = reader.parser.fault {
        let error = BatchError.unreadableRow(fault, number, row.columnNames.source)
        if fault.isFatal { throw error }
        return error
      }
      if reader.endsOpen, !mayEndOpen { throw .cutRow(number, row.columnNames.source) }
      if let ragged = fitting.fit(&row) { return ragged }
      return row.fields.bytes.withSpan(isWellFormedUTF8) ? nil : .misencodedRow(row)
    }
  }
}

/// The records of a CSV file.
///
/// It joins the two halves that know nothing of each other: the window, which brings bytes, and the parser,
/// which takes them in pieces of any size.
private struct CSVReader {
  var window: FileWindow
  var parser = CSVParser()
  /// Whether the last record was ended by nothing but the end of what is read.
  private(set) var endsOpen = false

  init(_ file: any ReadableFile, _ stretch: Range<Int> = 0..<Int.max) {
    window = FileWindow(file, stretch, mayBeUTF16: true)
  }

  /// The delimiter that the first window makes likely; nothing is taken from the file by the question.
  mutating func likelyDelimiter() throws(BatchError) -> UInt8 {
    BatchKit.likelyDelimiter(of: try window.start())
  }

  /// Fills `fields` with the next record; `false` at the end of the file, and after a fault that leaves no
  /// way on.
  mutating func next(into fields: inout Fields) throws(BatchError) -> Bool {
    // One record after a fatal fault would begin in the middle of something.
    if parser.fault?.isFatal == true { return false }
    // The window is being changed while it calls back, so the parser can't be reached through `self` there.
    // It holds no buffer: to copy it out and in costs nothing.
    var parser = self.parser
    defer { self.parser = parser }
    if try window.read({ parser.next($0, &$1, into: &fields) }) { return true }
    endsOpen = parser.finish(into: &fields)
    return endsOpen
  }

  /// Refuses a header that could not be read rightly. A row with such a fault is passed on with its problem,
  /// but without the names of the columns no row means anything.
  func checkHeader(_ header: Fields, _ path: String) throws(BatchError) {
    if let fault = parser.fault { throw .unreadableRow(fault, 0, path) }
    guard header.bytes.withSpan(isWellFormedUTF8) else {
      throw BatchError(.invalidTable, "The header of \(path) is not UTF-8; save the file as UTF-8.")
    }
  }
}

extension BatchError {
  /// The sentence for a file without so much as a header.
  static func emptyTable(_ path: String) -> Self {
    Self(.invalidTable, "\(path) is empty; its first line should name the columns.")
  }

  /// The sentence for a fault of the parser. `number` is 0 for the header, which has no number of its own.
  fileprivate static func unreadableRow(_ fault: CSVFault, _ number: Int, _ path: String) -> Self {
    let row = number == 0 ? "The header" : "Row \(number)"
    switch fault {
    case .textAfterQuote(let line):
      return Self(
        .invalidTable,
        "\(row) of \(path) has text after a closing quote (line \(line)); double the quotes inside a cell.")
    case .unclosedQuote(let line):
      return Self(
        .invalidTable, "\(row) of \(path) opens a quote at line \(line) that is never closed; close it.")
    case .endlessRecord(let line):
      return Self(
        .invalidTable,
        "\(row) of \(path) begins at line \(line) and is too long; a quote is probably never closed there.")
    }
  }

  /// The sentence for a row that a stretch of the file ends in, where it was thought to end behind one.
  fileprivate static func cutRow(_ number: Int, _ path: String) -> Self {
    Self(.invalidTable, "Row \(number) of a stretch of \(path) goes on behind it; read the file as a whole.")
  }

  /// The sentence for bytes that are not UTF-8. They are not guessed at: Latin-1 and its kin can't be told
  /// apart by their bytes, and a wrong guess would be sent and paid for.
  fileprivate static func misencodedRow(_ row: Row) -> Self {
    Self(
      .invalidTable,
      """
      Row \(row.number) (line \(row.line)) of \(row.columnNames.source) is not UTF-8; save the file as UTF-8 \
      (“CSV UTF-8” in spreadsheets).
      """)
  }
}
