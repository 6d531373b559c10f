import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `What becomes true late is paid once` {
  /// Creates whose batch comes minutes after the connection broke, in lists that tell of it later still.
  @Test(arguments: [0, 20, 40, 100, 200, 290, 400, 1200], [0, 30, 120, 240])
  func `creates and listings late by minutes`(create: Int, listing: Int) async throws {
    // A batch that shows later than it is looked for may be paid twice: that is told, below.
    guard create + listing < 280 || create > 330 else { return }
    let stage = Stage(
      .echo.taking(.seconds(7200)).committingCreates(after: .seconds(create)).listing(
        after: .seconds(listing))
    )
    let results = try await stage.client.run(Stage.batch(3))
    #expect(results.reconciliation.description == "3 submitted = 3 succeeded + 0 failed + 0 missing")
    let ledger = stage.emulator.ledger
    #expect(ledger.paidTwice.isEmpty && ledger.paidRows == 3)
    #expect(ledger.batches.allSatisfy { $0.status.isFinal })
  }

  @Test(arguments: EmulatorScript.ListingQuirk.allCases, [0, 60, 200])
  func `in lists that are wrong in other ways too`(quirk: EmulatorScript.ListingQuirk, listing: Int)
    async throws
  {
    let stage = Stage(
      .echo.taking(.seconds(7200)).listing(after: .seconds(listing)).listing(quirk)
        .injecting(.resetAfterActing, into: .createBatch, first: 2),
      limits: BatchLimits(requests: 2, bytes: 100_000))
    let foreign = Stage(stage.emulator, registry: .memory())
    for number in 1...30 { _ = try? await foreign.client.submit(Stage.batch(1, saying: "other \(number)")) }
    let results = try await stage.client.submit(Stage.batch(6), named: "late").wait()
    #expect(results.reconciliation.isComplete)
    #expect(stage.emulator.ledger.paidTwice(perValueOf: "batchkit_job").isEmpty)
  }

  /// One doubtful part keeps no other one waiting, and one look at the list serves all that are in doubt.
  @Test func `creates without an answer are looked for together, when the others are sent`() async throws {
    let stage = Stage(
      .echo.taking(.seconds(7200)).injecting(.resetAfterActing, into: .createBatch, first: 6),
      limits: BatchLimits(requests: 2, bytes: 100_000))
    let job = try await stage.client.submit(Stage.batch(16))
    #expect(job.batchIDs.count == 8)
    #expect(stage.emulator.ledger.calls[.createBatch] == 8 && stage.emulator.ledger.calls[.listBatches] == 1)
    let kinds = stage.events.compactMap { event in ["created", "found"].first { event.hasPrefix($0) } }
    #expect(kinds == Array(repeating: "created", count: 2) + Array(repeating: "found", count: 6))
    #expect(try await job.wait().reconciliation.isComplete)
    #expect(stage.emulator.ledger.paidTwice.isEmpty && stage.emulator.ledger.paidRows == 16)
  }

  @Test func `a part that is refused keeps no doubtful one from being found`() async throws {
    let stage = Stage(
      .echo.taking(.seconds(60)).injecting(.resetAfterActing, into: .createBatch)
        .injecting(.status(400), into: .createBatch, first: 4))
    for _ in 1...2 {
      let error = await #expect(throws: BatchError.self) {
        _ = try await stage.client.submit(Stage.batch(4), named: "n", splitting: .requests(2))
      }
      #expect(error?.status == 400)
    }
    let job = try await stage.client.job(named: "n", as: Chat(model: "gpt-5.4-mini"))
    #expect(job.batchIDs == stage.emulator.ledger.batches.map(\.id) && job.batchIDs.count == 1)
  }

  /// Nor is a job sent blindly to a service that answers no create at all.
  @Test(arguments: [EmulatorFault.resetBeforeActing, .resetAfterActing])
  func `not more than some of them at once`(fault: EmulatorFault) async throws {
    let emulator = Emulator(
      .echo.taking(.seconds(7200)).injecting(fault, into: .createBatch, first: 40),
      clock: VirtualClock.immediate)
    let creates = Locked<[Int]>([])
    let client = BatchClient(
      .compatible(at: Stage.base, apiKey: "k"), transport: .emulator(emulator), registry: .memory(),
      observer: .calling { event in
        guard event.description.contains("unanswered") else { return }
        creates.withLock { $0.append(emulator.ledger.calls[.createBatch] ?? 0) }
      }, clock: emulator.clock)
    let results = try await client.submit(Stage.batch(40), splitting: .requests(1)).wait()
    #expect(creates.current.first == 16)
    #expect(results.reconciliation.isComplete)
    #expect(emulator.ledger.paidTwice.isEmpty && emulator.ledger.paidRows == 40)
  }

  @Test func `a batch that shows after it was given up is cancelled and reported`() async throws {
    let stage = Stage(
      .echo.taking(.seconds(36_000)).listing(after: .seconds(500))
        .injecting(.resetAfterActing, into: .createBatch))
    let results = try await stage.client.run(Stage.batch(4))
    #expect(results.reconciliation.isComplete)
    let ledger = stage.emulator.ledger
    #expect(ledger.batches.map(\.status) == ["cancelled", "completed"])
    #expect(stage.events.contains { $0.hasPrefix("cancelled batch \(ledger.batches[0].id)") })
    // It was stopped before its first request ran, not at the end of the job.
    #expect(ledger.paidTwice.isEmpty && ledger.paidRows == 4)
  }

  @Test func `nor does it run on until the end where the program comes back hours later`() async throws {
    let registry = BatchRegistry.memory()
    let stage = Stage(
      .echo.taking(.seconds(80_000)).listing(after: .seconds(500))
        .injecting(.resetAfterActing, into: .createBatch), registry: registry)
    _ = try await stage.client.submit(Stage.batch(4), named: "n")
    #expect(stage.emulator.ledger.batches.count == 2)
    stage.advance(by: .seconds(5000))
    let later = Stage(stage.emulator, registry: registry)
    try await later.client.job(named: "n", as: Chat(model: "gpt-5.4-mini")).advance()
    #expect(later.events.contains { $0.hasPrefix("cancelled batch \(stage.emulator.ledger.batches[0].id)") })
    #expect(stage.emulator.ledger.batches[1].status == "validating")
  }

  @Test func `a clock that was set back does not make the look for a batch endless`() async throws {
    let store = MemoryStore()
    let script = EmulatorScript.echo.taking(.seconds(60))
    let early = Emulator(
      script.injecting(.resetBeforeActing, into: .createBatch),
      clock: VirtualClock(
        startingAt: VirtualClock.dawn.addingTimeInterval(1_000_000), advancingByItself: true))
    let transport = StoppingTransport(EmulatorTransport(early), stop: (2, .beforeSending)) {
      store.beforeEachStep { _ in throw MemoryStore.Stop() }
    }
    let dying = BatchClient(
      .compatible(at: Stage.base, apiKey: "k"), transport: transport,
      registry: BatchRegistry(store: store, path: "/r.json", clock: early.clock), clock: early.clock)
    _ = try? await dying.submit(Stage.batch(2))
    let later = Emulator(script, clock: VirtualClock.immediate)
    let client = Stage(
      later, registry: BatchRegistry(store: store.crash(.kill), path: "/r.json", clock: later.clock)
    ).client
    #expect(try await client.submit(Stage.batch(2)).wait().reconciliation.isComplete)
    #expect(later.clock.now < VirtualClock.dawn.addingTimeInterval(3600))
  }
}

@Suite(.inTurn) struct `Two hands on one job` {
  @Test(arguments: [1, 2, 3]) func `a cancel during the wait of a refused create is heeded`(wait: Int)
    async throws
  {
    let store = MemoryStore()
    let emulator = Emulator(
      .echo.injecting(.tooManyRequests(retryAfter: .seconds(30)), into: .createBatch, first: 99),
      clock: VirtualClock())
    let clock = WaitingClock { sleep in
      guard sleep == wait, let job = try store.names(in: "/r.json.jobs").first else { return }
      // What a cancel from another process leaves while this one holds the job.
      try store.create("/r.json.jobs/\(job)/cancel-asked", .append).close()
    }
    let client = BatchClient(
      .compatible(at: Stage.base, apiKey: "k"), transport: .emulator(emulator),
      registry: BatchRegistry(store: store, path: "/r.json", clock: clock), clock: clock)
    let job = try await client.submit(Stage.batch(2), named: "n")
    #expect(clock.sleeps.count == wait && emulator.ledger.calls[.createBatch] == wait)
    await #expect(throws: BatchError.self) { try await job.wait() }
    #expect(job.status.phase == .settled && emulator.ledger.batches.isEmpty)
  }

  @Test func `a file that two start at once becomes one batch`() async throws {
    for round in 1...10 {
      let store = MemoryStore()
      let emulator = Emulator(.echo.taking(.seconds(60)).seeded(UInt64(round)), clock: VirtualClock.immediate)
      let stages = (1...4).map { _ in
        Stage(emulator, registry: BatchRegistry(store: store, path: "/r.json", clock: emulator.clock))
      }
      let line =
        #"{"custom_id":"r-1","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"x"}]}}"#
      try store.write("\(line)\n", to: "/file.jsonl")
      let file = try await stages[0].client.upload(path: "/file.jsonl")
      let started = await withTaskGroup(of: [String].self) { group in
        for stage in stages {
          group.addTask {
            (try? await stage.client.start(file: file, endpoint: .chatCompletions))?.batchIDs ?? []
          }
        }
        return await group.reduce(into: Set<String>()) { $0.formUnion($1) }
      }
      #expect(started.count == 1 && emulator.ledger.calls[.createBatch] == 1)
    }
  }
}
