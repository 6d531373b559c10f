// A job of millions of rows is read part by part: an index of all its rows at once would need some fifty
// bytes for each of them.

extension BatchJob {
  /// Waits until the job is over and all its answers are on disk, and reads none of them.
  ///
  /// For jobs too large for ``wait(polling:observer:leavingOut:)``, which returns all results at once:
  /// ```swift
  /// try await job.settle()
  /// for part in 0..<job.partCount {
  ///   for line in try job.results(part: part) { print(line.id, line.value?.text ?? "") }
  /// }
  /// print(try job.reconciliation())
  /// ```
  /// - Throws: ``BatchError`` where the service can't be asked or the time of `polling` runs out;
  ///   `CancellationError` where the Swift task is cancelled. The remote batches run on in both cases.
  ///
  /// - Parameters:
  ///   - polling: how often to ask, and for how long.
  ///   - observer: who is told meanwhile, besides the client's own observer.
  ///   - leavingOut: which rows the job may go on without; see ``LeftOut/rejectedRows``.
  public func settle(
    polling: Polling = .adaptive, observer: BatchObserver = .silent, leavingOut: LeftOut = .nothing
  ) async throws {
    let ticket = engine.admit(observer)
    defer { engine.dismiss(ticket) }
    try await engine.run(polling)
    guard leavingOut == .rejectedRows else { return }
    while try await engine.sendAgainWithoutRejectedRows() > 0 { try await engine.run(polling) }
  }

  /// Whether every file that was fetched is here in its full length; looks at the folder, and reads nothing.
  package var isComplete: Bool {
    get throws {
      try engine.state.parts.flatMap(\.collected).allSatisfy { try engine.shortfall(of: $0) == nil }
    }
  }

  /// How many parts the rows were divided into, those sent again not counted anew.
  ///
  /// A job that sends its rows in another way than one by one, such as with ``Batch/collapsingDuplicates()``,
  /// is one part to its reader: the answer to a row may lie in any of its batches.
  public var partCount: Int { engine.state.shape == nil ? engine.firstParts.count : 1 }

  /// The answers to the rows of one part, counted from 0, that are on disk by now.
  ///
  /// They are in order of submission, and the parts are too where a batch asks one model alone. Memory is
  /// needed for the rows of this part only. Answers to rows that were sent again are among them.
  ///
  /// - Parameter index: the number of the part, less than ``partCount``.
  /// - Throws: ``BatchError`` where there is no such part, or a file of it can't be read.
  public func results(part index: Int) throws -> BatchResults<Request.Output> {
    guard (0..<partCount).contains(index) else {
      throw BatchError(
        .invalidBatch,
        "Job “\(name ?? id)” has \(partCount) parts, counted from 0; there is no part \(index).")
    }
    guard engine.state.shape == nil else { return try results() }
    return results(try engine.answers(of: [engine.firstParts[index]]))
  }

  /// The proof in numbers that nothing is lost, over all parts, with the memory that one of them needs.
  ///
  /// Parts are read one after the other and added up.
  public func reconciliation() throws -> Reconciliation {
    var sum: Reconciliation?
    try eachGroup { results in
      let next = results.reconciliation
      sum = sum.map { $0 + next } ?? next
    }
    return try sum ?? results().reconciliation
  }

  /// Hands all results to `body`, some parts at a time, so that memory is needed for their rows only.
  func eachGroup(_ body: (BatchResults<Request.Output>) throws -> Void) throws {
    guard engine.state.shape == nil else { return try body(try results()) }
    for group in engine.partGroups { try body(results(try engine.answers(of: group))) }
  }
}
