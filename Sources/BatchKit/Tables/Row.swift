/// One row of a ``Table``: its cells, found by the name of their column.
///
/// A row is a value of its own: it may be kept, sent to another thread and read after the table is gone.
/// Cells are text, whatever they were in the file, since text is what a prompt is made of.
///
/// ```swift
/// for row in try Table(path: "reviews.csv") {
///   if let problem = row.problem { print(problem); continue }
///   print(row.number, row["product"])
/// }
/// ```
public struct Row: Sendable {
  /// The columns, shared by all rows of a table but those that are wider.
  package var columnNames: ColumnNames
  /// The cells in the order of the columns, in one buffer.
  package var fields: Fields
  /// Where the row stands in its file, word for word as a file beside it may have it; `nil` where it doesn't.
  package var record: Range<Int>?
  /// The number of the row, counted from 1, the header not included.
  ///
  /// It is the number by which messages name the row. In a file whose cells hold line ends it differs from
  /// ``line``.
  public package(set) var number: Int
  /// The line of the file at which the row begins, counted from 1.
  ///
  /// In a workbook it is the number that the spreadsheet shows beside the row.
  public package(set) var line: Int
  /// What is wrong with the row, such as a cell too many; its cells are there as far as they could be read.
  ///
  /// A table goes on after such a row. Where it can't, because the file broke off or a quote is never closed,
  /// the row with the problem is its last.
  public package(set) var problem: BatchError?

  /// A row to be filled, or one that did not come from a file.
  package init(_ columns: ColumnNames, _ fields: Fields = Fields(), number: Int = 0, line: Int = 0) {
    columnNames = columns
    self.fields = fields
    self.number = number
    self.line = line
  }

  /// The names of the columns, in order.
  ///
  /// They are those of the table, and more where this row has cells that the header does not name.
  public var columns: [String] { columnNames.names }

  /// The text in a column, empty where the cell is, or where there is no such column.
  ///
  /// The name is found without regard to case and to space around it. Ask ``text(in:)`` where a misspelt
  /// name must not pass for an empty cell.
  public subscript(_ column: String) -> String { text(in: column) ?? "" }

  /// Returns the text in a column, or `nil` where there is no such column.
  /// - Parameter column: The name, found as the subscript finds it.
  /// - Returns: The text of the cell as it stands in the file, space included; empty for a cell that is empty
  ///   or missing.
  public func text(in column: String) -> String? { columnNames.place(of: column).map { fields[$0] } }

  /// Where the row stands, as messages have it: `row 17 of reviews.csv`.
  package var place: String { "row \(number) of \(columnNames.source)" }
}

extension Row: CustomStringConvertible {
  /// The value as text.
  ///
  /// Every cell under its name, for messages and logs of your own; cells are written in full.
  public var description: String {
    columns.enumerated().map { "\($1): \(fields[$0])" }.joined(separator: ", ")
  }
}
