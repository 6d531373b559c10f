import BatchKit
import BatchKitTesting
import Foundation
import Testing

struct `The emulator's faults` {
  @Test(
    arguments: [
      (.tooManyRequests(), 429), (.serverError, 500), (.badGateway, 502), (.requestTimeout, 408),
    ] as [(EmulatorFault, Int)])
  func `a refused create makes nothing`(fault: EmulatorFault, status: Int) throws {
    let talk = Talk(.echo.injecting(fault, into: .createBatch))
    let order = talk.order(try talk.upload(chatFile(1)))
    #expect(talk.answer("POST", "batches", order).status == status)
    #expect(talk.emulator.ledger.batches.isEmpty)
    #expect(talk.answer("POST", "batches", order).status == 200)
    #expect(talk.emulator.ledger.calls[.createBatch] == 2)
  }

  @Test func `a connection that breaks before the service acted leaves nothing`() throws {
    let talk = Talk(.echo.injecting(.resetBeforeActing, into: .createBatch))
    let answer = talk.answer("POST", "batches", talk.order(try talk.upload(chatFile(1))))
    #expect(answer.fault == .lost)
    #expect(talk.emulator.ledger.batches.isEmpty)
  }

  @Test(arguments: [.resetAfterActing, .truncatedBody, .statusAfterActing(500)] as [EmulatorFault])
  func `an answer that is lost leaves a batch behind`(fault: EmulatorFault) throws {
    let talk = Talk(.echo.injecting(fault, into: .createBatch))
    let answer = talk.answer("POST", "batches", talk.order(try talk.upload(chatFile(1))))
    #expect(answer.fault != nil || answer.status == 500)
    #expect(talk.emulator.ledger.batches.count == 1)
    _ = talk.answer("GET", "batches")
    talk.now += 3600
    _ = talk.answer("GET", "batches")
    #expect(talk.emulator.ledger.paidRows == 1)
  }

  @Test func `a truncated body is cut in the middle`() throws {
    let talk = Talk(.echo.injecting(.truncatedBody, into: .downloadFile))
    let id = try talk.upload(chatFile(2))
    let answer = talk.answer("GET", "files/\(id)/content")
    #expect(answer.fault == .cut(after: chatFile(2).utf8.count / 2))
    #expect(answer.body.length == chatFile(2).utf8.count)
  }

  @Test func `throttling says how long to wait, and ends`() throws {
    let talk = Talk(.echo.throttling(first: 2, retryAfter: .milliseconds(1500)))
    for _ in 0..<2 {
      let answer = talk.answer("GET", "batches")
      #expect(answer.status == 429)
      #expect(answer.headers["Retry-After"] == "2")
    }
    #expect(talk.answer("GET", "batches").status == 200)
  }

  @Test func `random faults come as often as asked for, and the same for the same seed`() {
    func statuses(_ seed: UInt64) -> [Int] {
      let talk = Talk(.echo.seeded(seed).injecting(probability: 0.2, of: [.serverError]))
      return (0..<500).map { _ in talk.answer("GET", "batches").status }
    }
    #expect((70...130).contains(statuses(7).count { $0 == 500 }))
    #expect(statuses(7) == statuses(7))
    #expect(statuses(7) != statuses(8))
  }

  @Test func `a create can take effect long after its connection broke`() throws {
    let talk = Talk(.echo.committingCreates(after: .seconds(120)))
    let order = talk.order(try talk.upload(chatFile(2)), metadata: ["token": "t1"])
    #expect(talk.answer("POST", "batches", order).fault == .lost)
    talk.now += 119
    #expect(try talk.get("batches")["data"] == [])
    talk.now += 1
    let late = try talk.get("batches")["data"][0]
    #expect(late["metadata"]["token"] == "t1")
    #expect(late["created_at"].int == Int(talk.now.timeIntervalSince1970))
    #expect(talk.answer("POST", "batches", order).fault == nil)
    talk.now += 3600
    _ = try talk.get("batches")
    #expect(talk.emulator.ledger.paidTwice == ["row-1", "row-2"])
  }

  @Test func `a late create whose file was deleted meanwhile runs nothing`() throws {
    let talk = Talk(.echo.committingCreates(after: .seconds(120)))
    let file = try talk.upload(chatFile(2))
    _ = talk.answer("POST", "batches", talk.order(file))
    _ = talk.answer("DELETE", "files/\(file)")
    talk.now += 120
    #expect(try talk.get("batches")["data"][0]["status"] == "validating")
    talk.now += 3600
    #expect(try talk.get("batches")["data"][0]["status"] == "failed")
    #expect(talk.emulator.ledger.paidRows == 0)
  }

  @Test func `a fresh file is not found for a while`() throws {
    let talk = Talk(.echo.findingFiles(after: .seconds(5)))
    let order = talk.order(try talk.upload(chatFile(1)))
    let answer = talk.answer("POST", "batches", order)
    #expect(answer.status == 400)
    #expect(try answer.json["error"]["param"] == "file_id")
    #expect(try answer.json["error"]["message"].string!.hasPrefix("Cannot find file"))
    talk.now += 5
    #expect(talk.answer("POST", "batches", order).status == 200)
  }
}

struct `The emulator's list of batches` {
  /// All ids as a client collects them that follows the cursor; `nil` where it does not end.
  private func walk(_ talk: Talk, limit: Int) throws -> [String]? {
    var seen: [String] = []
    var page = try talk.get("batches?limit=\(limit)")
    for _ in 0..<20 {
      let ids = page["data"].array!.map { $0["id"].string! }
      seen += ids
      guard page["has_more"] == true, let last = ids.last else { return seen }
      page = try talk.get("batches?limit=\(limit)&after=\(last)")
    }
    return nil
  }

  private func talk(_ script: EmulatorScript, batches: Int) throws -> (Talk, ids: [String]) {
    let talk = Talk(script)
    return (talk, try (0..<batches).map { _ in try talk.make(chatFile(1)) })
  }

  @Test(arguments: [1, 2, 3, 7, 100])
  func `pages of any size hold every batch once, newest first`(limit: Int) throws {
    let (talk, ids) = try talk(.echo, batches: 7)
    #expect(try walk(talk, limit: limit) == ids.reversed())
  }

  @Test func `pages out of order still lead through all of it`() throws {
    let (talk, ids) = try talk(.echo.listing(.outOfOrder), batches: 12)
    let seen = try #require(try walk(talk, limit: 5))
    #expect(seen.sorted() == ids.sorted())
    #expect(seen != ids.reversed())
  }

  @Test func `overlapping pages repeat and end`() throws {
    let (talk, ids) = try talk(.echo.listing(.overlapping), batches: 7)
    let seen = try #require(try walk(talk, limit: 2))
    #expect(seen.count > 7)
    #expect(Set(seen) == Set(ids))
  }

  @Test func `a list that ignores the cursor never ends`() throws {
    let (talk, _) = try talk(.echo.listing(.ignoringTheCursor), batches: 3)
    #expect(try walk(talk, limit: 2) == nil)
  }

  @Test func `a stale list shows what once was`() throws {
    let (talk, ids) = try talk(.echo.listing(.stale).taking(.zero), batches: 1)
    #expect(try talk.batch(ids[0], after: 10)["status"] == "completed")
    let listed = try talk.get("batches")["data"][0]
    #expect(listed["status"] == "validating")
    #expect(listed["output_file_id"].isNull)
  }

  @Test func `a batch is listed late, but found at once`() throws {
    let (talk, ids) = try talk(.echo.listing(after: .seconds(30)), batches: 1)
    #expect(try talk.get("batches")["data"] == [])
    #expect(try talk.batch(ids[0])["id"].string == ids[0])
    talk.now += 30
    #expect(try talk.get("batches")["data"].array!.count == 1)
  }
}

struct `The emulator's books` {
  @Test func `what was paid twice is named`() throws {
    let talk = Talk(.echo.taking(.zero).failing("row-2", with: .rateLimit))
    for job in ["a", "a", "b", "b"] { _ = try talk.make(chatFile(2), metadata: ["job": .string(job)]) }
    talk.now += 1
    _ = talk.answer("GET", "batches")
    let ledger = talk.emulator.ledger
    #expect(ledger.paidRows == 4)
    #expect(ledger.paidTwice == ["row-1"])
    #expect(ledger.paidTwice(perValueOf: "job") == ["row-1"])
    #expect(ledger.batches.map { $0.executed.sorted() } == Array(repeating: ["row-1", "row-2"], count: 4))
    #expect(ledger.batches.map { $0.metadata["job"] } == ["a", "a", "b", "b"])
    #expect(ledger.mostUnfinishedBatches >= 1)
    #expect(ledger.calls[.uploadFile] == 4)
    #expect(ledger.json["paid_twice"] == ["row-1"])
    #expect(ledger.json["batches"][0]["paid"] == 1)
  }

  @Test func `ids of different jobs don't count as paid twice`() throws {
    let talk = Talk(.echo.taking(.zero))
    for job in ["a", "b"] { _ = try talk.make(chatFile(2), metadata: ["job": .string(job)]) }
    talk.now += 1
    _ = talk.answer("GET", "batches")
    #expect(talk.emulator.ledger.paidTwice == ["row-1", "row-2"])
    #expect(talk.emulator.ledger.paidTwice(perValueOf: "job").isEmpty)
  }

  @Test func `dropped and doubled lines are paid once`() throws {
    let talk = Talk(.echo.completing(after: 1).dropping("row-1").duplicating("row-2"))
    let batch = try talk.batch(talk.make(chatFile(3)))
    let ids = try talk.lines(batch["output_file_id"]).map { $0["custom_id"].string! }
    #expect(ids.sorted() == ["row-2", "row-2", "row-3"])
    #expect(batch["request_counts"]["completed"] == 3)
    #expect(talk.emulator.ledger.paidRows == 3)
    #expect(talk.emulator.ledger.paidTwice.isEmpty)
  }
}
