// What was fetched once, and is no longer whole on this disk: files are taken away by people and cut by disks
// that are full or fail. As long as the service has them, that is no loss.

extension JobEngine {
  /// Fetches again every result file that is gone, or has not the length that was written down.
  ///
  /// It costs a look at the folder for each file; only ``BatchJob/verify()`` reads them. A file that is whole
  /// again is written down like one that was fetched for the first time, and comes under its name in one
  /// step: a crash before that leaves what was there, and the next call begins anew. That the job is settled
  /// stays as it is, for nothing is left to send or to ask.
  ///
  /// One file that can't be had does not keep the others from being fetched; the first failure is told at
  /// the end.
  ///
  /// - Throws: ``BatchError`` where the service no longer has a file, or can't be asked.
  func mend() async throws {
    guard let first = try state.parts.flatMap(\.collected).first(where: { try shortfall(of: $0) != nil })
    else {
      return
    }
    do {
      try provider.checkSettings()
    } catch let error as BatchError { throw BatchError.unmended(try shortfall(of: first) ?? "", error) }
    try await exclusively { pen in
      var failure: BatchError?
      for (part, kept) in state.parts.flatMap({ part in part.collected.map { (part, $0) } }) {
        do {
          try await mend(kept, of: part, pen)
        } catch let error as BatchError { failure = failure ?? error }
      }
      if let failure { throw failure }
    }
  }

  /// Fetches one result file again where it is not whole; what was made of it is made anew.
  private func mend(_ kept: PartState.Collected, of part: PartState, _ pen: borrowing JobPen) async throws {
    guard let shortfall = try shortfall(of: kept) else { return }
    guard try length(of: kept.file) != kept.bytes else {
      // The file itself is there: what it says of rows that share answers can be written without the service.
      let spread = try spread(kept.file, of: part)
      try pen.write(
        .collected(
          part.index, kept.result, file: kept.file, sha256: kept.sha256, bytes: kept.bytes, spread: spread,
          at: clock.now))
      return
    }
    tell(.troubled(reason: "\(shortfall); fetching it again"))
    do {
      try await collect(kept.result, of: part, pen)
    } catch let error as BatchError where [404, 410].contains(error.status) {
      throw BatchError.lostForGood(shortfall, error)
    } catch let error as BatchError { throw BatchError.unmended(shortfall, error) }
  }

  /// What is amiss with a fetched file, or with what was made of it, judged by the lengths alone.
  ///
  /// It is a part of a sentence, without a full stop.
  func shortfall(of kept: PartState.Collected) throws(BatchError) -> String? {
    if let shortfall = try shortfall(of: kept.file, bytes: kept.bytes) { return shortfall }
    guard let spread = kept.spread else { return nil }
    return try shortfall(of: spread.file, bytes: spread.bytes)
  }

  private func shortfall(of file: String, bytes: Int) throws(BatchError) -> String? {
    guard let found = try length(of: file) else { return "the result file \(path(file)) is gone" }
    return found == bytes
      ? nil : "the result file \(path(file)) has \(found) bytes where \(bytes) were fetched"
  }

  /// The length of a file of the job; `nil` where it is gone.
  private func length(of file: String) throws(BatchError) -> Int? { try store.status(of: path(file))?.size }
}

extension BatchError {
  /// The only copy is not whole.
  fileprivate static func lostForGood(_ shortfall: String, _ cause: BatchError) -> Self {
    Self(
      .unreadableFile,
      "\(shortfall.capitalizedFirst), and the service no longer has it; put it back from a copy.",
      status: cause.status, requestID: cause.requestID, cause: cause)
  }

  /// There may be another copy, but not now.
  fileprivate static func unmended(_ shortfall: String, _ cause: BatchError) -> Self {
    Self(
      cause.code, "\(shortfall.capitalizedFirst), and can't be fetched again just now: \(cause.message)",
      status: cause.status, requestID: cause.requestID, serverCode: cause.serverCode, cause: cause)
  }

  /// For those who read without asking the service.
  static func notWhole(_ shortfall: String) -> Self {
    Self(
      .unreadableFile,
      "\(shortfall.capitalizedFirst); wait for the job, which fetches it again if the service still has it.")
  }
}

extension String {
  /// The text as the beginning of a sentence.
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
