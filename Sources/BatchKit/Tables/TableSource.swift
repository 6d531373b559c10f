/// A file format, or memory, that rows come from: the seam behind which a new format of tables is added.
package protocol TableSource: Sendable {
  /// The columns, known before the first row.
  var columns: ColumnNames { get }
  /// How a CSV file that keeps the table company is written.
  var dialect: CSVDialect { get }

  /// Starts at the first row.
  func rows() throws(BatchError) -> any TableCursor

  /// The file in which ``Row/record`` finds the rows, where they stand in one as the dialect would write them.
  func verbatimFile() throws(BatchError) -> (any ReadableFile)?
}

extension TableSource {
  package func verbatimFile() throws(BatchError) -> (any ReadableFile)? { nil }
}

/// A walk along the rows of a table, once.
package protocol TableCursor {
  /// Fills `row`, whose buffers it uses again, with the next row; `false` at the end.
  ///
  /// What is wrong with one row is its `problem`. A failure that is thrown ends the walk.
  mutating func next(into row: inout Row) throws(BatchError) -> Bool
}

/// Rows that are in memory already.
struct MemoryTable: TableSource {
  let columns: ColumnNames
  let rowsOfText: [[String]]
  var dialect: CSVDialect { CSVDialect() }

  func rows() -> any TableCursor { Cursor(table: self) }

  private struct Cursor: TableCursor {
    let table: MemoryTable
    var taken = 0

    mutating func next(into row: inout Row) -> Bool {
      guard taken < table.rowsOfText.count else { return false }
      let texts = table.rowsOfText[taken]
      taken += 1
      row = Row(table.columns, Fields(texts), number: taken, line: taken)
      row.problem = raggedness(of: row)
      return true
    }
  }
}
