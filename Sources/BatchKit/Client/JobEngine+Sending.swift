import Foundation

// Nothing is paid twice: the whole of that promise is in this file and in JobEngine+Resolving.swift.
//
// Only a create costs money. Before one goes out, the journal says so (`creating`); it goes out once; and
// from then on the part is sent again only on evidence: a refusal that is certain, or a complete search that
// finds no batch, after which the input file is deleted, so that a create still on its way finds nothing to
// run.

extension JobEngine {
  /// Sends every part that is not sent yet and not held back.
  func sendAll(_ pen: borrowing JobPen) async throws {
    try heedCancel(pen)
    while let index = sendable {
      try await send(index, pen)
      try heedCancel(pen)
    }
  }

  private func send(_ index: Int, _ pen: borrowing JobPen) async throws {
    var refusals = 0
    var fences = 0
    while true {
      try Task.checkCancellation()
      try heedCancel(pen)
      // A create that may have gone out is looked up by whoever carries out the cancel.
      if state.isCancelAsked { return }
      let part = state.parts[index]
      switch part.stage {
      case .sent: return
      case .ready, .uploading: try await upload(index, pen)
      case .uploaded:
        guard let refusal = try await create(part, pen) else { continue }
        refusals += 1
        guard refusal.passes, refusals <= timing.tries else { throw refusal.error }
        let wait =
          refusal.retryAfter.map { min($0, .seconds(300)) }
          ?? min(timing.patience * Double(1 << min(refusals - 1, 10)), .seconds(300))
        tell(.waiting(reason: refusal.error.message, duration: wait))
        try await clock.sleep(for: wait)
      case .creating:
        try await resolve(part, pen)
        guard state.parts[index].stage != .sent else { return }
        fences += 1
        guard fences < timing.attempts else { throw BatchError.neverClear(state.card, part, fences) }
      case .unresolved: throw BatchError.unresolved(state.card, part)
      }
    }
  }

  /// Uploads a part under a name of its own. An upload costs nothing: it is simply made again after a
  /// failure, and what earlier tries may have left behind is swept up by that name when the job settles.
  private func upload(_ index: Int, _ pen: borrowing JobPen) async throws {
    let part = state.parts[index]
    guard !part.file.isEmpty else { throw BatchError.inputGone(state.card) }
    let token = "\(id)-\(index + 1)-\(UInt32.random(in: 0 ... .max))"
    let lines = try store.open(path(part.file))
    try verify(part, lines)
    try pen.write(.uploading(index, token: token, at: clock.now))
    let wasRepeated = Locked(false)
    let watched = exchange.noticing { _, _ in wasRepeated.withLock { $0 = true } }
      .reporting { [weak self] sent, total in
        self?.tell(.uploading(part: index, sent: sent, total: total))
      }
    let upload = PartUpload(
      lines: HTTPBody(pieces: [.file(lines, length: part.bytes)]), filename: "\(token).jsonl", lifetime: nil)
    let file = try await provider.upload(upload, through: watched)
    try pen.write(.uploaded(index, token: token, fileID: file, strays: wasRepeated.current, at: clock.now))
    tell(.uploaded(part: index, bytes: part.bytes))
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
        \(path(part.file)) is no longer what was prepared; delete the job and submit it again.
        """
      )
    }
  }

  /// Sends the create of an uploaded part, once.
  ///
  /// - Returns: the refusal, where the service refused for certain.
  private func create(_ part: PartState, _ pen: borrowing JobPen) async throws -> CreateRefusal? {
    guard let token = part.token, let file = part.fileID else { throw BatchError.damagedJob(journalPath) }
    let order = BatchOrder(
      inputFileID: file, endpoint: state.card.endpoint, metadata: labels(of: part, token: token),
      resultLifetime: nil)
    try pen.write(.creating(part.index, token: token, fileID: file, at: clock.now))
    do {
      let batch = try await provider.create(order, through: exchange)
      try pen.write(.created(part.index, batch, at: clock.now))
      tell(.created(part: part.index, batch: batch.id))
    } catch let refusal as CreateRefusal {
      try pen.write(.refused(part.index, message: refusal.error.message, at: clock.now))
      return refusal
    } catch is HTTPFailure {
      tell(
        .troubled(reason: "the create of part \(part.index + 1) got no answer; looking whether it arrived"))
    } catch let error as BatchError where error.status != nil {
      // The service answered, and not with a refusal that is certain.
      tell(
        .troubled(reason: "the create of part \(part.index + 1) ended unclear; looking whether it arrived"))
    }
    return nil
  }

  private func labels(of part: PartState, token: String) -> [(key: String, value: String)] {
    var labels = [("batchkit_token", token), ("batchkit_job", id)]
    if let name = state.card.name { labels.append(("batchkit_name", String(name.prefix(512)))) }
    if let text = state.card.description { labels.append(("description", String(text.prefix(512)))) }
    return labels.map { (key: $0.0, value: $0.1) }
  }
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

  fileprivate static func neverClear(_ card: JobCard, _ part: PartState, _ tries: Int) -> BatchError {
    BatchError(
      .unreachable,
      """
      Part \(part.index + 1) of job “\(card.title)” could not be created: \(tries) times the service gave no clear \
      answer and no batch came of it. Nothing was paid; run it again later.
      """)
  }

  static func unresolved(_ card: JobCard, _ part: PartState) -> BatchError {
    BatchError(
      .unresolvedPart,
      """
      Part \(part.index + 1) of job “\(card.title)” may or may not have been sent, and the service can't be \
      searched; look at the service's own list, and take the batch in by its id, or delete the job and submit it \
      again.
      """)
  }
}
