import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `A result file that is no longer whole is fetched again` {
  let store = MemoryStore()
  let emulator = Emulator(.echo.taking(.seconds(60)), clock: VirtualClock.immediate)

  private func stage(_ store: MemoryStore) -> Stage {
    Stage(emulator, registry: BatchRegistry(store: store, path: "/r.json", clock: emulator.clock))
  }

  /// A job that is over, and one of whose files was damaged since; as a new process finds it.
  private func damaged(_ damage: Damage) async throws -> (stage: Stage, job: BatchJob<Chat<ChatReply>>) {
    let job = try await stage(store).client.submit(Stage.batch(3), named: "n")
    _ = try await job.wait()
    try damage.strike(job.id, ".output.jsonl", in: store)
    let later = stage(store)
    return (later, try await later.client.job(named: "n", as: Chat(model: "m")))
  }

  private static let deeds = ["wait", "settle", "advance", "run"]

  @Test(arguments: [Damage.cut, .gone], Self.deeds)
  func `by whatever asks for the results`(damage: Damage, deed: String) async throws {
    let (stage, job) = try await damaged(damage)
    switch deed {
    case "wait": #expect(try await job.wait().count == 3)
    case "settle": try await job.settle()
    case "advance": #expect(try await job.advance().phase == .settled)
    default: #expect(try await stage.client.run(Stage.batch(3), named: "n").count == 3)
    }
    #expect(try job.results().reconciliation.isComplete && job.verify().isIntact)
    #expect(emulator.ledger.calls[.createBatch] == 1 && emulator.ledger.calls[.downloadFile] == 2)
    try await job.settle()
    #expect(emulator.ledger.calls[.downloadFile] == 2)
  }

  @Test func `a retry does not buy what was only lost here`() async throws {
    let (_, job) = try await damaged(.cut)
    #expect(try await job.retry() == 0)
    #expect(emulator.ledger.paidTwice.isEmpty && emulator.ledger.batches.count == 1)
  }

  @Test(arguments: [Damage.cut, .gone], [false, true])
  func `one that the service no longer has either is told as that`(damage: Damage, isRead: Bool)
    async throws
  {
    let first = try await stage(store).client.submit(Stage.batch(3), named: "n")
    _ = try await first.wait()
    try await stage(store).client.purge(try await stage(store).client.purgePlan())
    try damage.strike(first.id, ".output.jsonl", in: store)
    let left = store.crash(.kill)
    let job = try await stage(store).client.job(named: "n", as: Chat(model: "m"))
    let error = await #expect(throws: BatchError.self) { try await job.wait() }
    #expect(error?.code == .unreadableFile)
    #expect(error?.message.contains("the service no longer has it; put it back from a copy") == true)
    let path = "/r.json.jobs/\(first.id)/results/part-0001.output.jsonl"
    #expect(try store.status(of: path) == left.status(of: path))
    #expect(throws: BatchError.self) { try job.download(to: "/out.jsonl") }
    #expect(try store.status(of: "/out.jsonl") == nil)
  }

  @Test func `a job that is only read says what is amiss and how it is mended`() async throws {
    let (stage, _) = try await damaged(.gone)
    let job = try await stage.registry.job("n", as: Chat(model: "m"))
    let reading = #expect(throws: BatchError.self) { try job.results() }
    #expect(reading?.message.contains("is gone; wait for the job, which fetches it again") == true)
    let waiting = await #expect(throws: BatchError.self) { try await job.wait() }
    #expect(waiting?.message.contains("is gone, and can't be fetched again just now") == true)
  }

  @Test(arguments: [MemoryStore.Crash.kill, .powerCut])
  func `a crash at any step leaves it to the next`(crash: MemoryStore.Crash) async throws {
    _ = try await damaged(.cut)
    var finished = false
    for step in 1...60 where !finished {
      let dying = store.crash(.kill)
      dying.stop(before: step)
      finished = await (try? stage(dying).client.job(named: "n", as: Chat(model: "m")).wait()) != nil
      let after = dying.crash(crash)
      let job = try await stage(after).client.job(named: "n", as: Chat(model: "m"))
      #expect(try await job.wait().reconciliation.isComplete, "step \(step)")
      #expect(try job.verify().isIntact, "step \(step)")
    }
    #expect(finished)
    #expect(emulator.ledger.calls[.createBatch] == 1)
  }

  @Test func `files that were deleted there before the batch was taken in are looked for, and then given up`()
    async throws
  {
    let job = try await stage(store).client.submit(Stage.batch(3), named: "n")
    let batch = job.batchIDs[0]
    _ = try await job.wait()
    try await stage(store).client.purge(try await stage(store).client.purgePlan())
    let other = Stage(emulator, registry: .memory())
    let adopted = try await other.client.job(id: batch, as: Chat(model: "m"))
    let start = emulator.clock.now
    let error = await #expect(throws: BatchError.self) { try await adopted.wait() }
    #expect(error?.code == .nothingUsable && error?.message.contains("no longer has the output file") == true)
    #expect(other.events.contains { $0.contains("each look asks for it again until an hour after") })
    #expect((3000...8000).contains(emulator.clock.now.timeIntervalSince(start)))
  }
}
