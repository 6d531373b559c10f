/// Makes rows as wide as their table, or tells that they aren't.
///
/// One for each walk. A ragged row is a sign of a lost quote or delimiter more often than of anything meant,
/// and its cells then stand under the wrong names; so it is a problem unless the user said otherwise.
struct RowFitting: Sendable {
  let columns: ColumnNames
  let raggedRows: Table.RaggedRows
  /// The columns of rows that are wider, made once for each width.
  ///
  /// Without this every wide row would build its names and their indexes anew.
  private var wider: [Int: ColumnNames] = [:]

  init(_ columns: ColumnNames, _ raggedRows: Table.RaggedRows) {
    self.columns = columns
    self.raggedRows = raggedRows
  }

  /// What is wrong with the width of a row that could not be, or was not to be, made right.
  ///
  /// Nothing of a row is ever cut off: under the lenient rule it gains empty cells or further columns, under
  /// the strict one it stays as it was read.
  mutating func fit(_ row: inout Row) -> BatchError? {
    guard raggedRows == .lenient else { return raggedness(of: row) }
    while row.fields.count < columns.names.count { row.fields.endField() }
    guard row.fields.count > columns.names.count else { return nil }
    do throws(BatchError) {
      row.columnNames = try names(for: row.fields.count)
      return nil
    } catch { return error }
  }

  /// The columns of the table and further ones by their places, such as `column_4`.
  ///
  /// - Throws: ``BatchError`` where a column of that name is there already.
  private mutating func names(for width: Int) throws(BatchError) -> ColumnNames {
    if let names = wider[width] { return names }
    // A blank name is numbered by its place.
    let blank = Array(repeating: "", count: width - columns.names.count)
    let names = try ColumnNames(columns.names + blank, source: columns.source)
    wider[width] = names
    return names
  }
}

/// What is wrong with a row that has more or fewer cells than the table has columns.
///
/// The sentence names both counts and both usual causes. It serves rows in memory too, where the line is the
/// number.
func raggedness(of row: Row) -> BatchError? {
  let (cells, columns) = (row.fields.count, row.columnNames.names.count)
  guard cells != columns else { return nil }
  return BatchError(
    .invalidTable,
    """
    Row \(row.number) (line \(row.line)) of \(row.columnNames.source) has \(cells) \
    \(cells == 1 ? "cell" : "cells") where the header has \(columns); look for a missing or an extra \
    delimiter, or for a quote that is not doubled.
    """)
}
