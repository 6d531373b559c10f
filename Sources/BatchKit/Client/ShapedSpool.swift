/// Makes the parts of a job out of its rows: what has to be sent goes into them, what need not is written
/// down with where its answer comes from.
///
/// Nothing is decided here: fates say what becomes of each row. Each row ends in just one of three places: in
/// a part, among those that share, or among those that were answered before. So the sum always adds up.
struct ShapedSpool {
  /// Every row as it would be sent by itself.
  let rows: WrittenRows
  /// What becomes of each of them.
  let fates: RowFates
  /// The earlier jobs that fates refer to by number.
  let sources: [EarlierAnswers]
  let store: any FileStore
  let folder: String
  /// How many rows may share a request.
  var rowsPerRequest: Int?
  /// In which order the rows are sent, where it is not their own.
  var order: PrefixOrder?

  /// Writes the parts, and everything about the rows that are in none of them.
  ///
  /// All of it is made to last before this returns: from then on the job can be written down.
  ///
  /// - Parameter spool: takes the requests that are sent; it is finished here.
  /// - Returns: the parts, and what the journal says of the rest.
  /// - Throws: ``BatchError`` where the disk is full, or answers of an earlier job changed since they were
  ///   found.
  func write(into spool: inout Spool) throws -> (parts: [SpooledPart], shape: JobShape) {
    var shared = LazyFile("shared.jsonl", in: folder, of: store)
    var reused = LazyFile("reused.jsonl", in: folder, of: store)
    var used: Set<Int> = []
    var gatherer = rowsPerRequest.map { RowGatherer(most: $0) }
    try eachRow { row, line in
      switch fates[row] {
      case .sent:
        let request = RenderedLine(id: try Self.id(of: line), bytes: line)
        guard gatherer != nil else {
          try spool.take(request)
          return
        }
        if let joined = try gatherer?.take(request, { try spool.take($0) }) {
          try shared.write(SharedRow.line(id: joined.row, request: joined.request))
        }
      case .shares(let other): try shared.write(try share(line, of: other))
      case .reuses(let source, let answer):
        used.insert(source)
        try reused.write(try copy(answer, of: sources[source], to: line))
      }
    }
    if let last = gatherer?.finish() { try spool.take(last) }
    var shape = JobShape(rows: rows.stored)
    shape.gathers = rowsPerRequest == nil ? nil : true
    shape.shared = try shared.finish()
    shape.reused = try reused.finish()
    shape.sources = used.isEmpty ? nil : used.sorted().map { sources[$0].job }
    return (try spool.finish().parts, shape)
  }

  /// Goes through the rows in the order in which they are sent.
  ///
  /// In the order of the file the rows are streamed; in another, each is read at its place.
  private func eachRow(_ body: (Int, [UInt8]) throws -> Void) throws {
    if let order {
      for row in order.rows { try body(Int(row), try rows.line(of: Int(row))) }
      return
    }
    var lines = LineReader(rows.file)
    var row = 0
    while try lines.next() {
      try body(row, lines.line + [0x0A])
      row += 1
    }
  }

  /// The line that tells from which row another has its answer.
  private func share(_ line: [UInt8], of other: Int) throws -> [UInt8] {
    let first = try rows.line(of: other)
    guard let own = LineOutline(line), let its = LineOutline(first) else { throw BatchError.shrunkenResults }
    return SharedRow.line(id: own.rawID(in: line), request: its.rawID(in: first))
  }

  /// The answer of an earlier job under the id of the row that asks the same now.
  private func copy(_ number: Int, of source: EarlierAnswers, to line: [UInt8]) throws -> [UInt8] {
    guard let record = try source.record(number), let answer = try source.line(of: record, to: line),
      let outline = LineOutline(answer), let row = LineOutline(line)
    else { throw BatchError.changedMeanwhile(source.job) }
    return outline.line(answer, renamed: row.rawID(in: line)) + [0x0A]
  }

  /// The id of a row, which was found there before.
  private static func id(of line: [UInt8]) throws(BatchError) -> CustomID {
    guard let id = line.withSpan({ ResultLine($0).customID($0) }) else { throw .shrunkenResults }
    return id
  }
}

/// A file that comes to be with its first line.
///
/// Where no row shares or reuses, there is no file, rather than an empty one that would have to be kept and
/// checked.
struct LazyFile {
  /// Makes the writer when the first line comes.
  private let make: () throws(BatchError) -> KeptFileWriter
  private var writer: KeptFileWriter?

  init(_ name: String, in folder: String, of store: any FileStore) {
    make = { () throws(BatchError) in try KeptFileWriter(name, in: folder, of: store) }
  }

  /// Writes a line, its end included.
  mutating func write(_ line: [UInt8]) throws {
    var writer = try self.writer.take() ?? make()
    try writer.write(line)
    self.writer = consume writer
  }

  /// Makes the file last; `nil` where no line came.
  mutating func finish() throws(BatchError) -> KeptFile? { try writer?.finish() }
}

extension BatchError {
  fileprivate static func changedMeanwhile(_ job: String) -> Self {
    Self(
      .unreadableFile,
      "The answers of job “\(job)” changed while they were taken over; run this again, and nothing is lost.")
  }
}
