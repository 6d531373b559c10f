import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `What earlier jobs were answered is not paid again` {
  let store = MemoryStore()
  let clock = VirtualClock.immediate

  private func stage(
    _ script: EmulatorScript = .echo, key: APIKey = "sk-test", base: URL = Stage.base
  ) -> Stage {
    Stage(
      Emulator(script.taking(.seconds(60)), clock: clock),
      registry: BatchRegistry(store: store, path: "/r.json", clock: clock), key: key, base: base)
  }

  private func batch(_ texts: [String], prefix: String = "r") -> Batch<Chat<ChatReply>> {
    var batch = Batch(Chat(model: "gpt-5.4-mini"))
    for (index, text) in texts.enumerated() { batch.add(CustomID("\(prefix)-\(index + 1)"), Prompt(text)) }
    return batch
  }

  private static let texts = (1...20).map { "text \($0)" }

  /// Runs the first job, and the same rows with some of them changed.
  private func rerun(
    _ texts: [String], prefix: String = "r", _ script: EmulatorScript = .echo
  ) async throws -> (stage: Stage, job: BatchJob<Chat<ChatReply>>, results: BatchResults<ChatReply>) {
    _ = try await stage(script).client.run(batch(Self.texts), named: "first")
    let second = stage()
    let job = try await second.client.submit(
      batch(texts, prefix: prefix), named: "second", reusing: .earlierJobs)
    return (second, job, try await job.wait())
  }

  @Test func `a table with three changed rows pays for three`() async throws {
    var texts = Self.texts
    for changed in [0, 7, 19] { texts[changed] += ", changed" }
    let (stage, job, results) = try await rerun(texts)
    #expect(stage.emulator.ledger.paidRows == 3)
    #expect(results.map { $0.text ?? "" } == texts)
    #expect(
      results.reconciliation.description
        == "20 submitted = 20 succeeded + 0 failed + 0 missing; besides: 17 reused from earlier jobs")
    #expect(job.status.description == "settled: 3 of 3 done, 17 reused")
    #expect(stage.events.contains { $0.contains("17 are reused from earlier jobs") })
    #expect(try job.report().html.contains("17 reused from earlier jobs"))
    // Tokens that an earlier job paid for are not counted once more.
    #expect(results.usage.total == results.filter { $0.usage != nil }.reduce(0) { $0 + $1.usage!.total })
    #expect(results.count { $0.usage != nil } == 3)
  }

  @Test func `with nothing changed, nothing is sent, and other ids do no harm`() async throws {
    let (stage, job, results) = try await rerun(Self.texts.reversed(), prefix: "other")
    #expect(stage.emulator.ledger.batches.isEmpty && stage.emulator.ledger.filesAlive.isEmpty)
    #expect(results.map(\.id.rawValue) == (1...20).map { "other-\($0)" })
    #expect(results.map { $0.text ?? "" } == Self.texts.reversed())
    #expect(job.status.phase == .settled && job.nextAction == .done && job.batchIDs.isEmpty)
  }

  @Test func `without the wish everything is asked anew`() async throws {
    _ = try await stage().client.run(batch(Self.texts), named: "first")
    let second = stage()
    let results = try await second.client.run(batch(Self.texts), named: "second")
    #expect(second.emulator.ledger.paidRows == 20 && results.reconciliation.reused == 0)
  }

  @Test func `a failed, refused or cut answer is never taken over`() async throws {
    let script = EmulatorScript.echo.failing("r-1", with: .serverError).refusing("r-2").truncating("r-3")
      .dropping("r-4")
    let (stage, _, results) = try await rerun(Self.texts, script)
    #expect(stage.emulator.ledger.batches.flatMap(\.executed).sorted() == ["r-1", "r-2", "r-3", "r-4"])
    #expect(results.succeeded.count == 20)
  }

  struct Verdict: Codable, Sendable, Equatable { var label: String }

  @Test func `an answer that does not decode into what is wanted now is asked anew`() async throws {
    let schema: JSONSchema = [
      "type": "object", "properties": ["label": ["type": "string"]], "required": ["label"],
      "additionalProperties": false,
    ]
    let chat = Chat(model: "gpt-5.4-mini").returning(Verdict.self, schema: schema, name: "verdict")
    var batch = Batch(chat)
    for id in ["good", "odd"] as [CustomID] { batch.add(id, "Rate \(id).") }
    let odd = EmulatorScript.echo.answering("good", with: #"{"label":"praise"}"#)
      .answering("odd", with: #"{"label":7}"#)
    let first = try await stage(odd).client.run(batch, named: "first")
    #expect(first.succeeded.count == 1)
    let second = stage(.echo.answering("odd", with: #"{"label":"mended"}"#))
    let results = try await second.client.run(batch, named: "second", reusing: .earlierJobs)
    #expect(second.emulator.ledger.batches.flatMap(\.executed) == ["odd"])
    #expect(results.succeeded.map(\.value.label) == ["praise", "mended"])
  }

  @Test func `removing the old job loses nothing`() async throws {
    let (_, job, _) = try await rerun(Self.texts)
    let other = stage()
    try await other.client.delete("first")
    let again = try await other.client.job(named: "second", as: Chat(model: "gpt-5.4-mini"))
    #expect(try again.results().map { $0.text ?? "" } == Self.texts)
    #expect(try again.verify().isIntact && again.id == job.id)
    // And what was reused once can be reused from there.
    let third = stage()
    let results = try await third.client.run(batch(Self.texts), named: "third", reusing: .jobs("second"))
    #expect(third.emulator.ledger.paidRows == 0 && results.succeeded.count == 20)
  }

  @Test func `an answer that was tampered with is not taken over`() async throws {
    let first = stage()
    let old = try await first.client.submit(batch(Self.texts), named: "first")
    _ = try await old.wait()
    let path = "/r.json.jobs/\(old.id)/results/part-0001.output.jsonl"
    let forged = try store.text(path).replacing("text 5\"", with: "TEXT 5\"")
    #expect(forged != (try store.text(path)))
    try store.replace(path, with: Array(forged.utf8))
    let second = stage()
    let results = try await second.client.run(batch(Self.texts), named: "second", reusing: .earlierJobs)
    #expect(second.emulator.ledger.paidRows == 20)
    #expect(results.map { $0.text ?? "" } == Self.texts)
    #expect(second.events.contains { $0.contains("its files were changed or are gone") })
  }

  @Test(arguments: [
    "", "{\"version\":1}\n", "not an index at all", "{\"version\":9,\"names\":[],\"hashes\":{}}\nxx",
  ])
  func `an index that is damaged, old or foreign is made anew`(garbage: String) async throws {
    let first = stage()
    let old = try await first.client.submit(batch(Self.texts), named: "first")
    _ = try await old.wait()
    _ = try await stage().client.run(batch(Self.texts), named: "second", reusing: .jobs("first"))
    let path = "/r.json.jobs/\(old.id)/answers.index"
    let sound = try store.read(path)
    try store.replace(path, with: Array(garbage.utf8))
    let third = stage()
    _ = try await third.client.run(batch(Self.texts), named: "third", reusing: .jobs("first"))
    #expect(third.emulator.ledger.paidRows == 0)
    #expect(try store.read(path) == sound)
  }

  @Test func `an index with a good head and lies behind it leads to nothing wrong`() async throws {
    let first = stage()
    let old = try await first.client.submit(batch(Self.texts), named: "first")
    _ = try await old.wait()
    _ = try await stage().client.run(batch(Self.texts), named: "second", reusing: .jobs("first"))
    let path = "/r.json.jobs/\(old.id)/answers.index"
    var bytes = try store.read(path)
    let head = bytes.firstIndex(of: 0x0A)! + 1
    // Each digest now leads to the request and the answer of the one behind it.
    for record in 0..<19 {
      let (from, to) = (head + 64 * (record + 1) + 32, head + 64 * record + 32)
      bytes.replaceSubrange(to..<to + 32, with: bytes[from..<from + 32])
    }
    try store.replace(path, with: bytes)
    let third = stage()
    let results = try await third.client.run(batch(Self.texts), named: "third", reusing: .jobs("first"))
    #expect(results.map { $0.text ?? "" } == Self.texts)
    #expect(third.emulator.ledger.paidRows >= 19)
  }

  @Test func `another account's answers are not ours`() async throws {
    _ = try await stage().client.run(batch(Self.texts), named: "first")
    let elsewhere = stage(base: URL(string: "http://elsewhere.invalid/v1")!)
    let results = try await elsewhere.client.run(batch(Self.texts), named: "second", reusing: .earlierJobs)
    #expect(elsewhere.emulator.ledger.paidRows == 20 && results.reconciliation.reused == 0)
  }

  @Test func `who asks a question three times has three answers again`() async throws {
    let numbered = EmulatorScript.echo.answering { .text("answer to \($0.id ?? "")") }
    _ = try await stage(numbered).client.run(batch(["same", "same", "same"]), named: "first")
    let second = stage()
    let results = try await second.client.run(
      batch(["same", "same", "same"], prefix: "x"), named: "second", reusing: .earlierJobs)
    #expect(results.map { $0.text ?? "" } == ["answer to r-1", "answer to r-2", "answer to r-3"])
    #expect(second.emulator.ledger.paidRows == 0)
  }

  @Test func `collapsing and reusing go together, and both are in the sum`() async throws {
    _ = try await stage().client.run(batch(["one", "two"]), named: "first")
    let second = stage()
    let results = try await second.client.run(
      batch(["one", "three", "one", "three", "two", "four"]).collapsingDuplicates(), named: "second",
      reusing: .earlierJobs)
    #expect(results.map { $0.text ?? "" } == ["one", "three", "one", "three", "two", "four"])
    #expect(second.emulator.ledger.batches.flatMap(\.executed).sorted() == ["r-2", "r-6"])
    #expect(results.reconciliation.shared == 1 && results.reconciliation.reused == 3)
    #expect(results.reconciliation.sent == 2)
  }

  @Test func `a retry leaves what was reused alone, and can ask it anew by choice`() async throws {
    _ = try await stage().client.run(batch(["one", "two"]), named: "first")
    let second = stage(.echo.failing("r-3", with: .serverError))
    let job = try await second.client.submit(
      batch(["one", "two", "three"]), named: "second", reusing: .earlierJobs)
    _ = try await job.wait()
    #expect(try await job.retry() == 1)
    _ = try await job.wait()
    #expect(second.emulator.ledger.batches.map(\.executed) == [["r-3"], ["r-3"]])
  }

  @Test func `a job that is not there to be reused is told before anything is sent`() async throws {
    let stage = stage()
    let error = await #expect(throws: BatchError.self) {
      try await stage.client.submit(batch(["one"]), named: "n", reusing: .jobs("nowhere"))
    }
    #expect(error?.code == .unknownJob && error?.message.contains("nowhere") == true)
    #expect(stage.emulator.ledger.calls.isEmpty)
    #expect(try await stage.registry.entries.isEmpty)
  }
}
