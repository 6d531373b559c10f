import Foundation

extension JobEngine {
  /// Writes the chosen rows into further parts of the job and sends them; what was answered stays as it is.
  ///
  /// - Parameter choose: names the rows, asked once nobody else works on the job, so that no older view
  ///   decides.
  /// - Returns: how many rows are sent again.
  ///
  /// The job is the same afterwards, with more parts: its results hold the newest good answer of each row.
  /// Rows go byte for byte as they went before.
  ///
  /// - Throws: ``BatchError`` where the job is not over, was retried too often, or was made elsewhere, so
  ///   that its requests are not here; and where a result file is not whole and can't be fetched again.
  func retry(_ choose: () throws -> Set<CustomID>) async throws -> Int {
    // An answer that was paid for and cut off the disk since is not missing: it is fetched, not bought again.
    try await mend()
    return try await exclusively { pen in
      guard state.isSettled else { throw BatchError.unsettled(state.card) }
      let ids = try choose()
      guard !ids.isEmpty else { return 0 }
      let attempt = (state.parts.map(\.attempt).max() ?? 1) + 1
      guard attempt <= timing.attempts else {
        throw BatchError.exhausted(state.card, timing.attempts, state.parts.last?.batch?.problems.first)
      }
      let requests = try requests(answering: ids, unless: try unsent())
      let parts = try respool(requests, attempt: attempt)
      let now = clock.now
      try forgetCancel()
      // Reopened first: of a list that a crash cuts short, no part is left behind unsent.
      try pen.write([JobRecord(.reopened, at: now)] + parts.map { .part($0, at: now) })
      tell(.prepared(requests: ids.count, parts: parts.count))
      try await sendAll(pen)
      return ids.count
    }
  }

  /// The rows of parts that a cancel kept from being sent: reopened, those parts go by themselves.
  private func unsent() throws -> Set<CustomID> {
    var ids: Set<CustomID> = []
    for part in state.parts where part.stage != .sent && !part.file.isEmpty {
      var reader = LineReader(try store.open(path(part.file)))
      while try reader.next() {
        if let id = reader.line.withSpan({ ResultLine($0).customID($0) }) { ids.insert(id) }
      }
    }
    return ids
  }

  /// Writes the requests of these ids into new parts, which count on from those that there are.
  private func respool(_ ids: Set<CustomID>, attempt: Int) throws -> [SpooledPart] {
    var spool = try Spool(
      store: store, folder: registry.folder(for: id), limits: limits, splitting: splittingOfRetries,
      first: state.parts.count, attempt: attempt)
    // What answers of earlier jobs stood in for was in no part yet, but among the rows it is.
    let first = state.shape == nil ? state.parts.filter { $0.attempt == 1 }.map(\.file) : []
    for file in first + (state.shape.map { [$0.rows.file] } ?? []) {
      guard !file.isEmpty else { throw BatchError.withoutRequests(state.card) }
      try copy(ids, from: file, to: &spool)
    }
    return try spool.finish().parts
  }

  /// Of a job that was divided, no part of a later attempt is larger than the largest was at first: it may
  /// have been made to fit under a limit of the account, which one part with the failures of all would break.
  private var splittingOfRetries: Splitting {
    let first = firstParts
    var splitting = Splitting.providerLimits
    guard first.count > 1 else { return splitting }
    splitting.tokens = first.map(\.tokens).max().flatMap { $0 > 0 ? $0 : nil }
    // Rows that shared a request go alone now, so their number says nothing.
    if state.shape == nil { splitting.requests = first.map(\.requests).max().flatMap { $0 > 0 ? $0 : nil } }
    return splitting
  }

  /// Copies the wanted lines byte for byte, so that what is sent again is what was sent.
  private func copy(_ ids: Set<CustomID>, from file: String, to spool: inout Spool) throws {
    var reader = LineReader(try store.open(path(file)))
    while try reader.next() {
      let line = reader.line
      guard let lineID = line.withSpan({ ResultLine($0).customID($0) }), ids.contains(lineID) else {
        continue
      }
      try spool.take(RenderedLine(id: lineID, bytes: line + [0x0A]))
    }
  }

  /// A wish to stop that came before is spent: the rows are wanted again.
  private func forgetCancel() throws { try store.remove(path(Self.cancelWish)) }
}

extension BatchJob {
  /// Sends again what failed and is worth it, what is missing, and what expired, as further parts of the same
  /// job.
  ///
  /// Wait for the job again, and the results hold the newest good answer of each row. What was answered well
  /// is not sent, nor paid, again. With no such rows nothing happens.
  ///
  /// - Parameter wanted: which of the failed rows to send; those worth it, unless told otherwise.
  /// - Returns: how many rows are sent again.
  /// - Throws: ``BatchError`` where the job is not over yet, or was retried too often.
  @discardableResult
  public func retry(
    _ wanted: (CustomID, LineError) -> Bool = { $1.isWorthRetrying }
  ) async throws -> Int {
    try await engine.retry {
      var ids: Set<CustomID> = []
      // Part by part: what is to be sent again must fit into memory, all the rest need not.
      try eachGroup { results in
        ids.formUnion(results.missing)
        for (id, error) in results.failed where wanted(id, error) { ids.insert(id) }
      }
      return ids
    }
  }
}

extension BatchClient {
  /// Sends again what failed and is worth it, what is missing, and what expired; see ``BatchJob/retry(_:)``.
  @discardableResult
  public func retry<Request: BatchRequest>(_ job: BatchJob<Request>) async throws -> BatchJob<Request> {
    try await job.retry()
    return job
  }
}

extension BatchError {
  static func unsettled(_ card: JobCard) -> BatchError {
    BatchError(
      .invalidBatch,
      "Job “\(card.title)” is not over yet; wait for it before anything is sent again.")
  }

  static func exhausted(_ card: JobCard, _ attempts: Int, _ problem: RemoteProblem?) -> BatchError {
    let said = problem.map { "at last the service refused it (\($0))" } ?? "look at what its failures say"
    return BatchError(
      .invalidBatch, "Job “\(card.title)” was tried \(attempts) times; \(said), and mend the rows.")
  }

  static func withoutRequests(_ card: JobCard) -> BatchError {
    BatchError(
      .unsupported,
      "Job “\(card.title)” was made elsewhere, so its requests are not here to be sent again.")
  }
}
