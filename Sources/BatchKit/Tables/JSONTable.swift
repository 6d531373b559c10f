/// A file of JSON objects, one a line or in one array, whose keys are the columns.
///
/// Objects need not have the same keys. The columns are those of the first objects; a key that appears only
/// later makes a further column for its row.
///
/// A value that is no text is the cell's JSON: `12`, `true`, `["a","b"]`. So a template can fill it in, and a
/// row that is written out again still says what it said.
struct JSONTable: TableSource {
  /// How many objects are looked at for the names of the columns.
  ///
  /// One object would miss the keys that it happens to lack; all of them would mean to read a file of
  /// gigabytes twice before the first row.
  private static let objectsForColumns = 100

  let file: TableFile
  let isArray: Bool
  let columns: ColumnNames
  /// The keys behind the columns, letter by letter.
  ///
  /// The columns themselves may differ: a blank key is a column like `column_3`.
  let keys: [String]
  var dialect: CSVDialect { CSVDialect() }

  /// Reads the first objects for their keys, in the order of their first appearance.
  ///
  /// - Throws: ``BatchError`` where there is no object at all, the file can't be read, or two keys make one
  ///   column.
  init(_ file: TableFile, isArray: Bool) throws(BatchError) {
    var records = try JSONRecords(file, isArray: isArray)
    var keys: [String] = []
    var known: Set<String> = []
    var count = 0
    while count < Self.objectsForColumns, try records.next() {
      count += 1
      // What is no object is reported as the row that it is.
      let object = (try? JSONValue.parse(records.record))?.object
      for key in object?.keys ?? [] where known.insert(key).inserted { keys.append(key) }
    }
    guard count > 0 else { throw .emptyJSONTable(file.name) }
    columns = try ColumnNames(keys, source: file.name)
    self.keys = keys
    self.file = file
    self.isArray = isArray
  }

  func rows() throws(BatchError) -> any TableCursor {
    Cursor(records: try JSONRecords(file, isArray: isArray), table: self)
  }

  /// A walk along the file that makes a row of each object, good or bad.
  private struct Cursor: TableCursor {
    var records: JSONRecords
    let table: JSONTable
    var number = 0

    mutating func next(into row: inout Row) throws(BatchError) -> Bool {
      guard try records.next() else { return false }
      number += 1
      row = Row(table.columns, number: number, line: records.line)
      do throws(JSONFault) {
        let value = try JSONValue.parse(records.record)
        if let object = value.object {
          row.problem = fill(&row, from: object)
        } else {
          row.problem = .noObject(row)
        }
      } catch { row.problem = .noJSON(row, error) }
      return true
    }

    /// Lays the values out under the columns of the table, then under further columns of this row alone. A
    /// key that the object lacks is an empty cell. What comes back is why the further columns can't be told
    /// apart, if they can't.
    private func fill(_ row: inout Row, from object: JSONObject) -> BatchError? {
      let known = Set(table.keys)
      let keys = table.keys + object.keys.filter { !known.contains($0) }
      do throws(BatchError) {
        if keys.count > known.count { row.columnNames = try ColumnNames(keys, source: table.file.name) }
      } catch { return error }
      for key in keys {
        row.fields.append(Array((object[key] ?? .null).cellText.utf8))
        row.fields.endField()
      }
      return nil
    }
  }
}

extension JSONValue {
  /// The value as the text of a cell: a text as it is, `null` as nothing, anything else as JSON.
  ///
  /// So text and nothing else loses its quotes, and `null` reads like a key that is not there.
  package var cellText: String {
    switch self {
    case .string(let text): text
    case .null: ""
    default: description
    }
  }
}

extension BatchError {
  /// Said also of a file of blank lines and of an array of nothing: without one object there are no columns.
  fileprivate static func emptyJSONTable(_ name: String) -> Self {
    Self(.invalidTable, "\(name) is empty; put JSON objects in it.")
  }

  fileprivate static func noObject(_ row: Row) -> Self {
    Self(
      .invalidTable, "Line \(row.line) of \(row.columnNames.source) is not a JSON object; make it one.")
  }

  fileprivate static func noJSON(_ row: Row, _ fault: JSONFault) -> Self {
    Self(
      .invalidTable,
      """
      Line \(row.line) of \(row.columnNames.source) is not JSON: \(fault.reason.rawValue) at byte \
      \(fault.offset + 1).
      """
    )
  }
}
