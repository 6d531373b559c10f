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

  /// Opens a file of rows by the ending of its name: `.csv`, `.tsv` or `.jsonl`.
  ///
  /// The first line of a CSV file names the columns; a blank name becomes `column_3`, a doubled one is
  /// refused. The columns of a JSON Lines file are the keys of its first objects, and a value that is no text
  /// is filled in as JSON.
  /// - Parameter delimiter: What parts the cells, where it is neither the comma of CSV nor the tab of TSV.
  /// - Throws: ``BatchError`` where the file can't be read, or is no table.
  public init(path: String, delimiter: Unicode.Scalar? = nil) throws {
    try self.init(path: path, delimiter: delimiter, store: DiskStore.shared)
  }

  package init(path: String, delimiter: Unicode.Scalar? = nil, store: any FileStore) throws(BatchError) {
    switch path.split(separator: ".").last?.lowercased() {
    case "csv": source = try CSVTable(path: path, delimiter: Self.byte(delimiter ?? ","), store: store)
    case "tsv", "tab":
      source = try CSVTable(path: path, delimiter: Self.byte(delimiter ?? "\t"), store: store)
    case "jsonl", "ndjson": source = try JSONTable(path: path, store: store)
    default:
      throw BatchError(.invalidTable, "\(path) is no table by its name; name it .csv, .tsv or .jsonl.")
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

  private static func byte(_ delimiter: Unicode.Scalar) throws(BatchError) -> UInt8 {
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
