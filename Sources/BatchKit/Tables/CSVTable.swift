/// A CSV file, read from front to back each time its rows are asked for.
struct CSVTable: TableSource {
  let file: TableFile
  let raggedRows: Table.RaggedRows
  let columns: ColumnNames
  let dialect: CSVDialect

  /// A table whose delimiter is told by its first line where none is given.
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
    self.file = file
    self.raggedRows = raggedRows
  }

  func rows() throws(BatchError) -> any TableCursor {
    var reader = CSVReader(try file.open())
    reader.parser = CSVParser(delimiter: dialect.delimiter)
    var header = Fields()
    _ = try reader.next(into: &header)
    return Cursor(reader: reader, fitting: RowFitting(columns, raggedRows))
  }

  func verbatimFile() throws(BatchError) -> (any ReadableFile)? { try file.open() }

  private struct Cursor: TableCursor {
    var reader: CSVReader
    var fitting: RowFitting
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

    private mutating func problem(of row: inout Row) throws(BatchError) -> BatchError? {
      if let fault = reader.parser.fault {
        let error = BatchError.unreadableRow(fault, number, row.columnNames.source)
        if fault.isFatal { throw error }
        return error
      }
      if let ragged = fitting.fit(&row) { return ragged }
      return row.fields.bytes.withSpan(isWellFormedUTF8) ? nil : .misencodedRow(row)
    }
  }
}

/// The records of a CSV file.
private struct CSVReader {
  var window: FileWindow
  var parser = CSVParser()

  init(_ file: any ReadableFile) { window = FileWindow(file, mayBeUTF16: true) }

  mutating func likelyDelimiter() throws(BatchError) -> UInt8 {
    BatchKit.likelyDelimiter(of: try window.start())
  }

  mutating func next(into fields: inout Fields) throws(BatchError) -> Bool {
    // One record after a fatal fault would begin in the middle of something.
    if parser.fault?.isFatal == true { return false }
    var parser = self.parser
    defer { self.parser = parser }
    if try window.read({ parser.next($0, &$1, into: &fields) }) { return true }
    return parser.finish(into: &fields)
  }

  func checkHeader(_ header: Fields, _ path: String) throws(BatchError) {
    if let fault = parser.fault { throw .unreadableRow(fault, 0, path) }
    guard header.bytes.withSpan(isWellFormedUTF8) else {
      throw BatchError(.invalidTable, "The header of \(path) is not UTF-8; save the file as UTF-8.")
    }
  }
}

extension BatchError {
  static func emptyTable(_ path: String) -> Self {
    Self(.invalidTable, "\(path) is empty; its first line should name the columns.")
  }

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

  fileprivate static func misencodedRow(_ row: Row) -> Self {
    Self(
      .invalidTable,
      """
      Row \(row.number) (line \(row.line)) of \(row.columnNames.source) is not UTF-8; save the file as UTF-8 \
      (“CSV UTF-8” in spreadsheets).
      """)
  }
}
