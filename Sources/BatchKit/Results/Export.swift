import Foundation

extension JoinedTable {
  /// Writes the table as CSV with what came back beside each row.
  ///
  /// The table's own columns come first, as they were and in the dialect of the file; then those of the
  /// answers. A row without any answer has them all empty. The file appears whole or not at all.
  ///
  /// - Parameters:
  ///   - path: Where the file goes; what was there is replaced.
  ///   - columns: What of the answers is shown: text, reason, tokens and error, if not said otherwise.
  ///   - guardingFormulas: Whether a cell that a spreadsheet would take for a formula gets a `'` in front.
  /// - Returns: What became of the rows, in numbers.
  /// - Throws: ``BatchError`` where the table or the results can't be read to the end, or the file not be
  ///   written.
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
    let paths = columns.contains { $0.content == .flattened } ? results.flatPaths() : []
    let cells = AnswerCells(results, template, columns, paths: paths, width: table.columns.count)
    var summary = JoinSummary()
    try store.publish(path) { file in
      var header = CellBuffer(table.source.dialect)
      header.mark()
      for name in table.columns + names(of: columns, paths) { header.cell(name) }
      header.endRow()
      try header.withBytes { try file.write($0) }
      let pipeline = ExportPipeline(
        cells: cells, dialect: table.source.dialect, guardsFormulas: guardingFormulas,
        processors: processors ?? ProcessInfo.processInfo.activeProcessorCount)
      summary = try pipeline.run(try table.source.rows(), Row(table.source.columns), to: file)
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

/// The work of an export: blocks of rows are read and written in order, and between that put into words on
/// all processors, so that the file is the same however many there are.
struct ExportPipeline {
  let cells: AnswerCells
  let dialect: CSVDialect
  let guardsFormulas: Bool
  let processors: Int

  /// How many blocks are under way at a time.
  private static let blocks = 8

  func run(_ cursor: any TableCursor, _ row: Row, to file: any WritableFile) throws(BatchError) -> JoinSummary
  {
    var (cursor, row) = (cursor, row)
    var summary = JoinSummary()
    var round = FormattingRound(try read(&cursor, &row), cells, spareBuffers)
    var done: [CellBuffer] = []
    while !round.blocks.isEmpty {
      let current = round
      let group = DispatchGroup()
      for _ in 1..<max(1, processors) {
        DispatchQueue.global().async(group: group) { current.work() }
      }
      // While others put this round into words, the one before is written and the next is read.
      do throws(BatchError) {
        for buffer in done { try buffer.withBytes { bytes throws(BatchError) in try file.write(bytes) } }
        let next = try read(&cursor, &row)
        current.work()
        group.wait()
        round = FormattingRound(next, cells, done.isEmpty ? spareBuffers : done)
        done = try current.finished(&summary)
      } catch {
        group.wait()
        throw error
      }
    }
    for buffer in done { try buffer.withBytes { bytes throws(BatchError) in try file.write(bytes) } }
    return summary
  }

  private var spareBuffers: [CellBuffer] {
    [CellBuffer](repeating: CellBuffer(dialect, guardsFormulas: guardsFormulas), count: Self.blocks)
  }

  private func read(_ cursor: inout any TableCursor, _ row: inout Row) throws(BatchError) -> [RowBlock] {
    var blocks: [RowBlock] = []
    for _ in 0..<Self.blocks {
      var block = RowBlock(width: cells.width)
      try block.fill(from: &cursor, &row)
      if block.count == 0 { break }
      blocks.append(block)
    }
    return blocks
  }
}

/// Blocks of rows that several threads put into words, each taking the next that nobody has.
private final class FormattingRound: Sendable {
  typealias Written = (cells: CellBuffer, summary: JoinSummary)

  let blocks: [RowBlock]
  private let cells: AnswerCells
  private let next = Locked(0)
  private let buffers: Locked<[CellBuffer]>
  private let results: Locked<[Result<Written, BatchError>?]>

  init(_ blocks: [RowBlock], _ cells: AnswerCells, _ buffers: [CellBuffer]) {
    self.blocks = blocks
    self.cells = cells
    self.buffers = Locked(buffers)
    results = Locked([Result<Written, BatchError>?](repeating: nil, count: blocks.count))
  }

  func work() {
    while true {
      let place = next.withLock { next in
        defer { next += 1 }
        return next
      }
      guard place < blocks.count, var buffer = buffers.withLock({ $0.popLast() }) else { return }
      buffer.clear()
      let result: Result<Written, BatchError>
      do throws(BatchError) {
        let summary = try cells.write(blocks[place], to: &buffer)
        result = .success((buffer, summary))
      } catch { result = .failure(error) }
      results.withLock { $0[place] = result }
    }
  }

  func finished(_ sum: inout JoinSummary) throws(BatchError) -> [CellBuffer] {
    var finished: [CellBuffer] = []
    for result in results.current.compactMap(\.self) {
      let (cells, summary) = try result.get()
      finished.append(cells)
      sum += summary
    }
    return finished
  }
}
