/// A file of JSON Lines, each an object whose keys are the columns.
///
/// Objects need not have the same keys. The columns are those of the first objects; a key that appears only
/// later makes a further column for its row.
struct JSONTable: TableSource {
  /// How many lines are looked at for the names of the columns.
  private static let linesForColumns = 100

  let path: String
  let store: any FileStore
  let columns: ColumnNames
  /// The keys behind the columns, letter by letter.
  let keys: [String]
  var dialect: CSVDialect { CSVDialect() }

  init(path: String, store: any FileStore) throws(BatchError) {
    var reader = LineReader(try store.open(path))
    var keys: [String] = []
    while reader.number < Self.linesForColumns, try reader.next() {
      // A line that is no object is reported as the row that it is.
      let object = (try? JSONValue.parse(reader.line))?.object
      for key in object?.keys ?? [] where !keys.contains(key) { keys.append(key) }
    }
    guard reader.number > 0 else { throw .emptyTable(path) }
    columns = try ColumnNames(keys, source: path)
    self.keys = keys
    self.path = path
    self.store = store
  }

  func rows() throws(BatchError) -> any TableCursor {
    Cursor(reader: LineReader(try store.open(path)), table: self)
  }

  private struct Cursor: TableCursor {
    var reader: LineReader
    let table: JSONTable
    var number = 0

    mutating func next(into row: inout Row) throws(BatchError) -> Bool {
      repeat {
        guard try reader.next() else { return false }
      } while reader.line.allSatisfy { $0 == 0x20 || $0 == 0x09 }
      number += 1
      row = Row(table.columns, number: number, line: reader.number)
      do throws(JSONFault) {
        let value = try JSONValue.parse(reader.line)
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
        if keys.count > known.count { row.columnNames = try ColumnNames(keys, source: table.path) }
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
  fileprivate static func noObject(_ row: Row) -> Self {
    Self(.invalidTable, "Line \(row.line) of \(row.columnNames.source) is not a JSON object; make it one.")
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
