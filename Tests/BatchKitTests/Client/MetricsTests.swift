import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `Metrics add up how the jobs fared` {
  @Test func `an empty registry has nothing to tell`() async throws {
    let metrics = try await Stage().client.metrics()
    #expect(metrics == BatchMetrics())
    #expect(metrics.total.successRate == nil)
    #expect(metrics.total.duration95 == nil)
  }

  @Test func `rows, tokens and time are added up per model and day`() async throws {
    let stage = Stage(.echo.taking(.seconds(600)).failing("r-1", with: .serverError))
    try await _ = stage.client.run(Stage.batch(4))
    try await _ = stage.client.run(Stage.batch(5))
    let metrics = try await stage.client.metrics()
    #expect(metrics.jobs == 2)
    #expect(metrics.settledJobs == 2)
    #expect(metrics.total.requests == 9)
    #expect(metrics.total.succeeded == 7)
    #expect(metrics.total.failed == 2)
    #expect(metrics.total.durations.count == 2)
    #expect(metrics.total.meanDuration.map { $0.rounded() } == 600)
    #expect(metrics.total.usage.total > 0)
    #expect(metrics.models["gpt-5.4-mini"] == metrics.total)
    #expect(metrics.days.values.reduce(0) { $0 + $1.requests } == 9)
  }

  @Test func `a journal that can't be read is named, and the others count`() async throws {
    let scratch = try Scratch()
    let stage = Stage(registry: .file(scratch("registry.json")))
    try await _ = stage.client.run(Stage.batch(2), named: "good")
    let job = try await stage.client.submit(Stage.batch(3), named: "bad")
    try DiskStore.shared.replace(
      scratch("registry.json.jobs/\(job.id)/journal.jsonl"), with: Array("{nonsense\n".utf8))
    let metrics = try await stage.client.metrics()
    #expect(metrics.unreadable == ["bad"])
    #expect(metrics.total.requests == 2)
  }

  @Test(arguments: [
    (1, 1.0), (19, 19.0), (20, 19.0), (100, 95.0), (101, 96.0),
  ]) func `the 95th percentile is a time within which 95 of 100 were complete`(count: Int, time: Double) {
    var figures = BatchMetrics.Figures()
    figures.durations = (1...count).map(Double.init)
    #expect(figures.duration95 == time)
  }
}

@Suite(.inTurn) struct `Events are kept as JSON Lines` {
  private func run(_ store: MemoryStore, _ script: EmulatorScript = .echo) async throws -> [JSONValue] {
    let emulator = Emulator(script, clock: VirtualClock.immediate)
    let client = BatchClient(
      .compatible(at: Stage.base, apiKey: "sk-test-0123456789"), transport: .emulator(emulator),
      observer: .jsonLines(to: "/events.jsonl", store: store), clock: emulator.clock)
    _ = try await client.run(Stage.batch(2, saying: "private"), named: "mine")
    guard try store.status(of: "/events.jsonl") != nil else { return [] }
    return try store.text("/events.jsonl").split(separator: "\n").map { try JSONValue(parsing: String($0)) }
  }

  @Test func `each event is one line with its date and job`() async throws {
    let store = MemoryStore()
    let events = try await run(store)
    #expect(events.compactMap { $0["event"].string }.prefix(3) == ["prepared", "uploaded", "created"])
    #expect(events.last?["event"].string == "settled")
    #expect(events.last?["status"]["completed"].int == 2)
    #expect(events.allSatisfy { $0["name"].string == "mine" && $0["date"].string?.hasSuffix("Z") == true })
  }

  @Test func `a second run adds to the file`() async throws {
    let store = MemoryStore()
    let first = try await run(store)
    let both = try await run(store)
    // How often a wait looks is a matter of chance; what was there stays, and a whole run follows.
    #expect(Array(both.prefix(first.count)) == first)
    #expect(both.count { $0["event"].string == "settled" } == 2)
  }

  @Test func `neither prompts nor keys get into it`() async throws {
    let store = MemoryStore()
    _ = try await run(store, .echo.injecting(.tooManyRequests(), into: .createBatch))
    let text = try store.text("/events.jsonl")
    #expect(!text.contains("private") && !text.contains("sk-test"))
  }

  @Test func `a log that can't be written stops no job`() async throws {
    let emulator = Emulator(clock: VirtualClock.immediate)
    let client = BatchClient(
      .compatible(at: Stage.base, apiKey: .none), transport: .emulator(emulator),
      observer: .jsonLines(to: "/no/such/folder/events.jsonl"), clock: emulator.clock)
    #expect(try await client.run(Stage.batch(2)).count == 2)
  }
}
