import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite struct `Many jobs are looked after at once` {
  @Test func `a list stands for many questions, and everything settles`() async throws {
    let stage = Stage(.echo.taking(.seconds(600)))
    for number in 1...120 { _ = try await stage.client.submit(Stage.batch(1, saying: "job \(number)")) }
    let before = stage.emulator.ledger.calls
    #expect(try await stage.client.pollAll().count == 120)
    let after = stage.emulator.ledger.calls
    #expect(after[.listBatches, default: 0] - before[.listBatches, default: 0] == 2)
    #expect(after[.retrieveBatch, default: 0] == before[.retrieveBatch, default: 0])
    stage.advance(by: .seconds(700))
    let entries = try await stage.client.pollAll()
    #expect(entries.count == 120 && entries.allSatisfy { $0.phase == "settled" })
    #expect(try await stage.client.pollAll().isEmpty)
  }

  @Test func `a server that ignores the cursor costs one page more at most`() async throws {
    let stage = Stage(.echo.taking(.seconds(600)).listing(.ignoringTheCursor))
    for number in 1...110 { _ = try await stage.client.submit(Stage.batch(1, saying: "job \(number)")) }
    _ = try await stage.client.pollAll()
    let calls = stage.emulator.ledger.calls
    #expect(calls[.listBatches, default: 0] <= 2 && calls[.retrieveBatch, default: 0] <= 10)
    #expect(try await stage.client.pollAll().count == 110)
  }

  @Test func `jobs of another account are left alone`() async throws {
    let registry = BatchRegistry.memory()
    let one = Stage(.echo.taking(.seconds(60)), registry: registry)
    _ = try await one.client.submit(Stage.batch(1))
    let other = Stage(
      one.emulator, registry: registry, base: URL(string: "http://elsewhere.invalid/v1")!)
    #expect(try await other.client.pollAll().isEmpty)
  }
}
