import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `A purge lists first, and deletes only what this registry made` {
  @Test func `settled jobs give up their files at the service and keep those on disk`() async throws {
    let stage = Stage(.echo.taking(.seconds(60)).failing("r-1", with: .serverError))
    let job = try await stage.client.submit(Stage.batch(3), named: "n")
    let foreign = Stage(stage.emulator, registry: .memory())
    _ = try await foreign.client.submit(Stage.batch(3, saying: "foreign")).wait()
    #expect(try await stage.client.purgePlan().items.isEmpty)
    let before = try await job.wait().map(\.text)
    let plan = try await stage.client.purgePlan()
    #expect(plan.items.map(\.isInput) == [true, false, false])
    #expect(plan.items.allSatisfy { $0.name == "n" && $0.job == job.id })
    #expect(stage.emulator.ledger.calls[.deleteFile, default: 0] == 0)
    try await stage.client.purge(plan)
    #expect(stage.emulator.ledger.filesAlive.count == 3)  // those of the foreign job
    #expect(try await stage.client.purgePlan().items.isEmpty)
    #expect(try await stage.client.job(named: "n", as: Chat(model: "m")).wait().map(\.text) == before)
  }

  @Test func `young jobs are spared, and a purge may be repeated`() async throws {
    let stage = Stage(.echo.taking(.seconds(60)))
    _ = try await stage.client.run(Stage.batch(2))
    #expect(try await stage.client.purgePlan(olderThan: .seconds(3600)).items.isEmpty)
    stage.advance(by: .seconds(7200))
    let plan = try await stage.client.purgePlan(olderThan: .seconds(3600))
    #expect(plan.items.count == 2)
    try await stage.client.purge(plan)
    try await stage.client.purge(plan)
    #expect(stage.emulator.ledger.calls[.deleteFile] == 2)
  }
}

@Suite(.inTurn) struct `A purge never takes the only whole copy` {
  let store = MemoryStore()
  let stage: Stage

  init() {
    let emulator = Emulator(.echo.taking(.seconds(60)), clock: VirtualClock.immediate)
    stage = Stage(
      emulator, registry: BatchRegistry(store: store, path: "/r.json", clock: emulator.clock))
  }

  @Test(arguments: Damage.allCases)
  func `answers that are not whole here are kept at the service, and told`(damage: Damage) async throws {
    let job = try await stage.client.submit(Stage.batch(3), named: "n")
    _ = try await job.wait()
    try damage.strike(job.id, ".output.jsonl", in: store)
    let plan = try await stage.client.purgePlan()
    #expect(plan.items.map(\.isInput) == [true])
    let kept = try #require(plan.kept.first)
    #expect(kept.name == "n" && kept.reason.contains("part-0001.output.jsonl"))
    try await stage.client.purge(plan)
    #expect(stage.emulator.ledger.filesAlive == [kept.file])
  }

  @Test(arguments: Damage.allCases)
  func `requests that are not whole here are kept too`(damage: Damage) async throws {
    let job = try await stage.client.submit(Stage.batch(3))
    _ = try await job.wait()
    try damage.strike(job.id, "part-0001.jsonl", in: store)
    let plan = try await stage.client.purgePlan()
    #expect(plan.items.map(\.isInput) == [false] && plan.kept.count == 1)
  }

  @Test func `what was damaged after the plan was made is kept all the same`() async throws {
    let job = try await stage.client.submit(Stage.batch(3))
    _ = try await job.wait()
    let plan = try await stage.client.purgePlan()
    #expect(plan.items.count == 2 && plan.kept.isEmpty)
    try Damage.cut.strike(job.id, ".output.jsonl", in: store)
    try await stage.client.purge(plan)
    #expect(stage.emulator.ledger.filesAlive.count == 1)
    #expect(stage.events.contains { $0.contains("is kept at the service") })
    #expect(try await job.wait().reconciliation.isComplete)
    #expect(try await stage.client.purgePlan().items.map(\.isInput) == [false])
  }

  @Test func `a job whose journal is damaged keeps no other from being listed`() async throws {
    let broken = try await stage.client.submit(Stage.batch(2), named: "broken")
    _ = try await broken.wait()
    _ = try await stage.client.run(Stage.batch(3), named: "sound")
    try store.replace("/r.json.jobs/\(broken.id)/journal.jsonl", with: Array("{}\n".utf8))
    let plan = try await stage.client.purgePlan()
    #expect(plan.items.map(\.name) == ["sound", "sound"])
    #expect(plan.kept.map(\.name) == ["broken"] && plan.kept.map(\.file) == [nil])
  }
}

@Suite(.inTurn) struct `Files are kept no longer than until their answers are here, where that is wanted` {
  private let store = MemoryStore()

  private func stage(_ script: EmulatorScript) -> Stage {
    again(Emulator(script, clock: VirtualClock.immediate))
  }

  /// The next process, with the same disk and the same service; it sends one part at a time.
  private func again(_ emulator: Emulator) -> Stage {
    Stage(
      emulator, registry: BatchRegistry(store: store, path: "/r.json", clock: emulator.clock),
      throttle: .parts(1))
  }

  @Test func `each part's go when its answers have come, while others still run`() async throws {
    let stage = stage(.echo.taking(.seconds(60)).failing("r-1", with: .serverError))
    let client = stage.client.keepingFiles(for: .untilFetched)
    var most = 0
    let job = try await client.submit(Stage.batch(12), named: "n", splitting: .requests(2))
    for try await _ in job.updates() { most = max(most, stage.emulator.ledger.filesAlive.count) }
    #expect((1...3).contains(most) && stage.emulator.ledger.filesAlive.isEmpty)
    #expect(stage.emulator.ledger.calls[.deleteFile] == 13)
    #expect(try job.results().reconciliation.isComplete && job.verify().isIntact)
    #expect(try await client.purgePlan().items.isEmpty)
  }

  @Test func `answers of a batch that expired are here before they go, and what it left out is bought again`()
    async throws
  {
    let stage = stage(.echo.taking(.seconds(600)).expiring(after: 0.5, first: 1))
    let job = try await stage.client.keepingFiles(for: .untilFetched).submit(Stage.batch(6))
    let results = try await job.wait(polling: .every(.seconds(7200)))
    #expect(results.succeeded.count == 3 && results.reconciliation.isComplete)
    #expect(stage.emulator.ledger.filesAlive.isEmpty)
    #expect(try await job.retry() == 3)
    #expect(try await job.wait().succeeded.count == 6)
    let ledger = stage.emulator.ledger
    #expect(ledger.filesAlive.isEmpty && ledger.paidTwice.isEmpty && ledger.paidRows == 6)
  }

  @Test
  func `a file that the service won't delete holds up nothing, is asked for once, and is left to a purge`()
    async throws
  {
    let stage = stage(
      .echo.taking(.seconds(60)).injecting(.status(403), into: .deleteFile)
        .injecting(.status(403), into: .deleteFile))
    let client = stage.client.keepingFiles(for: .untilFetched)
    let job = try await client.submit(Stage.batch(6), named: "n", splitting: .requests(2))
    #expect(try await job.wait().reconciliation.isComplete)
    #expect(
      stage.emulator.ledger.calls[.deleteFile] == 6
        && stage.emulator.ledger.filesAlive.count == 2)
    #expect(stage.events.filter { $0.contains("is kept at the service") }.count == 2)
    let plan = try await client.purgePlan()
    #expect(plan.items.count == 2 && plan.kept.isEmpty)
    try await client.purge(plan)
    #expect(stage.emulator.ledger.filesAlive.isEmpty)
  }

  /// The first process keeps the files; the next one, which does not, finds that they are not whole here.
  @Test(arguments: Damage.allCases, [".output.jsonl", "part-0001.jsonl"])
  func `what an earlier process fetched is read before it goes, and kept where it is not whole`(
    damage: Damage, file: String
  ) async throws {
    let stage = stage(.echo.taking(.seconds(60)))
    let before = stage.client
    let job = try await before.submit(Stage.batch(4), named: "n", splitting: .requests(2))
    while !job.status.parts[0].isCollected { try await job.poll() }
    try damage.strike(job.id, file, in: store)
    let next = again(stage.emulator)
    let after = next.client.keepingFiles(for: .untilFetched)
    let later = try await after.job(named: "n", as: Chat(model: "gpt-5.4-mini"))
    try await later.settle()
    #expect(stage.emulator.ledger.filesAlive.count == 1)
    #expect(next.events.filter { $0.contains("is kept at the service") && $0.contains(file) }.count == 1)
    // What is not as long as it was has been fetched again meanwhile.
    #expect(try later.verify().isIntact == (file == ".output.jsonl" && damage != .changed))
  }

  @Test func `a batch that was made elsewhere keeps its files`() async throws {
    let stage = stage(.echo.taking(.seconds(60)))
    let stranger = Stage(stage.emulator, registry: .memory())
    let job = try await stranger.client.submit(Stage.batch(3))
    let id = try #require(job.status.parts.first?.batch?.id)
    let adopted = try await stage.client.keepingFiles(for: .untilFetched)
      .job(id: id, as: Chat(model: "gpt-5.4-mini"))
    #expect(try await adopted.wait().succeeded.count == 3)
    #expect(stage.emulator.ledger.filesAlive.count == 2)
  }
}
