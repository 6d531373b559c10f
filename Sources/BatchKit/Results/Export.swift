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
    let records = guardingFormulas ? nil : try table.source.verbatimFile()
    let paths = columns.contains { $0.content == .flattened } ? results.flatPaths() : []
    let names = names(of: columns, paths)
    let export = Export(
      cells: AnswerCells(results, columns, paths: paths), table: table, records: records,
      plan: try RowPlan(of: table, by: template, in: results.index), width: names.count,
      blank: CellBuffer(table.source.dialect, guardsFormulas: guardingFormulas), processors: processors)
    var summary = JoinSummary()
    try store.publish(path) { file in
      var header = CellBuffer(table.source.dialect)
      header.mark()
      for name in table.columns + names { header.cell(name) }
      header.endRow()
      try header.withBytes { try file.write($0) }
      summary = try export.run(to: file)
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

/// The work of an export, from front to back of every file: the answers are put into cells as they come, the
/// cells go to the rows that they belong to, and the rows are written in the order of the table.
///
/// The file is the same however many processors there are.
struct Export {
  let cells: AnswerCells
  let table: Table
  /// Where the rows of the table can be copied from, if they can.
  let records: (any ReadableFile)?
  let plan: RowPlan
  /// How many columns are added.
  let width: Int
  /// A buffer of the dialect of the file.
  let blank: CellBuffer
  let processors: Int?

  /// Answers that are one piece of work, and the pieces that are under way before they are put together.
  private static let (piece, round) = (512, 8)
  /// So many bytes are written at once.
  private static let output = 256 << 10

  func run(to file: any WritableFile) throws(BatchError) -> JoinSummary {
    let places = plan.places(in: cells.index)
    let answers = places.reduce(0) { $0 + Int(cells.index.entries[Int($1)].length) }
    var spill = RowSpill(rows: plan.count, answers: answers)
    var summary = try gather(places, into: &spill)
    summary.missing = plan.count - summary.succeeded - summary.failed
    if let records, let places = plan.records {
      var reader = RecordReader(records, places)
      try write(&spill, to: file) { row, buffer throws(BatchError) in try reader.copy(row, to: &buffer) }
    } else {
      var cursor = try table.source.rows()
      var row = Row(table.source.columns)
      try write(&spill, to: file) { _, buffer throws(BatchError) in
        guard try cursor.next(into: &row) else { throw .shrunkenTable(table.source.columns.source) }
        for column in table.columns.indices {
          row.fields.withBytes(of: column) { buffer.cell(UnsafeRawBufferPointer($0)) }
        }
      }
    }
    return summary
  }

  /// Puts answers into cells, many at a time, and gives these to the rows that they belong to.
  private func gather(_ places: [UInt32], into spill: inout RowSpill) throws(BatchError) -> JoinSummary {
    var summary = JoinSummary()
    var start = 0
    while start < places.count {
      let first = start
      let pieces = min(Self.round, (places.count - first + Self.piece - 1) / Self.piece)
      let gathered = try concurrently(pieces, processors: processors) { piece throws(BatchError) in
        let lower = first + piece * Self.piece
        return try GatheredCells(places[lower..<min(places.count, lower + Self.piece)], cells, blank)
      }
      for piece in gathered { try piece.hand(to: &spill, by: plan, &summary) }
      start = min(places.count, first + pieces * Self.piece)
    }
    return summary
  }

  /// Writes the rows, each begun by `begin` and followed by the cells of its answer.
  private func write(
    _ spill: inout RowSpill, to file: any WritableFile,
    _ begin: (Int, inout CellBuffer) throws(BatchError) -> Void
  ) throws(BatchError) {
    let empty = [UInt8](repeating: blank.dialect.delimiter, count: width)
    var buffer = blank
    for stretch in 0..<spill.count {
      let cells = try spill.take(stretch)
      let first = stretch * spill.rowsPerStretch
      for row in first..<min(plan.count, first + spill.rowsPerStretch) {
        try begin(row, &buffer)
        if cells.withCells(of: row - first, { buffer.verbatim($0) }) == nil {
          empty.withUnsafeBytes { buffer.verbatim($0) }
        }
        buffer.endRow()
        if buffer.count >= Self.output { try buffer.flush(to: file) }
      }
    }
    try buffer.flush(to: file)
  }
}

extension CellBuffer {
  fileprivate mutating func flush(to file: any WritableFile) throws(BatchError) {
    try withBytes { bytes throws(BatchError) in try file.write(bytes) }
    clear()
  }
}

/// The cells of some answers that follow each other.
private struct GatheredCells: Sendable {
  private struct Answer {
    var place: UInt32
    var check: UInt32
    var end: Int
    var outcome: AnswerCells.Outcome
  }

  private var cells: CellBuffer
  private var answers: [Answer] = []

  init(_ places: ArraySlice<UInt32>, _ format: AnswerCells, _ blank: CellBuffer) throws(BatchError) {
    var reader = AnswerReader(format.index)
    var cells = blank
    answers.reserveCapacity(places.count)
    for place in places {
      let entry = format.index.entries[Int(place)]
      let (outcome, check) = try reader.withLine(of: entry) { format.write(entry, $0, to: &cells) }
      answers.append(Answer(place: place, check: check, end: cells.count, outcome: outcome))
    }
    self.cells = cells
  }

  /// Hands the cells to their rows, and counts these.
  func hand(
    to spill: inout RowSpill, by plan: RowPlan, _ summary: inout JoinSummary
  ) throws(BatchError) {
    try cells.withBytes { bytes throws(BatchError) in
      var start = 0
      for answer in answers {
        let cells = UnsafeRawBufferPointer(rebasing: bytes[start..<answer.end])
        start = answer.end
        try plan.eachRow(at: Int(answer.place), answer.check) { row throws(BatchError) in
          try spill.append(row, cells)
          if answer.outcome == .succeeded { summary.succeeded += 1 } else { summary.failed += 1 }
        }
      }
    }
  }
}

/// Copies the rows of a file in order, as they stand there.
private struct RecordReader {
  private let file: any ReadableFile
  private let places: RecordPlaces
  private var offset: Int
  private var buffer: [UInt8] = []
  /// Where in the file the buffer stands.
  private var window = 0..<0

  init(_ file: any ReadableFile, _ places: RecordPlaces) {
    self.file = file
    self.places = places
    offset = places.start
  }

  /// Copies the next row, whose number this is, without the end of its line.
  mutating func copy(_ row: Int, to cells: inout CellBuffer) throws(BatchError) {
    let step = places.step(of: row)
    if offset + step > window.upperBound {
      buffer = try file.read(at: offset, count: max(step, FileWindow.size))
      window = offset..<(offset + buffer.count)
      guard buffer.count >= step else { throw .shrunkenTable("The table") }
    }
    let start = offset - window.lowerBound
    offset += step
    buffer.withUnsafeBytes { bytes in
      var end = start + step
      while end > start, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
      cells.verbatim(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
    }
  }
}

extension BatchError {
  fileprivate static func shrunkenTable(_ name: String) -> Self {
    Self(.invalidTable, "\(name) became shorter while it was read; leave it alone meanwhile and try again.")
  }
}
