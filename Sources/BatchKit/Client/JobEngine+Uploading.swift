import Foundation

// An upload costs nothing: it is simply made again after a failure, and what earlier tries may have left
// behind is swept up by its name when the job settles. So several may be under way at once, and only what
// comes after them, the create, has to go one by one.

extension JobEngine {
  /// Uploads the part that goes next, and with it those that may go right after it.
  ///
  /// A part that a throttle holds back is not uploaded yet: its file could expire before its turn.
  func uploadAhead(of index: Int, _ pen: borrowing JobPen) async throws {
    guard state.parts[index].awaitsUpload else { return }
    try await upload(uploadable(transfers), pen)
  }

  /// The next parts that may be uploaded and sent, at most so many, if each is taken to be under way once it
  /// is chosen.
  private func uploadable(_ count: Int) -> [Int] {
    let state = self.state
    var room = room(in: state)
    var chosen: [Int] = []
    for part in state.parts where part.mayGo && room.admits(part) {
      guard chosen.count < count else { break }
      room.take(part)
      if part.awaitsUpload, !part.file.isEmpty { chosen.append(part.index) }
    }
    return chosen
  }

  /// Uploads parts side by side, each under a name of its own.
  ///
  /// Of each the journal says first that it begins. One that fails does not stop the others; the first
  /// failure is told when all have ended.
  func upload(_ indices: [Int], _ pen: borrowing JobPen) async throws {
    let drafts = try indices.map { try draft(of: state.parts[$0]) }
    try pen.write(drafts.map { .uploading($0.index, token: $0.token, at: clock.now) })
    var failure: (any Error)?
    try await withThrowingTaskGroup(of: UploadOutcome.self) { group in
      for draft in drafts {
        group.addTask { [self] in await outcome(of: draft) }
      }
      while let outcome = try await group.next() {
        switch outcome.file {
        case .success(let file):
          try pen.write(
            .uploaded(
              outcome.draft.index, token: outcome.draft.token, fileID: file, strays: outcome.wasRepeated,
              at: clock.now))
          tell(.uploaded(part: outcome.draft.index, bytes: outcome.draft.bytes))
        case .failure(let error): failure = failure ?? error
        }
      }
    }
    FreedMemory.giveBack(after: drafts.reduce(0) { $0 + $1.bytes })
    if let failure { throw failure }
  }

  /// An upload that is ready to begin, once the file is proved to be what was prepared.
  ///
  /// The token is in the name of the uploaded file and in the labels of the batch, new for each try: by it a
  /// file or a batch whose answer was lost is found.
  private func draft(of part: PartState) throws -> UploadDraft {
    guard !part.file.isEmpty else { throw BatchError.inputGone(state.card) }
    let token = "\(id)-\(part.index + 1)-\(UInt32.random(in: 0 ... .max))"
    let lines = try store.open(path(part.file))
    try verify(part, lines)
    return UploadDraft(index: part.index, token: token, bytes: part.bytes, lines: lines)
  }

  /// Does the network's share of an upload; the journal is its caller's.
  private func outcome(of draft: UploadDraft) async -> UploadOutcome {
    let wasRepeated = Locked(false)
    let watched = exchange.noticing { _, _ in wasRepeated.withLock { $0 = true } }
      .reporting { [weak self] sent, total in
        self?.tell(.uploading(part: draft.index, sent: sent, total: total))
      }
    let upload = PartUpload(
      lines: HTTPBody(pieces: [.file(draft.lines, length: draft.bytes)]), filename: "\(draft.token).jsonl",
      lifetime: lifetime.duration)
    do {
      let file = try await provider.upload(upload, through: watched)
      return UploadOutcome(draft: draft, file: .success(file), wasRepeated: wasRepeated.current)
    } catch {
      return UploadOutcome(draft: draft, file: .failure(error), wasRepeated: wasRepeated.current)
    }
  }

  /// The stored part is what the user agreed to pay for; another text must never go out in its place.
  private func verify(_ part: PartState, _ lines: any ReadableFile) throws {
    var hash = SHA256()
    var offset = 0
    while true {
      let bytes = try lines.read(at: offset, count: 1 << 18)
      if bytes.isEmpty { break }
      hash.update(bytes)
      offset += bytes.count
    }
    guard hash.hex() == part.sha256 else {
      throw BatchError(
        .unreadableFile,
        """
        \(path(part.file)) is no longer what was prepared; remove the job from the registry and submit it \
        again.
        """
      )
    }
  }

  /// Whether the service may have let the uploaded file of a part expire, as after a month without a run.
  ///
  /// No create is under way for a part in this stage, so it can be uploaded anew without a doubt.
  func mayBeGone(_ part: PartState) -> Bool {
    guard let uploaded = part.uploaded, !part.file.isEmpty else { return false }
    return clock.now.timeIntervalSince(uploaded) > lifetime.safeAge.seconds
  }
}

/// A part on its way up.
private struct UploadDraft: Sendable {
  let index: Int
  let token: String
  let bytes: Int
  let lines: any ReadableFile
}

/// How an upload ended.
private struct UploadOutcome: Sendable {
  let draft: UploadDraft
  let file: Result<String, any Error>
  /// Whether a try before the last may have left a file behind.
  let wasRepeated: Bool
}

extension PartState {
  /// Whether the part is not at the service yet.
  fileprivate var awaitsUpload: Bool { stage == .ready || stage == .uploading }
}

extension BatchError {
  /// A file that somebody else uploaded was deleted, to make sure of a create that got no answer.
  fileprivate static func inputGone(_ card: JobCard) -> BatchError {
    BatchError(
      .refused,
      """
      The batch of job “\(card.title)” did not come about, and its input file was deleted so that it never \
      will; nothing was paid: upload the file again and start it under its new id.
      """)
  }
}
