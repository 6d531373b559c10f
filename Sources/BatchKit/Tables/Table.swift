/// A table of rows under named columns: a file that is read as it is walked, or rows in memory.
///
/// ```swift
/// let reviews = try Table(path: "reviews.csv")
/// for row in reviews { print(row["product"], row["text"]) }
/// ```
/// A file may be larger than memory: every walk reads it anew from front to back. A walk can't throw, so what
/// is wrong with a row is its ``Row/problem``; no row is left out for it.
///
/// Opening a table reads its header alone, so that a misspelt column or a file that is no table shows at
/// once. The file should stay as it is while the table is in use: it is read again to check, to send and to
/// join.
public struct Table: Sendable {
  /// The format behind the table, which callers of the package ask for what rows alone don't tell.
  package let source: any TableSource

  package init(source: any TableSource) { self.source = source }

  /// Opens a file of rows: CSV, TSV, JSON Lines, a JSON array, or a sheet of an Excel workbook.
  ///
  /// The first line of a CSV file, like the first row of a sheet, names the columns; a blank name becomes
  /// `column_3`, a doubled one is refused. The columns of a JSON file are the keys of its first objects, and
  /// a value that is no text is filled in as JSON. A sheet's cells come as one reads them there: `12`,
  /// `TRUE`, `2026-03-01 13:45:00`, `#N/A`.
  /// - Parameters:
  ///   - path: The file, or `-` for what is piped into the program.
  ///   - format: How its rows are written; if `nil`, its name tells, or for `-` its first bytes.
  ///   - delimiter: What parts the cells of a CSV file; if `nil`, its first line tells.
  ///   - sheet: The sheet of a workbook; the first that is not hidden if `nil`.
  ///   - raggedRows: What becomes of rows with a cell too few or too many.
  /// - Throws: ``BatchError`` where the file can't be read, or is no table.
  public init(
    path: String, format: Format? = nil, delimiter: Unicode.Scalar? = nil, sheet: Sheet? = nil,
    raggedRows: RaggedRows = .strict
  ) throws {
    try self.init(
      path: path, format: format, delimiter: delimiter, sheet: sheet, raggedRows: raggedRows,
      store: DiskStore.shared)
  }

  /// Opens a sheet of a workbook by the name on its tab.
  /// - Parameters:
  ///   - path: The file of the workbook.
  ///   - sheet: The name on the tab; case does not matter where only one sheet has it.
  /// - Throws: ``BatchError`` where there is no such sheet, with the names of those that there are.
  @_disfavoredOverload
  public init(path: String, sheet: String) throws { try self.init(path: path, sheet: .named(sheet)) }

  /// Opens a sheet of a workbook by its number, counted from 1.
  /// - Parameters:
  ///   - path: The file of the workbook.
  ///   - sheet: The number of the tab from the left, hidden ones included.
  /// - Throws: ``BatchError`` where there is no such sheet, with the names of those that there are.
  @_disfavoredOverload
  public init(path: String, sheet: Int) throws { try self.init(path: path, sheet: .number(sheet)) }

  /// Opens a table in any store, with any input in place of the program's own: what the public one does on
  /// the disk, tests do in memory.
  package init(
    path: String, format: Format? = nil, delimiter: Unicode.Scalar? = nil, sheet: Sheet? = nil,
    raggedRows: RaggedRows = .strict, store: any FileStore, input: StandardInput = StandardInput()
  ) throws(BatchError) {
    let isPiped = path == "-"
    let file = isPiped ? try TableFile(input, store: store) : TableFile(path: path, store: store)
    let delimiter = try Self.byte(delimiter)
    let told: Format
    if let format {
      told = format
    } else {
      told = try isPiped ? Format(ofContent: file) : Format(ofName: path)
    }
    switch told {
    case .csv: source = try CSVTable(file, delimiter: delimiter, raggedRows)
    case .tsv: source = try CSVTable(file, delimiter: delimiter ?? UInt8(ascii: "\t"), raggedRows)
    case .jsonLines: source = try JSONTable(file, isArray: false)
    case .json: source = try JSONTable(file, isArray: true)
    case .xlsx: source = try XLSXTable(file, sheet, raggedRows)
    }
  }

  /// A table in memory.
  ///
  /// - Throws: ``BatchError`` where two columns have one name.
  ///
  /// ```swift
  /// let table = try Table(columns: ["city", "country"], rows: [["Paris", "France"], ["Rome", "Italy"]])
  /// ```
  /// A row with a cell too few or too many has a ``Row/problem``, as in a file.
  ///
  /// - Parameters:
  ///   - columns: The names of the columns; a blank one becomes `column_3`.
  ///   - rows: The cells of each row, in the order of the columns.
  public init(columns: [String], rows: [[String]]) throws {
    source = MemoryTable(columns: try ColumnNames(columns, source: "the table"), rowsOfText: rows)
  }

  /// The names of the columns, in order.
  ///
  /// They are known without a walk; single rows may have further ones.
  public var columns: [String] { source.columns.names }

  /// The delimiter as the byte that the parser looks for. A quote or a line end would leave no way to read
  /// the file, and a character of several bytes is found in no file that people have.
  private static func byte(_ delimiter: Unicode.Scalar?) throws(BatchError) -> UInt8? {
    guard let delimiter else { return nil }
    guard delimiter.isASCII, !["\"", "\n", "\r"].contains(delimiter) else {
      throw BatchError(.invalidTable, "“\(delimiter)” can't part cells; take another ASCII character.")
    }
    return UInt8(ascii: delimiter)
  }
}

extension Table: Sequence {
  /// One row of a table.
  public typealias Row = BatchKit.Row

  /// Starts at the first row, with the file opened anew.
  ///
  /// A failure to open it is no crash and no empty table: the first row of the walk tells it as its
  /// ``Row/problem``.
  public func makeIterator() -> Iterator { Iterator(self) }

  /// A walk along the rows of a table.
  ///
  /// Each has the file open for itself until it goes away, so that several walks may go on at once.
  public struct Iterator: IteratorProtocol {
    private var cursor: (any TableCursor)?
    /// The row that was returned last, whose buffers the next one uses where nobody kept it.
    private var row: Row
    /// Why the walk broke off, until it was told.
    private var failure: BatchError?
    private var taken = 0

    init(_ table: Table) {
      row = Row(table.source.columns)
      do throws(BatchError) { cursor = try table.source.rows() } catch { failure = error }
    }

    /// Returns the next row, or `nil` after the last.
    ///
    /// Where the file breaks off, the row that tells it comes in place of those that can't be read, once.
    public mutating func next() -> Row? {
      do throws(BatchError) {
        guard try cursor?.next(into: &row) == true else { return lastWords() }
        taken += 1
        return row
      } catch {
        cursor = nil
        failure = error
        return lastWords()
      }
    }

    /// The row that tells why there is none after it.
    private mutating func lastWords() -> Row? {
      guard let failure else { return nil }
      self.failure = nil
      var last = Row(row.columnNames, number: taken + 1, line: row.line)
      last.problem = failure
      return last
    }
  }
}
