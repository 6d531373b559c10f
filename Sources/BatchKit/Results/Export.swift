import Foundation

extension JoinedTable {
  /// Writes the table as CSV with what came back beside each row.
  ///
  /// The table's own columns come first, as they were and in the dialect of the file; then those of the
  /// answers. A row without any answer has them all empty. The file appears whole or not at all.
  ///
  /// A file named `.tsv` has tabs between its cells, one named `.csv` has none; any other name keeps what the
  /// table has. A name that promises a workbook or JSON is refused, since CSV under it would open nowhere.
  /// ```swift
  /// let sums = try results.joined(to: reviews, by: "review-{{id}}").write(to: "enriched.csv")
  /// print(sums)  // 400 rows = 397 succeeded + 2 failed + 1 missing
  /// ```
  /// - Parameters:
  ///   - path: Where the file goes; what was there is replaced.
  ///   - columns: What of the answers is shown: text, reason, tokens and error, if not said otherwise.
  ///   - guardingFormulas: Whether a cell that a spreadsheet would take for a formula gets a `'` in front.
  /// - Returns: What became of the rows, in numbers.
  /// - Throws: ``BatchError`` where the table or the results can't be read to the end, the file not be
  ///   written, or its name be that of another format.
  @discardableResult
  public func write(
    to path: String, columns: [AnswerColumn] = .standard, guardingFormulas: Bool = false
  ) throws -> JoinSummary {
    try write(to: path, columns: columns, guardingFormulas: guardingFormulas, store: DiskStore.shared)
  }

  @discardableResult
  package func write(
    to path: String, columns: [AnswerColumn] = .standard, guardingFormulas: Bool = false,
    processors: Int? = nil, store: any FileStore
  ) throws -> JoinSummary {
    // Before anything is written: a template that fits no column is a mistake to tell, not to export.
    let template = try id?.bound(to: table.source.columns)
    let dialect = try table.source.dialect.fitting(
      path, instead: "or write JSON Lines by writeJSONLines(to:)")
    // Rows are copied as they stand only where they would be written the same way.
    let isSame = dialect == table.source.dialect && !guardingFormulas
    let records = isSame ? try table.source.verbatimFile() : nil
    let paths = columns.contains { $0.content == .flattened } ? results.flatPaths() : []
    let names = names(of: columns, paths)
    let work = ExportWork(
      cells: AnswerCells(results, columns, paths: paths), table: table, records: records,
      plan: try RowPlan(of: table, by: template, in: results.index, processors: processors),
      width: names.count, blank: CellBuffer(dialect, guardsFormulas: guardingFormulas), processors: processors
    )
    var summary = JoinSummary()
    try store.publish(path) { file in
      var header = CellBuffer(dialect)
      header.mark()
      for name in table.columns + names { header.cell(name) }
      header.endRow()
      try header.withBytes { try file.write($0) }
      summary = try work.run(to: file)
    }
    return summary
  }

  /// The names of the columns that are added; one that is taken already gets a number behind it.
  private func names(of columns: [AnswerColumn], _ paths: [String]) -> [String] {
    var taken = Set(table.columns.map { $0.lowercased() })
    let wanted = columns.flatMap { column in
      column.content == .flattened ? paths.map { "\(column.name).\($0)" } : [column.name]
    }
    return wanted.map { name in
      let free = taken.contains(name.lowercased()) ? nil : name
      let numbered = free ?? (2...).lazy.map { "\(name)_\($0)" }.first { !taken.contains($0.lowercased()) }
      taken.insert((numbered ?? name).lowercased())
      return numbered ?? name
    }
  }
}
