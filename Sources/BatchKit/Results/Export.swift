extension JoinedTable {
  /// Writes the table as CSV with what came back beside each row.
  ///
  /// The table's own columns come first, as they were and in the dialect of the file; then `content`,
  /// `finish_reason`, `prompt_tokens`, `completion_tokens` and `error`. A row without any answer has all five empty.
  /// The file appears whole or not at all.
  ///
  /// - Throws: ``BatchError`` where the table or the results can't be read to the end, or the file not be written.
  public func write(to path: String) throws { try write(to: path, store: DiskStore.shared) }

  package func write(to path: String, store: any FileStore) throws {
    // Before anything is written: a template that fits no column is a mistake to tell, not to export.
    _ = try id?.bound(to: table.source.columns)
    try store.publish(path) { file in try writeRows(to: file) }
  }

  private func writeRows(to file: any WritableFile) throws {
    var csv = CSVWriter(table.source.dialect)
    csv.row(table.columns + answerColumns)
    for pair in self {
      if let problem = pair.row.problem { throw problem }
      for index in table.columns.indices {
        pair.row.fields.withBytes(of: index) { csv.field($0) }
      }
      for cell in cells(of: pair.line) { csv.field(cell) }
      csv.endRow()
      guard csv.bytes.count > 1 << 18 else { continue }
      try file.write(csv.bytes)
      csv.clear()
    }
    try file.write(csv.bytes)
  }

  /// The names of the columns that are added; one that the table has already gets a number behind it.
  private var answerColumns: [String] {
    let taken = Set(table.columns.map { $0.lowercased() })
    return ["content", "finish_reason", "prompt_tokens", "completion_tokens", "error"].map { name in
      guard taken.contains(name) else { return name }
      return (2...).lazy.map { "\(name)_\($0)" }.first { !taken.contains($0) } ?? name
    }
  }

  /// An answer that was paid for is shown even where it did not decode; an error of the service has none.
  private func cells(of line: BatchLine<Output>?) -> [String] {
    guard let line else { return [String](repeating: "", count: 5) }
    let isAnswer = line.error.map {
      ![.refused, .rejected, .expired, .cancelled, .unreadable].contains($0.kind)
    }
    guard isAnswer ?? true else { return ["", "", "", "", line.error?.message ?? ""] }
    let usage = line.usage
    return [
      line.text ?? "", line.finishReason ?? "", usage.map { String($0.input) } ?? "",
      usage.map { String($0.output) } ?? "", line.error?.message ?? "",
    ]
  }
}
