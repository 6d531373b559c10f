/// The building of an ``AnswerIndex``, file by file: stretches of a file side by side, their lines in order.
struct AnswerIndexBuilder: Sendable {
  private(set) var sources: [any ReadableFile] = []
  private(set) var duplicates: [AnswerIndex.Entry] = []
  private(set) var strangers: [AnswerIndex.Entry] = []
  private(set) var superseded = 0
  private(set) var nameless = 0
  private(set) var rejections: [Int32: [RemoteProblem]] = [:]
  /// What became of each request, the request's own line where nothing did yet.
  private var entries: [AnswerIndex.Entry] = []
  private var table = AnswerTable()
  private var knowsRequests = false
  /// The attempt at hand, and its first source: what an earlier source answered was answered by an earlier
  /// attempt.
  private var attempt = (number: 1, start: Int32(0))
  /// How many lines of the file at hand were passed.
  private var lines = 0

  /// How much of a file is one piece of work.
  private static let stretch = 4 << 20

  /// Notes what was sent in a part. A request of a part that was refused has its answer already: the refusal.
  mutating func takeRequests(of part: AnswerIndex.Part) throws(BatchError) {
    if let file = part.refusedAgain { try takeRefusal(of: part, file) }
    guard let file = part.requests else { return }
    knowsRequests = true
    let source = Int32(sources.count)
    sources.append(file)
    if !part.rejection.isEmpty { rejections[source] = part.rejection }
    let state = part.rejection.isEmpty ? AnswerIndex.Entry.State.unanswered : .rejected
    try eachLine(of: file, source: source) { builder, entry, hash in
      var entry = entry
      entry.state = state
      builder.append(entry, hash)
    }
    // A request without an id could never have been sent.
    nameless = 0
  }

  /// Notes the newer refusal of rows that were refused before, or not answered: its reasons are the ones to
  /// tell, and it may name other rows than the first did.
  private mutating func takeRefusal(of part: AnswerIndex.Part, _ file: any ReadableFile) throws(BatchError) {
    let source = Int32(sources.count)
    sources.append(file)
    rejections[source] = part.rejection
    let unreadable = nameless
    try eachLine(of: file, source: source) { builder, entry, hash in
      guard let row = builder.table.row(hash),
        [.unanswered, .rejected].contains(builder.entries[row].state)
      else { return }
      builder.entries[row] = entry
      builder.entries[row].state = .rejected
    }
    nameless = unreadable
  }

  /// Notes the rows of a job whose parts hold something else, and those of them whose request was refused.
  mutating func take(_ rows: AnswerIndex.Rows, refusedIn parts: [AnswerIndex.Part]) throws(BatchError) {
    try takeRequests(of: AnswerIndex.Part(requests: rows.file, results: []))
    try takeResults(of: AnswerIndex.Part(results: [rows.reused].compactMap(\.self)))
    for part in parts where !part.rejection.isEmpty { try refuse(part, rows) }
  }

  /// Marks the rows that a refused part was made of, with the line of their request in that part.
  private mutating func refuse(_ part: AnswerIndex.Part, _ rows: AnswerIndex.Rows) throws(BatchError) {
    guard let file = part.requests ?? part.refusedAgain else { return }
    // The rows are a source once more for each such part, since a reason belongs to a source.
    let source = Int32(sources.count)
    sources.append(rows.file)
    rejections[source] = part.rejection
    let found = Locked<[UInt64: Int32]>([:])
    try eachLine(of: file, source: source) { builder, entry, hash in
      found.withLock { $0[hash] = entry.line }
      builder.refuse(hash, entry.line, source)
    }
    // Rows that shared a request go alone the next time, so a later refusal is that of single rows.
    guard let shared = rows.shared, part.requests != nil || !rows.gathers else { return }
    let lines = found.current
    var walk = LineWalk(shared, 0..<(try shared.size()))
    try walk.forEach { bytes, _, _ in
      guard let row = SharedRow(bytes), let line = lines[AnswerTable.hash(row.request, bytes)] else { return }
      refuse(AnswerTable.hash(row.id, bytes), line, source)
    }
  }

  private mutating func refuse(_ hash: UInt64, _ line: Int32, _ source: Int32) {
    // Of several refusals the newest is told.
    guard let row = table.row(hash), [.unanswered, .rejected].contains(entries[row].state) else { return }
    (entries[row].state, entries[row].source, entries[row].line) = (.rejected, source, line)
  }

  /// Notes what came back for a part; parts come in the order of their attempts.
  mutating func takeResults(of part: AnswerIndex.Part) throws(BatchError) {
    if part.attempt > attempt.number { attempt = (part.attempt, Int32(sources.count)) }
    for file in part.results {
      let source = Int32(sources.count)
      sources.append(file)
      let (isShared, unreadable) = (part.isShared, nameless)
      try eachLine(of: file, source: source) { builder, entry, hash in
        if isShared, builder.table.row(hash) == nil { return }
        builder.take(entry, hash)
      }
      // Whose row an unreadable line would be can't be told: it is counted where all parts are looked at.
      if isShared { nameless = unreadable }
    }
  }

  private mutating func append(_ entry: AnswerIndex.Entry, _ hash: UInt64) {
    entries.append(entry)
    table.append(hash)
  }

  /// Within an attempt the first success wins, else the first failure; what it beat is named as a duplicate.
  ///
  /// A row is sent again because its answer was of no use, even where that shows in the answer alone and its
  /// line looks well. So the newest attempt wins, unless it failed where an earlier one did not.
  private mutating func take(_ entry: AnswerIndex.Entry, _ hash: UInt64) {
    guard let row = table.row(hash) else {
      if knowsRequests { strangers.append(entry) } else { append(entry, hash) }
      return
    }
    let earlier = entries[row]
    switch earlier.state {
    case .unanswered, .rejected: entries[row] = entry
    case .answered where earlier.source < attempt.start && entry.state == .failed: superseded += 1
    case .answered where earlier.source < attempt.start, .failed where earlier.source < attempt.start:
      entries[row] = entry
      superseded += 1
    case .failed where entry.state == .answered:
      entries[row] = entry
      duplicates.append(earlier)
    case .failed, .answered: duplicates.append(entry)
    }
  }

  /// The rows in order, the requests without one, and the row of each id.
  consuming func finish() -> (rows: [AnswerIndex.Entry], missing: [AnswerIndex.Entry]?, table: AnswerTable) {
    guard knowsRequests else { return (entries, nil, table) }
    let missing = entries.filter { $0.state == .unanswered }
    guard !missing.isEmpty else { return (entries, [], table) }
    let hashes = zip(entries, table.hashes).filter { $0.0.state != .unanswered }.map(\.1)
    entries.removeAll { $0.state == .unanswered }
    return (entries, missing, AnswerTable(hashes: hashes))
  }

  private mutating func eachLine(
    of file: any ReadableFile, source: Int32,
    _ body: @Sendable (inout Self, AnswerIndex.Entry, UInt64) -> Void
  ) throws(BatchError) {
    let size = try file.size()
    let pieces = (size + Self.stretch - 1) / Self.stretch
    let builder = self
    // Nobody else may hold on to what was built so far, or it would be copied with the first line.
    self = Self()
    self = try inOrder(pieces, into: consume builder) { piece throws(BatchError) in
      let lower = piece * Self.stretch
      return try ScannedLines(file, source: source, lower..<min(size, lower + Self.stretch))
    } take: { builder, scanned in
      let (before, isFirst) = (builder.entries.count, builder.lines == 0)
      builder.take(scanned, body)
      let added = builder.entries.count - before
      if isFirst, added > 0, pieces > 1 { builder.reserve(before + added * pieces) }
    }
    lines = 0
  }

  private mutating func take(
    _ scanned: ScannedLines, _ body: (inout Self, AnswerIndex.Entry, UInt64) -> Void
  ) {
    nameless += scanned.nameless
    for (found, hash) in zip(scanned.entries, scanned.hashes) {
      var entry = found
      entry.line = Int32(clamping: lines + Int(entry.line))
      body(&self, entry, hash)
    }
    lines += scanned.lines
  }

  /// Growing by doubling would for a moment need the room of the index twice.
  private mutating func reserve(_ count: Int) {
    entries.reserveCapacity(count)
    table.reserve(count)
  }
}

/// What the lines of one stretch of a file hold.
private struct ScannedLines: Sendable {
  var entries: [AnswerIndex.Entry] = []
  var hashes: [UInt64] = []
  var nameless = 0
  var lines = 0

  init(_ file: any ReadableFile, source: Int32, _ stretch: Range<Int>) throws(BatchError) {
    var walk = LineWalk(file, stretch)
    var layouts = LineLayouts(readsAnswer: false)
    try walk.forEach(foreseeing: { layouts.lineFeed(in: $0) }) { bytes, offset, number in
      layouts.read(bytes)
      guard let id = layouts.line.id, bytes.holdsText(id) else {
        nameless += 1
        return
      }
      entries.append(
        AnswerIndex.Entry(
          offset: offset, length: UInt32(clamping: bytes.count), line: Int32(clamping: number),
          source: source, state: layouts.line.isSuccess ? .answered : .failed))
      hashes.append(AnswerTable.hash(id, bytes))
    }
    lines = walk.count
  }
}

extension Span where Element == UInt8 {
  /// Whether a text is UTF-8.
  fileprivate func holdsText(_ text: JSONText) -> Bool { isWellFormedUTF8(extracting(text.range)) }
}
