import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `A service that is full is sent no more than it bears` {
  /// A network on which uploads take as long as real ones.
  struct Slow: HTTPTransport {
    let inner: EmulatorTransport
    let clock: VirtualClock

    var isSimulated: Bool { true }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
      if request.method == "POST", request.url.path.hasSuffix("/files") { clock.advance(by: .seconds(30)) }
      return try await inner.send(request)
    }

    func download(
      _ request: HTTPRequest, into receive: @escaping @Sendable (Data) throws -> Void
    ) async throws -> HTTPResponse { try await inner.download(request, into: receive) }
  }

  /// A hundred parts before a service that takes ten of them at a time.
  private func submit(
    _ emulator: Emulator, _ registry: BatchRegistry = .memory()
  ) async throws -> BatchJob<Chat<ChatReply>> {
    let transport = Slow(
      inner: EmulatorTransport(emulator), clock: try #require(emulator.clock as? VirtualClock))
    let client = BatchClient(
      .compatible(at: Stage.base, apiKey: "k"), transport: transport, registry: registry,
      clock: emulator.clock)
    return try await client.submit(
      Stage.batch(100, saying: String(repeating: "word ", count: 91)), splitting: .requests(1))
  }

  private func refused(_ emulator: Emulator) -> Int {
    emulator.ledger.batches.count { $0.status == "failed" }
  }

  @Test func `the first refusal is seen before all is uploaded`() async throws {
    let emulator = Emulator(
      .echo.taking(.seconds(3600)).enqueuing(atMost: 1000), clock: VirtualClock.immediate)
    let job = try await submit(emulator)
    #expect((10...40).contains(emulator.ledger.batches.count))
    #expect(job.status.phase == .sending)
  }

  @Test func `each part that is held back goes once, as an earlier one ends`() async throws {
    let emulator = Emulator(
      .echo.taking(.seconds(3600)).enqueuing(atMost: 1000), clock: VirtualClock.immediate)
    let job = try await submit(emulator)
    let wasted = refused(emulator)
    let results = try await job.wait()
    #expect(results.reconciliation.succeeded == 100 && results.reconciliation.isComplete)
    #expect(emulator.ledger.paidRows == 100 && emulator.ledger.paidTwice.isEmpty)
    // What a try now and then finds out is all that is refused after the beginning.
    #expect(refused(emulator) - wasted < 60)
    #expect(emulator.ledger.mostUnfinishedBatches >= 9)
  }

  /// It is tried now and then, and in the end is told like any part that failed.
  @Test func `a part that never fits keeps the others from nothing`() async throws {
    let stage = Stage(.echo.taking(.seconds(3600)).enqueuing(atMost: 1000))
    var batch = Batch(Chat(model: "gpt-5.4-mini"))
    batch.add("large", String(repeating: "word ", count: 3000))
    for number in 1...40 { batch.add("small-\(number)", String(repeating: "word ", count: 91)) }
    let started = stage.emulator.clock.now
    let results = try await stage.client.submit(batch, splitting: .requests(1)).wait()
    #expect(results.reconciliation.succeeded == 40 && results.reconciliation.isComplete)
    #expect(results["large"]?.text == nil)
    let ends = stage.emulator.ledger.batches.filter { $0.status == "completed" }.count
    #expect(ends == 40 && stage.emulator.ledger.paidTwice.isEmpty)
    #expect(stage.emulator.clock.now.timeIntervalSince(started) < 10 * 3600)
  }

  /// A clock that was ten days ahead.
  private struct Ahead: BatchClock {
    let clock: any BatchClock

    var now: Date { clock.now.addingTimeInterval(864_000) }

    func sleep(for duration: Duration) async throws { try await clock.sleep(for: duration) }
  }

  @Test func `a clock that was set back holds nothing until it is that late again`() async throws {
    let emulator = Emulator(.echo.taking(.seconds(3600)).enqueuing(atMost: 60), clock: VirtualClock.immediate)
    _ = try await Stage(emulator, registry: .memory()).client.submit(Stage.batch(3, saying: "other words"))
    let store = MemoryStore()
    func client(_ clock: any BatchClock) -> BatchClient {
      BatchClient(
        .compatible(at: Stage.base, apiKey: "k"), transport: .emulator(emulator),
        registry: BatchRegistry(store: store, path: "/r.json", clock: clock), clock: clock)
    }
    var batch = Batch(Chat(model: "gpt-5.4-mini"))
    batch.add("large", String(repeating: "word ", count: 40))
    let held = try await client(Ahead(clock: emulator.clock)).submit(batch, named: "n")
    try await emulator.clock.sleep(for: .seconds(600))
    try await held.advance()
    #expect(refused(emulator) == 1)
    let results = try await client(emulator.clock).submit(batch, named: "n").wait()
    #expect(results.reconciliation.succeeded == 1)
    #expect(emulator.clock.now < VirtualClock.dawn.addingTimeInterval(5 * 3600))
  }

  @Test func `room that others left is found out`() async throws {
    let emulator = Emulator(
      .echo.taking(.seconds(3600)).enqueuing(atMost: 1000), clock: VirtualClock.immediate)
    let registry = BatchRegistry.memory()
    let stranger = Stage(emulator, registry: .memory())
    var others = Batch(Chat(model: "gpt-5.4-mini"))
    for number in 1...9 { others.add("other-\(number)", String(repeating: "word ", count: 91)) }
    _ = try await stranger.client.submit(others, splitting: .requests(1))
    stranger.advance(by: .seconds(600))
    let job = try await submit(emulator, registry)
    #expect(try await job.wait().reconciliation.isComplete)
    #expect(emulator.ledger.paidTwice.isEmpty && emulator.ledger.mostUnfinishedBatches >= 9)
  }
}
