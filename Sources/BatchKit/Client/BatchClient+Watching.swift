extension BatchClient {
  /// Looks once after every open job of this account: asks the service, fetches what is ready, settles what
  /// is over.
  ///
  /// Batches are listed a hundred at a time rather than asked for one by one, so 2,000 jobs cost some twenty
  /// calls; the few that the newest pages do not show are asked for singly. Nothing is sent.
  ///
  /// - Returns: the entries of the jobs that were open, as they are now.
  /// - Throws: the first ``BatchError`` of a job, once all were looked after, be it that its journal can't be
  ///   read. A job that another process works on is passed over.
  @discardableResult
  public func pollAll() async throws -> [RegistryEntry] {
    let open = try await registry.entries.filter { $0.phase != BatchStatus.Phase.settled.rawValue }
    var failure: BatchError?
    var engines: [JobEngine] = []
    for entry in open {
      do throws(BatchError) {
        let state = try registry.state(of: entry.id)
        if state.card.identity == provider.identity { engines.append(JobEngine(state, of: self)) }
      } catch {
        // Of a job whose journal can't be read nobody can ask anything; the others are none the worse for it.
        failure = failure ?? error
      }
    }
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
  /// A page costs as much as one question, so the pages end where they no longer pay: after 25 of them, or
  /// when as many in a row told of none of the batches as there are batches left to ask for. An account that
  /// others fill too may show theirs first.
  /// A batch that it misses is asked for by its id, so this saves calls and decides nothing; nor does a list
  /// that can't be followed to its end.
  private func listed(_ wanted: Set<String>) async throws -> [String: RemoteBatch] {
    // With a handful of batches, asking for each is less than reading pages.
    guard wanted.count > 5 else { return [:] }
    let exchange = HTTPExchange(transport: transport, clock: clock)
    var found: [String: RemoteBatch] = [:]
    var seen: Set<String> = []
    var cursor: String?
    var (pages, fruitless) = (0, 0)
    repeat {
      let page: Page<RemoteBatch>
      do {
        page = try await provider.batches(after: cursor, through: exchange)
      } catch let error as BatchError where error.code == .unsupported {
        return found
      }
      let (before, known) = (found.count, seen.count)
      for batch in page.elements where wanted.contains(batch.id) { found[batch.id] = batch }
      seen.formUnion(page.elements.map(\.id))
      pages += 1
      fruitless = found.count == before ? fruitless + 1 : 0
      // A server that ignores the cursor sends the same page for ever; one without news ends the search.
      cursor = seen.count == known ? nil : page.next
    } while cursor != nil && pages < Self.mostPages && fruitless < wanted.count - found.count
    return found
  }

  /// The most pages of the list that one round reads: 2,500 batches, at a hundred a page.
  private static let mostPages = 25
}
