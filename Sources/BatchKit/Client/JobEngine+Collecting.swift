import Foundation

extension JobEngine {
  /// Fetches every result file that is ready and not on disk yet.
  ///
  /// One that can't be fetched does not keep the others waiting; the first failure is told at the end.
  func collect(_ pen: borrowing JobPen) async throws {
    var failure: BatchError?
    for part in state.parts {
      var fetched: Set<ResultFile> = []
      for result in part.uncollected {
        do {
          try await collect(result, of: part, pen)
          fetched.insert(result)
        } catch let error as BatchError where [404, 410].contains(error.status) {
          // Right after its end a service may not know its own files yet; later they don't come back, their
          // rows are missing, and the reconciliation says so.
          let end = part.batch?.endedAt ?? part.moved ?? clock.now
          guard clock.now.timeIntervalSince(end) > timing.lateness.seconds else {
            failure = failure ?? BatchError.notThereYet(result, error)
            continue
          }
          try pen.write(.gone(part.index, result, at: clock.now))
          tell(.troubled(reason: "the \(result.kind.rawValue) file \(result.id) is gone: \(error.message)"))
        } catch let error as BatchError { failure = failure ?? error }
      }
      try await discard(state.parts[part.index], fetched: fetched, pen)
    }
    if let failure { throw failure }
  }

  /// Fetches one result file and writes down that it is there.
  ///
  /// A download that arrives short is made again a few times, from the beginning, since not every service can
  /// go on in the middle. The answers for rows that share them are written before the journal tells of the
  /// file, so a crash in between only repeats the work.
  func collect(_ result: ResultFile, of part: PartState, _ pen: borrowing JobPen) async throws {
    try store.createFolder(path("results"))
    let number = String(format: "%04d", part.index + 1)
    let file = "results/part-\(number).\(result.kind.rawValue).jsonl"
    let landing = DownloadLanding(store: store, path: path(file))
    defer { landing.discard() }
    var tries = 1
    while true {
      let size = try await provider.download(result, through: exchange) { try landing.begin() }
      do {
        let landed = try landing.land(expecting: size, called: "\(result.kind.rawValue) file \(result.id)")
        try pen.write(
          .collected(
            part.index, result, file: file, sha256: landed.sha256, bytes: landed.bytes,
            spread: try spread(file, of: part), at: clock.now))
        tell(.collected(part: part.index, kind: result.kind, bytes: landed.bytes))
        FreedMemory.giveBack(after: landed.bytes)
        return
      } catch let error as BatchError where error.code == .incompleteDownload && tries < 5 {
        tell(.waiting(reason: error.message, duration: timing.patience))
        try await clock.sleep(for: timing.patience)
        tries += 1
      }
    }
  }
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
