import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `A job goes on without the rows that a service rejects, by choice` {
  /// A batch of raw requests, some of which the emulator's check refuses though ours can't know it.
  private func batch(_ count: Int, bad: Set<Int>) -> Batch<RawRequest> {
    var batch = Batch(RawRequest(.chatCompletions))
    for number in 1...count {
      let model: JSONValue = bad.contains(number) ? "no-such-model" : "m"
      batch.add(
        CustomID("r-\(number)"),
        ["model": model, "messages": [["role": "user", "content": .string("Say \(number)")]]])
    }
    return batch
  }

  /// A service that takes several models in one file, and knows one.
  private func stage(_ script: EmulatorScript = .echo) -> Stage {
    Stage(
      script.taking(.seconds(60)).offering("m"),
      limits: BatchLimits(requests: 4, bytes: 1_000_000, mixesModels: true))
  }

  @Test(arguments: [[2], [1, 5, 9], [1, 2, 3, 4], [4, 8, 10]])
  func `the others of the file are sent again, and the numbers add up`(bad: [Int]) async throws {
    let stage = stage()
    let job = try await stage.client.submit(batch(10, bad: Set(bad)), named: "n")
    let results = try await job.wait(leavingOut: .rejectedRows)
    let sums = results.reconciliation
    #expect(sums.isComplete && sums.submitted == 10 && sums.failed == bad.count)
    #expect(results.map(\.id.rawValue) == (1...10).map { "r-\($0)" })
    for number in bad {
      let error = results[CustomID("r-\(number)")]?.error
      #expect(error?.kind == .rejected && error?.code == "model_not_found")
      #expect(error?.message.contains("no-such-model") == true && error?.isWorthRetrying == false)
    }
    #expect(stage.emulator.ledger.paidTwice.isEmpty)
    #expect(stage.emulator.ledger.paidRows == 10 - bad.count)
    #expect(try await job.retry() == 0)
  }

  @Test func `without the choice the part stays refused, each row with a reason`() async throws {
    let stage = stage()
    let results = try await stage.client.submit(batch(6, bad: [2]), named: "n").wait()
    #expect(results.reconciliation.description == "6 submitted = 2 succeeded + 4 failed + 0 missing")
    #expect(results["r-1"]?.error?.isWorthRetrying == true)
    #expect(stage.emulator.ledger.batches.count == 2)
  }

  @Test func `a retry leaves the named rows out as well`() async throws {
    let stage = stage()
    let job = try await stage.client.submit(batch(6, bad: [2]), named: "n")
    _ = try await job.wait()
    #expect(try await job.retry() == 3)
    #expect(try await job.wait().reconciliation.failed == 1)
  }

  /// A service that finds one fault of a file at a time, as some do.
  private struct OneAtATime: HTTPTransport {
    let inner: any HTTPTransport

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
      var answer = try await inner.send(request)
      guard var json = try? JSONValue(parsing: Array(answer.body)), let all = json["errors"]["data"].array
      else { return answer }
      json["errors"] = ["object": "list", "data": .array(Array(all.prefix(1)))]
      answer.body = Data(JSONWriter.bytes(of: json))
      return answer
    }

    func download(
      _ request: HTTPRequest, into receive: @escaping @Sendable (Data) throws -> Void
    ) async throws -> HTTPResponse { try await inner.download(request, into: receive) }
  }

  private func sparing(_ emulator: Emulator) -> BatchClient {
    BatchClient(
      .compatible(
        at: Stage.base, apiKey: "k", limits: BatchLimits(requests: 20, bytes: 1_000_000, mixesModels: true)),
      transport: OneAtATime(inner: EmulatorTransport(emulator)), registry: .memory(), clock: emulator.clock)
  }

  @Test func `faults that show one after the other are left out one after the other`() async throws {
    let emulator = Emulator(.echo.taking(.seconds(60)).offering("m"), clock: VirtualClock.immediate)
    let job = try await sparing(emulator).submit(batch(12, bad: [3, 4, 11]))
    let results = try await job.wait(leavingOut: .rejectedRows)
    #expect(results.reconciliation.description == "12 submitted = 9 succeeded + 3 failed + 0 missing")
    for id: CustomID in ["r-3", "r-4", "r-11"] {
      #expect(results[id]?.error?.code == "model_not_found" && results[id]?.error?.isWorthRetrying == false)
    }
    #expect(emulator.ledger.batches.map(\.counts.total) == [0, 0, 0, 9])
    #expect(try await job.retry() == 0)
  }

  @Test func `it ends where rows were tried often enough`() async throws {
    let emulator = Emulator(.echo.taking(.seconds(60)).offering("m"), clock: VirtualClock.immediate)
    let job = try await sparing(emulator).submit(batch(12, bad: [1, 2, 3, 4, 5, 6, 7]))
    let error = await #expect(throws: BatchError.self) { try await job.wait(leavingOut: .rejectedRows) }
    #expect(error?.code == .nothingUsable)
    #expect(emulator.ledger.batches.count == 5 && emulator.ledger.paidRows == 0)
    #expect(try job.results().reconciliation.failed == 12)
  }

  @Test func `a refusal that names no row stands`() async throws {
    let stage = Stage(.echo.taking(.seconds(60)).failingBatches(with: .serverError, first: 1))
    let job = try await stage.client.submit(Stage.batch(3))
    await #expect(throws: BatchError.self) { try await job.wait(leavingOut: .rejectedRows) }
    #expect(stage.emulator.ledger.batches.count == 1)
  }
}

@Suite(.inTurn) struct `A job is read part by part in the memory of one part` {
  private func stage(_ script: EmulatorScript) -> Stage {
    Stage(script.taking(.seconds(60)), limits: BatchLimits(requests: 4, bytes: 1_000_000))
  }

  @Test func `the parts hold what the whole holds, in its order`() async throws {
    let stage = stage(.echo.failing("r-3", with: .contextLengthExceeded).dropping("r-7").duplicating("r-9"))
    let job = try await stage.client.submit(Stage.batch(10))
    try await job.settle()
    let whole = try job.results()
    #expect(job.partCount == 3)
    let parts = try (0..<job.partCount).map { try job.results(part: $0) }
    #expect(parts.flatMap { $0.map(\.id) } == whole.map(\.id))
    #expect(parts.flatMap { $0.map(\.text) } == whole.map(\.text))
    #expect(parts.map(\.missing) == [[], ["r-7"], []])
    #expect(try job.reconciliation() == whole.reconciliation)
    #expect(whole.reconciliation.duplicates == 1)
  }

  @Test func `answers of a retry are found in the part of their row`() async throws {
    let failed = Locked<Set<CustomID>>([])
    let stage = stage(
      .echo.failing(
        where: { request in
          request.line.isMultiple(of: 2) && failed.withLock { $0.insert(request.id ?? "").inserted }
        }, with: .serverError))
    let job = try await stage.client.submit(Stage.batch(10))
    try await job.settle()
    #expect(try job.reconciliation().failed == 5)
    #expect(try await job.retry() == 5)
    try await job.settle()
    #expect(job.partCount == 3 && job.batchIDs.count == 5)
    #expect(try job.reconciliation() == job.results().reconciliation)
    #expect(
      try job.reconciliation().description.hasPrefix("10 submitted = 10 succeeded + 0 failed + 0 missing"))
    #expect(try job.results(part: 2).map(\.id) == ["r-9", "r-10"])
    #expect(try job.results(part: 1).strangers.isEmpty)
  }

  @Test(arguments: [-1, 3, 99]) func `a part that there is not is named`(part: Int) async throws {
    let stage = stage(.echo)
    let job = try await stage.client.submit(Stage.batch(10))
    let error = #expect(throws: BatchError.self) { try job.results(part: part) }
    #expect(error?.message.contains("3 parts") == true)
  }
}
