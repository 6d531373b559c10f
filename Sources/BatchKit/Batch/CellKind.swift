/// What a cell becomes where a text of a template is one column and nothing else.
///
/// It is asked for behind the name of the column: `"{{age | number}}"`, `"{{done | boolean}}"`,
/// `"{{tags | json}}"`. An empty cell becomes `null`.
enum CellKind: String {
  /// A number, as JSON writes it; its digits are kept.
  case number
  /// `true` or `false`, also written as `yes` and `no` or `1` and `0`, in any case.
  case boolean
  /// Any JSON value.
  case json

  /// The name of a column and the kind asked for behind it, where one is and no column has the whole name.
  ///
  /// A column may have a bar in its name: where one has the whole name, that is what is meant.
  static func asked(in name: String, of columns: ColumnNames) -> (column: String, kind: Self)? {
    // No column of the whole name is what is hoped for here, so its error is no error.
    guard let bar = name.lastIndex(of: "|"), (try? columns.requiredPlace(of: name)) == nil else { return nil }
    let kind = Self(rawValue: name[name.index(after: bar)...].trimmed.lowercased())
    return kind.map { (name[..<bar].trimmed, $0) }
  }

  /// The JSON that a cell stands for.
  ///
  /// - Parameters:
  ///   - cell: The text of the cell.
  ///   - column: The name of its column, for the sentence of an error.
  /// - Throws: ``BatchError`` where the cell is not of the kind.
  func json(of cell: String, column: String) throws(BatchError) -> [UInt8] {
    let text = cell.trimmed
    if text.isEmpty { return Array("null".utf8) }
    let value: JSONValue?
    switch self {
    case .json: value = try? JSONValue.parse(Array(text.utf8))
    case .number: value = (try? JSONValue.parse(Array(text.utf8)))?.number.map { .number($0) }
    case .boolean: value = Self.truths[text.lowercased()].map { .bool($0) }
    }
    guard let value else { throw .wrongCell(text, column, rawValue) }
    return JSONWriter.bytes(of: value)
  }

  private static let truths = [
    "true": true, "yes": true, "1": true, "false": false, "no": false, "0": false,
  ]
}

extension BatchError {
  fileprivate static func wrongCell(_ text: String, _ column: String, _ kind: String) -> Self {
    let wanted = kind == "json" ? "JSON" : "a \(kind)"
    return Self(
      .invalidTemplate,
      "“\(text.prefix(60))” in the column “\(column.shortened(60))” is not \(wanted); correct the cell, "
        + "or take “| \(kind)” out of the template.")
  }
}
