extension BatchClient {
  /// Looks once after every open job of this account: asks the service, fetches what is ready, settles what
  /// is over.
  ///
  /// Batches are listed a hundred at a time rather than asked for one by one, so 2,000 jobs cost some twenty
  /// calls; the few that the newest pages do not show are asked for singly. Nothing is sent.
  ///
  /// - Returns: the entries of the jobs that were open, as they are now.
  /// - Throws: the first ``BatchError`` of a job, once all were looked after. A job that another process
  ///   works on is passed over.
  @discardableResult
  public func pollAll() async throws -> [RegistryEntry] {
    let open = try await registry.entries.filter { $0.phase != BatchStatus.Phase.settled.rawValue }
    var engines: [JobEngine] = []
    for entry in open {
      let state = try readState(of: entry.id)
      if state.card.identity == provider.identity { engines.append(JobEngine(state, of: self)) }
    }
    var failure: BatchError?
    let known = try await listed(Set(engines.flatMap(\.openBatchIDs)))
    for engine in engines {
      do {
        try await engine.exclusively { pen in try await engine.check(pen, knowing: known) }
      } catch let error as BatchError {
        engine.tell(.troubled(reason: error.message))
        if error.code != .busyJob { failure = failure ?? error }
      }
    }
    if let failure { throw failure }
    let ids = Set(engines.map(\.id))
    return try await registry.entries.filter { ids.contains($0.id) }
  }

  /// What the newest pages of the list say about these batches.
  ///
  /// It looks for what is wanted and no further: it ends once all is found, when a page brings nothing that
  /// is wanted, or after 25 pages. A batch that it misses is asked for by its id, so this saves calls and
  /// decides nothing.
  private func listed(_ wanted: Set<String>) async throws -> [String: RemoteBatch] {
    // With a handful of batches, asking for each is less than reading pages.
    guard wanted.count > 5 else { return [:] }
    let exchange = HTTPExchange(transport: transport, clock: clock)
    var found: [String: RemoteBatch] = [:]
    var cursor: String?
    var pages = 0
    repeat {
      let page = try await provider.batches(after: cursor, through: exchange)
      let before = found.count
      for batch in page.elements where wanted.contains(batch.id) { found[batch.id] = batch }
      pages += 1
      // A server that ignores the cursor sends the same page for ever; one without news ends the search.
      cursor = found.count == before ? nil : page.next
    } while cursor != nil && found.count < wanted.count && pages < 25
    return found
  }
}
