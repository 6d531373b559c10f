extension CSVDialect {
  /// The dialect for a file of this name: a `.tsv` has tabs between its cells, and a `.csv` has none.
  ///
  /// Any other name, such as that of a device or `.txt`, promises nothing, and keeps what the table has. So
  /// does a `.csv` of semicolons or bars, which is how spreadsheets write it in half of the world.
  ///
  /// - Parameter other: What else can be done about a name that ends as JSON Lines do.
  /// - Throws: ``BatchError`` where the name is that of a workbook or of JSON: what opens such a file by its
  ///   name would find it broken, and nobody would think of looking at its name.
  package func fitting(_ path: String, instead other: String? = nil) throws(BatchError) -> Self {
    let name = path.split(separator: "/").last ?? ""
    let ending = name.contains(".") ? name.split(separator: ".").last?.lowercased() : nil
    var dialect = self
    switch ending {
    case "tsv", "tab": dialect.delimiter = UInt8(ascii: "\t")
    case "csv" where delimiter == UInt8(ascii: "\t"): dialect.delimiter = UInt8(ascii: ",")
    case "xlsx", "xlsm", "xls", "ods", "json": throw .notCSV(path, nil)
    case "jsonl", "ndjson": throw .notCSV(path, other)
    default: break
    }
    return dialect
  }
}

extension BatchError {
  fileprivate static func notCSV(_ path: String, _ other: String?) -> Self {
    let rest = other.map { ", \($0)" } ?? ""
    return Self(
      .unsupported,
      "Joined rows are written as CSV, which \(path) is not by its name; name it .csv or .tsv\(rest).")
  }
}
