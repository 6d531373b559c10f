import Foundation

/// The work on one job, whatever the type of its answers: one journal, one state, one next step at a time.
///
/// What it knows is in memory behind a lock; what it must not forget goes to the journal first. The journal
/// is written only while this process holds the job's lock, and is read again whenever another process may
/// have written it in between.
final class JobEngine: Sendable {
  let id: String
  let provider: any BatchProvider
  let exchange: HTTPExchange
  let registry: BatchRegistry
  let timing: JobTiming
  let throttle: Throttle
  let limits: BatchLimits
  let lifetime: FileLifetime
  /// How many parts are uploaded at once.
  let uploads: Int
  private let observer: BatchObserver
  /// Who else is told for the time of a wait.
  private let guests = Locked<[UUID: BatchObserver]>([:])
  private let memory: Locked<JobState>
  /// The rows that share answers, once they were needed.
  let knownShares = Locked<SharedRows?>(nil)

  init(_ state: JobState, of client: BatchClient) {
    id = state.card.id
    provider = client.provider
    registry = client.registry
    timing = client.timing
    throttle = client.throttle
    limits = client.provider.limits
    lifetime = client.lifetime
    uploads = client.uploads
    observer = client.observer
    memory = Locked(state)
    let observer = client.observer
    let clock = client.clock
    let card = state.card
    exchange = HTTPExchange(
      transport: client.transport, clock: client.clock,
      notice: { reason, delay in
        let kind = BatchEvent.Kind.waiting(reason: reason, duration: delay)
        observer.tell(BatchEvent(date: clock.now, job: card.id, name: card.name, kind: kind))
      })
  }

  var clock: any BatchClock { exchange.clock }
  var store: any FileStore { registry.store }
  var state: JobState { memory.current }
  var status: BatchStatus { BatchStatus(state, now: clock.now) }

  var journalPath: String { path("journal.jsonl") }

  func path(_ file: String) -> String { "\(registry.folder(for: id))/\(file)" }

  func tell(_ kind: BatchEvent.Kind) {
    let event = BatchEvent(date: clock.now, job: id, name: state.card.name, kind: kind)
    observer.tell(event)
    for guest in guests.current.values { guest.tell(event) }
  }

  /// Tells `observer` too from now on, until it is dismissed by the ticket.
  func admit(_ observer: BatchObserver) -> UUID {
    let ticket = UUID()
    guests.withLock { $0[ticket] = observer }
    return ticket
  }

  func dismiss(_ ticket: UUID) { guests.withLock { $0[ticket] = nil } }

  /// Changes what is remembered without writing it down: for counts, which the service will tell again.
  func remember(_ edit: (inout JobState) -> Void) { memory.withLock { edit(&$0) } }

  /// Runs `body` while no other process works on the job, with the state as the journal has it now.
  ///
  /// What would fail at the first call, such as a key that is missing, fails before the journal is touched.
  func exclusively<Result: Sendable>(
    _ body: (borrowing JobPen) async throws -> Result
  ) async throws -> Result {
    try provider.checkSettings()
    let lock = try await takeLock()
    defer { lock.release() }
    let pen = try JobPen(self)
    let before = pen.engine.state
    do {
      let result = try await body(pen)
      try await publish(since: before)
      return result
    } catch {
      // What was reached before the failure must show in the registry too; the failure itself is the one to
      // tell.
      try? await publish(since: before)
      throw error
    }
  }

  private func takeLock() async throws -> any FileLock {
    let start = clock.now
    while true {
      if let lock = try registry.lockJob(id) { return lock }
      guard clock.now.timeIntervalSince(start) < timing.lockPatience.seconds else {
        throw BatchError.busy(state.card, holder: registry.holder(of: id))
      }
      try await clock.sleep(for: .milliseconds(200))
    }
  }

  /// Reads the journal anew, for what another process wrote; counts that only memory had are kept where
  /// newer.
  func reload() throws {
    let records = try Journal<JobRecord>(at: journalPath, in: store).entries()
    guard var fresh = JobState(records) else { throw BatchError.damagedJob(journalPath) }
    memory.withLock { known in
      for index in fresh.parts.indices where known.parts.indices.contains(index) {
        guard let newer = known.parts[index].batch, newer.id == fresh.parts[index].batch?.id,
          let seen = known.parts[index].checked, seen > fresh.parts[index].checked ?? .distantPast
        else { continue }
        fresh.parts[index].observe(newer, at: seen)
      }
      known = fresh
    }
  }

  /// Brings the registry's line of the job up to date, where it would read differently.
  private func publish(since before: JobState) async throws {
    let old = RegistryEntry(before, phase: BatchStatus(before, now: clock.now).phase)
    var entry = RegistryEntry(state, phase: status.phase)
    let updated = entry.updated
    entry.updated = old.updated
    guard entry != old else { return }
    entry.updated = updated
    try await registry.upsert(entry)
  }
}

/// The right to write a job's journal, held while the job's lock is.
struct JobPen: ~Copyable {
  let engine: JobEngine
  private let journal: Journal<JobRecord>

  fileprivate init(_ engine: JobEngine) throws {
    self.engine = engine
    journal = Journal<JobRecord>(at: engine.journalPath, in: engine.store)
    try engine.reload()
  }

  /// Makes a line last, and only then believes it.
  func write(_ record: JobRecord) throws { try write([record]) }

  /// Makes lines last, all at once, and only then believes them.
  func write(_ records: [JobRecord]) throws {
    try journal.append(contentsOf: records)
    engine.remember { state in
      for record in records { state.apply(record) }
    }
  }
}

/// The waits that belong to sending, apart from those of single calls.
package struct JobTiming: Sendable {
  /// How long an unanswered create is left alone before the service is asked what came of it.
  package var quiet = Duration.seconds(90)
  /// How long it is looked for before it counts as lost: lists may show a batch minutes late.
  package var silence = Duration.seconds(300)
  /// The time between two looks at the list.
  package var gap = Duration.seconds(30)
  /// The first wait before a refused create is sent again; it doubles.
  package var patience = Duration.seconds(5)
  /// How long a part is held back after the service said it was full, unless something ends sooner.
  package var holding = Duration.seconds(900)
  /// How long after the end of a batch its result files may still come to light.
  package var lateness = Duration.seconds(3600)
  /// How often a row may be tried in all.
  package var attempts = 5
  /// How often a refused create is sent again.
  package var tries = 12
  /// How long another process may hold the job before that is an error.
  package var lockPatience = Duration.seconds(10)

  package init() {}
}

extension RegistryEntry {
  /// What the registry shows of a job.
  init(_ state: JobState, phase: BatchStatus.Phase) {
    let card = state.card
    self.init(
      id: card.id, name: card.name, phase: phase.rawValue, batches: state.batchIDs, endpoint: card.endpoint,
      provider: card.identity.name, description: card.description, fingerprint: card.fingerprint,
      created: card.created, updated: state.updated)
  }
}

extension BatchError {
  static func busy(_ card: JobCard, holder: Int?) -> BatchError {
    let process = holder.map { "Another process (\($0))" } ?? "Another process"
    return BatchError(
      .busyJob,
      "\(process) is working on job “\(card.title)”; wait for it, or stop it and run this again.")
  }

  static func damagedJob(_ path: String) -> BatchError {
    BatchError(
      .damagedRegistry,
      """
      The journal \(path) is not whole, so that nobody can tell what was sent; restore it from a backup, or \
      take its batches in by their ids.
      """
    )
  }
}
