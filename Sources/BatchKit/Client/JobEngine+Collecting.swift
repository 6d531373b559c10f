import Foundation

// Results are fetched side by side, since the network, the service and the hashing of what has come wait for
// different things. Only the journal is written by one hand.

extension JobEngine {
  /// Fetches every result file that is ready and not on disk yet.
  ///
  /// One that can't be fetched does not keep the others waiting; the first failure is told at the end.
  func collect(_ pen: borrowing JobPen) async throws {
    let wanted = state.parts.filter(\.hasUncollected).flatMap { part in
      part.uncollected.map { WantedFile(part: part, result: $0) }
    }
    var fetched: Set<ResultFile> = []
    var failure: BatchError?
    try await withThrowingTaskGroup(of: FetchOutcome.self) { group in
      for file in wanted.prefix(fetches) {
        group.addTask { [self] in await outcome(of: file) }
      }
      var waiting = wanted.dropFirst(fetches)
      while let ended = try await group.next() {
        if let file = waiting.popFirst() {
          group.addTask { [self] in await outcome(of: file) }
        }
        do {
          fetched.formUnion(try take(ended, pen))
          try await discard(state.parts[ended.wanted.part.index], fetched: fetched, pen)
        } catch let error as BatchError { failure = failure ?? error }
      }
    }
    // Of the others an earlier process may have fetched all and discarded nothing, or there was nothing to
    // fetch.
    for part in state.parts { try await discard(part, fetched: fetched, pen) }
    if let failure { throw failure }
  }

  /// Fetches one result file and writes down that it is there.
  func collect(_ result: ResultFile, of part: PartState, _ pen: borrowing JobPen) async throws {
    try note(try await fetch(WantedFile(part: part, result: result)), pen)
  }

  /// Fetches one result file; what comes of it is its caller's to write down.
  private func outcome(of wanted: WantedFile) async -> FetchOutcome {
    do {
      return FetchOutcome(wanted: wanted, file: .success(try await fetch(wanted)))
    } catch { return FetchOutcome(wanted: wanted, file: .failure(error)) }
  }

  /// Brings one result file to the disk, under its name only once it is whole and synced.
  ///
  /// A download that arrives short is made again a few times, from the beginning, since not every service can
  /// go on in the middle.
  private func fetch(_ wanted: WantedFile) async throws -> FetchedFile {
    try store.createFolder(path("results"))
    let result = wanted.result
    let number = String(format: "%04d", wanted.part.index + 1)
    let file = "results/part-\(number).\(result.kind.rawValue).jsonl"
    let landing = DownloadLanding(store: store, path: path(file))
    defer { landing.discard() }
    var tries = 1
    while true {
      let size = try await provider.download(result, through: exchange) { try landing.begin() }
      let name = "\(result.kind.rawValue) file \(result.id)"
      switch Result(catching: { () throws(BatchError) in try landing.land(expecting: size, called: name) }) {
      case .success(let landed):
        FreedMemory.giveBack(after: landed.bytes)
        return FetchedFile(wanted: wanted, file: file, sha256: landed.sha256, bytes: landed.bytes)
      case .failure(let error):
        guard error.code == .incompleteDownload, tries < 5 else { throw error }
        tell(.waiting(reason: error.message, duration: timing.patience))
        try await clock.sleep(for: timing.patience)
        tries += 1
      }
    }
  }

  /// Writes down what came of fetching a file.
  ///
  /// - Returns: the file where it is here now, nothing where it never will be.
  /// - Throws: ``BatchError`` where it may be had another time.
  private func take(_ outcome: FetchOutcome, _ pen: borrowing JobPen) throws -> Set<ResultFile> {
    let (part, result) = (outcome.wanted.part, outcome.wanted.result)
    do {
      try note(try outcome.file.get(), pen)
      return [result]
    } catch let error as BatchError where [404, 410].contains(error.status) {
      // Right after its end a service may not know its own files yet; later they don't come back, their rows
      // are missing, and the reconciliation says so.
      let end = part.batch?.endedAt ?? part.moved ?? clock.now
      guard clock.now.timeIntervalSince(end) > timing.lateness.seconds else {
        throw BatchError.notThereYet(result, error)
      }
      try pen.write(.gone(part.index, result, at: clock.now))
      tell(.troubled(reason: "the \(result.kind.rawValue) file \(result.id) is gone: \(error.message)"))
      return []
    }
  }

  /// Writes down that a file is here.
  ///
  /// The answers for rows that share them are written before the journal tells of the file, so a crash in
  /// between only repeats the work.
  private func note(_ fetched: FetchedFile, _ pen: borrowing JobPen) throws {
    let (part, result) = (fetched.wanted.part, fetched.wanted.result)
    try pen.write(
      .collected(
        part.index, result, file: fetched.file, sha256: fetched.sha256, bytes: fetched.bytes,
        spread: try spread(fetched.file, of: part), at: clock.now))
    tell(.collected(part: part.index, kind: result.kind, bytes: fetched.bytes))
  }
}

/// A result file that is at the service only.
private struct WantedFile: Sendable {
  let part: PartState
  let result: ResultFile
}

/// A result file that is on disk and not yet in the journal.
private struct FetchedFile: Sendable {
  let wanted: WantedFile
  /// Its path within the folder of the job.
  let file: String
  let sha256: String
  let bytes: Int
}

/// How fetching a file ended.
private struct FetchOutcome: Sendable {
  let wanted: WantedFile
  let file: Result<FetchedFile, any Error>
}

extension BatchError {
  fileprivate static func notThereYet(_ result: ResultFile, _ cause: BatchError) -> BatchError {
    BatchError(
      .incompleteDownload,
      """
      The service does not show the \(result.kind.rawValue) file \(result.id); such a file may come late, so \
      each look asks for it again until an hour after the batch ended.
      """,
      status: cause.status, requestID: cause.requestID, cause: cause)
  }
}
