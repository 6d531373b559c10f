import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `A retry sends only what is worth it, as further parts of the same job` {
  let store = MemoryStore()

  private struct Verdict: Codable, Sendable { var label: String }

  func stage(_ script: EmulatorScript, limits: BatchLimits = .openAI) -> Stage {
    let emulator = Emulator(script, clock: VirtualClock.immediate)
    return Stage(
      emulator, registry: BatchRegistry(store: store, path: "/r.json", clock: emulator.clock), limits: limits)
  }

  @Test func `expired rows are bought again, and nothing else`() async throws {
    let stage = stage(.echo.expiring(after: 0.5))
    let job = try await stage.client.submit(Stage.batch(10), named: "n")
    #expect(try await job.wait().reconciliation.failed == 5)
    // What is stuck stays stuck: each attempt answers half of what is left.
    #expect(try await job.retry() == 5)
    let results = try await job.wait()
    #expect(results.reconciliation.submitted == 10 && results.reconciliation.succeeded >= 7)
    #expect(results.map(\.id.rawValue) == (1...10).map { "r-\($0)" })
    #expect(stage.emulator.ledger.paidTwice.isEmpty)
    #expect(job.batchIDs.count == 2)
  }

  @Test func `a refusal that would come again is left alone`() async throws {
    let stage = stage(
      .echo.taking(.seconds(60)).failing("r-1", with: .contextLengthExceeded).failing("r-2", with: .rateLimit)
        .dropping("r-3"))
    let job = try await stage.client.submit(Stage.batch(5), named: "n")
    _ = try await job.wait()
    #expect(try await job.retry() == 2)
    _ = try await job.wait()
    #expect(stage.emulator.ledger.batches.map(\.counts.total) == [5, 2])
    #expect(stage.emulator.ledger.batches[1].executed.sorted() == ["r-2", "r-3"])
    #expect(try await job.retry { id, _ in id == "r-1" } == 2)
  }

  @Test func `a retry takes off the failures what was among them, and no more`() async throws {
    // Half of the rows fail for good, the others expire, and then fail for good as well.
    let stage = stage(
      .echo.expiring(after: 0.5, first: 1).answering { _ in .failure(.contextLengthExceeded) })
    let job = try await stage.client.submit(Stage.batch(10), named: "n")
    try await job.settle()
    #expect(job.status.counts.failed == 5)
    #expect(try await job.retry() == 5)
    try await job.settle()
    #expect(job.status.counts.total == 10 && job.status.counts.failed == 10)
  }

  @Test func `another process may do it, and the answers of both attempts are one result`() async throws {
    let first = stage(.echo.taking(.seconds(60)).failing("r-2", with: .serverError))
    _ = try await first.client.submit(Stage.batch(3), named: "n").wait()
    let healed = Stage(
      Emulator(.echo.taking(.seconds(60)), clock: first.emulator.clock),
      registry: BatchRegistry(store: store, path: "/r.json", clock: first.emulator.clock))
    let job = try await healed.client.job(named: "n", as: Chat(model: "gpt-5.4-mini"))
    #expect(try await job.retry() == 1)
    let results = try await job.wait()
    #expect(results.reconciliation.succeeded == 3)
    #expect(results["r-2"]?.value?.text == "Say 2")
    #expect(try store.names(in: "/r.json.jobs/\(job.id)/results").count == 3)
  }

  @Test func `the newest answer counts, unless it failed where an earlier one did not`() async throws {
    // The first attempt answers two rows with nonsense; of the second, one is mended and the other fails.
    let asked = Locked<[CustomID: Int]>([:])
    let script = EmulatorScript.echo.taking(.seconds(60)).answering { request in
      guard let id = request.id, id != "r-3" else { return #"{"label":"fine"}"# }
      let times = asked.withLock { asked in
        asked[id, default: 0] += 1
        return asked[id] ?? 0
      }
      if times == 1 { return "nonsense" }
      return id == "r-1" ? #"{"label":"mended"}"# : ScriptedReply.failure(.serverError)
    }
    var batch = Batch(Chat(model: "gpt-5.4-mini").returning(Verdict.self))
    for number in 1...3 { batch.add("r-\(number)", "Say \(number)") }
    let job = try await stage(script).client.submit(batch, named: "n")
    let first = try await job.wait()
    #expect(first.map { $0.value?.label } == [nil, nil, "fine"])
    #expect(first.reconciliation.succeeded == 3 && first.decodedReconciliation.undecodable == 2)
    #expect(try await job.retry { _, error in error.kind == .undecodable } == 2)
    let merged = try await job.wait()
    #expect(merged.map { $0.value?.label } == ["mended", nil, "fine"])
    #expect(merged["r-2"]?.text == "nonsense")
    #expect(
      merged.reconciliation.description
        == "3 submitted = 3 succeeded + 0 failed + 0 missing; besides: 2 superseded by a retry")
    #expect(merged.reconciliation.isComplete && merged.duplicates.isEmpty)
    #expect(try job.reconciliation() == merged.reconciliation)
  }

  @Test func `a row that failed twice tells how it failed the last time`() async throws {
    let asked = Locked(0)
    let script = EmulatorScript.echo.taking(.seconds(60)).answering { request in
      guard request.id == "r-2" else { return nil }
      return asked.withLock {
        $0 += 1
        return ScriptedReply.failure($0 == 1 ? .serverError : .rateLimit)
      }
    }
    let job = try await stage(script).client.submit(Stage.batch(2), named: "n")
    let first = try await job.wait()
    let code = try #require(first["r-2"]?.error?.code)
    #expect(try await job.retry() == 1)
    let merged = try await job.wait()
    #expect(merged["r-2"]?.error?.code != code && merged.reconciliation.failed == 1)
    #expect(merged.reconciliation.superseded == 1 && merged.reconciliation.duplicates == 0)
  }

  @Test func `the failures of all parts go in parts no larger than these were`() async throws {
    // The account has room for a part of four requests, and none for the eight that fail.
    let asked = Locked<Set<CustomID>>([])
    let script = EmulatorScript.echo.taking(.seconds(60)).enqueuing(atMost: 40).answering { request in
      guard let id = request.id, id.rawValue.hasSuffix("2") || id.rawValue.hasSuffix("4") else { return nil }
      return asked.withLock { $0.insert(id).inserted } ? .failure(.serverError) : nil
    }
    let stage = stage(script)
    let job = try await stage.client.submit(Stage.batch(36), named: "n", splitting: .requests(4))
    #expect(try await job.wait().reconciliation.failed == 8)
    #expect(try await job.retry() == 8)
    #expect(try await job.wait().reconciliation.succeeded == 36)
    #expect(stage.emulator.ledger.batches.map(\.counts.total).max() == 4)
  }

  @Test func `after the last attempt the service's own reason is told`() async throws {
    let first = stage(.echo.taking(.seconds(60)).failing("r-2", with: .serverError))
    _ = try await first.client.submit(Stage.batch(3), named: "n").wait()
    let stern = Stage(
      Emulator(.echo.taking(.seconds(60)).failingBatches(with: .serverError), clock: first.emulator.clock),
      registry: BatchRegistry(store: store, path: "/r.json", clock: first.emulator.clock))
    let job = try await stern.client.job(named: "n", as: Chat(model: "gpt-5.4-mini"))
    for _ in 2...5 {
      #expect(try await job.retry() == 1)
      try await job.settle()
    }
    let error = await #expect(throws: BatchError.self) { _ = try await job.retry() }
    #expect(error?.message.contains("tried 5 times; at last the service refused it (") == true)
  }

  @Test func `attempts are bounded, and an open job is not retried`() async throws {
    let stage = stage(.echo.taking(.seconds(600)).failing("r-1", with: .serverError))
    let job = try await stage.client.submit(Stage.batch(2), named: "n")
    let early = await #expect(throws: BatchError.self) { _ = try await job.retry() }
    #expect(early?.code == .invalidBatch || early?.code == .unreadableFile)
    _ = try await job.wait()
    for _ in 2...5 {
      #expect(try await job.retry() == 1)
      _ = try await job.wait()
    }
    let late = await #expect(throws: BatchError.self) { _ = try await job.retry() }
    #expect(late?.message.contains("tried 5 times") == true)
  }

  @Test func `rows that a cancel kept back go once, with their own part`() async throws {
    let emulator = Emulator(.echo.taking(.seconds(600)), clock: VirtualClock.immediate)
    let client = BatchClient(
      .compatible(at: Stage.base, apiKey: "k"), transport: .emulator(emulator), registry: .memory(),
      throttle: .parts(1), clock: emulator.clock)
    let job = try await client.submit(Stage.batch(4), splitting: .requests(2))
    try await job.cancel()
    _ = try? await job.wait()
    #expect(job.status.phase == .settled)
    _ = try await job.retry()
    let results = try await job.wait()
    #expect(results.reconciliation.succeeded == 4)
    #expect(emulator.ledger.paidTwice.isEmpty && emulator.ledger.paidRows == 4)
  }

  @Test func `an older view of the job buys nothing that another has bought`() async throws {
    let stage = stage(.echo.taking(.seconds(60)).injecting(.status(404), into: .listFiles, first: 0))
    let first = Stage(
      Emulator(.echo.taking(.seconds(60)).failing("r-2", with: .serverError), clock: VirtualClock.immediate),
      registry: stage.registry)
    let stale = try await first.client.submit(Stage.batch(3), named: "n")
    _ = try await stale.wait()
    let healed = Stage(
      Emulator(.echo.taking(.seconds(60)), clock: first.emulator.clock), registry: stage.registry)
    let fresh = try await healed.client.job(named: "n", as: Chat(model: "gpt-5.4-mini"))
    #expect(try await fresh.retry() == 1)
    _ = try await fresh.wait()
    #expect(try await stale.retry() == 0)
    #expect(healed.emulator.ledger.batches.count == 1)
  }

  @Test func `with nothing to send nothing happens`() async throws {
    let stage = stage(.echo.taking(.seconds(60)))
    let job = try await stage.client.submit(Stage.batch(2))
    _ = try await job.wait()
    #expect(try await stage.client.retry(job).id == job.id)
    #expect(stage.emulator.ledger.batches.count == 1 && job.status.phase == .settled)
  }
}

@Suite(.inTurn) struct `A job is divided and held back as the service needs it` {
  @Test func `each model has parts of its own, in a fixed order`() async throws {
    let stage = Stage(.echo.taking(.seconds(60)))
    var batch = Batch(Chat(model: "gpt-a"))
    for number in 1...6 {
      batch.add("r-\(number)", "x") { number.isMultiple(of: 2) ? $0.model("gpt-b") : $0 }
    }
    let job = try await stage.client.submit(batch)
    #expect(job.batchIDs.count == 2)
    #expect(try await job.wait().map(\.id.rawValue).sorted() == (1...6).map { "r-\($0)" })
    #expect(stage.emulator.ledger.batches.allSatisfy { $0.status == "completed" })
  }

  @Test(arguments: [(Splitting.requests(4), 3), (.tokens(60), 10), (.providerLimits, 1), (.tokens(1), 10)])
  func `parts are as large as was asked for`(splitting: Splitting, parts: Int) async throws {
    let stage = Stage(.echo.taking(.seconds(60)))
    let batch = Stage.batch(10, saying: String(repeating: "long ", count: 40))
    let job = try await stage.client.submit(batch, splitting: splitting)
    #expect(job.batchIDs.count == parts)
    #expect(try await job.wait().reconciliation.isComplete)
  }

  @Test func `embedded texts are counted, not requests`() async throws {
    let stage = Stage(
      .echo.taking(.seconds(60)), limits: BatchLimits(requests: 100, bytes: 1_000_000, embeddedTexts: 5))
    var batch = Batch(RawRequest(.embeddings))
    for number in 1...4 {
      batch.add(CustomID("r-\(number)"), ["model": "e", "input": ["one", "two", "three"]])
    }
    batch.add("tokens", ["model": "e", "input": [1, 2, 3, 4, 5, 6]])
    let job = try await stage.client.submit(batch)
    #expect(job.batchIDs.count == 4)
  }

  @Test func `parts beyond the throttle go as earlier ones end`() async throws {
    let emulator = Emulator(.echo.taking(.seconds(600)), clock: VirtualClock.immediate)
    let client = BatchClient(
      .compatible(at: Stage.base, apiKey: "k"), transport: .emulator(emulator), registry: .memory(),
      throttle: .parts(2), clock: emulator.clock)
    let job = try await client.submit(Stage.batch(10), splitting: .requests(2))
    #expect(job.batchIDs.count == 2)
    #expect(job.nextAction == .check)
    #expect(job.status.phase == .sending)
    #expect(try await job.wait().reconciliation.isComplete)
    #expect(emulator.ledger.batches.count == 5)
    #expect(emulator.ledger.mostUnfinishedBatches == 2)
  }

  @Test func `a service that is full is waited for, and nothing is lost`() async throws {
    let stage = Stage(.echo.taking(.seconds(600)).enqueuing(atMost: 60))
    let job = try await stage.client.submit(
      Stage.batch(12, saying: String(repeating: "word ", count: 8)), splitting: .requests(3))
    let results = try await job.wait()
    #expect(results.reconciliation.description == "12 submitted = 12 succeeded + 0 failed + 0 missing")
    #expect(stage.emulator.ledger.paidTwice.isEmpty && stage.emulator.ledger.paidRows == 12)
    #expect(stage.emulator.ledger.batches.contains { $0.status == "failed" })
    #expect(stage.events.contains { $0.contains("the service is full") })
  }

  /// A service whose account is empty for a while.
  struct Broke: HTTPTransport {
    let inner: any HTTPTransport
    let isBroke: Locked<Int>

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
      let left = isBroke.withLock { left in
        if request.method == "POST", request.url.path.hasSuffix("/batches") { left -= 1 }
        return left
      }
      guard request.method == "POST", request.url.path.hasSuffix("/batches"), (0..<3).contains(left) else {
        return try await inner.send(request)
      }
      let body = #"{"error":{"message":"You exceeded your current quota.","code":"insufficient_quota"}}"#
      return HTTPResponse(status: 429, body: Data(body.utf8))
    }

    func download(
      _ request: HTTPRequest, into receive: @escaping @Sendable (Data) throws -> Void
    ) async throws -> HTTPResponse { try await inner.download(request, into: receive) }
  }

  @Test func `an account that can't pay pauses the job, and credit lets it go on`() async throws {
    let emulator = Emulator(.echo.taking(.seconds(600)), clock: VirtualClock.immediate)
    let told = Locked<[String]>([])
    // The first create passes, the next three meet an empty account.
    let client = BatchClient(
      .compatible(at: Stage.base, apiKey: "k"),
      transport: Broke(inner: EmulatorTransport(emulator), isBroke: Locked(4)), registry: .memory(),
      observer: .calling { event in told.withLock { $0.append(event.description) } }, clock: emulator.clock)
    let error = await #expect(throws: BatchError.self) {
      _ = try await client.submit(Stage.batch(4), named: "n", splitting: .requests(2))
    }
    #expect(error?.code == .quotaExceeded)
    let results = try await client.job(named: "n", as: Chat(model: "m")).wait()
    #expect(results.reconciliation.isComplete)
    #expect(told.current.contains { $0.contains("add credit") })
    #expect(emulator.ledger.batches.count == 2 && emulator.ledger.paidTwice.isEmpty)
  }
}
