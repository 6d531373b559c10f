/// Reads the lines of rows: one by one where they lie apart, a window at once where they follow each other.
struct AnswerReader {
  let index: AnswerIndex
  private var buffer: [UInt8] = []
  /// Where in its source the buffer stands.
  private var window = 0..<0
  private var source: Int32 = -1
  private var layouts = LineLayouts(readsAnswer: true)
  /// Nothing is wanted from here on.
  private let end: Int

  /// A gap between two lines that is still read over, such as the rows of another part.
  private static let (gap, ahead) = (4096, 256 << 10)

  /// A reader of any rows.
  init(_ index: AnswerIndex) { (self.index, end) = (index, .max) }

  /// A reader of these rows in their order, which is that of their files.
  init(_ index: AnswerIndex, following rows: [AnswerIndex.Entry]) {
    self.index = index
    if let first = rows.first, let last = rows.last, first.source == last.source {
      end = last.offset + Int(last.length)
      (source, window) = (first.source, first.offset..<first.offset)
    } else {
      end = .max
    }
  }

  /// Runs `body` with the line of a row, and what stands where in it.
  mutating func withLine<Result>(
    of entry: AnswerIndex.Entry, _ body: (Span<UInt8>, ResultLine) -> Result
  ) throws(BatchError) -> Result {
    let wanted = entry.offset..<(entry.offset + Int(entry.length))
    if source != entry.source || wanted.lowerBound < window.lowerBound
      || wanted.upperBound > window.upperBound
    {
      try move(to: wanted, of: entry.source)
    }
    let start = wanted.lowerBound - window.lowerBound
    return buffer.withSpan { buffer in
      let bytes = buffer.extracting(start..<(start + wanted.count))
      // What was sent is read in place of an answer where the service refused it.
      if entry.state == .rejected { return body(bytes, ResultLine(bytes)) }
      layouts.read(bytes)
      return body(bytes, layouts.line)
    }
  }

  private mutating func move(to wanted: Range<Int>, of source: Int32) throws(BatchError) {
    let follows =
      source == self.source && wanted.lowerBound >= window.lowerBound
      && wanted.lowerBound - window.upperBound < Self.gap
    let ahead = min(Self.ahead, end - wanted.lowerBound)
    let count = follows ? max(wanted.count, ahead) : wanted.count
    if buffer.count < count { buffer = [UInt8](repeating: 0, count: max(count, 4096)) }
    // Until the bytes are there nothing is.
    (self.source, window) = (source, wanted.lowerBound..<wanted.lowerBound)
    while window.count < wanted.count {
      let got = try index.sources[Int(source)].read(
        into: &buffer, window.count..<count, at: window.upperBound)
      if got == 0 { throw .shrunkenResults }
      window = window.lowerBound..<(window.upperBound + got)
    }
  }
}

/// What a row holds before anyone asked what its answer means.
///
/// It knows nothing of the type of the answers: code that does is several times slower where it is not
/// compiled for that type.
struct AnsweredRow {
  var id: CustomID
  var reply: Reply?
  var failure: LineError?
  var status: Int?

  init(_ line: ResultLine, _ bytes: Span<UInt8>, at entry: AnswerIndex.Entry, in index: AnswerIndex) {
    id = line.customID(bytes) ?? ""
    guard entry.state != .rejected else {
      failure = index.rejection(of: entry)
      return
    }
    reply = line.reply(bytes)
    failure = line.failure(bytes, reply: reply)
    status = line.status
  }

  init(unreadable entry: AnswerIndex.Entry, _ error: BatchError) {
    id = "line \(entry.line)"
    failure = LineError(.unreadable, message: error.message)
  }
}

extension AnswerReader {
  /// The row that stands at an entry; where it can't be read that is its failure.
  mutating func row(at entry: AnswerIndex.Entry) -> AnsweredRow {
    let index = self.index
    do throws(BatchError) {
      return try withLine(of: entry) { AnsweredRow($1, $0, at: entry, in: index) }
    } catch { return AnsweredRow(unreadable: entry, error) }
  }
}

/// A walk along the rows of a result set, whatever the type of its answers.
struct AnsweredRows {
  private var reader: AnswerReader
  private var position = 0

  init(_ index: AnswerIndex) { reader = AnswerReader(index) }

  /// Returns the next row, or `nil` after the last.
  mutating func next() -> AnsweredRow? {
    guard position < reader.index.entries.count else { return nil }
    position += 1
    return reader.row(at: reader.index.entries[position - 1])
  }

  /// Moves past rows that have an answer.
  mutating func skipAnswered() {
    let entries = reader.index.entries
    while position < entries.count, entries[position].state == .answered { position += 1 }
  }
}
