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
