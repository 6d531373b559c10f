/// The building of an ``AnswerIndex``, file by file.
///
/// Ids are compared by a 64-bit hash that is seeded anew in each process: for a million ids the odds that two
/// share one are about one in thirty million, and nobody can choose ids that do.
struct AnswerIndexBuilder {
  private(set) var sources: [any ReadableFile] = []
  private(set) var duplicates: [AnswerIndex.Entry] = []
  private(set) var strangers: [AnswerIndex.Entry] = []
  private(set) var nameless = 0
  private(set) var rejections: [Int32: [RemoteProblem]] = [:]
  private var requests: [AnswerIndex.Entry] = []
  private var answers: [AnswerIndex.Entry?] = []
  private var places: [UInt64: Int32] = [:]
  private var knowsRequests = false

  /// Notes what was sent in a part. A request of a part that was refused has its answer already: the refusal.
  mutating func takeRequests(of part: AnswerIndex.Part) throws(BatchError) {
    guard let file = part.requests else { return }
    knowsRequests = true
    let source = Int32(sources.count)
    sources.append(file)
    if !part.rejection.isEmpty { rejections[source] = part.rejection }
    try eachLine(of: file, source: source) { builder, line, bytes, entry in
      guard let id = line.customID(bytes) else { return }
      var entry = entry
      entry.state = .rejected
      builder.places[AnswerIndex.hash(id)] = Int32(builder.requests.count)
      builder.requests.append(entry)
      builder.answers.append(part.rejection.isEmpty ? nil : entry)
    }
  }

  /// Notes what came back for a part.
  mutating func takeResults(of part: AnswerIndex.Part) throws(BatchError) {
    for file in part.results {
      let source = Int32(sources.count)
      sources.append(file)
      try eachLine(of: file, source: source) { builder, line, bytes, entry in
        guard let id = line.customID(bytes) else {
          builder.nameless += 1
          return
        }
        builder.take(entry, hash: AnswerIndex.hash(id))
      }
    }
  }

  /// The first success wins, else the first failure; what it beat is named as a duplicate.
  private mutating func take(_ entry: AnswerIndex.Entry, hash: UInt64) {
    guard let place = places[hash].map(Int.init) else {
      guard !knowsRequests else { return strangers.append(entry) }
      places[hash] = Int32(answers.count)
      answers.append(entry)
      return
    }
    guard let earlier = answers[place], earlier.state != .rejected else { return answers[place] = entry }
    if earlier.state == .failed, entry.state == .answered {
      answers[place] = entry
      duplicates.append(earlier)
    } else {
      duplicates.append(entry)
    }
  }

  /// The rows in order, the requests without one, and the row of each id.
  func finish() -> (entries: [AnswerIndex.Entry], missing: [AnswerIndex.Entry]?, places: [UInt64: Int32]) {
    var rows: [AnswerIndex.Entry] = []
    var missing: [AnswerIndex.Entry] = []
    var rowOfPlace = [Int32](repeating: -1, count: answers.count)
    for (place, answer) in answers.enumerated() {
      if let answer {
        rowOfPlace[place] = Int32(rows.count)
        rows.append(answer)
      } else {
        missing.append(requests[place])
      }
    }
    let places = places.mapValues { rowOfPlace[Int($0)] }.filter { $0.value >= 0 }
    return (rows, knowsRequests ? missing : nil, places)
  }

  private mutating func eachLine(
    of file: any ReadableFile, source: Int32,
    _ body: (inout Self, ResultLine, Span<UInt8>, AnswerIndex.Entry) -> Void
  ) throws(BatchError) {
    var reader = LineReader(file)
    while try reader.next() {
      if reader.line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
      reader.line.withSpan { bytes in
        let line = ResultLine(bytes)
        let entry = AnswerIndex.Entry(
          state: line.isSuccess ? .answered : .failed, source: source, length: Int32(clamping: bytes.count),
          offset: reader.offset, line: Int32(clamping: reader.number))
        body(&self, line, bytes, entry)
      }
    }
  }
}
