/// A file of JSON objects, one a line or in one array, whose keys are the columns.
///
/// Objects need not have the same keys. The columns are those of the first objects; a key that appears only
/// later makes a further column for its row.
struct JSONTable: TableSource {
  /// How many objects are looked at for the names of the columns.
  private static let objectsForColumns = 100

  let file: TableFile
  let isArray: Bool
  let columns: ColumnNames
  /// The keys behind the columns, letter by letter.
  let keys: [String]
  var dialect: CSVDialect { CSVDialect() }

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
  package var cellText: String {
    switch self {
    case .string(let text): text
    case .null: ""
    default: description
    }
  }
}

extension BatchError {
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
