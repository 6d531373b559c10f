import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `Identical requests are paid once, and every id is answered` {
  let store = MemoryStore()

  private func stage(_ script: EmulatorScript = .echo, limits: BatchLimits = .openAI) -> Stage {
    let emulator = Emulator(script, clock: VirtualClock.immediate)
    return Stage(
      emulator, registry: BatchRegistry(store: store, path: "/r.json", clock: emulator.clock), limits: limits)
  }

  /// Requests with these ids and texts.
  private func batch(_ rows: [(CustomID, String)]) -> Batch<Chat<ChatReply>> {
    var batch = Batch(Chat(model: "gpt-5.4-mini"))
    for (id, text) in rows { batch.add(id, Prompt(text)) }
    return batch
  }

  private static let rows: [(CustomID, String)] = [
    ("a", "one"), ("b", "two"), ("c", "one"), ("d", "three"), ("e", "two"), ("f", "one"),
  ]

  @Test func `the first of them is sent, and all have its answer, in the order of the batch`() async throws {
    let stage = stage()
    let job = try await stage.client.submit(batch(Self.rows).collapsingDuplicates(), named: "n")
    let results = try await job.wait()
    #expect(results.map { "\($0.id)=\($0.text ?? "")" } == Self.rows.map { "\($0.0)=\($0.1)" })
    #expect(stage.emulator.ledger.batches.flatMap(\.paid).sorted() == ["a", "b", "d"])
    #expect(
      results.reconciliation.description
        == "6 submitted = 6 succeeded + 0 failed + 0 missing; besides: 3 share the request of another")
    #expect(results.reconciliation.isComplete && results.reconciliation.sent == 3)
    #expect(job.status.description == "settled: 3 of 3 done, 3 share a request")
    #expect(stage.events.contains { $0.hasPrefix("of 6 rows 3 have to be sent") })
  }

  @Test func `tokens are counted for the one that was paid`() async throws {
    let plain = try await stage().client.run(batch([("a", "one"), ("b", "two"), ("d", "three")]))
    let results = try await stage().client.run(batch(Self.rows).collapsingDuplicates(), named: "n")
    #expect(results.usage == plain.usage && results.usage.total > 0)
    #expect(results["c"]?.usage == nil && results["a"]?.usage != nil)
  }

  @Test func `without the wish, the same question is asked as often as it was written`() async throws {
    let stage = stage()
    let results = try await stage.client.run(batch(Self.rows))
    #expect(stage.emulator.ledger.paidRows == 6 && results.reconciliation.shared == 0)
  }

  @Test func `another process finds the job, its ids and its answers`() async throws {
    let first = stage(.echo.completing(after: 3))
    _ = try await first.client.submit(batch(Self.rows).collapsingDuplicates(), named: "n")
    let again = Stage(
      first.emulator, registry: BatchRegistry(store: store, path: "/r.json", clock: first.emulator.clock))
    let job = try await again.client.job(named: "n", as: Chat(model: "gpt-5.4-mini"))
    let results = try await job.wait()
    #expect(results["f"]?.text == "one" && results.count == 6)
    let same = try await again.client.submit(batch(Self.rows).collapsingDuplicates(), named: "n")
    #expect(same.id == job.id && first.emulator.ledger.paidRows == 3)
    // The rows are the job: collapsed or not, they are the same rows.
    #expect(try await again.client.submit(batch(Self.rows), named: "n").id == job.id)
    let other = await #expect(throws: BatchError.self) {
      try await again.client.submit(batch([("a", "other")]).collapsingDuplicates(), named: "n")
    }
    #expect(other?.code == .differentJob)
  }

  @Test func `a failure is shared, and retried once for all`() async throws {
    let first = stage(.echo.taking(.seconds(60)).failing("a", with: .serverError))
    let failed = try await first.client.run(batch(Self.rows).collapsingDuplicates(), named: "n")
    #expect(failed.failed.map(\.id) == ["a", "c", "f"])
    #expect(failed.failures.summary == "3 x server_error (worth retrying)")
    let healed = Stage(
      Emulator(.echo.taking(.seconds(60)), clock: first.emulator.clock),
      registry: BatchRegistry(store: store, path: "/r.json", clock: first.emulator.clock))
    let job = try await healed.client.job(named: "n", as: Chat(model: "gpt-5.4-mini"))
    #expect(try await job.retry() == 3)
    let results = try await job.wait()
    #expect(healed.emulator.ledger.batches.map(\.executed) == [["a"]])
    #expect(results.reconciliation.succeeded == 6 && results["f"]?.text == "one")
  }

  @Test func `a request without an answer leaves all of its rows missing`() async throws {
    let results = try await stage(.echo.dropping("b")).client.run(batch(Self.rows).collapsingDuplicates())
    #expect(results.missing == ["b", "e"])
    #expect(results.reconciliation.submitted == 6 && !results.reconciliation.isComplete)
  }

  @Test func `a part that the service refused has its reason told to each row of it`() async throws {
    let stage = stage(.echo.offering("m"), limits: Self.mixing)
    let job = try await stage.client.submit(Self.partlyRefused.collapsingDuplicates(), named: "n")
    _ = try? await job.wait()
    let results = try job.results()
    #expect(results.reconciliation.failed == 6 && results.map(\.id) == Self.rows.map(\.0))
    let reasons = Dictionary(grouping: results.failed, by: { $0.error.isWorthRetrying })
    #expect(reasons[false]?.map(\.id) == ["b", "e"])
    #expect(reasons[true]?.map(\.id) == ["a", "c", "d", "f"])
  }

  @Test func `rows that share a rejected request are left out with it`() async throws {
    let stage = stage(.echo.offering("m"), limits: Self.mixing)
    let job = try await stage.client.submit(Self.partlyRefused.collapsingDuplicates(), named: "n")
    let results = try await job.wait(leavingOut: .rejectedRows)
    #expect(results.failed.map { "\($0.id) \($0.error.code)" } == ["b model_not_found", "e model_not_found"])
    #expect(results.reconciliation.succeeded == 4 && results.reconciliation.isComplete)
    #expect(stage.emulator.ledger.batches.map(\.paid) == [[], ["a", "d"]])
    #expect(try job.reconciliation() == results.reconciliation && job.partCount == 1)
  }

  private static let mixing = BatchLimits(requests: 50, bytes: 1_000_000, mixesModels: true)

  /// The rows, those that say “two” to a model that the service doesn't have.
  private static var partlyRefused: Batch<RawRequest> {
    var batch = Batch(RawRequest(.chatCompletions))
    for (id, text) in rows {
      let model: JSONValue = text == "two" ? "no-such-model" : "m"
      batch.add(id, ["model": model, "messages": [["role": "user", "content": .string(text)]]])
    }
    return batch
  }

  @Test func `joins, exports, downloads and the list of failed requests know every row`() async throws {
    let scratch = try Scratch()
    try DiskStore.shared.write("id,text\n1,same\n2,same\n3,other\n4,same\n", to: scratch("t.csv"))
    let table = try Table(path: scratch("t.csv"))
    var batch = Batch(Chat(model: "gpt-5.4-mini"))
    batch.add(contentsOf: table, id: "r-{{id}}", prompt: "{{text}}")
    let stage = stage(.echo.failing("r-3", with: .serverError))
    let job = try await stage.client.submit(batch.collapsingDuplicates())
    let results = try await job.wait()
    let sums = try results.joined(to: table, by: "r-{{id}}").write(to: scratch("out.csv"))
    #expect(sums.description == "4 rows = 3 succeeded + 1 failed + 0 missing")
    #expect(try Array(Table(path: scratch("out.csv"))).map { $0["content"] } == ["same", "same", "", "same"])
    #expect(try results.writeFailedRequests(to: scratch("again.jsonl"), store: DiskStore.shared) == 1)
    try job.download(to: "/all.jsonl")
    try DiskStore.shared.write(try store.text("/all.jsonl"), to: scratch("all.jsonl"))
    let downloaded = try BatchResults(contentsOf: scratch("all.jsonl"))
    #expect(downloaded.map(\.id.rawValue).sorted() == ["r-1", "r-2", "r-3", "r-4"])
    #expect(try job.verify().isIntact)
    #expect(try job.report().html.contains("share the request of another"))
  }

  @Test func `ids with quotes and letters of all kinds come back as they were`() async throws {
    let ids: [CustomID] = ["plain", "with \"quotes\"", "back\\slash", "ü/日本/🙂", "tab\there"]
    let results = try await stage().client.run(batch(ids.map { ($0, "same") }).collapsingDuplicates())
    #expect(results.map(\.id) == ids && results.succeeded.count == 5)
  }

  @Test func `over many parts, each share finds its answer`() async throws {
    let stage = stage(.echo.seeded(3), limits: BatchLimits(requests: 3, bytes: 1_000_000))
    let rows = (0..<60).map { (CustomID("r-\($0)"), "text \($0 % 13)") }
    let results = try await stage.client.run(batch(rows).collapsingDuplicates())
    #expect(results.map { $0.text ?? "" } == rows.map(\.1))
    #expect(stage.emulator.ledger.paidRows == 13 && stage.emulator.ledger.batches.count == 5)
  }

  @Test func `two requests of one hash and different text are both sent`() throws {
    try store.createFolder("/draft")
    // The worst hash there is: every request has the same.
    var writer = try RowWriter(store: store, folder: "/draft") { _ in
      RowDigest([UInt8](repeating: 7, count: 32))
    }
    try batch(Self.rows).render { try writer.take($0) }
    var fates = RowFates(count: 6)
    try fates.collapse(try writer.finish())
    #expect((0..<6).map { fates[$0] } == [.sent, .sent, .shares(row: 0), .sent, .sent, .shares(row: 0)])
  }
}
