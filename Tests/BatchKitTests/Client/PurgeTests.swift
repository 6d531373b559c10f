import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite struct `A purge lists first, and deletes only what this registry made` {
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
