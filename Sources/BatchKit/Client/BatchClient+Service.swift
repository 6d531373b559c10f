extension BatchClient {
  /// Calls for somebody who waits for the answer to a single question: they give up sooner than those of a
  /// job.
  private var exchange: HTTPExchange {
    var policy = RetryPolicy()
    policy.limit = 2
    return HTTPExchange(transport: transport, clock: clock, policy: policy)
  }

  /// The batches that the account has at the service, whoever made them.
  ///
  /// - Parameter limit: how many are enough.
  ///
  /// They are those that the service lists, the newest first at most services, and not only those of this
  /// registry.
  /// - Returns: the batches, each once, in the order of the service.
  public func remoteBatches(limit: Int = 100) async throws -> [RemoteBatch] {
    var found: [RemoteBatch] = []
    var seen: Set<String> = []
    var cursor: String?
    repeat {
      let page = try await provider.batches(after: cursor, through: exchange)
      let fresh = page.elements.filter { seen.insert($0.id).inserted }
      found += fresh
      // Some servers ignore the cursor: a page that brings nothing new is the last.
      cursor = fresh.isEmpty || found.count >= limit ? nil : page.next
    } while cursor != nil
    return Array(found.prefix(limit))
  }

  /// The job of this name, or with this id, ours or the service's.
  ///
  /// - Parameters:
  ///   - nameOrID: its name, its id, or the id of one of its remote batches.
  ///   - request: the prototype its batch was made with, which says what its answers become.
  ///
  /// Names are looked for before ids. Unlike ``job(id:as:)`` it adopts nothing: what the registry does not
  /// know is an error, so that a misspelt name does not become a call to the service.
  ///
  /// - Throws: ``BatchError`` where nothing goes by that, or where it was sent on another account.
  public func job<Request: BatchRequest>(
    _ nameOrID: String, as request: Request
  ) async throws -> BatchJob<Request> {
    if try await registry.entry(named: nameOrID) != nil {
      return try await job(named: nameOrID, as: request)
    }
    guard try await registry.entry(id: nameOrID) != nil else { throw BatchError.unknown("“\(nameOrID)”") }
    return try await job(id: nameOrID, as: request)
  }

  /// Puts a file of requests where the service can read it, and returns the service's id of it.
  ///
  /// Uploading costs nothing; ``start(file:endpoint:named:description:)`` makes a batch of the file.
  ///
  /// - Parameter path: the file of requests, which is sent as it stands.
  /// - Throws: ``BatchError`` where the file can't be read, or the service refuses it.
  public func upload(path: String) async throws -> String {
    let file = try registry.store.open(path)
    let body = HTTPBody(pieces: [.file(file, length: try file.size())])
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return try await provider.upload(
      PartUpload(lines: body, filename: name, lifetime: lifetime.duration), through: exchange)
  }

  /// Makes a batch of a file that is at the service already.
  ///
  /// One file carries one batch: asked again for the same file, the job that it became is found again.
  ///
  /// The requests themselves are not here, so the job can't be retried, and its results tell nothing of rows
  /// that got no answer.
  ///
  /// - Parameters:
  ///   - file: the service's id of the file.
  ///   - endpoint: where its requests go.
  ///   - name: what the job is found again by.
  ///   - description: what it is about, for people.
  /// - Throws: ``BatchError`` of the code `different_job` where the name belongs to another job, and where
  ///   the service refuses, as it does a file that it doesn't have: a new one may show late, so that is asked
  ///   for half a minute.
  @discardableResult
  public func start(
    file: String, endpoint: Endpoint, named name: String? = nil, description: String? = nil
  ) async throws -> BatchJob<BatchFile> {
    let digest = SHA256.hex(of: Array("\(provider.identity.baseURL)\n\(file)".utf8)).prefix(12)
    let card = JobCard(
      id: "job-started-\(digest)", name: name, description: description, fingerprint: "file:\(file)",
      identity: provider.identity, endpoint: endpoint, requests: 0, created: clock.now)
    let request = BatchFile(endpoint)
    if try await registry.entry(id: card.id) != nil {
      return try await sent(JobEngine(try state(of: card.id), of: self), request)
    }
    let part = SpooledPart(index: 0, file: "", sha256: "", bytes: 0, requests: 0)
    let records: [JobRecord] = [
      .opened(card), .part(part, at: card.created),
      .uploaded(0, token: card.id, fileID: file, strays: false, at: card.created),
    ]
    guard let state = JobState(records) else { throw BatchError.damagedJob(card.id) }
    let path = "\(registry.folder(for: card.id))/journal.jsonl"
    // One step for the look and the entry: of two processes that start the same file, one alone writes.
    try await registry.edit { entries in
      guard !entries.contains(where: { $0.id == card.id }) else { return }
      // Before anything is sent: a job whose name is taken could be paid for and never be found.
      if let name, let other = entries.first(where: { $0.name == name }) {
        throw BatchError.takenName(name, by: other.id)
      }
      try registry.store.createFolder(registry.folder(for: card.id))
      let journal = Journal<JobRecord>(at: path, in: registry.store)
      if try journal.entries().isEmpty { try journal.append(contentsOf: records) }
      entries.append(try registry.introduce(RegistryEntry(state, phase: .prepared)))
    }
    return try await sent(JobEngine(try self.state(of: card.id), of: self), request)
  }

  /// Sends what is not sent yet, for a job that may have been entered by an earlier process.
  private func sent(_ engine: JobEngine, _ request: BatchFile) async throws -> BatchJob<BatchFile> {
    if engine.nextAction == .send {
      try await engine.exclusively { pen in try await engine.sendAll(pen) }
    }
    return BatchJob(engine, request: request)
  }

  /// Stops a job that still runs, and forgets it with everything it left on the disk.
  ///
  /// - Returns: why the job could not be stopped at the service, where it could not; it is forgotten all
  ///   the same. So it is with a job whose journal is damaged, and with one of another account.
  ///
  /// Its results go with it, so export before what is worth keeping. What it left at the service stays there;
  /// of a settled job, ``purge(_:)`` before this takes it away.
  ///
  /// - Parameter nameOrID: its name, its id, or the id of one of its remote batches.
  /// - Throws: ``BatchError`` where nothing goes by that, where another process works on the job, or where a
  ///   newer version of the library wrote it.
  @discardableResult
  public func delete(_ nameOrID: String) async throws -> BatchError? {
    var found = try await registry.entry(named: nameOrID)
    if found == nil { found = try await registry.entry(id: nameOrID) }
    guard let entry = found else { throw BatchError.unknown("“\(nameOrID)”") }
    var trouble: BatchError?
    do {
      try await stop(entry)
    } catch let error as BatchError where error.code == .damagedRegistry {
      trouble = .unstoppable(entry, error)
    } catch let error as BatchError where error.code != .newerRegistry { trouble = error }
    try await registry.remove(entry.id)
    return trouble
  }

  /// Asks for the end of a job that is not over.
  private func stop(_ entry: RegistryEntry) async throws {
    let state = try registry.state(of: entry.id)
    guard !state.isSettled else { return }
    try checkIdentity(state.card)
    try await JobEngine(state, of: self).requestCancel()
  }
}

extension BatchError {
  /// What the damaged journal of a job can't tell, the registry may: which batches there are to look after.
  fileprivate static func unstoppable(_ entry: RegistryEntry, _ cause: BatchError) -> Self {
    let batches =
      entry.batches.isEmpty ? "none that the registry knows" : entry.batches.joined(separator: ", ")
    return Self(
      .damagedRegistry,
      "The journal of “\(entry.name ?? entry.id)” was damaged, so nothing was stopped; its batches at the "
        + "service: \(batches).", cause: cause)
  }
}
