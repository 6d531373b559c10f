import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `Batches made elsewhere and files already there can be worked with` {
  @Test func `the service's list comes whole, whoever made the batches`() async throws {
    let stage = Stage(.echo.listing(.overlapping))
    for number in 1...3 { try await stage.client.submit(Stage.batch(number), named: "n-\(number)") }
    let all = try await stage.client.remoteBatches()
    #expect(Set(all.map(\.id)) == Set(stage.emulator.ledger.batches.map(\.id)))
    #expect(all.count == 3)
    #expect(try await stage.client.remoteBatches(limit: 2).count == 2)
  }

  @Test func `a server that ignores the cursor does not keep us for ever`() async throws {
    let stage = Stage(.echo.listing(.ignoringTheCursor))
    try await stage.client.submit(Stage.batch(1))
    #expect(try await stage.client.remoteBatches().count == 1)
  }

  @Test func `a job is found by its name, its id, and the id of its batch`() async throws {
    let stage = Stage()
    let job = try await stage.client.submit(Stage.batch(1), named: "mine")
    for word in ["mine", job.id, job.batchIDs[0]] {
      #expect(try await stage.client.job(word, as: BatchFile(.chatCompletions)).id == job.id)
    }
    await #expect(throws: BatchError.self) {
      try await stage.client.job("other", as: BatchFile(.chatCompletions))
    }
  }

  @Test func `a file is uploaded, started once, and its answers come back`() async throws {
    let scratch = try Scratch()
    let stage = Stage()
    try Stage.batch(3).write(to: scratch("requests.jsonl"))
    let file = try await stage.client.upload(path: scratch("requests.jsonl"))
    let job = try await stage.client.start(file: file, endpoint: .chatCompletions, named: "started")
    let again = try await stage.client.start(file: file, endpoint: .chatCompletions, named: "started")
    #expect(job.id == again.id)
    #expect(stage.emulator.ledger.batches.count == 1)
    let results = try await job.wait()
    #expect(results.count == 3)
    #expect(job.status.counts.total == 3)
    #expect(stage.emulator.ledger.paidTwice.isEmpty)
  }

  @Test func `a create that got no answer is not sent a second time for a started file`() async throws {
    let scratch = try Scratch()
    let stage = Stage(.echo.injecting(.resetAfterActing, into: .createBatch))
    try Stage.batch(3).write(to: scratch("requests.jsonl"))
    let file = try await stage.client.upload(path: scratch("requests.jsonl"))
    let job = try await stage.client.start(file: file, endpoint: .chatCompletions)
    #expect(job.batchIDs.count == 1)
    #expect(stage.emulator.ledger.batches.count == 1)
  }

  @Test func `a started file whose create never arrived is told as that, and nothing is paid`() async throws {
    let scratch = try Scratch()
    let stage = Stage(.echo.injecting(.resetBeforeActing, into: .createBatch))
    try Stage.batch(3).write(to: scratch("requests.jsonl"))
    let file = try await stage.client.upload(path: scratch("requests.jsonl"))
    let error = await #expect(throws: BatchError.self) {
      try await stage.client.start(file: file, endpoint: .chatCompletions)
    }
    #expect(error?.message.contains("upload the file again") == true)
    #expect(stage.emulator.ledger.paidRows == 0)
  }

  @Test func `a file is not started under a name that another job has`() async throws {
    let scratch = try Scratch()
    let stage = Stage(.echo.taking(.seconds(600)))
    try await stage.client.submit(Stage.batch(2), named: "mine")
    try Stage.batch(3).write(to: scratch("requests.jsonl"))
    let file = try await stage.client.upload(path: scratch("requests.jsonl"))
    let error = await #expect(throws: BatchError.self) {
      try await stage.client.start(file: file, endpoint: .chatCompletions, named: "mine")
    }
    #expect(error?.code == .differentJob && error?.message.contains("choose another name") == true)
    #expect(stage.emulator.ledger.calls[.createBatch] == 1)
    #expect(try await stage.registry.entries.count == 1)
    let job = try await stage.client.start(file: file, endpoint: .chatCompletions, named: "yours")
    #expect(try await stage.client.job(named: "yours", as: BatchFile(.chatCompletions)).id == job.id)
  }

  @Test func `a file that is not there is believed within a minute`() async throws {
    let stage = Stage()
    let start = stage.emulator.clock.now
    let error = await #expect(throws: BatchError.self) {
      try await stage.client.start(file: "file-nowhere", endpoint: .chatCompletions)
    }
    #expect(error?.code == .refused)
    #expect(stage.emulator.ledger.calls[.createBatch] == 4)
    #expect(stage.emulator.clock.now.timeIntervalSince(start) < 60)
  }

  @Test func `the end of a started file is expected in the future`() async throws {
    let scratch = try Scratch()
    let stage = Stage(.echo.taking(.seconds(7200)))
    try Stage.batch(40).write(to: scratch("requests.jsonl"))
    let file = try await stage.client.upload(path: scratch("requests.jsonl"))
    let job = try await stage.client.start(file: file, endpoint: .chatCompletions)
    stage.advance(by: .seconds(3600))
    let status = try await job.poll()
    #expect((1..<40).contains(status.counts.done))
    let end = try #require(status.expectedEnd)
    #expect(try end > #require(status.asOf))
    #expect(end.timeIntervalSince(stage.emulator.clock.now) > 1800)
  }

  @Test func `downloads put the parts one behind the other`() async throws {
    let scratch = try Scratch()
    let stage = Stage(
      .echo.failing("r-2", with: .serverError), limits: BatchLimits(requests: 2, bytes: 1_000_000))
    let job = try await stage.client.submit(Stage.batch(5))
    _ = try await job.wait()
    let got = try job.download(to: scratch("out.jsonl"), errors: scratch("err.jsonl"))
    #expect(try DiskStore.shared.text(scratch("out.jsonl")).split(separator: "\n").count == 4)
    #expect(try DiskStore.shared.text(scratch("err.jsonl")).split(separator: "\n").count == 1)
    let bytes = try DiskStore.shared.read(scratch("out.jsonl")).count
    #expect(got.outputBytes == bytes)
    try job.download(to: scratch("all.jsonl"))
    #expect(try DiskStore.shared.text(scratch("all.jsonl")).split(separator: "\n").count == 5)
  }

  @Test func `delete stops what runs and forgets it`() async throws {
    let stage = Stage(.echo.taking(.seconds(36_000)))
    try await stage.client.submit(Stage.batch(2), named: "mine")
    #expect(try await stage.client.delete("mine") == nil)
    #expect(stage.emulator.ledger.calls[.cancelBatch] == 1)
    #expect(try await stage.client.registry.entries.isEmpty)
  }

  @Test func `delete forgets even what can't be stopped, and says so`() async throws {
    let stage = Stage(.echo.taking(.seconds(36_000)).injecting(.status(400), into: .cancelBatch, first: 99))
    try await stage.client.submit(Stage.batch(2), named: "mine")
    let trouble = try await stage.client.delete("mine")
    #expect(trouble?.code == .refused)
    #expect(try await stage.client.registry.entries.isEmpty)
  }

  @Test func `delete forgets a job whose journal is damaged, and names its batches`() async throws {
    let store = MemoryStore()
    let stage = Stage(.echo.taking(.seconds(36_000)), registry: BatchRegistry(store: store, path: "/r.json"))
    let job = try await stage.client.submit(Stage.batch(2), named: "mine")
    try store.replace("/r.json.jobs/\(job.id)/journal.jsonl", with: Array("nonsense\n".utf8))
    let trouble = try await stage.client.delete("mine")
    #expect(trouble?.code == .damagedRegistry && trouble?.message.contains(job.batchIDs[0]) == true)
    #expect(try await stage.client.registry.entries.isEmpty)
    #expect(try store.names(in: "/r.json.jobs") == [])
    try await stage.client.submit(Stage.batch(3), named: "mine")
  }

  @Test func `delete forgets a job of another account, and says that it was not stopped`() async throws {
    let stage = Stage(.echo.taking(.seconds(36_000)))
    try await stage.client.submit(Stage.batch(2), named: "mine")
    let other = Stage(
      stage.emulator, registry: stage.registry, base: URL(string: "http://elsewhere.invalid/v1")!)
    #expect(try await other.client.delete("mine")?.code == .differentJob)
    #expect(stage.emulator.ledger.calls[.cancelBatch] == nil)
    #expect(try await stage.client.registry.entries.isEmpty)
  }
}
