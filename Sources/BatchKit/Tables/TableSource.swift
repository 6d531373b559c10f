/// A file format, or memory, that rows come from: the seam behind which a new format of tables is added.
///
/// A source is a value that can be walked any number of times, from any thread, and holds no row. What it
/// knows of its file it learnt when it was made; a walk that finds the file gone or broken throws.
package protocol TableSource: Sendable {
  /// The columns, known before the first row.
  ///
  /// Some rows may have more: each row brings the columns that hold for it.
  var columns: ColumnNames { get }
  /// How a CSV file that keeps the table company is written.
  ///
  /// A CSV file is answered in its own dialect; the answers to a workbook or a file of JSON are written in
  /// plain CSV.
  var dialect: CSVDialect { get }

  /// Starts at the first row.
  ///
  /// Each walk is independent of all others, and none is cut short by another.
  func rows() throws(BatchError) -> any TableCursor

  /// The file where ``Row/record`` finds the rows, if they stand in one as the dialect would write them.
  ///
  /// `nil`, as it is unless a format says otherwise, has every row written from its cells.
  func verbatimFile() throws(BatchError) -> (any ReadableFile)?

  /// Stretches of the file, one behind the other, that can be walked side by side.
  ///
  /// None, as there are unless a format says otherwise, has the table walked from front to back.
  func stretches() throws(BatchError) -> [Range<Int>]

  /// Starts at the first row of a stretch, and ends with its last.
  ///
  /// Rows are numbered from 1 in each. Where a stretch turns out to begin or end within a row, the walk
  /// throws, or one of its rows has a problem; only a walk from the front then tells what is what.
  func rows(in stretch: Range<Int>) throws(BatchError) -> any TableCursor
}

extension TableSource {
  package func verbatimFile() throws(BatchError) -> (any ReadableFile)? { nil }
  package func stretches() throws(BatchError) -> [Range<Int>] { [] }
  package func rows(in stretch: Range<Int>) throws(BatchError) -> any TableCursor { try rows() }
}

/// A walk along the rows of a table, once.
///
/// It fills a row of the caller's in place of making one, which spares two allocations a row where the rows
/// are many and none is kept.
package protocol TableCursor {
  /// Fills `row`, whose buffers it uses again, with the next row; `false` at the end.
  ///
  /// What is wrong with one row is its `problem`. A failure that is thrown ends the walk.
  mutating func next(into row: inout Row) throws(BatchError) -> Bool
}

/// Rows that are in memory already.
///
/// The line of such a row is its number, since there is no file to look into.
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
