/// A sheet of a workbook, read from front to back each time its rows are asked for.
///
/// The workbook's lists of texts and styles are read when it is opened and kept for all walks; each walk
/// unpacks the sheet anew.
struct XLSXTable: TableSource {
  let file: TableFile
  let raggedRows: Table.RaggedRows
  /// The cells of the first row that holds something.
  let columns: ColumnNames
  /// What is kept of the workbook between walks.
  let workbook: Workbook
  let sheet: Workbook.Sheet
  var dialect: CSVDialect { CSVDialect() }

  /// Opens the workbook and reads the header of the sheet that is meant.
  ///
  /// - Throws: ``BatchError`` where the file is no workbook, has no such sheet, or the sheet is empty or has
  ///   a faulty header.
  init(
    _ file: TableFile, _ wanted: Table.Sheet?, _ raggedRows: Table.RaggedRows
  ) throws(BatchError) {
    let zip = try ZipFile(file)
    workbook = try Workbook(zip)
    sheet = try workbook.sheet(wanted)
    var reader = try SheetReader(zip, sheet, workbook)
    var header = Fields()
    guard try reader.next(into: &header) else { throw .emptySheet(sheet.name, file.name) }
    if let fault = reader.fault { throw .faultyCell(fault, reader.line, file.name) }
    columns = try ColumnNames((0..<header.count).map { header[$0] }, source: file.name)
    self.file = file
    self.raggedRows = raggedRows
  }

  /// A workbook that was saved anew since it was opened is refused where its sheet is another one, instead of
  /// read with the texts of the old one.
  func rows() throws(BatchError) -> any TableCursor {
    let zip = try ZipFile(file)
    // The shared texts were read before; with the sheet of another workbook they would be wrong ones.
    guard zip.entry(sheet.entry.name) == sheet.entry else { throw .changedWorkbook(file.name) }
    var reader = try SheetReader(zip, sheet, workbook)
    var header = Fields()
    _ = try reader.next(into: &header)
    return Cursor(reader: reader, fitting: RowFitting(columns, raggedRows))
  }

  /// A walk along the sheet. Messages name its rows by the number that the spreadsheet shows, where a person
  /// will look.
  private struct Cursor: TableCursor {
    var reader: SheetReader
    var fitting: RowFitting
    var number = 0

    mutating func next(into row: inout Row) throws(BatchError) -> Bool {
      guard try reader.next(into: &row.fields) else { return false }
      number += 1
      row.columnNames = fitting.columns
      row.number = number
      row.line = reader.line
      row.problem = problem(of: &row)
      return true
    }

    /// What is wrong with the row, which is made as wide as the header first. Only a cell beyond the header
    /// can make the row of a sheet ragged.
    private mutating func problem(of row: inout Row) -> BatchError? {
      let width = fitting.columns.names.count
      // A sheet is a grid: an empty cell at the end of a row is not missing.
      while row.fields.count < width { row.fields.endField() }
      if let fault = reader.fault { return .faultyCell(fault, row.line, fitting.columns.source) }
      if row.fields.count > width, fitting.raggedRows == .strict { return .strayCell(row, width) }
      return fitting.fit(&row)
    }
  }
}

extension BatchError {
  fileprivate static func emptySheet(_ sheet: String, _ name: String) -> Self {
    Self(.invalidTable, "The sheet “\(sheet)” of \(name) is empty; its first row should name the columns.")
  }

  /// The sentence for a file that is not the one that was opened.
  fileprivate static func changedWorkbook(_ name: String) -> Self {
    Self(.invalidTable, "\(name) was saved anew while it was in use; open the table again.")
  }

  /// The sentence for a cell that stands under no name, which columns' letters tell best.
  fileprivate static func strayCell(_ row: Row, _ width: Int) -> Self {
    Self(
      .invalidTable,
      """
      Row \(row.line) of \(row.columnNames.source) has something in column \
      \(SheetColumn.letters(row.fields.count - 1)), but the header ends at column \
      \(SheetColumn.letters(width - 1)); name the column or clear the cell.
      """)
  }

  fileprivate static func faultyCell(_ fault: CellFault, _ line: Int, _ name: String) -> Self {
    switch fault {
    case .uncalculated(let column):
      Self(
        .invalidTable,
        """
        Row \(line) of \(name) has a formula in column \(SheetColumn.letters(column)) that was never \
        calculated; open the workbook in a spreadsheet and save it.
        """)
    case .misencoded: Self(.invalidTable, "Row \(line) of \(name) is not UTF-8; save the workbook again.")
    }
  }
}
