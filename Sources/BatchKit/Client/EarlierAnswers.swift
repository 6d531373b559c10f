import Foundation

/// Where one good answer of an earlier job stands, and the request that it answers.
///
/// Sixty-four bytes, whatever the answer's length: the line itself is read only when it is taken over.
struct EarlierAnswer: FixedRecord {
  static let size = RowDigest.size + 32

  /// A line in one of the files of the job.
  struct Place: Sendable {
    /// The number of the file among the names at the head of the index.
    var file: Int
    var offset: Int
    var length: Int
  }

  var digest: RowDigest
  /// The line that asked.
  var request: Place
  /// The line that came back.
  var answer: Place

  init(digest: RowDigest, request: Place, answer: Place) {
    self.digest = digest
    self.request = request
    self.answer = answer
  }

  init(_ bytes: UnsafeRawBufferPointer, at start: Int) {
    digest = RowDigest(bytes, at: start)
    func number(_ index: Int) -> Int { bytes.number(at: start + RowDigest.size + 8 * index) }
    // Small numbers share eight bytes: those of the request in the lower half, those of the answer in the
    // upper.
    let (files, lengths) = (number(0), number(1))
    request = Place(file: files & 0xFFFF_FFFF, offset: number(2), length: lengths & 0xFFFF_FFFF)
    answer = Place(file: files >> 32, offset: number(3), length: lengths >> 32)
  }

  func append(to bytes: inout [UInt8]) {
    digest.append(to: &bytes)
    bytes.append(number: answer.file << 32 | request.file)
    bytes.append(number: answer.length << 32 | request.length)
    bytes.append(number: request.offset)
    bytes.append(number: answer.offset)
  }
}

/// The good answers of one earlier job, in the order of the digests of what was asked.
///
/// They are found by an index beside the job's results, made the first time it is asked for. It is a shortcut
/// and not a truth: each request it leads to is compared byte by byte with the one at hand, each answer must
/// carry that request's id, and the files must have the hashes that the journal noted.
///
/// One is made for each earlier job of a submission, and used by that alone: it keeps its files open and its
/// place in the index, so it belongs to one task.
final class EarlierAnswers {
  /// The id of the earlier job.
  let job: String
  private let folder: String
  private let store: any FileStore
  /// The files of the job that records refer to, by their number.
  private let names: [String]
  /// What each of them held, by the journal.
  private let hashes: [String: String]
  private let records: RecordFile<EarlierAnswer>
  /// Those of the files that are open by now.
  private var files: [Int: any ReadableFile] = [:]
  /// What the check of the files found; `nil` before it was made.
  private var isIntact: Bool?
  /// How far the walk along the digests has come.
  private var next = 0
  /// The records read last, and the number of the first of them.
  private var window: [EarlierAnswer] = []
  private var windowStart = 0

  /// What stands at the head of an index: which files its records mean, and what was in them.
  private struct Head: Codable, Equatable {
    var version = 1
    var names: [String]
    var hashes: [String: String]
  }

  /// The index beside the results of the job; it may be deleted at any time, and is then made again.
  private static let name = "answers.index"

  /// The answers of a job that is over, or `nil` where its requests or its answers are not here.
  init?(_ engine: JobEngine) throws {
    let state = engine.state
    guard state.isSettled, !state.requestFiles.isEmpty, !state.answerFiles.isEmpty else { return nil }
    job = engine.id
    store = engine.store
    folder = engine.registry.folder(for: engine.id)
    let kept = state.requestFiles + state.answerFiles
    names = kept.map(\.file)
    hashes = Dictionary(kept.map { ($0.file, $0.sha256) }) { first, _ in first }
    let head = Head(names: names, hashes: hashes)
    let path = engine.path(Self.name)
    if let known = try Self.open(path, head, store) {
      records = known
      return
    }
    try Self.make(path, head, engine)
    guard let made = try Self.open(path, head, store) else { return nil }
    records = made
  }

  /// The records of an index that still fits the job.
  ///
  /// - Returns: `nil` where there is none, or it is of other files than those that the job has now: after a
  ///   retry, an index of before is out of date.
  private static func open(
    _ path: String, _ head: Head, _ store: any FileStore
  ) throws -> RecordFile<EarlierAnswer>? {
    guard try store.status(of: path) != nil else { return nil }
    let file = try store.open(path)
    var lines = LineReader(file)
    guard try lines.next() else { return nil }
    // A head that can't be read is that of an index to be made anew.
    guard let known = try? JSONDecoder().decode(Head.self, from: Data(lines.line)), known == head else {
      return nil
    }
    return try RecordFile(file, start: lines.line.count + 1)
  }
}

// MARK: - Making the index

extension EarlierAnswers {
  /// Makes the index of a job, in two walks and with little memory: records are first written in the order of
  /// the rows, then sorted into the file. It appears under its name only when it is whole.
  private static func make(_ path: String, _ head: Head, _ engine: JobEngine) throws {
    let drafts = TemporaryFolder()
    try drafts.store.createFolder(drafts.path)
    let draft = try gather(head, engine, into: drafts)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let first = try Array(encoder.encode(head)) + [0x0A]
    try engine.store.publish(path) { file in
      try file.write(first)
      var bytes: [UInt8] = []
      try draft.forEachSorted { group in
        for (_, record) in group { record.append(to: &bytes) }
        guard bytes.count >= 1 << 18 else { return }
        try file.write(bytes)
        bytes.removeAll(keepingCapacity: true)
      }
      try file.write(bytes)
    }
  }

  /// Writes a record for each row that was answered well, in the order of the rows.
  ///
  /// Blank, damaged and unanswered lines have no record; so what a failure cost is asked again.
  private static func gather(
    _ head: Head, _ engine: JobEngine, into drafts: TemporaryFolder
  ) throws -> RecordFile<EarlierAnswer> {
    let index = try engine.answers { name throws(BatchError) in
      NamedFile(name: name, inner: try engine.store.open(engine.path(name)))
    }
    let places = Dictionary(head.names.enumerated().map { ($1, $0) }) { first, _ in first }
    var writer = try KeptFileWriter("records", in: drafts.path, of: drafts.store)
    for request in engine.state.requestFiles.map(\.file) {
      var lines = LineReader(try engine.store.open(engine.path(request)))
      while try lines.next() {
        guard let asked = places[request], let digest = RowDigest.of(lines.line + [0x0A]),
          let answer = goodAnswer(to: lines.line, index, places)
        else { continue }
        let place = EarlierAnswer.Place(file: asked, offset: lines.offset, length: lines.line.count)
        var bytes: [UInt8] = []
        EarlierAnswer(digest: digest, request: place, answer: answer).append(to: &bytes)
        try writer.write(bytes)
      }
    }
    let written = try writer.finish()
    return try RecordFile(try drafts.store.open("\(drafts.path)/\(written.file)"))
  }

  /// Where the answer to a request stands, if there is one and its status says that it is good.
  private static func goodAnswer(
    to request: [UInt8], _ index: AnswerIndex, _ places: [String: Int]
  ) -> EarlierAnswer.Place? {
    guard let id = request.withSpan({ ResultLine($0).customID($0) }), let row = index.place(of: id) else {
      return nil
    }
    let entry = index.entries[row]
    guard entry.state == .answered, let file = index.sources[Int(entry.source)] as? NamedFile,
      let place = places[file.name]
    else { return nil }
    return EarlierAnswer.Place(file: place, offset: entry.offset, length: Int(entry.length))
  }
}

/// A file that knows its name, so that what an index found in it can be written down.
private struct NamedFile: ReadableFile {
  let name: String
  let inner: any ReadableFile

  func size() throws(BatchError) -> Int { try inner.size() }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(BatchError) -> Int {
    try inner.read(at: offset, into: buffer)
  }
}

// MARK: - Asking it

extension EarlierAnswers {
  /// The answers to what has this digest, with their numbers; each call must ask for a greater digest than
  /// the one before.
  ///
  /// Digests are asked for in the order in which they stand, so the index is walked once for all of them, in
  /// long strides over what nobody asks for.
  func answers(to digest: RowDigest) throws -> [(number: Int, answer: EarlierAnswer)] {
    try skip(to: digest)
    var found: [(number: Int, answer: EarlierAnswer)] = []
    while let record = try record(next), record.digest == digest {
      found.append((next, record))
      next += 1
    }
    return found
  }

  /// The answer of this number.
  ///
  /// - Returns: `nil` past the last.
  func record(_ number: Int) throws -> EarlierAnswer? {
    guard number < records.count else { return nil }
    if !window.indices.contains(number - windowStart) {
      // Whoever walks along meets the neighbours next.
      window = try records.records(from: number, most: 512)
      windowStart = number
    }
    return window.first == nil ? nil : window[number - windowStart]
  }

  /// Moves to the first record that is not before the digest: in steps that double, then by halves.
  private func skip(to digest: RowDigest) throws {
    var step = 1
    while let record = try record(next + step - 1), record.digest < digest { step *= 2 }
    var (low, high) = (next + step / 2, min(next + step - 1, records.count))
    while low < high {
      let middle = low + (high - low) / 2
      if let record = try record(middle), record.digest < digest { low = middle + 1 } else { high = middle }
    }
    next = min(low, records.count)
  }

  /// The line of an answer, if it answers just the request at hand and nothing was changed since it came.
  ///
  /// - Parameter row: the request, its end included.
  ///
  /// The index is trusted with nothing: the request is compared byte by byte, the answer must be a success
  /// and carry that request's id, and before the first of them the files are held against the hashes in the
  /// journal.
  func line(of answer: EarlierAnswer, to row: [UInt8]) throws -> [UInt8]? {
    let asked = try bytes(at: answer.request)
    guard LineOutline.areTwins(asked + [0x0A], row), try checkFiles() else { return nil }
    let line = try bytes(at: answer.answer)
    let isGood = line.withSpan { ResultLine($0).isSuccess }
    guard isGood, let question = LineOutline(asked), let reply = LineOutline(line) else { return nil }
    let ids = (
      asked.withSpan { try? question.id.decoded($0) }, line.withSpan { try? reply.id.decoded($0) }
    )
    return ids.0 != nil && ids.0 == ids.1 ? line : nil
  }

  /// The bytes of a line; none where the file has no such place.
  private func bytes(at place: EarlierAnswer.Place) throws -> [UInt8] {
    guard names.indices.contains(place.file) else { return [] }
    let file: any ReadableFile
    if let known = files[place.file] {
      file = known
    } else {
      file = try store.open("\(folder)/\(names[place.file])")
      files[place.file] = file
    }
    return try file.read(at: place.offset, count: place.length)
  }

  /// Whether the files are still those that were sent and that came back; looked at once, before the first
  /// answer is taken from them.
  ///
  /// It reads each file whole: an answer that somebody edited must not pass for one that the service gave.
  private func checkFiles() throws -> Bool {
    if let isIntact { return isIntact }
    var isSound = true
    for (name, hash) in hashes where isSound {
      let path = "\(folder)/\(name)"
      isSound = try store.status(of: path) != nil && store.sha256(of: path) == hash
    }
    isIntact = isSound
    return isSound
  }

  /// Whether its files were found to be other than they were.
  var isDamaged: Bool { isIntact == false }
}

extension JobState {
  /// The files that hold what each row asks.
  ///
  /// Of parts that were sent again only the first attempt is here: later ones hold the same rows once more.
  var requestFiles: [KeptFile] {
    if let shape { return [shape.rows] }
    return parts.filter { $0.attempt == 1 && !$0.file.isEmpty }
      .map { KeptFile(file: $0.file, sha256: $0.sha256, bytes: $0.bytes, lines: $0.requests) }
  }

  /// The files that hold what came back for each row.
  var answerFiles: [KeptFile] {
    let collected = parts.flatMap(\.collected)
    return (shape?.reused.map { [$0] } ?? [])
      + collected.map { KeptFile(file: $0.file, sha256: $0.sha256, bytes: $0.bytes, lines: 0) }
      + collected.compactMap(\.spread)
  }
}
