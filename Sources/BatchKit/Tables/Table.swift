/// A table of rows under named columns: a file that is read as it is walked, or rows in memory.
///
/// ```swift
/// let reviews = try Table(path: "reviews.csv")
/// for row in reviews { print(row["product"], row["text"]) }
/// ```
/// A file may be larger than memory: every walk reads it anew from front to back. A walk can't throw, so what
/// is wrong with a row is its ``Row/problem``; no row is left out for it.
public struct Table: Sendable {
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
  @_disfavoredOverload
  public init(path: String, sheet: String) throws { try self.init(path: path, sheet: .named(sheet)) }

  /// Opens a sheet of a workbook by its number, counted from 1.
  @_disfavoredOverload
  public init(path: String, sheet: Int) throws { try self.init(path: path, sheet: .number(sheet)) }

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
  public init(columns: [String], rows: [[String]]) throws {
    source = MemoryTable(columns: try ColumnNames(columns, source: "the table"), rowsOfText: rows)
  }

  /// The names of the columns, in order.
  public var columns: [String] { source.columns.names }

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
  public func makeIterator() -> Iterator { Iterator(self) }

  /// A walk along the rows of a table.
  public struct Iterator: IteratorProtocol {
    private var cursor: (any TableCursor)?
    private var row: Row
    private var failure: BatchError?
    private var taken = 0

    init(_ table: Table) {
      row = Row(table.source.columns)
      do throws(BatchError) { cursor = try table.source.rows() } catch { failure = error }
    }

    /// Returns the next row, or `nil` after the last.
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
