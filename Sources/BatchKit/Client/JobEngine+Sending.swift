import Foundation

// Nothing is paid twice: the whole of that promise is in this file and in JobEngine+Resolving.swift.
//
// Only a create costs money. Before one goes out, the journal says so (`creating`); it goes out once; and
// from then on the part is sent again only on evidence: a refusal that is certain, or a complete search that
// finds no batch, after which the input file is deleted, so that a create still on its way finds nothing to
// run.

extension JobEngine {
  /// Sends every part that is not sent yet and not held back.
  ///
  /// Parts go one by one, since each create must be on the disk before it goes out; uploads run ahead of them
  /// side by side. A create that got no clear answer keeps nobody waiting: it is left until nothing else may
  /// go, or until there are several, and then one look at the list serves them all. A failure ends the pass;
  /// what was sent stays sent.
  func sendAll(_ pen: borrowing JobPen) async throws {
    try heedCancel(pen)
    if nextSending != nil { try await recall(pen) }
    var vain: [Int: Int] = [:]
    var sent = 0
    var unseen: [Int] = []
    while let next = nextSending {
      switch next {
      case .part(let index):
        try await sendOrResolve(index, pen)
        sent += 1
        if sent.isMultiple(of: timing.stride) { unseen = try await glance(at: unseen, pen) + [index] }
      case .unclear(let parts):
        for index in try await resolve(parts, pen) { vain[index, default: 0] += 1 }
        if let index = vain.first(where: { $0.value >= timing.attempts })?.key {
          throw BatchError.neverClear(state.card, state.parts[index], timing.attempts)
        }
      case .unresolved(let part): throw BatchError.unresolved(state.card, part)
      }
      try heedCancel(pen)
    }
  }

  /// Asks in the middle of sending how earlier parts fare.
  ///
  /// A service that is full says so some time after the create. Without these looks a thousand parts would be
  /// uploaded before the first refusal is seen.
  ///
  /// - Parameter unseen: some of the parts that were sent, the oldest first.
  /// - Returns: those of them that the service has yet to check.
  private func glance(at unseen: [Int], _ pen: borrowing JobPen) async throws -> [Int] {
    for (place, index) in unseen.enumerated() {
      do {
        try await look(at: state.parts[index], pen)
      } catch let error as BatchError {
        // Sending does not depend on it: it only goes on without knowing.
        tell(.troubled(reason: error.message))
      }
      if state.parts[index].batch?.status.meaning == .validating { return Array(unseen[place...]) }
    }
    return []
  }

  /// Sends one part, with the uploads that run ahead of it.
  ///
  /// A part that can't go must not keep those in doubt from being found: their batches may be running.
  private func sendOrResolve(_ index: Int, _ pen: borrowing JobPen) async throws {
    do {
      try await uploadAhead(of: index, pen)
      try await send(index, pen)
    } catch let error as BatchError {
      try await resolveAll(pen)
      throw error
    }
  }

  /// Brings one part from wherever it stands to a create that is answered, or that is known to be unanswered,
  /// or returns where a cancel comes first.
  ///
  /// It is a loop over the part's stage rather than a list of steps: a process that crashed leaves a part at
  /// any stage, and whoever comes next goes on from there by the same way.
  private func send(_ index: Int, _ pen: borrowing JobPen) async throws {
    var refusals = 0
    while true {
      try Task.checkCancellation()
      try heedCancel(pen)
      // A create that may have gone out is looked up by whoever carries out the cancel.
      if state.isCancelAsked { return }
      let part = state.parts[index]
      switch part.stage {
      case .sent, .creating, .unresolved: return
      case .ready, .uploading: try await upload([index], pen)
      case .uploaded where mayBeGone(part): try await upload([index], pen)
      case .uploaded:
        guard let refusal = try await create(part, pen) else { continue }
        refusals += 1
        guard refusal.passes, refusals <= mostTries(of: part, after: refusal) else { throw refusal.error }
        let wait =
          refusal.retryAfter.map { min($0, .seconds(300)) }
          ?? min(timing.patience * Double(1 << min(refusals - 1, 10)), .seconds(300))
        tell(.waiting(reason: refusal.error.message, duration: wait))
        try await clock.sleep(for: wait)
      }
    }
  }

  /// How often a create that was refused for now goes out again.
  ///
  /// A file of ours that is not found was uploaded and will show. One that somebody else uploaded, or that
  /// never was, is asked for three times more, within half a minute.
  private func mostTries(of part: PartState, after refusal: CreateRefusal) -> Int {
    part.file.isEmpty && refusal.isAboutInput ? min(3, timing.tries) : timing.tries
  }

  /// Sends the create of an uploaded part, once.
  ///
  /// - Returns: the refusal, where the service refused for certain.
  ///
  /// The journal tells of the create before it goes out. A refusal that is certain is written down as well,
  /// so that the part is free again. Anything else, a time-out, a broken line or an odd answer, leaves it as
  /// it is: `creating`, to be resolved.
  private func create(_ part: PartState, _ pen: borrowing JobPen) async throws -> CreateRefusal? {
    guard let token = part.token, let file = part.fileID else { throw BatchError.damagedJob(journalPath) }
    let order = BatchOrder(
      inputFileID: file, endpoint: state.card.endpoint, metadata: labels(of: part, token: token),
      resultLifetime: lifetime.duration)
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

  /// What the batch is known by at the service, should the disk forget: see ``BatchLabel``.
  private func labels(of part: PartState, token: String) -> [(key: String, value: String)] {
    var labels = [(BatchLabel.token, token), (BatchLabel.job, id)]
    if !part.sha256.isEmpty { labels.append((BatchLabel.hash, part.sha256)) }
    if let name = state.card.name { labels.append((BatchLabel.name, BatchLabel.short(name))) }
    if let text = state.card.description { labels.append(("description", BatchLabel.short(text))) }
    return labels.map { (key: $0.0, value: $0.1) }
  }
}

extension BatchError {
  fileprivate static func neverClear(_ card: JobCard, _ part: PartState, _ tries: Int) -> BatchError {
    BatchError(
      .unreachable,
      """
      Part \(part.index + 1) of job “\(card.title)” could not be created: \(tries) times the service gave no \
      clear answer and no batch came of it. Nothing was paid; run it again later.
      """)
  }

  /// The error for a part of which nobody can tell whether it runs; it says what a person can do.
  static func unresolved(_ card: JobCard, _ part: PartState) -> BatchError {
    BatchError(
      .unresolvedPart,
      """
      Part \(part.index + 1) of job “\(card.title)” may or may not have been sent, and the service can't \
      be searched; look at the service's own list, and take the batch in by its id, or delete the job and \
      submit it again.
      """)
  }
}
