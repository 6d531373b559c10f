import BatchKit
import Foundation

/// The trial of a program whose world ends at a chosen instant and is then entered again by a new process,
/// until the job is done: it must pay for each row once, leave nothing behind, and come to the answers that
/// it comes to when nothing ends it.
///
/// ```swift
/// let trial = CrashTrial(.retried)
/// let measure = try await trial.undisturbed()
/// for stop in trial.everyStop(measure) {
///   print(try await trial.complaints(stops: [stop], measure))
/// }
/// ```
package struct CrashTrial: Sendable {
  /// What the program does whose life is cut short.
  package enum Plan: String, CaseIterable, Sendable {
    /// Six rows in three parts.
    case rowByRow
    /// Six rows in three parts; two of the creates get no answer, and one of these never arrived.
    case unanswered
    /// Twenty-four rows in twelve parts.
    case manyParts
    /// Eleven rows that ask six things: six are sent.
    case collapsed
    /// Nine rows, three of which a job that is over was asked already: six are sent.
    case reusing
    /// Six rows, two of which fail at first and are sent again.
    case retried
    /// Six rows in three batches, the first of which expires halfway; what it left out is bought again.
    case expiring
    /// Six rows in three parts, whose files at the service are deleted as soon as their answers are here.
    case discarding
    /// Six rows, stopped by the user when half of them are answered.
    case cancelled
  }

  /// Where the world ends, and what the crash leaves of the disk.
  package enum Stop: Sendable, Hashable {
    /// Before the change of the disk that has this number.
    case disk(Int, MemoryStore.Crash)
    /// At the request of this number, counted from 1.
    case request(Int, StoppingTransport.Moment, MemoryStore.Crash)

    var crash: MemoryStore.Crash {
      switch self {
      case .disk(_, let crash), .request(_, _, let crash): crash
      }
    }
  }

  /// What the program did when nothing ended it.
  package struct Measure: Sendable {
    package var answers: [String]
    /// The numbers of its changes to the disk.
    package var steps: ClosedRange<Int>
    package var requests: Int
    /// How many rows were paid in all, batches ran, and files were left at the service.
    package var rows: Int
    package var batches: Int
    package var files: Int
  }

  private let plan: Plan

  package init(_ plan: Plan) { self.plan = plan }

  /// Lets the program work undisturbed.
  package func undisturbed() async throws -> Measure {
    let world = try await CrashWorld(plan)
    let transport = world.transport()
    let first = world.store.steps + 1
    let answers = try await world.live(transport)
    let last = world.store.steps
    let ledger = try await world.closedBooks()
    return Measure(
      answers: answers, steps: first...last, requests: transport.count, rows: ledger.paidRows,
      batches: ledger.batches.count, files: ledger.filesAlive.count)
  }

  /// Every single stop there is, each `stride`th of them.
  ///
  /// The dose is chosen by the stride, so that a test sees some of all kinds; a stride of 1 is all of them.
  package func everyStop(_ measure: Measure, stride: Int = 1) -> [Stop] {
    let crashes: [MemoryStore.Crash] = [.kill, .powerCut, .tornPowerCut(seed: 11)]
    var stops: [Stop] = []
    for crash in crashes {
      stops += measure.steps.map { .disk($0, crash) }
      for moment in StoppingTransport.Moment.allCases {
        stops += (1...measure.requests).map { .request($0, moment, crash) }
      }
    }
    return stops.enumerated().filter { $0.offset.isMultiple(of: stride) }.map(\.element)
  }

  /// Pairs of stops, the second of which comes on the way back from the first.
  package func everyPair(_ measure: Measure, stride: Int = 1) -> [[Stop]] {
    let firsts = (1...measure.requests).map { Stop.request($0, .afterActing, .powerCut) }
    let pairs = firsts.flatMap { first in
      (1...15).map { [first, .request($0, .afterActing, .kill)] }
        + (1...40).map { [first, .disk($0, .powerCut)] }
    }
    return pairs.enumerated().filter { $0.offset.isMultiple(of: stride) }.map(\.element)
  }

  /// Ends the world so, one life each, lets the last life end, and returns all that is not as it should be.
  package func complaints(stops: [Stop], _ measure: Measure) async throws -> [String] {
    var world = try await CrashWorld(plan)
    for stop in stops {
      let transport = world.transport(stop)
      // How a life ends that is cut short is its own affair.
      _ = try? await world.live(transport)
      world.store = world.store.crash(stop.crash)
    }
    do {
      let answers = try await world.live(world.transport())
      let ledger = try await world.closedBooks()
      return faults(answers, ledger, measure).map { "\(plan.rawValue), \(stops): \($0)" }
    } catch {
      return ["\(plan.rawValue), \(stops): it ended with \(error)"]
    }
  }

  /// What the emulator's own books say against the promises.
  private func faults(_ answers: [String], _ ledger: EmulatorLedger, _ measure: Measure) -> [String] {
    var faults: [String] = []
    if !ledger.paidTwice.isEmpty { faults.append("paid twice: \(ledger.paidTwice)") }
    let open = ledger.batches.filter { !$0.status.isFinal }
    if !open.isEmpty { faults.append("left running: \(open.map(\.id))") }
    let done = answers.count { !$0.hasSuffix("=missing") && !$0.contains("=batch_") }
    guard plan != .cancelled else {
      // How far the batches were when they were stopped hangs on when the world ended.
      if answers.count != measure.answers.count { faults.append("the rows are \(answers)") }
      if ledger.paidRows != done { faults.append("\(ledger.paidRows) rows were paid, \(done) answered") }
      return faults
    }
    if answers != measure.answers { faults.append("the answers are \(answers)") }
    if ledger.paidRows != measure.rows { faults.append("\(ledger.paidRows) rows were paid") }
    if ledger.batches.count != measure.batches { faults.append("\(ledger.batches.count) batches were made") }
    if ledger.filesAlive.count != measure.files { faults.append("files alive: \(ledger.filesAlive.count)") }
    return faults
  }
}

/// A service, and the disk of whoever works with it.
private struct CrashWorld {
  private static let base = URL(fileURLWithPath: "/v1")

  let emulator: Emulator
  let plan: CrashTrial.Plan
  var store = MemoryStore()

  init(_ plan: CrashTrial.Plan) async throws {
    emulator = Emulator(plan.script, clock: VirtualClock.immediate)
    self.plan = plan
    guard plan == .reusing else { return }
    var earlier = Batch(Chat(model: "gpt-5.4-mini"))
    for number in 1...3 { earlier.add("r-\(number)", "Say \(number)") }
    _ = try await client(transport()).submit(earlier, named: "earlier").wait()
  }

  /// A transport that dies, and stops the disk with it, where this stop says so.
  func transport(_ stop: CrashTrial.Stop? = nil) -> StoppingTransport {
    let store = store
    var point: (Int, StoppingTransport.Moment)?
    switch stop {
    case .disk(let step, _): store.stop(before: step)
    case .request(let number, let moment, _): point = (number, moment)
    case nil: break
    }
    return StoppingTransport(EmulatorTransport(emulator), stop: point) {
      store.beforeEachStep { _ in throw MemoryStore.Stop() }
    }
  }

  /// One life of the program: from the batch to its answers, by a name under which the next one finds it.
  func live(_ transport: StoppingTransport) async throws -> [String] {
    let job = try await client(transport).submit(
      plan.batch, named: "matrix", reusing: plan == .reusing ? .earlierJobs : .nothing)
    if plan == .cancelled {
      // Long enough for half of the rows to be answered.
      if job.status.phase != .settled { try await emulator.clock.sleep(for: .seconds(300)) }
      try await job.cancel()
    }
    try await job.settle(polling: plan.polling)
    while plan.hasRetry, try await job.retry() > 0 { try await job.settle(polling: plan.polling) }
    let results = try job.results()
    let sums = results.reconciliation
    // What was never sent, or had no turn, is missing from a job that was stopped, and only from such a job.
    let adds = sums.isComplete || (plan == .cancelled && sums.strangers + sums.nameless == 0)
    guard try job.verify().isIntact, adds else { return ["damaged: \(sums)"] }
    return results.map { "\($0.id)=\($0.text ?? "\($0.error?.code ?? "")")" }
      + results.missing.map { "\($0)=missing" }
  }

  private func client(_ transport: StoppingTransport) -> BatchClient {
    let client = BatchClient(
      .compatible(
        at: URL(string: "http://emulator.invalid/v1") ?? Self.base, apiKey: "sk-test",
        limits: BatchLimits(requests: 2, bytes: 1_000_000)),
      transport: transport,
      registry: BatchRegistry(store: store, path: "/home/registry.json", clock: emulator.clock),
      clock: emulator.clock)
    return plan == .discarding ? client.keepingFiles(for: .untilFetched) : client
  }

  /// The books two days later: a batch that nobody asks about runs on, and is paid for, all the same.
  func closedBooks() async throws -> EmulatorLedger {
    (emulator.clock as? VirtualClock)?.advance(by: .seconds(172_800))
    _ = try await EmulatorTransport(emulator).send(
      HTTPRequest("GET", Self.base.appendingPathComponent("batches")))
    return emulator.ledger
  }
}

extension CrashTrial.Plan {
  fileprivate var hasRetry: Bool { self == .retried || self == .expiring }

  /// A batch that expires takes a day, of which each look would be a point of its own.
  fileprivate var polling: Polling { self == .expiring ? .every(.seconds(7200)) : .adaptive }

  fileprivate var batch: Batch<Chat<ChatReply>> {
    var batch = Batch(Chat(model: "gpt-5.4-mini"))
    switch self {
    case .reusing: for number in 1...9 { batch.add("new-\(number)", "Say \(number)") }
    case .manyParts: for number in 1...24 { batch.add("r-\(number)", "Say \(number)") }
    default: for number in 1...6 { batch.add("r-\(number)", "Say \(number)") }
    }
    guard self == .collapsed else { return batch }
    for (place, number) in [3, 1, 6, 1, 2].enumerated() { batch.add("again-\(place)", "Say \(number)") }
    return batch.collapsingDuplicates()
  }

  /// Made anew for each world, since some scripts remember.
  fileprivate var script: EmulatorScript {
    let script = EmulatorScript.echo.taking(.seconds(600)).seeded(5)
    switch self {
    case .unanswered:
      return script.injecting(.resetAfterActing, into: .createBatch).injecting(
        .resetBeforeActing, into: .createBatch)
    case .retried: return script.failingAtFirst(every: 2)
    case .expiring: return script.expiring(after: 0.5, first: 1)
    default: return script
    }
  }
}
