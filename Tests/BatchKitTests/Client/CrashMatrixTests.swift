import BatchKit
import BatchKitTesting
import Foundation
import Testing

/// A world that ends at a chosen instant and is then entered again by a new process, until the job is done.
private struct World {
  let emulator: Emulator
  var store = MemoryStore()

  init(_ script: EmulatorScript) { emulator = Emulator(script, clock: VirtualClock.immediate) }

  static let rows = 6

  func transport(stop: (number: Int, moment: StoppingTransport.Moment)? = nil) -> StoppingTransport {
    let store = store
    return StoppingTransport(EmulatorTransport(emulator), stop: stop) {
      store.beforeEachStep { _ in throw MemoryStore.Stop() }
    }
  }

  /// One life of the program: submits the batch by name, waits, and returns the answers.
  func live(_ transport: StoppingTransport) async throws -> [String] {
    let client = BatchClient(
      .compatible(at: Stage.base, apiKey: "sk-test", limits: BatchLimits(requests: 2, bytes: 1_000_000)),
      transport: transport,
      registry: BatchRegistry(store: store, path: "/home/registry.json", clock: emulator.clock),
      clock: emulator.clock)
    let results = try await client.submit(Stage.batch(Self.rows), named: "matrix").wait()
    return results.map { "\($0.id)=\($0.text ?? "\($0.error?.code ?? "")")" }
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
    var complaints: [String] = []
    if answers != expected { complaints.append("the answers are \(answers)") }
    if !ledger.paidTwice.isEmpty { complaints.append("paid twice: \(ledger.paidTwice)") }
    if ledger.batches.count != 3 { complaints.append("\(ledger.batches.count) batches were made") }
    if ledger.paidRows != Self.rows { complaints.append("\(ledger.paidRows) rows were paid") }
    // Three inputs and three outputs; whatever else lies there was left behind.
    if ledger.filesAlive.count != 6 { complaints.append("files alive: \(ledger.filesAlive.count)") }
    return complaints
  }
}

@Suite struct `A crash at any instant is followed by nothing worse than running it again` {
  static let script = EmulatorScript.echo.taking(.seconds(600)).seeded(5)

  /// A run that nothing disturbs: its answers, and how many instants it has.
  private func undisturbed() async throws -> (answers: [String], steps: Int, requests: Int) {
    let world = World(Self.script)
    let transport = world.transport()
    let answers = try await world.live(transport)
    return (answers, world.store.steps, transport.count)
  }

  @Test(arguments: [MemoryStore.Crash.kill, .powerCut, .tornPowerCut(seed: 11)])
  func `a stop before any change of the disk`(crash: MemoryStore.Crash) async throws {
    let (expected, steps, _) = try await undisturbed()
    #expect(steps > 60)
    for step in 1...steps {
      var world = World(Self.script)
      world.store.stop(before: step)
      _ = try? await world.live(world.transport())
      world.reborn(crash)
      let answers = try await world.live(world.transport())
      #expect(try await world.complaints(answers, expected: expected) == [], "step \(step)")
    }
  }

  @Test(arguments: StoppingTransport.Moment.allCases)
  func `a stop at any request`(moment: StoppingTransport.Moment) async throws {
    let (expected, _, requests) = try await undisturbed()
    #expect(requests > 15)
    for number in 1...requests {
      var world = World(Self.script)
      _ = try? await world.live(world.transport(stop: (number, moment)))
      world.reborn(.powerCut)
      let answers = try await world.live(world.transport())
      #expect(try await world.complaints(answers, expected: expected) == [], "request \(number)")
    }
  }

  @Test func `a stop on the way back from a stop`() async throws {
    let (expected, _, requests) = try await undisturbed()
    for number in stride(from: 1, through: requests, by: 3) {
      for second in stride(from: 1, through: 15, by: 2) {
        var world = World(Self.script)
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
