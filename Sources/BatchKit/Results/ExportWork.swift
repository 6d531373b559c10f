/// The work of an export, from front to back of every file: the answers are put into cells as they come, the
/// cells go to the rows that they belong to, and the rows are written in the order of the table.
///
/// Pieces of it are done side by side and put together in order, so the file is the same however many
/// processors there are.
struct ExportWork: Sendable {
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

  /// Answers that are one piece of work.
  private static let piece = 512
  /// So many bytes are written at once where rows come one by one.
  private static let output = 256 << 10

  func run(to file: any WritableFile) throws(BatchError) -> JoinSummary {
    var (spill, summary) = try gathered()
    summary.missing = plan.count - summary.succeeded - summary.failed
    if let records, let places = plan.records {
      try copyRows(RowFile(file: records, places: places), spill, to: file)
    } else {
      try writeRows(spill, to: file)
    }
    return summary
  }

  /// Puts the answers into cells, and these where they wait for their rows.
  private func gathered() throws(BatchError) -> (RowSpill, JoinSummary) {
    let places = plan.places(in: cells.index)
    let answers = places.reduce(0) { $0 + Int(cells.index.entries[Int($1)].length) }
    let spill = RowSpill(rows: plan.count, bytes: max(answers, plan.records?.size ?? 0))
    let pieces = (places.count + Self.piece - 1) / Self.piece
    return try inOrder(pieces, processors: processors, into: (spill, JoinSummary())) {
      piece throws(BatchError) in
      let lower = piece * Self.piece
      return try GatheredCells(places[lower..<min(places.count, lower + Self.piece)], cells, plan, blank)
    } take: { state, gathered throws(BatchError) in
      try gathered.hand(to: &state.0)
      state.1 += gathered.summary
    }
  }

  /// Writes rows that are copied from the file of the table, stretches of them side by side.
  private func copyRows(
    _ records: RowFile, _ spill: RowSpill, to file: any WritableFile
  ) throws(BatchError) {
    let starts = records.places.starts(of: (0..<spill.count).map { spill.rows(of: $0).lowerBound })
    _ = try inOrder(spill.count, processors: processors, into: ()) { stretch throws(BatchError) in
      try copied(spill.rows(of: stretch), records, from: starts[stretch], try spill.cells(of: stretch))
    } take: { _, rows throws(BatchError) in
      try file.write(rows)
    }
  }

  /// The rows of a stretch, each copied from where it stands and followed by the cells of its answer.
  private func copied(
    _ rows: Range<Int>, _ records: RowFile, from start: Int, _ cells: SpilledCells
  ) throws(BatchError) -> [UInt8] {
    let newline = Array(blank.dialect.newline.rawValue.utf8)
    let empty = [UInt8](repeating: blank.dialect.delimiter, count: width)
    var reader = RecordReader(records, rows, from: start)
    var out: [UInt8] = []
    // Growing would copy what is there again and again.
    out.reserveCapacity(reader.size + cells.size + rows.count * (width + newline.count))
    for row in rows {
      try reader.copy(row, to: &out)
      if cells.withCells(of: row - rows.lowerBound, { out.append(contentsOf: $0) }) == nil { out += empty }
      out += newline
    }
    return out
  }

  /// Writes rows that are read anew, one by one.
  private func writeRows(_ spill: RowSpill, to file: any WritableFile) throws(BatchError) {
    var cursor = try table.source.rows()
    var row = Row(table.source.columns)
    var buffer = blank
    for stretch in 0..<spill.count {
      let (rows, cells) = (spill.rows(of: stretch), try spill.cells(of: stretch))
      for place in rows.indices {
        guard try cursor.next(into: &row) else { throw .shrunkenTable(table.source.columns.source) }
        for column in table.columns.indices {
          row.fields.withBytes(of: column) { buffer.cell(UnsafeRawBufferPointer($0)) }
        }
        if cells.withCells(of: place - rows.lowerBound, { buffer.verbatim($0) }) == nil {
          for _ in 0..<width { buffer.emptyCell() }
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

/// The cells of some answers that follow each other, and the rows that they belong to.
private struct GatheredCells: Sendable {
  /// How many rows they are of use and of no use to.
  private(set) var summary = JoinSummary()
  private var cells: CellBuffer
  private var rows: [(row: UInt32, cells: Range<Int>)] = []

  init(
    _ places: ArraySlice<UInt32>, _ format: AnswerCells, _ plan: RowPlan, _ blank: CellBuffer
  ) throws(BatchError) {
    let entries = places.map { format.index.entries[Int($0)] }
    var reader = AnswerReader(format.index, following: entries)
    cells = blank
    var answers: [(place: UInt32, check: UInt32, end: Int, outcome: AnswerCells.Outcome)] = []
    answers.reserveCapacity(places.count)
    for (place, entry) in zip(places, entries) {
      let (outcome, check) = try reader.withLine(of: entry) { format.write(entry, $0, $1, to: &cells) }
      answers.append((place, check, cells.count, outcome))
    }
    // The rows lie all over the plan: found right after each other, they are waited for together.
    rows.reserveCapacity(places.count)
    var start = 0
    for answer in answers {
      var row = plan.row(at: answer.place)
      while let found = row {
        if plan.row(found, has: answer.check) { add(found, start..<answer.end, answer.outcome) }
        row = plan.row(after: found)
      }
      start = answer.end
    }
  }

  private mutating func add(_ row: UInt32, _ cells: Range<Int>, _ outcome: AnswerCells.Outcome) {
    rows.append((row, cells))
    if outcome == .succeeded { summary.succeeded += 1 } else { summary.failed += 1 }
  }

  /// Puts the cells where they wait for their rows.
  func hand(to spill: inout RowSpill) throws(BatchError) {
    try cells.withBytes { bytes throws(BatchError) in
      for (row, range) in rows {
        try spill.append(Int(row), UnsafeRawBufferPointer(rebasing: bytes[range]))
      }
    }
  }
}

/// A file whose rows are copied as they stand there.
private struct RowFile: Sendable {
  let file: any ReadableFile
  let places: RecordPlaces
}

/// Copies rows that follow each other.
private struct RecordReader {
  private let records: RowFile
  private var offset: Int
  private let end: Int
  private var buffer: [UInt8] = []
  /// Where in the file the buffer stands.
  private var window = 0..<0

  init(_ records: RowFile, _ rows: Range<Int>, from start: Int) {
    self.records = records
    offset = start
    end = rows.reduce(start) { $0 + records.places.step(of: $1) }
  }

  /// How many bytes the rows have that are still to come.
  var size: Int { end - offset }

  /// Copies the next row, whose number this is, without the end of its line.
  mutating func copy(_ row: Int, to out: inout [UInt8]) throws(BatchError) {
    let step = records.places.step(of: row)
    if offset + step > window.upperBound {
      buffer = try records.file.read(at: offset, count: max(step, min(FileWindow.size, size)))
      window = offset..<(offset + buffer.count)
      guard buffer.count >= step else { throw .shrunkenTable("The table") }
    }
    let start = offset - window.lowerBound
    offset += step
    buffer.withUnsafeBytes { bytes in
      var end = start + step
      while end > start, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
      out.append(contentsOf: bytes[start..<end])
    }
  }
}

extension BatchError {
  fileprivate static func shrunkenTable(_ name: String) -> Self {
    Self(.invalidTable, "\(name) became shorter while it was read; leave it alone meanwhile and try again.")
  }
}
