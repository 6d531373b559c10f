import Foundation

/// The work on one job, whatever the type of its answers: one journal, one state, one next step at a time.
///
/// What it knows is in memory behind a lock; what it must not forget goes to the journal first. The journal
/// is written only while this process holds the job's lock, and is read again whenever another process may
/// have written it in between.
///
/// Its methods are in files by what they do: sending, resolving, watching, collecting, retrying. Those that
/// write take a ``JobPen``, which exists only while the job's lock is held, so the compiler sees to it that
/// nobody writes without.
final class JobEngine: Sendable {
  let id: String
  let provider: any BatchProvider
  /// The way to the service, which tells the observers when it waits before trying again.
  let exchange: HTTPExchange
  let registry: BatchRegistry
  let timing: JobTiming
  /// How much of the job may be under way at one time.
  let throttle: Throttle
  let limits: BatchLimits
  let lifetime: FileLifetime
  /// How many files are uploaded at once.
  let transfers: Int
  /// How many files are fetched at once.
  var fetches: Int { max(1, transfers / 2) }
  /// Who is told of every job of the client.
  private let observer: BatchObserver
  /// Who else is told for the time of a wait.
  private let guests = Locked<[UUID: BatchObserver]>([:])
  /// The state as this process knows it; the journal's word wins whenever it is read.
  private let memory: Locked<JobState>
  /// How much of the journal that memory was made of.
  private let mark = Locked<JournalMark?>(nil)
  /// When the service was last searched for batches of creates that were given up.
  let ghostsSoughtAt = Locked<Date?>(nil)
  /// Files at the service that are not needed and could not be deleted.
  let keptBack = Locked<Set<String>>([])
  /// The rows that share answers, once they were needed.
  let knownShares = Locked<SharedRows?>(nil)

  /// An engine for a job as its journal had it; nothing is read, asked or locked until there is something to
  /// do.
  init(_ state: JobState, of client: BatchClient) {
    id = state.card.id
    provider = client.provider
    registry = client.registry
    timing = client.timing
    throttle = client.throttle
    limits = client.provider.limits
    lifetime = client.lifetime
    transfers = client.transfers
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

  /// Where everything is that must not be forgotten.
  var journalPath: String { path("journal.jsonl") }

  /// Where a file of the job is, given its path within the job's folder.
  func path(_ file: String) -> String { "\(registry.folder(for: id))/\(file)" }

  /// Tells the client's observer and whoever waits just now.
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

  /// Ends what `admit` began.
  func dismiss(_ ticket: UUID) { guests.withLock { $0[ticket] = nil } }

  /// Changes what is remembered without writing it down: for counts, which the service will tell again.
  func remember(_ edit: (inout JobState) -> Void) { memory.withLock { edit(&$0) } }

  /// Runs `body` while no other process works on the job, with the state as the journal has it now.
  ///
  /// What would fail at the first call, such as a key that is missing, fails before the journal is touched.
  ///
  /// It is short or long as the work is: a send of many parts holds the lock for hours. Who finds it taken
  /// waits for a few seconds, and then fails with the number of the process that has it.
  ///
  /// - Parameter body: does the work; whatever it reaches is told to the registry, even if it fails in the
  ///   end.
  /// - Throws: ``BatchError`` of the code `busy_job` where the lock can't be had, and whatever `body` throws.
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

  /// Waits for the lock by looking again and again, with the injected clock: a wait inside the system could
  /// not be cancelled, nor tested without sleeping.
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
  ///
  /// - Returns: the journal, to be written from here on.
  /// - Throws: ``BatchError`` where the journal lost lines. Going on from less than what was sent could pay
  ///   twice.
  fileprivate func reload() throws -> Journal<JobRecord> {
    let known = Journal<JobRecord>(at: journalPath, in: store, after: mark.current)
    if try known.isUnchanged() { return known }
    let journal = Journal<JobRecord>(at: journalPath, in: store)
    try take(try journal.entries())
    mark.withLock { $0 = journal.mark }
    return journal
  }

  private func take(_ records: [JobRecord]) throws {
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

  /// Remembers that memory holds all of the journal up to here.
  fileprivate func advance(to mark: JournalMark?) { self.mark.withLock { $0 = mark } }

  /// Brings the registry's line of the job up to date, where it would read differently.
  ///
  /// Most looks change nothing that the registry shows; leaving it alone then spares a rewrite of the whole
  /// file.
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
///
/// It can't be copied, and is lent to what writes, so it can't outlive the lock. Taking it reads the journal
/// anew.
struct JobPen: ~Copyable {
  let engine: JobEngine
  private let journal: Journal<JobRecord>

  fileprivate init(_ engine: JobEngine) throws {
    self.engine = engine
    journal = try engine.reload()
  }

  /// Makes a line last, and only then believes it.
  func write(_ record: JobRecord) throws { try write([record]) }

  /// Makes lines last, all at once, and only then believes them.
  func write(_ records: [JobRecord]) throws {
    try journal.append(contentsOf: records)
    engine.remember { state in
      for record in records { state.apply(record) }
    }
    engine.advance(to: journal.mark)
  }
}

/// The waits that belong to sending, apart from those of single calls.
package struct JobTiming: Sendable {
  /// How long an unanswered create is left alone before the service is asked what came of it.
  package var quiet = Duration.seconds(90)
  /// How long it is looked for before it counts as lost: lists may show a batch minutes late.
  package var silence = Duration.seconds(300)
  /// How far the clocks of the service and of this machine may be apart.
  package var skew = Duration.seconds(900)
  /// The time between the first two looks at the list; it doubles with each.
  package var gap = Duration.seconds(30)
  /// How long after a create was given up its batch is looked for on the way; after that once more, at the
  /// end.
  package var haunting = Duration.seconds(3600)
  /// The time between two searches for batches of creates that were given up.
  package var ghosts = Duration.seconds(300)
  /// How many creates may be unanswered before nothing else is sent until it is known what came of them.
  package var unclear = 16
  /// The first wait before a refused create is sent again; it doubles.
  package var patience = Duration.seconds(5)
  /// After how many creates in a row a look is taken at what the service says of earlier ones.
  package var stride = 8
  /// How long after the service said it was full more than it bore then is tried again.
  package var holding = Duration.seconds(900)
  /// How long after the end of a batch its result files may still come to light.
  package var lateness = Duration.seconds(3600)
  /// How often a row may be tried in all.
  package var attempts = 5
  /// How often a refused create is sent again.
  package var tries = 12
  /// How long another process may hold the job before that is an error.
  package var lockPatience = Duration.seconds(10)

  /// The waits that suit services as they are.
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
