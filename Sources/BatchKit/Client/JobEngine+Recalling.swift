// What a lost disk knew: a registry that was deleted, or a journal that was cut, must not have rows paid
// twice.

extension JobEngine {
  /// Adopts what was sent before, by the labels on it, where the disk gives reason to think that there is
  /// something it no longer tells.
  ///
  /// There are two such reasons. The registry names a batch that the journal does not: then the journal lost
  /// lines. And the job is the first of its registry and has a name: then it may well be that of a registry
  /// that was deleted, and the same name with the same content is the same job.
  ///
  /// It is done before anything is sent; for the second reason once, which the journal notes.
  ///
  /// - Throws: ``BatchError`` where the registry knows of batches whose rows no journal has. Nothing is sent
  ///   then.
  func recall(_ pen: borrowing JobPen) async throws {
    let lost = try await batchesTheJournalLost()
    if !lost.isEmpty {
      try recognise(lost, pen)
    } else if state.card.isFirst == true, state.card.name != nil, !state.isRecalled {
      try recognise(try await batchesOfTheSameJob(), pen)
      try pen.write(JobRecord(.recalled, at: clock.now))
    }
  }

  /// The batches that the registry names and the journal doesn't. The two are written one after the other,
  /// journal first, so this happens only where a file was lost, cut or put back from an older copy.
  private func batchesTheJournalLost() async throws -> [RemoteBatch] {
    let entry = try await registry.entry(id: id)
    var batches: [RemoteBatch] = []
    for batch in entry?.batches ?? [] where !state.everyBatch.contains(batch) {
      let remote = try await provider.retrieve(batch, through: exchange)
      guard remote.isOfUse else { continue }
      // Of rows that are not in the journal any more nobody knows that they are answered.
      guard state.parts.contains(where: { $0.sha256 == remote.metadata[BatchLabel.hash] }) else {
        throw BatchError.damagedJob(journalPath)
      }
      batches.append(remote)
    }
    return batches
  }

  /// The batches at the service with the labels of this very job: its name, its endpoint, and the hash of one
  /// of its parts. The hash is what makes it sure: the same name may have had other content before.
  private func batchesOfTheSameJob() async throws -> [RemoteBatch] {
    let name = BatchLabel.short(state.card.name ?? "")
    let hashes = Set(state.parts.map(\.sha256))
    var batches: [RemoteBatch] = []
    do {
      _ = try await search { batch in
        if batch.metadata[BatchLabel.name] == name, batch.endpoint == state.card.endpoint.rawValue,
          let hash = batch.metadata[BatchLabel.hash], hashes.contains(hash), batch.isOfUse
        {
          batches.append(batch)
        }
        return false
      }
    } catch let error as BatchError
      where error.code == .unsupported || [404, 405, 501].contains(error.status)
    {
      // Most registries that are new are simply new: without a list there is nothing that says otherwise.
      tell(.troubled(reason: error.message))
    }
    return batches
  }

  /// Takes batches for those of the parts whose requests they were made of; of several the most complete.
  private func recognise(_ batches: [RemoteBatch], _ pen: borrowing JobPen) throws {
    for part in state.parts where part.stage != .sent {
      let own = batches.filter { $0.metadata[BatchLabel.hash] == part.sha256 }
      guard let best = own.max(by: { $0.worth < $1.worth }) else { continue }
      var records: [JobRecord] = []
      if let file = best.inputFileID {
        let token = best.metadata[BatchLabel.token] ?? ""
        records.append(.uploaded(part.index, token: token, fileID: file, strays: false, at: clock.now))
      }
      try pen.write(records + [.created(part.index, best, at: clock.now)])
      tell(.adopted(part: part.index, batch: best.id))
    }
  }
}

/// The labels by which a batch of ours is known again.
///
/// They are sent with every create as its metadata, beside the user's description. Keys that begin so are the
/// library's own.
enum BatchLabel {
  /// The token of the create, by which an unanswered one is found.
  static let token = "batchkit_token"
  /// The id of the job.
  static let job = "batchkit_job"
  /// The name of the job, where it has one.
  static let name = "batchkit_name"
  /// The hash of the part's requests.
  static let hash = "batchkit_hash"

  /// A text as far as a label may hold it.
  static func short(_ text: String) -> String { String(text.prefix(512)) }
}

extension RemoteBatch {
  /// Whether it ran or may run: one that was refused answered nothing, and cost nothing.
  fileprivate var isOfUse: Bool { status.meaning != .failed || (counts?.done ?? 0) > 0 }

  /// How much its answers are worth beside those of another batch of the same requests.
  fileprivate var worth: Int {
    switch status.meaning {
    case .completed: Int.max
    case .expired, .cancelled, .cancelling, .failed: counts?.completed ?? 0
    default: Int.max - 1
    }
  }
}
