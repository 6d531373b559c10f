package import Foundation

/// Where a job stands: what its journal adds up to, line by line, and nothing else.
package struct JobState: Sendable {
  package var card: JobCard
  /// How its rows differ from what is sent, where they do.
  package var shape: JobShape?
  package var parts: [PartState] = []
  package var isCancelAsked = false
  package var isSettled = false
  /// Whether uploads may lie at the service that nothing refers to.
  package var hasStrays = false
  /// Batches that a given-up create left behind, found and cancelled.
  package var ghosts: [RemoteBatch] = []
  /// The ids of all remote batches that any line names, also of those that were given up.
  package var everyBatch: Set<String> = []
  /// Whether the service was searched for what an earlier registry may have sent.
  package var isRecalled = false
  /// Files at the service that were deleted on demand.
  package var deleted: Set<String> = []
  /// When the last line was written.
  package var updated: Date

  /// The state that these lines add up to; `nil` where they don't begin with an opening.
  package init?(_ records: some Sequence<JobRecord>) {
    var records = records.makeIterator()
    guard let first = records.next(), first.kind == .opened, let card = first.card else { return nil }
    self.card = card
    updated = first.at
    while let record = records.next() { apply(record) }
    // Lines that were lost would leave rows out without a word.
    if let count = card.parts, parts.count < count { return nil }
    if card.isShaped == true, shape == nil { return nil }
  }

  /// Takes in one more line.
  ///
  /// A line about a part that is not there changes nothing: that the journal is whole is judged when all of
  /// it was read.
  package mutating func apply(_ record: JobRecord) {
    updated = max(updated, record.at)
    if let batch = record.batch { everyBatch.insert(batch.id) }
    switch record.kind {
    case .opened: break
    case .shaped: shape = record.shape
    // A part that is told twice is one part.
    case .part: if record.part == parts.count { parts.append(PartState(record)) }
    case .cancelAsked: isCancelAsked = true
    case .settled: isSettled = true
    case .reopened:
      isSettled = false
      isCancelAsked = false
    case .swept: hasStrays = false
    case .recalled: isRecalled = true
    case .deleted: if let file = record.fileID { deleted.insert(file) }
    case .ghost: if let batch = record.batch { ghosts.append(batch) }
    default:
      guard let index = record.part, parts.indices.contains(index) else { return }
      // A crash between the two lines of an upload leaves a file of whose id we know nothing, and an upload
      // that is made anew because it grew old one that nothing refers to.
      if record.kind == .uploading, [.uploading, .uploaded].contains(parts[index].stage) { hasStrays = true }
      // The input of a batch that ran nothing is not needed again.
      if record.strays == true || record.kind == .requeued { hasStrays = true }
      parts[index].apply(record)
    }
  }

  /// Whether nothing of it was ever sent, nor uploaded as far as anybody knows.
  ///
  /// An upload that began and got no answer may lie at the service; nothing runs of it, and nothing is paid.
  package var neverLeft: Bool {
    everyBatch.isEmpty && ghosts.isEmpty
      && parts.allSatisfy { part in
        [.ready, .uploading].contains(part.stage) && part.uploaded == nil && part.creatingSince == nil
          && part.fenced.isEmpty && part.batch == nil
      }
  }

  /// The ids of all remote batches of the job.
  package var batchIDs: [String] { parts.compactMap { $0.batch?.id } }

  /// The tokens of creates that were given up, under which a batch may still turn up.
  package var fencedTokens: [String] { parts.flatMap { $0.fenced.map(\.token) } }
}

/// Where one part of a job stands.
package struct PartState: Sendable {
  /// How far a part is on its way to the service.
  package enum Stage: String, Sendable {
    /// On disk only.
    case ready
    /// An upload began, and how it ended is not known.
    case uploading
    /// Uploaded, no batch yet.
    case uploaded
    /// A create went out, and what came of it is not known.
    case creating
    /// The same, and no way is left to find out.
    case unresolved
    /// A remote batch exists.
    case sent
  }

  package let index: Int
  package let file: String
  package let sha256: String
  package let bytes: Int
  package let requests: Int
  package let model: String?
  package let tokens: Int
  /// Which attempt at its rows the part is, counted from 1.
  package let attempt: Int
  /// When the service last said that it was full for the part, and how many tokens of the same model, with
  /// its own, were too many then.
  package var heldSince: Date?
  package var tooMany = 0
  /// How often that happened.
  package var requeues = 0
  package var stage = Stage.ready
  package var token: String?
  package var fileID: String?
  /// When the upload was answered.
  package var uploaded: Date?
  /// When the create that is not yet answered went out.
  package var creatingSince: Date?
  package var fenced: [Fenced] = []
  package var batch: RemoteBatch?
  /// When the service was last asked.
  package var checked: Date?
  /// When its counts last moved.
  package var moved: Date?
  package var collected: [Collected] = []
  /// Result files that the service no longer has.
  package var gone: [ResultFile] = []
  /// What was said when the part was last refused, or could not be resolved.
  package var message: String?

  /// A create that was given up.
  package struct Fenced: Sendable, Hashable {
    package var token: String
    /// When it went out, and when it was given up.
    package var sent: Date
    package var date: Date
  }

  /// A result file on disk.
  package struct Collected: Sendable, Hashable {
    package var result: ResultFile
    package var file: String
    package var sha256: String
    package var bytes: Int
    /// The same answers for the rows that share them, where there are any.
    package var spread: KeptFile?
  }

  init(_ record: JobRecord) {
    index = record.part ?? 0
    file = record.file ?? ""
    sha256 = record.sha256 ?? ""
    bytes = record.bytes ?? 0
    requests = record.requests ?? 0
    model = record.model
    tokens = record.tokens ?? 0
    attempt = record.attempt ?? 1
  }

  mutating func apply(_ record: JobRecord) {
    switch record.kind {
    case .uploading:
      stage = .uploading
      token = record.token
    case .uploaded:
      stage = .uploaded
      token = record.token
      fileID = record.fileID
      uploaded = record.at
    case .creating:
      stage = .creating
      creatingSince = record.at
    case .refused:
      stage = .uploaded
      message = record.message
    case .created, .observed:
      if let batch = record.batch { observe(batch, at: record.at) }
    case .requeued:
      stage = .ready
      heldSince = record.at
      tooMany = record.tokens ?? 0
      requeues += 1
      batch = nil
      message = record.message
    case .fenced:
      stage = .ready
      if let token = record.token {
        fenced.append(Fenced(token: token, sent: creatingSince ?? record.at, date: record.at))
      }
    case .unresolved:
      stage = .unresolved
      message = record.message
    case .collected: collect(record)
    case .gone: if let result = record.result { gone.append(result) }
    default: break
    }
  }

  /// Takes in what the service said about the part's batch.
  package mutating func observe(_ new: RemoteBatch, at date: Date) {
    stage = .sent
    message = nil
    if batch?.counts != new.counts || batch?.status != new.status { moved = date }
    batch = new
    checked = date
  }

  private mutating func collect(_ record: JobRecord) {
    guard let result = record.result, let file = record.file else { return }
    collected.removeAll { $0.result == result }
    collected.append(
      Collected(
        result: result, file: file, sha256: record.sha256 ?? "", bytes: record.bytes ?? 0,
        spread: record.spread))
  }

  /// Whether the service will do nothing more for the part.
  package var isOver: Bool { batch?.status.isFinal == true }

  /// The result files that are still to be fetched: of a batch that is over, whatever way it ended.
  ///
  /// An expired or cancelled batch has files too, with the rows that were answered, and paid, until then.
  package var uncollected: [ResultFile] {
    (isOver ? batch?.results ?? [] : []).filter(isMissing)
  }

  /// Whether there are any of those.
  package var hasUncollected: Bool { isOver && batch?.results.contains(where: isMissing) == true }

  private func isMissing(_ result: ResultFile) -> Bool {
    !gone.contains(result) && !collected.contains { $0.result == result }
  }

  /// Whether nothing is left to do for the part.
  package var isDone: Bool { isOver && !hasUncollected }
}
