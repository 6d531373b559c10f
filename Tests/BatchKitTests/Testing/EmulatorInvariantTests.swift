import BatchKit
import BatchKitTesting
import Foundation
import Testing

struct `Whatever happens to an emulated batch` {
  /// The statuses that may follow each other, with any number of steps between two looks.
  private static let later: [String: Set<String>] = [
    "validating": ["in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled"],
    "in_progress": ["finalizing", "completed", "expired", "cancelling", "cancelled"],
    "finalizing": ["completed", "cancelling", "cancelled"], "cancelling": ["cancelled"],
  ]

  private func script(_ random: inout SplitMix) -> EmulatorScript {
    var script = EmulatorScript.echo.seeded(random.next())
      .taking(.seconds(Int.random(in: 0...200_000, using: &random)))
    if random.happens(0.3) { script = script.completing(after: Int.random(in: 1...6, using: &random)) }
    if random.happens(0.3) { script = script.expiring(after: Double.random(in: 0...1, using: &random)) }
    if random.happens(0.5) { script = script.failing(every: 3, with: .serverError) }
    if random.happens(0.5) { script = script.failing(every: 4, with: .timeout) }
    return script
  }

  @Test(arguments: 0..<40)
  func `every row lands in one file once, and the books agree`(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let script = script(&random)
    let talk = Talk(script)
    let count = Int.random(in: 1...30, using: &random)
    let id = try talk.make(chatFile(count))
    let cancelAt = random.happens(0.4) ? Int.random(in: 1...6, using: &random) : nil
    var status = "validating"
    for step in 0..<60 {
      if step == cancelAt { _ = talk.answer("POST", "batches/\(id)/cancel") }
      let batch = try talk.batch(id, after: Double.random(in: 0...20_000, using: &random))
      let next = batch["status"].string!
      #expect(next == status || Self.later[status]?.contains(next) == true, "\(status) to \(next)")
      status = next
      let counts = batch["request_counts"]
      #expect(counts["completed"].int! + counts["failed"].int! <= counts["total"].int!)
    }
    #expect(["completed", "expired", "cancelled"].contains(status))
    let batch = try talk.get("batches/\(id)")
    let paid = try talk.lines(batch["output_file_id"]).map { $0["custom_id"].string! }
    let unpaid = try talk.lines(batch["error_file_id"]).map { $0["custom_id"].string! }
    if status != "cancelled" || batch["in_progress_at"].int != nil {
      #expect((paid + unpaid).sorted() == (1...count).map { "row-\($0)" }.sorted())
    }
    let ledger = talk.emulator.ledger
    #expect(ledger.paidRows == paid.count)
    #expect(ledger.batches[0].counts.completed == paid.count)
    #expect(Set(ledger.batches[0].paid.map(\.rawValue)) == Set(paid))
  }

  @Test(arguments: [
    String(repeating: "[", count: 100_000), "{\"custom_id\":", "\0", "{\"a\":\u{1}}",
    #"{"custom_id":"\ud800","method":"POST","url":"/v1/chat/completions","body":[]}"#,
    #"{"custom_id":{},"method":[],"url":7,"body":"x"}"#,
    String(repeating: "{\"a\":", count: 10_000) + "1" + String(repeating: "}", count: 10_000),
  ])
  func `hostile lines fail the batch and nothing else`(line: String) throws {
    let talk = Talk()
    let id = try talk.make("\(chatLine("one"))\n\(line)\n")
    let batch = try talk.batch(id, after: 3600)
    #expect(batch["status"] == "failed")
    #expect(batch["errors"]["data"].array!.allSatisfy { $0["line"] == 2 })
    #expect(talk.answer("GET", "batches").status == 200)
  }

  @Test(
    arguments: [
      ("messages", "text"), ("messages", [[]]), ("messages", [["role": 7, "content": 9]]), ("input", 5),
      ("messages", []), ("n", -5), ("n", 1_000_000_000_000),
      ("response_format", ["json_schema": ["schema": [:]]]),
      (
        "response_format",
        ["json_schema": ["schema": ["$ref": "#", "enum": [], "anyOf": [], "items": 4, "properties": 4]]]
      ),
    ] as [(String, JSONValue)])
  func `strange bodies are answered somehow`(key: String, value: JSONValue) throws {
    let talk = Talk(.echo.completing(after: 1))
    var line = try JSONValue(parsing: chatLine("one"))
    line["body"][key] = value
    #expect(try talk.batch(talk.make(line.description))["request_counts"]["completed"] == 1)
    for endpoint in ["responses", "embeddings", "completions", "moderations", "images/generations"] {
      #expect(talk.answer("POST", endpoint, line["body"]).status == 200)
    }
  }

  @Test func `a file's name can't break out of its header`() throws {
    let talk = Talk()
    let id = try talk.uploadAnswer(chatFile(1), name: "a\\\"b\rX-Evil: 1.jsonl").json["id"].string
    let field = talk.answer("GET", "files/\(id ?? "none")/content").headers["Content-Disposition"] ?? ""
    #expect(!field.contains("\r") && !field.contains("\n"))
    #expect(field.count { $0 == "\"" } == 2 || id == nil)
  }

  @Test func `a batch that expires by polls delivers its half`() throws {
    let talk = Talk(.echo.completing(after: 2).expiring(after: 0.5))
    let id = try talk.make(chatFile(8))
    #expect(try talk.batch(id)["status"] == "in_progress")
    let batch = try talk.batch(id)
    #expect(batch["status"] == "expired")
    #expect(try talk.lines(batch["output_file_id"]).count == 4)
  }

  @Test func `a cancel by polls ends at the next one`() throws {
    let talk = Talk(.echo.completing(after: 4))
    let id = try talk.make(chatFile(8))
    _ = try talk.batch(id)
    #expect(try talk.answer("POST", "batches/\(id)/cancel").json["status"] == "cancelling")
    #expect(try talk.get("batches")["data"][0]["status"] == "cancelling")
    #expect(try talk.batch(id)["status"] == "cancelled")
  }

  @Test func `threads that all ask at once wait for each other`() {
    let emulator = Emulator(.echo.taking(.seconds(10)))
    let talk = Talk()
    let requests = (0..<64).map { talk.uploadRequest(chatLine("only-\($0)")) }
    DispatchQueue.concurrentPerform(iterations: 64) { index in
      let answer = emulator.respond(to: requests[index], now: VirtualClock.dawn + Double(index))
      #expect(answer.status == 200)
      #expect(emulator.ledger.filesAlive.count >= 1)
    }
    #expect(emulator.ledger.filesAlive.count == 64)
    #expect(Set(emulator.ledger.filesAlive).count == 64)
  }
}

struct `Seeded random numbers` {
  @Test func `are the same for the same seed and spread evenly`() {
    var (one, same, other) = (SplitMix(seed: 1), SplitMix(seed: 1), SplitMix(seed: 2))
    let names = (0..<100).map { _ in one.name() }
    #expect(names == (0..<100).map { _ in same.name() })
    #expect(names != (0..<100).map { _ in other.name() })
    #expect(Set(names).count == 100 && names.allSatisfy { $0.count == 32 })
    let often = (0..<10_000).count { _ in one.happens(0.25) }
    let (never, always) = (one.happens(0), one.happens(1))
    #expect((2300...2700).contains(often))
    #expect(!never && always)
  }

  @Test func `match the published sequence`() {
    var random = SplitMix(seed: 1_234_567)
    let numbers = [random.next(), random.next()]
    #expect(numbers == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973])
  }
}
