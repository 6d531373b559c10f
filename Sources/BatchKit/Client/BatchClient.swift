import Foundation

/// The way to a batch service: submits batches, and finds jobs again.
///
/// ```swift
/// let client = BatchClient(.openAI())
/// let results = try await client.submit(batch).wait()
/// ```
///
/// What it submits is in its registry from the moment the requests are written, so that a crash at any
/// instant is followed by nothing worse than running the same program again.
///
/// A client holds settings and nothing else: what is known of a job is in the job and on the disk. So it is
/// copied freely and used from any thread, and two clients of one registry, in one process or in two, see the
/// same jobs.
public struct BatchClient: Sendable {
  /// Where the client's jobs are written down.
  public let registry: BatchRegistry
  /// The service in its own words.
  let provider: any BatchProvider
  let transport: any HTTPTransport
  /// How much of a job may be under way at one time.
  let throttle: Throttle
  /// Who is told what happens to every job of the client.
  let observer: BatchObserver
  let clock: any BatchClock
  /// The waits of sending; other ones are for tests.
  var timing = JobTiming()
  /// How long the service is asked to keep files.
  var lifetime = FileLifetime.days(30)
  /// How many files of a job are uploaded at once; half as many are fetched.
  var transfers = 4

  /// A client of `provider`.
  ///
  /// - Parameters:
  ///   - provider: the service: `.openAI()`, `.compatible(at:apiKey:)`, or one of your own.
  ///   - transport: the network, or something that plays one.
  ///   - registry: where jobs are written down: `~/.batchkit/registry.json` or the file that
  ///     `BATCHKIT_REGISTRY` names; jobs sent through a simulated transport are kept out of it.
  ///   - throttle: how much of a job may be under way at one time.
  ///   - observer: who is told what happens.
  ///   - clock: what time it is.
  public init(
    _ provider: some BatchProvider, transport: some HTTPTransport = .urlSession,
    registry: BatchRegistry? = nil, throttle: Throttle = .none,
    observer: BatchObserver = .silent, clock: some BatchClock = .system
  ) {
    self.provider = provider
    self.transport = transport
    var registry = registry ?? (transport.isSimulated ? .memory() : .standard)
    registry.clock = clock
    self.registry = registry
    self.throttle = throttle
    self.observer = observer
    self.clock = clock
  }

  /// The same client with other waits between its steps.
  package func with(_ timing: JobTiming) -> Self {
    var copy = self
    copy.timing = timing
    return copy
  }
}

extension BatchClient {
  /// Writes the batch to disk, sends it, and returns the job that it became.
  ///
  /// Submitting the same thing again finds the same job: by its name, or, without one, by its content as long
  /// as that job is not settled. Nothing is sent a second time.
  ///
  /// - Parameters:
  ///   - batch: what to send.
  ///   - name: what the job is found again by.
  ///   - description: what it is about, for people.
  ///   - splitting: how it is divided into remote batches.
  ///   - reuse: whether answers that earlier jobs paid for are taken over; see ``Reuse``.
  /// - Throws: ``BatchError`` where the batch breaks a rule, where the name belongs to a job of other content
  ///   or another account, or where the service can't be reached or refuses.
  @discardableResult
  public func submit<Request: BatchRequest>(
    _ batch: Batch<Request>, named name: String? = nil, description: String? = nil,
    splitting: Splitting = .providerLimits, reusing reuse: Reuse = .nothing
  ) async throws -> BatchJob<Request> {
    let state = try await open(
      batch, named: name, description: description, splitting: splitting, reusing: reuse)
    let engine = JobEngine(state, of: self)
    if engine.nextAction == .send {
      try await engine.exclusively { pen in try await engine.sendAll(pen) }
    }
    return BatchJob(engine, request: batch.request)
  }

  /// Submits the batch and waits for its results.
  ///
  /// A program that is stopped meanwhile and started again goes on with the same job.
  /// - Parameters:
  ///   - batch: what to send.
  ///   - name: what the job is found again by.
  ///   - polling: how often to ask, and for how long.
  ///   - reuse: whether answers that earlier jobs paid for are taken over; see ``Reuse``.
  /// - Throws: ``BatchError`` as ``submit(_:named:description:splitting:reusing:)`` and
  ///   ``BatchJob/wait(polling:observer:leavingOut:)`` do.
  public func run<Request: BatchRequest>(
    _ batch: Batch<Request>, named name: String? = nil, polling: Polling = .adaptive,
    reusing reuse: Reuse = .nothing
  ) async throws -> BatchResults<Request.Output> {
    try await submit(batch, named: name, reusing: reuse).wait(polling: polling)
  }

  /// The job of this name in the registry.
  ///
  /// - Parameters:
  ///   - name: the name it was submitted under.
  ///   - request: the prototype its batch was made with, which says what its answers become.
  ///
  /// The service is not asked; the job is as it was last known until it is polled.
  /// - Throws: ``BatchError`` where there is no such name, or where the job was sent on another account.
  public func job<Request: BatchRequest>(named name: String, as request: Request) async throws -> BatchJob<
    Request
  > {
    guard let entry = try await registry.entry(named: name) else {
      throw BatchError.unknown("named “\(name)”")
    }
    return BatchJob(JobEngine(try state(of: entry.id), of: self), request: request)
  }

  /// The job with this id, whether ours or the service's; a batch made elsewhere is adopted.
  ///
  /// - Parameters:
  ///   - id: the registry's id of a job, or the service's id of a batch.
  ///   - request: the prototype its batch was made with, which says what its answers become.
  ///
  /// An adopted batch is a job of one part. Its answers can be read, and its requests can't be sent again,
  /// since they are not here.
  /// - Throws: ``BatchError`` where neither knows the id, or where the job was sent on another account.
  public func job<Request: BatchRequest>(id: String, as request: Request) async throws -> BatchJob<Request> {
    if let entry = try await registry.entry(id: id) {
      return BatchJob(JobEngine(try state(of: entry.id), of: self), request: request)
    }
    let batch = try await provider.retrieve(id, through: HTTPExchange(transport: transport, clock: clock))
    return BatchJob(JobEngine(try await adopt(batch, endpoint: request.endpoint), of: self), request: request)
  }

  /// What the journal of a job adds up to, for a client that may ask its service.
  func state(of job: String) throws -> JobState {
    let state = try registry.state(of: job)
    try checkIdentity(state.card)
    return state
  }

  /// A job sent on another account must not be asked for, let alone sent again, on this one.
  ///
  /// To the other account all of its batches would be unknown, and "unknown" may end in a create.
  func checkIdentity(_ card: JobCard) throws {
    guard card.identity != provider.identity else { return }
    let isSameAddress = card.identity.account == provider.identity.account
    let kinds = [card.identity, provider.identity].map {
      $0.name == "OpenAI" ? "OpenAI" : "a compatible service"
    }
    throw BatchError(
      .differentJob,
      """
      Job “\(card.title)” was made for \(card.identity.summary), and what is asked now is \
      \(provider.identity.summary)\
      \(isSameAddress ? ": the same address, as \(kinds[0]) then and as \(kinds[1]) now" : ""); ask the one \
      it was made for, choose another name, or delete the job.
      """)
  }

  /// Writes down a batch that was made elsewhere, as a job of one part whose requests we never had.
  ///
  /// Its id is made of the batch's, so that a batch that is asked for twice is one job.
  private func adopt(_ batch: RemoteBatch, endpoint: Endpoint) async throws -> JobState {
    let now = clock.now
    let card = JobCard(
      id: "job-adopted-\(SHA256.hex(of: Array(batch.id.utf8)).prefix(12))", name: nil,
      description: batch.metadata["description"], fingerprint: "adopted:\(batch.id)",
      identity: provider.identity,
      endpoint: batch.endpoint.map { Endpoint($0) } ?? endpoint, requests: batch.counts?.total ?? 0,
      created: now)
    let part = SpooledPart(index: 0, file: "", sha256: "", bytes: 0, requests: card.requests)
    let records: [JobRecord] = [.opened(card), .part(part, at: now), .created(0, batch, at: now)]
    let folder = registry.folder(for: card.id)
    try registry.store.createFolder(folder)
    let journal = Journal<JobRecord>(at: "\(folder)/journal.jsonl", in: registry.store)
    // A crash after the journal and before the registry leaves a job that is adopted already.
    if try journal.entries().isEmpty { try journal.append(contentsOf: records) }
    guard let state = JobState(try journal.entries()) else { throw BatchError.damagedJob(folder) }
    try await registry.upsert(RegistryEntry(state, phase: BatchStatus(state, now: now).phase))
    return state
  }
}

extension BatchError {
  static func unknown(_ what: String) -> BatchError {
    BatchError(.unknownJob, "The registry has no job \(what); look at the list of its jobs.")
  }
}

extension ProviderIdentity {
  /// The identity in a few words.
  var summary: String { "\(name) at \(account)" }

  /// Where it is and who pays, whatever the kind of service.
  fileprivate var account: String {
    let payer = [organization, project].compactMap(\.self).joined(separator: "/")
    return baseURL + (payer.isEmpty ? "" : " (\(payer))")
  }
}
