import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `The main path leads from a table to an enriched table` {
  @Test func `the quick start works as it is written`() async throws {
    let stage = Stage(.echo.failing("rome", with: .rateLimit))
    var batch = Batch(Chat(model: "gpt-5.4-mini").system("Answer in one word."))
    batch.add("paris", "What is the capital of France?")
    batch.add("rome", "What is the capital of Italy?")
    batch.add("What is the capital of Peru?")
    let results = try await stage.client.submit(batch, description: "capitals").wait()
    #expect(results.succeeded.map(\.id) == ["paris", "request-0003"])
    #expect(results["paris"]?.value?.text == "What is the capital of France?")
    #expect(results.failed.map { "\($0.id) \($0.error.code)" } == ["rome rate_limit_exceeded"])
    #expect(results.reconciliation.description == "3 submitted = 2 succeeded + 1 failed + 0 missing")
    #expect(stage.emulator.ledger.paidTwice.isEmpty)
    #expect(stage.emulator.ledger.batches.count == 1)
  }

  @Test func `a table comes back with its answers beside it`() async throws {
    let scratch = try Scratch()
    try DiskStore.shared.write(
      "id,text\n1,\"He said \"\"hi\"\",\nthen left\"\n2,plain\n3,lost\n", to: scratch("in.csv"))
    let stage = Stage(.echo.dropping("r-3"))
    let table = try Table(path: scratch("in.csv"))
    var batch = Batch(Chat(model: "gpt-5.4-mini"))
    batch.add(contentsOf: table, id: "r-{{id}}", prompt: "{{text}}")
    let results = try await stage.client.run(batch)
    try results.joined(to: table, by: "r-{{id}}").write(to: scratch("out.csv"))
    let rows = Array(try Table(path: scratch("out.csv")))
    #expect(rows.map { $0["content"] } == ["He said \"hi\",\nthen left", "plain", ""])
    #expect(rows.map { $0["finish_reason"] } == ["stop", "stop", ""])
    #expect(results.missing == ["r-3"])
    #expect(results.reconciliation.description == "3 submitted = 2 succeeded + 0 failed + 1 missing")
  }

  struct Verdict: Codable, Sendable, Equatable {
    var label: String
  }

  static let schema: JSONSchema = [
    "type": "object", "properties": ["label": ["type": "string"]], "required": ["label"],
    "additionalProperties": false,
  ]

  @Test func `a typed answer flows from the request to the result`() async throws {
    let script = EmulatorScript.echo
      .answering("good", with: #"{"label":"praise"}"#)
      .answering("odd", with: #"{"label":7}"#)
      .refusing("no").truncating("cut")
    let stage = Stage(script)
    var batch = Batch(
      Chat(model: "gpt-5.4-mini").returning(Verdict.self, schema: Self.schema, name: "verdict"))
    for id in ["good", "odd", "no", "cut"] as [CustomID] { batch.add(id, "Rate it.") }
    let results = try await stage.client.run(batch)
    #expect(results["good"]?.value == Verdict(label: "praise"))
    #expect(results["odd"]?.error?.kind == .undecodable)
    #expect(results["no"]?.error?.kind == .refusal)
    #expect(results["cut"]?.error?.kind == .truncated)
    #expect(results.reconciliation.submitted == 4)
  }

  @Test func `results come back in the order of submission, over many parts`() async throws {
    let stage = Stage(.echo.seeded(3), limits: BatchLimits(requests: 7, bytes: 200_000_000))
    let job = try await stage.client.submit(Stage.batch(30))
    #expect(job.batchIDs.count == 5)
    let results = try await job.wait()
    #expect(results.map(\.id.rawValue) == (1...30).map { "r-\($0)" })
    #expect(results.reconciliation.isComplete)
    #expect(job.status.phase == .settled)
    #expect(job.status.counts == RequestCounts(total: 30, completed: 30, failed: 0))
    #expect(stage.emulator.ledger.paidTwice.isEmpty)
  }

  @Test func `embeddings and responses take the same way`() async throws {
    let stage = Stage()
    var vectors = Batch(Embed(model: "text-embedding-3-small"))
    vectors.add("a", "some text")
    let embedded = try await stage.client.run(vectors)
    #expect(embedded["a"]?.value?.vector.isEmpty == false)
    var answers = Batch(Responses(model: "gpt-5.4-mini").instructions("Be brief."))
    answers.add("b", "Hello")
    let answered = try await stage.client.run(answers)
    #expect(answered["b"]?.value?.text == "Hello")
    #expect(answered["b"]?.usage != nil)
  }

  @Test func `a job is watched, polled and advanced step by step`() async throws {
    let stage = Stage(.echo.completing(after: 3))
    let job = try await stage.client.submit(Stage.batch(4))
    #expect(job.nextAction == .check)
    #expect(job.status.phase == .validating)
    var phases: [BatchStatus.Phase] = []
    for try await status in job.updates(polling: .every(.seconds(1))) { phases.append(status.phase) }
    #expect(phases.last == .settled)
    #expect(phases.count >= 3)
    #expect(job.nextAction == .done)
    #expect(try await job.poll().phase == .settled)
    #expect(try job.results().count == 4)
  }

  @Test func `what happens is told in order`() async throws {
    let stage = Stage(.echo.completing(after: 1))
    _ = try await stage.client.run(Stage.batch(2), named: "told")
    let kinds = stage.events.map { $0.prefix(8) }
    #expect(kinds.first == "prepared")
    #expect(stage.events.contains { $0.hasPrefix("uploaded part 1") })
    #expect(stage.events.contains { $0.hasPrefix("created batch batch_") })
    #expect(stage.events.contains { $0.hasPrefix("fetched the output file of part 1") })
    #expect(stage.events.last == "settled: 2 of 2 done")
  }
}

@Suite(.inTurn) struct `Every way a batch can end is read for what it holds` {
  @Test func `an expired batch keeps what was answered`() async throws {
    let stage = Stage(.echo.expiring(after: 0.5))
    let results = try await stage.client.run(Stage.batch(10))
    let reconciliation = results.reconciliation
    #expect(reconciliation.submitted == 10 && reconciliation.succeeded == 5 && reconciliation.failed == 5)
    #expect(results.failed.allSatisfy { $0.error.kind == .expired && $0.error.isWorthRetrying })
  }

  @Test func `a cancelled job keeps what was answered`() async throws {
    let stage = Stage(.echo.taking(.seconds(3600)))
    let job = try await stage.client.submit(Stage.batch(10))
    stage.advance(by: .seconds(1800))
    try await job.cancel()
    #expect(job.status.phase == .cancelling || job.status.phase == .settled)
    let results = try await job.wait()
    #expect(results.reconciliation.submitted == 10)
    #expect(results.reconciliation.isComplete)
    #expect(results.contains { $0.error?.kind == .cancelled })
  }

  @Test func `a completed batch of failures alone is no success and no exception`() async throws {
    let stage = Stage(.echo.failing(every: 1, with: .contextLengthExceeded))
    let results = try await stage.client.run(Stage.batch(3))
    #expect(results.reconciliation.failed == 3)
    #expect(results.failures.summary == "3 x context_length_exceeded")
  }

  @Test func `a batch refused as a whole throws with every reason`() async throws {
    let stage = Stage(.echo.offering("gpt-other"))
    let error = await #expect(throws: BatchError.self) { _ = try await stage.client.run(Stage.batch(2)) }
    #expect(error?.code == .nothingUsable)
    #expect(error?.message.contains("line 1") == true && error?.message.contains("line 2") == true)
    #expect(error?.message.contains("model_not_found") == true)
  }

  @Test func `a refused part fails its own rows and no others`() async throws {
    let stage = Stage(
      .echo.failingBatches(with: .custom(code: "bad_file", message: "The file is bad."), first: 1),
      limits: BatchLimits(requests: 3, bytes: 1_000_000))
    let results = try await stage.client.run(Stage.batch(6))
    #expect(results.reconciliation.description == "6 submitted = 3 succeeded + 3 failed + 0 missing")
    #expect(results.map(\.id.rawValue) == (1...6).map { "r-\($0)" })
    #expect(results["r-1"]?.error?.kind == .rejected)
    #expect(results["r-1"]?.error?.message.contains("The file is bad.") == true)
    #expect(results["r-4"]?.value?.text == "Say 4")
  }

  @Test func `the time limit ends the wait and not the batch`() async throws {
    let stage = Stage(.echo.taking(.seconds(7200)))
    let job = try await stage.client.submit(Stage.batch(2), named: "slow")
    let error = await #expect(throws: BatchError.self) {
      _ = try await job.wait(polling: .adaptive.until(.seconds(600)))
    }
    #expect(error?.code == .deadlinePassed)
    #expect(try await job.wait().count == 2)
  }

  @Test func `cancelling the task leaves the batch running`() async throws {
    let stage = Stage(.echo.taking(.seconds(3600)))
    let job = try await stage.client.submit(Stage.batch(2))
    let waiting = Task { try await job.wait() }
    waiting.cancel()
    await #expect(throws: CancellationError.self) { _ = try await waiting.value }
    #expect(stage.emulator.ledger.calls[.cancelBatch, default: 0] == 0)
    #expect(try await job.wait().reconciliation.isComplete)
  }
}
