import BatchKit
import BatchKitTesting
import Foundation
import Testing

struct `The life of an emulated batch` {
  @Test func `a batch goes through every status at its time`() throws {
    let talk = Talk(.echo.taking(.seconds(100)))
    let start = Int(talk.now.timeIntervalSince1970)
    let id = try talk.make(chatFile(8), metadata: ["name": "eight"])
    var seen: [String] = []
    for _ in 0..<11 {
      seen.append(try talk.batch(id)["status"].string!)
      talk.now += 10
    }
    #expect(
      seen == ["validating"] + Array(repeating: "in_progress", count: 8) + ["finalizing", "completed"])
    let batch = try talk.batch(id)
    #expect(batch["created_at"].int == start)
    #expect(batch["in_progress_at"].int == start + 10)
    #expect(batch["finalizing_at"].int == start + 90)
    #expect(batch["completed_at"].int == start + 100)
    #expect(batch["expires_at"].int == start + 86_400)
    #expect(batch["metadata"]["name"] == "eight")
    #expect(batch["model"] == "gpt-5.4-mini")
  }

  @Test func `counts and usage grow while it runs`() throws {
    let talk = Talk(.echo.taking(.seconds(100)).failing(every: 4, with: .rateLimit))
    let id = try talk.make(chatFile(8))
    #expect(try talk.batch(id)["request_counts"]["total"] == 0)
    var done: [Int] = []
    for _ in 0..<9 {
      let counts = try talk.batch(id, after: 10)["request_counts"]
      done.append(counts["completed"].int! + counts["failed"].int!)
    }
    #expect(done.first == 0 && done.last == 8 && done == done.sorted() && Set(done).count > 4)
    let batch = try talk.batch(id, after: 10)
    #expect(batch["request_counts"] == ["total": 8, "completed": 6, "failed": 2])
    #expect(batch["usage"]["total_tokens"].int! > 0)
  }

  @Test func `a batch by polls takes no notice of time`() throws {
    let talk = Talk(.echo.completing(after: 3))
    let id = try talk.make(chatFile(4))
    #expect(try talk.batch(id, after: 100_000)["status"] == "in_progress")
    #expect(try talk.get("batches")["data"][0]["status"] == "in_progress")
    #expect(try talk.batch(id)["status"] == "in_progress")
    #expect(try talk.batch(id)["status"] == "completed")
  }

  @Test func `one poll or no time is enough where the script says so`() throws {
    for script in [EmulatorScript.echo.completing(after: 1), .echo.taking(.zero)] {
      let talk = Talk(script)
      #expect(try talk.batch(talk.make(chatFile(4)))["status"] == "completed")
    }
  }

  @Test func `successes and failures land in their files, each once, in another order`() throws {
    let talk = Talk(
      .echo.completing(after: 1).failing("row-3", with: .contextLengthExceeded)
        .failing("row-5", with: .timeout))
    let batch = try talk.batch(talk.make(chatFile(40)))
    let output = try talk.lines(batch["output_file_id"])
    let errors = try talk.lines(batch["error_file_id"])
    let ids = (output + errors).map { $0["custom_id"].string! }
    #expect(Set(ids).count == 40 && ids.count == 40)
    #expect(output.map { $0["custom_id"].string! } != (1...40).map { "row-\($0)" })
    let refused = errors.first { $0["custom_id"] == "row-3" }!
    #expect(refused["error"].isNull && refused["response"]["status_code"] == 400)
    #expect(refused["response"]["body"]["error"]["code"] == "context_length_exceeded")
    let unanswered = errors.first { $0["custom_id"] == "row-5" }!
    #expect(unanswered["response"].isNull && unanswered["error"]["code"] == "request_timeout")
    let first = output.first { $0["custom_id"] == "row-1" }!
    #expect(first["response"]["body"]["choices"][0]["message"]["content"] == "Say 1")
    #expect(try talk.get("files/\(batch["output_file_id"].string!)")["purpose"] == "batch_output")
  }

  @Test func `the same seed gives the same bytes, another one another order`() throws {
    func output(_ seed: UInt64) throws -> [String] {
      let talk = Talk(.echo.completing(after: 1).seeded(seed))
      let batch = try talk.batch(talk.make(chatFile(20)))
      return try talk.lines(batch["output_file_id"]).map(\.description)
    }
    #expect(try output(1) == output(1))
    #expect(try output(1) != output(2))
  }

  @Test func `a batch of failures completes with an error file alone`() throws {
    let talk = Talk(.echo.completing(after: 1).failing(where: { _ in true }, with: .serverError))
    let batch = try talk.batch(talk.make(chatFile(3)))
    #expect(batch["status"] == "completed")
    #expect(batch["output_file_id"].isNull)
    #expect(try talk.lines(batch["error_file_id"]).count == 3)
  }

  @Test func `an expired batch delivers what was done and names the rest`() throws {
    let talk = Talk(.echo.expiring(after: 0.5))
    let id = try talk.make(chatFile(10))
    #expect(try talk.batch(id, after: 86_399)["status"] == "in_progress")
    let batch = try talk.batch(id, after: 1)
    #expect(batch["status"] == "expired")
    #expect(batch["expired_at"] == batch["expires_at"])
    #expect(try talk.lines(batch["output_file_id"]).count == 5)
    let rest = try talk.lines(batch["error_file_id"])
    #expect(rest.map { $0["error"]["code"] } == Array(repeating: "batch_expired", count: 5))
    #expect(talk.emulator.ledger.paidRows == 5)
  }

  @Test func `a batch slower than its window expires`() throws {
    let talk = Talk(.echo.taking(.seconds(172_800)))
    let id = try talk.make(chatFile(10))
    let batch = try talk.batch(id, after: 500_000)
    #expect(batch["status"] == "expired")
    #expect(try talk.lines(batch["output_file_id"]).count == 5)
  }

  @Test func `a cancelled batch delivers what was done and names the rest`() throws {
    let talk = Talk(.echo.taking(.seconds(100)).cancelling(in: .seconds(20)))
    let id = try talk.make(chatFile(10))
    _ = try talk.batch(id, after: 51)
    #expect(try talk.answer("POST", "batches/\(id)/cancel").json["status"] == "cancelling")
    #expect(try talk.batch(id, after: 19)["status"] == "cancelling")
    #expect(try talk.answer("POST", "batches/\(id)/cancel").json["status"] == "cancelling")
    let batch = try talk.batch(id, after: 1)
    #expect(batch["status"] == "cancelled")
    #expect(batch["cancelled_at"].int == batch["cancelling_at"].int! + 20)
    #expect(try talk.lines(batch["output_file_id"]).count == 5)
    #expect(try talk.lines(batch["error_file_id"]).allSatisfy { $0["error"]["code"] == "batch_cancelled" })
    #expect(talk.answer("POST", "batches/\(id)/cancel").status == 200)
  }

  @Test func `a batch cancelled before it was checked ran nothing`() throws {
    let talk = Talk()
    let id = try talk.make(chatFile(10))
    _ = talk.answer("POST", "batches/\(id)/cancel")
    let batch = try talk.batch(id, after: 3600)
    #expect(batch["status"] == "cancelled" && batch["output_file_id"].isNull)
    #expect(talk.emulator.ledger.paidRows == 0)
  }

  @Test func `a finished batch can't be cancelled`() throws {
    let talk = Talk(.echo.completing(after: 1))
    let id = try talk.make(chatFile(1))
    _ = try talk.batch(id)
    let answer = talk.answer("POST", "batches/\(id)/cancel")
    #expect(answer.status == 409)
    #expect(try answer.json["error"]["message"] == "Cannot cancel a batch with status 'completed'.")
  }

  @Test func `result files expire when they were asked to`() throws {
    let talk = Talk(.echo.taking(.zero))
    var order = talk.order(try talk.upload(chatFile(1)))
    order["output_expires_after"] = ["anchor": "created_at", "seconds": 7200]
    let id = try talk.answer("POST", "batches", order).json["id"].string!
    let file = try talk.batch(id, after: 1)["output_file_id"].string!
    #expect(talk.answer("GET", "files/\(file)").status == 200)
    talk.now += 7200
    #expect(talk.answer("GET", "files/\(file)").status == 404)
  }

  @Test func `a file deleted while its batch runs changes nothing`() throws {
    let talk = Talk(.echo.taking(.seconds(100)))
    let file = try talk.upload(chatFile(10))
    let id = try talk.answer("POST", "batches", talk.order(file)).json["id"].string!
    _ = try talk.batch(id, after: 50)
    _ = talk.answer("DELETE", "files/\(file)")
    #expect(try talk.batch(id, after: 50)["request_counts"]["completed"] == 10)
  }

  @Test func `time that runs back is taken as standing still`() throws {
    let talk = Talk(.echo.taking(.seconds(100)))
    let id = try talk.make(chatFile(2))
    #expect(try talk.batch(id, after: 100)["status"] == "completed")
    #expect(try talk.batch(id, after: -1000)["status"] == "completed")
  }

  @Test func `a large batch keeps neither its input nor its results in memory`() throws {
    let talk = Talk(.echo.completing(after: 1))
    let text = (1...2000).map { chatLine("row-\($0)", String(repeating: "y", count: 200)) + "\n" }.joined()
    let batch = try talk.batch(talk.make(text))
    let answer = talk.answer("GET", "files/\(batch["output_file_id"].string!)/content")
    #expect(!answer.body.isInMemory)
    #expect(try answer.text.split(separator: "\n").count == 2000)
  }
}
