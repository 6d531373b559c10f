import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `Requests that begin alike are sent together` {
  let store = MemoryStore()

  private func stage(_ limits: BatchLimits = .openAI) -> Stage {
    let clock = VirtualClock.immediate
    return Stage(
      Emulator(.echo, clock: clock), registry: BatchRegistry(store: store, path: "/r.json", clock: clock),
      limits: limits)
  }

  /// Nine questions about three documents, the documents in turn.
  private var batch: Batch<Chat<ChatReply>> {
    var batch = Batch(Chat(model: "m"))
    for number in 1...9 {
      batch.add(
        CustomID("r-\(number)"), [.system("Document \(number % 3)"), .user("Question \(number)")])
    }
    return batch
  }

  private func sent(_ job: BatchJob<Chat<ChatReply>>) throws -> [[String]] {
    try store.names(in: "/r.json.jobs/\(job.id)/parts").map { part in
      try store.text("/r.json.jobs/\(job.id)/parts/\(part)").split(separator: "\n").map {
        try JSONValue(parsing: String($0))["custom_id"].string ?? ""
      }
    }
  }

  @Test func `groups come in the order of their first rows, and rows keep theirs within`() async throws {
    let stage = stage()
    let job = try await stage.client.submit(batch.sharedPrefixFirst(), named: "n")
    #expect(try sent(job) == [["r-1", "r-4", "r-7", "r-2", "r-5", "r-8", "r-3", "r-6", "r-9"]])
    let results = try await job.wait()
    #expect(results.map(\.id.rawValue) == (1...9).map { "r-\($0)" })
    #expect(results.reconciliation.isComplete && results.reconciliation.sent == 9)
  }

  @Test func `without the wish the order is that of the batch`() async throws {
    let job = try await stage().client.submit(batch, named: "n")
    #expect(try sent(job) == [(1...9).map { "r-\($0)" }])
  }

  @Test func `a group is cut by the limit of a part and by nothing else`() async throws {
    let job = try await stage(BatchLimits(requests: 4, bytes: 1_000_000)).client.submit(
      batch.sharedPrefixFirst(), named: "n")
    #expect(try sent(job) == [["r-1", "r-4", "r-7", "r-2"], ["r-5", "r-8", "r-3", "r-6"], ["r-9"]])
    #expect(try await job.wait().map(\.id.rawValue) == (1...9).map { "r-\($0)" })
  }

  @Test func `identical requests are still sent once`() async throws {
    var twice = batch
    for number in [2, 9] {
      twice.add(
        CustomID("again-\(number)"), [.system("Document \(number % 3)"), .user("Question \(number)")])
    }
    let stage = stage()
    let job = try await stage.client.submit(twice.collapsingDuplicates().sharedPrefixFirst(), named: "n")
    #expect(try sent(job).first?.count == 9)
    #expect(try await job.wait()["again-9"]?.text == "Question 9")
  }

  @Test func `model, tools and instructions are part of what is shared, settings are not`() async throws {
    var batch = Batch(Responses(model: "m"))
    for number in 1...4 {
      batch.add(CustomID("r-\(number)"), "Question \(number)") {
        $0.instructions(number % 2 == 0 ? "Even." : "Odd.").temperature(Double(number) / 10)
      }
    }
    let stage = stage()
    let job = try await stage.client.submit(batch.sharedPrefixFirst(), named: "n")
    let text = try store.text("/r.json.jobs/\(job.id)/parts/part-0001.jsonl")
    let order = text.split(separator: "\n").compactMap { $0.firstMatch(of: /r-\d/).map { String($0.output) } }
    #expect(order == ["r-1", "r-3", "r-2", "r-4"])
  }

  @Test func `tokens read from the cache are in the metrics and the report`() async throws {
    let cached = EmulatorScript.echo.answering { _ in
      .body([
        "object": "chat.completion", "model": "m",
        "choices": [
          ["index": 0, "message": ["role": "assistant", "content": "yes"], "finish_reason": "stop"]
        ],
        "usage": [
          "prompt_tokens": 2000, "completion_tokens": 1, "total_tokens": 2001,
          "prompt_tokens_details": ["cached_tokens": 1920],
        ],
      ])
    }
    let stage = Stage(cached)
    let job = try await stage.client.submit(batch.sharedPrefixFirst(), named: "n")
    let results = try await job.wait()
    #expect(results.usage.cached == 9 * 1920)
    #expect(try job.report().html.contains("17\u{202F}280 from the cache"))
    #expect(try await stage.client.metrics().total.json["cached_tokens"].int != nil)
  }
}
