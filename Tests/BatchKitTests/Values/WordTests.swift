import BatchKit
import Foundation
import Testing

@Suite struct `Small words travel as plain text` {
  private func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  private func back<Value: Codable>(_ value: Value) throws -> Value {
    try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
  }

  @Test func `as a bare string, not as an object around one`() throws {
    #expect(try json([CustomID("review-1")]) == #"["review-1"]"#)
    #expect(try json([Model("gpt-5.4-mini")]) == #"["gpt-5.4-mini"]"#)
    #expect(try json([Endpoint.chatCompletions]) == #"["/v1/chat/completions"]"#)
    #expect(try json([RemoteStatus("in_progress")]) == #"["in_progress"]"#)
  }

  @Test(arguments: ["", "é\n\"\\", "🦊", "a\u{0}b", " "])
  func `and come back as they were`(text: String) throws {
    #expect(try back([CustomID(text)]) == [CustomID(rawValue: text)])
    #expect(try back([Model(text)]) == [Model(rawValue: text)])
    #expect(try back([Endpoint(text)]) == [Endpoint(rawValue: text)])
    #expect(try back([RemoteStatus(rawValue: text)]) == [RemoteStatus(rawValue: text)])
  }

  @Test func `a number is no id`() {
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([CustomID].self, from: Data("[1]".utf8)) }
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([Model].self, from: Data("[null]".utf8)) }
  }

  @Test func `they are written as literals, with values in them`() {
    let number = 7
    let id: CustomID = "review-\(number)"
    let model: Model = "gpt-\(number)"
    #expect(id.rawValue == "review-7" && model.rawValue == "gpt-7")
    #expect("\(id) \(model) \(Endpoint.embeddings)" == "review-7 gpt-7 /v1/embeddings")
    #expect([CustomID("b"), "a"].sorted() == ["a", "b"])
  }

  @Test func `what is known of a remote batch comes back whole`() throws {
    var batch = RemoteBatch(id: "batch_1", status: "completed")
    batch.results = [ResultFile(.output, id: "file-1"), ResultFile(.errors, id: "file-2")]
    batch.counts = RequestCounts(total: 3, completed: 2, failed: 1)
    batch.createdAt = Date(timeIntervalSince1970: 1_790_000_000)
    batch.problems = [RemoteProblem(code: "x", message: "m", line: 3)]
    batch.usage = TokenUsage(input: 5, output: 6, cached: 1)
    batch.metadata = ["a": "b"]
    #expect(try back(batch) == batch)
  }
}

@Suite struct `A status means what it says, however it is spelled` {
  @Test(arguments: [
    ("validating", RemoteStatus.Meaning.validating), ("queued", .validating), ("QUEUED", .validating),
    ("in_progress", .running), ("Running", .running), ("finalizing", .finalizing),
    ("cancelling", .cancelling), ("canceling", .cancelling), ("cancellation_requested", .cancelling),
    ("completed", .completed), ("SUCCESS", .completed), ("ended", .completed), ("failed", .failed),
    ("FAILED", .failed), ("expired", .expired), ("TIMEOUT_EXCEEDED", .expired), ("cancelled", .cancelled),
    ("canceled", .cancelled), ("paused_by_moon", .unknown), ("", .unknown), (" completed", .unknown),
  ])
  func `its meaning`(word: String, meaning: RemoteStatus.Meaning) {
    #expect(RemoteStatus(rawValue: word).meaning == meaning)
    #expect(RemoteStatus(rawValue: word).description == word)
  }

  @Test func `only four meanings are the end, and an unknown word is not`() {
    let words: [RemoteStatus] = [
      "validating", "in_progress", "finalizing", "cancelling", "completed", "failed", "expired", "cancelled",
      "news",
    ]
    #expect(words.filter(\.isFinal) == ["completed", "failed", "expired", "cancelled"])
  }
}

@Suite struct `Sums and sentences` {
  @Test func `tokens and counts add up`() {
    var usage = TokenUsage(input: 1, output: 2, cached: 3, reasoning: 4)
    usage += TokenUsage(input: 10, output: 20, cached: 30, reasoning: 40)
    #expect(usage == TokenUsage(input: 11, output: 22, cached: 33, reasoning: 44))
    #expect(usage.total == 33)
    let counts = RequestCounts(total: 3, completed: 1, failed: 1) + RequestCounts(total: 2, completed: 2)
    #expect(counts == RequestCounts(total: 5, completed: 3, failed: 1) && counts.done == 4)
    // A service may say anything; a sum of it must not stop the process.
    #expect((RequestCounts(total: .max) + RequestCounts(total: 1)).total == .min)
  }

  @Test func `an error is told in its sentence, with the request's id where there is one`() {
    #expect("\(BatchError(.refused, "The service said no; ask again."))" == "The service said no; ask again.")
    let error = BatchError(.refused, "No.", status: 400, requestID: "req_1", serverCode: "bad")
    #expect("\(error)" == "No. (request req_1)")
    #expect("\(RemoteProblem(code: "c", message: "m", line: 3))" == "line 3: m (c)")
    #expect("\(Problem(.warning, "c", "Odd.", id: "a", place: "row 3"))" == "warning: row 3, request a: Odd.")
    #expect("\(Problem(.error, "c", "Bad."))" == "error: Bad.")
    #expect([Problem.Severity.warning, .error].sorted() == [.error, .warning])
  }

  @Test func `failures that heal are worth another try, unless the service says otherwise`() {
    #expect(LineError(.expired, message: "").isWorthRetrying)
    #expect(LineError(.missing, message: "").isWorthRetrying)
    #expect(!LineError(.refused, message: "").isWorthRetrying)
    #expect(!LineError(.refusal, message: "").isWorthRetrying)
    #expect(LineError(.refused, message: "", isWorthRetrying: true).isWorthRetrying)
    #expect("\(LineError(.expired, message: "Too late."))" == "batch_expired: Too late.")
  }
}

@Suite struct `A value behind a lock` {
  @Test func `a thousand changes from many tasks are a thousand changes`() async {
    let count = Locked(0)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<1000 { group.addTask { count.withLock { $0 += 1 } } }
    }
    #expect(count.current == 1000)
  }

  @Test func `an error passes through with its type, and the lock is free again`() {
    struct Odd: Error {}
    let value = Locked(1)
    do {
      try value.withLock { (value: inout Int) throws(Odd) in
        value = 2
        throw Odd()
      }
    } catch {
      let odd: Odd = error
      _ = odd
    }
    #expect(value.current == 2)
  }
}

@Suite struct `The machine's clock` {
  @Test func `tells the time`() {
    let before = Date()
    let now = SystemClock.system.now
    #expect(now >= before && now <= Date())
  }

  @Test func `stops waiting when the task is cancelled`() async {
    let task = Task { try await SystemClock().sleep(for: .seconds(3600)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test(arguments: [
    (Duration.seconds(2), 2.0), (.milliseconds(1500), 1.5), (.zero, 0), (.seconds(-1), -1),
    (.nanoseconds(1), 1e-9),
  ])
  func `a duration in seconds`(duration: Duration, seconds: Double) {
    #expect(abs(duration.seconds - seconds) < 1e-12)
  }
}
