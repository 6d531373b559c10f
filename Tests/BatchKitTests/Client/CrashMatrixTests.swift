import BatchKit
import BatchKitTesting
import Foundation
import Testing

/// What the program does whose life is cut short.
private enum Plan: CaseIterable, Sendable {
  /// Six rows in three parts.
  case rowByRow
  /// Eleven rows that ask six things: six are sent.
  case collapsed
  /// Nine rows, three of which a job that is over was asked already: six are sent.
  case reusing

  var batch: Batch<Chat<ChatReply>> {
    switch self {
    case .rowByRow: return Stage.batch(6)
    case .collapsed:
      var batch = Stage.batch(6)
      for number in [3, 1, 6, 1, 2] { batch.add("again-\((try? batch.count) ?? 0)", "Say \(number)") }
      return batch.collapsingDuplicates()
    case .reusing:
      var batch = Batch(Chat(model: "gpt-5.4-mini"))
      for number in 1...9 { batch.add("new-\(number)", "Say \(number)") }
      return batch
    }
  }
}

/// A world that ends at a chosen instant and is then entered again by a new process, until the job is done.
private struct World {
  let emulator: Emulator
  let plan: Plan
  var store = MemoryStore()

  init(_ script: EmulatorScript, _ plan: Plan) async throws {
    emulator = Emulator(script, clock: VirtualClock.immediate)
    self.plan = plan
    guard plan == .reusing else { return }
    _ = try await client(transport()).submit(Stage.batch(3, saying: "Say"), named: "earlier").wait()
  }

  static let rows = 6

  func transport(stop: (number: Int, moment: StoppingTransport.Moment)? = nil) -> StoppingTransport {
    let store = store
    return StoppingTransport(EmulatorTransport(emulator), stop: stop) {
      store.beforeEachStep { _ in throw MemoryStore.Stop() }
    }
  }

  /// One life of the program: submits the batch by name, waits, and returns the answers.
  func live(_ transport: StoppingTransport) async throws -> [String] {
    let job = try await client(transport).submit(
      plan.batch, named: "matrix", reusing: plan == .reusing ? .earlierJobs : .nothing)
    let results = try await job.wait()
    guard try job.verify().isIntact, results.reconciliation.isComplete else { return ["damaged"] }
    return results.map { "\($0.id)=\($0.text ?? "\($0.error?.code ?? "")")" }
  }

  private func client(_ transport: StoppingTransport) -> BatchClient {
    BatchClient(
      .compatible(at: Stage.base, apiKey: "sk-test", limits: BatchLimits(requests: 2, bytes: 1_000_000)),
      transport: transport,
      registry: BatchRegistry(store: store, path: "/home/registry.json", clock: emulator.clock),
      clock: emulator.clock)
  }

  /// The next process finds the disk as the crash left it.
  mutating func reborn(_ crash: MemoryStore.Crash) { store = store.crash(crash) }

  /// What the emulator's own books say against the promises.
  ///
  /// The books are closed two days later: a batch that nobody asks about runs on, and is paid for, all the
  /// same.
  func complaints(_ answers: [String], expected: [String]) async throws -> [String] {
    (emulator.clock as? VirtualClock)?.advance(by: .seconds(172_800))
    _ = try await EmulatorTransport(emulator).send(
      HTTPRequest("GET", Stage.base.appending(path: "batches"), headers: ["Authorization": "Bearer sk-test"]))
    let ledger = emulator.ledger
    let earlier = plan == .reusing ? (rows: 3, batches: 2, files: 4) : (rows: 0, batches: 0, files: 0)
    var complaints: [String] = []
    if answers != expected { complaints.append("the answers are \(answers)") }
    if !ledger.paidTwice.isEmpty { complaints.append("paid twice: \(ledger.paidTwice)") }
    if ledger.batches.count != 3 + earlier.batches {
      complaints.append("\(ledger.batches.count) batches were made")
    }
    if ledger.paidRows != Self.rows + earlier.rows { complaints.append("\(ledger.paidRows) rows were paid") }
    // Three inputs and three outputs; whatever else lies there was left behind.
    if ledger.filesAlive.count != 6 + earlier.files {
      complaints.append("files alive: \(ledger.filesAlive.count)")
    }
    return complaints
  }
}

@Suite struct `A crash at any instant is followed by nothing worse than running it again` {
  static let script = EmulatorScript.echo.taking(.seconds(600)).seeded(5)

  /// A run that nothing disturbs: its answers, and how many instants it has.
  private func undisturbed(
    _ plan: Plan
  ) async throws -> (answers: [String], steps: ClosedRange<Int>, requests: Int) {
    let world = try await World(Self.script, plan)
    let transport = world.transport()
    let first = world.store.steps + 1
    let answers = try await world.live(transport)
    return (answers, first...world.store.steps, transport.count)
  }

  @Test(arguments: [
    (MemoryStore.Crash.kill, Plan.rowByRow), (.powerCut, .rowByRow), (.tornPowerCut(seed: 11), .rowByRow),
    (.powerCut, .collapsed), (.powerCut, .reusing),
  ])
  fileprivate func `a stop before any change of the disk`(
    crash: MemoryStore.Crash, plan: Plan
  ) async throws {
    let (expected, steps, _) = try await undisturbed(plan)
    #expect(steps.count > 60 && expected.count >= World.rows)
    for step in steps {
      var world = try await World(Self.script, plan)
      world.store.stop(before: step)
      _ = try? await world.live(world.transport())
      world.reborn(crash)
      let answers = try await world.live(world.transport())
      #expect(try await world.complaints(answers, expected: expected) == [], "step \(step)")
    }
  }

  @Test(arguments: [
    (StoppingTransport.Moment.beforeSending, Plan.rowByRow), (.afterActing, .rowByRow),
    (.afterActing, .collapsed), (.afterActing, .reusing),
  ])
  fileprivate func `a stop at any request`(moment: StoppingTransport.Moment, plan: Plan) async throws {
    let (expected, _, requests) = try await undisturbed(plan)
    #expect(requests > 15)
    for number in 1...requests {
      var world = try await World(Self.script, plan)
      _ = try? await world.live(world.transport(stop: (number, moment)))
      world.reborn(.powerCut)
      let answers = try await world.live(world.transport())
      #expect(try await world.complaints(answers, expected: expected) == [], "request \(number)")
    }
  }

  @Test func `a stop on the way back from a stop`() async throws {
    let plan = Plan.rowByRow
    let (expected, _, requests) = try await undisturbed(plan)
    for number in stride(from: 1, through: requests, by: 3) {
      for second in stride(from: 1, through: 15, by: 2) {
        var world = try await World(Self.script, plan)
        _ = try? await world.live(world.transport(stop: (number, .afterActing)))
        world.reborn(.powerCut)
        _ = try? await world.live(world.transport(stop: (second, .afterActing)))
        world.reborn(.kill)
        let answers = try await world.live(world.transport())
        #expect(
          try await world.complaints(answers, expected: expected) == [], "requests \(number) and \(second)")
      }
    }
  }
}
