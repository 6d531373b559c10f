import BatchKit
import BatchKitTesting
import Foundation
import Testing

/// A job of three parts, and what is left of its disk.
private struct Estate {
  let emulator: Emulator
  let store: MemoryStore

  init(_ script: EmulatorScript = .echo.taking(.seconds(600)), _ store: MemoryStore = MemoryStore()) {
    emulator = Emulator(script, clock: VirtualClock.immediate)
    self.store = store
  }

  private init(_ emulator: Emulator, _ store: MemoryStore) {
    self.emulator = emulator
    self.store = store
  }

  /// The same service, and a disk of one's own as this one is now.
  func heir() -> Self { Self(emulator, store.crash(.kill)) }

  /// The same service, and an empty disk.
  func stranger() -> Self { Self(emulator, MemoryStore()) }

  var client: BatchClient {
    BatchClient(
      .compatible(at: Stage.base, apiKey: "k", limits: BatchLimits(requests: 2, bytes: 1_000_000)),
      transport: .emulator(emulator),
      registry: BatchRegistry(store: store, path: "/r.json", clock: emulator.clock), clock: emulator.clock)
  }

  @discardableResult
  func submit(_ rows: Int = 6, named name: String? = "n") async throws -> BatchJob<Chat<ChatReply>> {
    try await client.submit(Stage.batch(rows), named: name)
  }

  var folder: String {
    get throws { "/r.json.jobs/\(try #require(try store.names(in: "/r.json.jobs").first))" }
  }

  /// What is said against a run after which nothing may be paid twice, whether it came through or not.
  func complaints() -> [String] {
    let ledger = emulator.ledger
    var complaints = ledger.paidTwice.map { "\($0) was paid twice" }
    if ledger.batches.count != 3 { complaints.append("there are \(ledger.batches.count) batches") }
    return complaints
  }
}

@Suite(.inTurn) struct `A lost disk does not have anything paid twice` {
  @Test(arguments: [0, 700]) func `a registry that is gone with all its folders is learnt from the service`(
    seconds: Int
  ) async throws {
    let estate = Estate()
    let job = try await estate.submit()
    (estate.emulator.clock as? VirtualClock)?.advance(by: .seconds(seconds))
    let stranger = estate.stranger()
    let found = try await stranger.submit()
    #expect(found.batchIDs == job.batchIDs && found.id != job.id)
    let results = try await found.wait()
    #expect(results.map(\.text) == (1...6).map { "Say \($0)" })
    #expect(estate.complaints() == [] && estate.emulator.ledger.calls[.uploadFile] == 3)
    #expect(try await stranger.client.purgePlan().items.count == 6)
  }

  @Test func `only what has the name, the content and use is taken`() async throws {
    let estate = Estate()
    try await estate.submit(named: "other")
    try await estate.submit(4, named: "n")
    let found = try await estate.stranger().submit(6, named: "n")
    // Two of the three parts are the same requests under the same name.
    #expect(estate.emulator.ledger.calls[.createBatch] == 3 + 2 + 1)
    #expect(try await found.wait().reconciliation.isComplete)
    let nameless = try await estate.stranger().submit(6, named: nil)
    #expect(Set(nameless.batchIDs).isDisjoint(with: found.batchIDs))
    let failing = Estate(.echo.taking(.seconds(600)).failingBatches(with: .serverError, first: 3))
    try await failing.submit()
    (failing.emulator.clock as? VirtualClock)?.advance(by: .seconds(700))
    _ = try await failing.stranger().submit().wait()
    #expect(failing.emulator.ledger.batches.count == 6 && failing.emulator.ledger.paidRows == 6)
  }

  @Test func `a job that was removed by hand is a new job`() async throws {
    let estate = Estate()
    let job = try await estate.submit()
    _ = try await job.wait()
    try await estate.client.registry.remove("n")
    let again = try await estate.submit()
    #expect(Set(again.batchIDs).isDisjoint(with: job.batchIDs))
    #expect(estate.emulator.ledger.batches.count == 6)
  }

  @Test(arguments: [nil, 300, 700])
  func `of several batches of the same requests the one of most use is taken`(
    seconds: Int?
  ) async throws {
    let estate = Estate()
    let first = try await estate.submit()
    (estate.emulator.clock as? VirtualClock)?.advance(by: .seconds(300))
    try await first.cancel()
    (estate.emulator.clock as? VirtualClock)?.advance(by: .seconds(700))
    #expect(try await first.poll().phase == .settled)
    try await estate.client.registry.remove("n")
    // Either everything was cancelled, or it was bought a second time and runs, or that has ended well.
    var best = first.batchIDs
    if let seconds {
      best = try await estate.submit().batchIDs
      (estate.emulator.clock as? VirtualClock)?.advance(by: .seconds(seconds))
    }
    let calls = estate.emulator.ledger.calls[.createBatch]
    let found = try await estate.stranger().submit()
    #expect(found.batchIDs == best)
    let results = try await found.wait()
    #expect(results.reconciliation.isComplete && estate.emulator.ledger.calls[.createBatch] == calls)
    if seconds != nil { #expect(results.succeeded.count == 6) }
  }

  @Test func `a service without a list goes on as with a new registry`() async throws {
    let estate = Estate(.echo.taking(.seconds(60)).injecting(.status(404), into: .listBatches, first: 99))
    let results = try await estate.submit().wait()
    #expect(results.reconciliation.isComplete && estate.complaints() == [])
  }

  @Test func `a registry file that is gone is made up for by the folders`() async throws {
    let estate = Estate()
    let job = try await estate.submit()
    try estate.store.remove("/r.json")
    let found = try await estate.submit()
    #expect(found.id == job.id && estate.complaints() == [])
    #expect(estate.emulator.ledger.calls[.listBatches, default: 0] == 1)
  }

  @Test(arguments: [false, true])
  func `a registry cut at any byte is told in one sentence, or reads`(isSettled: Bool) async throws {
    let estate = Estate()
    let job = try await estate.submit()
    if isSettled { _ = try await job.wait() }
    let size = try estate.store.read("/r.json").count
    var refusals = 0
    for length in 0..<size {
      let heir = estate.heir()
      try heir.store.truncate("/r.json", to: length)
      do {
        try await heir.submit()
      } catch let error as BatchError {
        refusals += 1
        #expect(error.code == .damagedRegistry && error.message.contains("/r.json"), "\(length): \(error)")
        #expect(error.message.contains("rebuild the registry"))
        try await heir.client.registry.rebuild()
        #expect(try await heir.submit().id == job.id)
      }
    }
    #expect(refusals == size - 1)
    #expect(estate.complaints() == [])
  }

  @Test(arguments: [false, true])
  func `a journal cut at any byte is told in one sentence, or made up for`(isSettled: Bool) async throws {
    let estate = Estate()
    let job = try await estate.submit()
    if isSettled { _ = try await job.wait() }
    let journal = "\(try estate.folder)/journal.jsonl"
    let bytes = try estate.store.read(journal)
    let ends = Set(bytes.indices.filter { bytes[$0] == 0x0A })
    var (refused, mended) = (0, 0)
    for length in bytes.indices {
      // Within a line every cut is alike: some at either end of it, and a few between.
      guard ends.contains(length) || ends.contains(length - 1) || length.isMultiple(of: 41) else { continue }
      let heir = estate.heir()
      try heir.store.truncate(journal, to: length)
      do {
        let found = try await heir.submit()
        #expect(Set(found.batchIDs) == Set(job.batchIDs), "\(length)")
        mended += 1
      } catch let error as BatchError {
        refused += 1
        #expect(error.code == .damagedRegistry && error.message.contains(journal), "\(length): \(error)")
      }
      #expect(estate.complaints() == [], "\(length)")
    }
    #expect(refused > 5 && mended > 20)
  }
}

@Suite(.inTurn) struct `A disk in trouble loses nothing` {
  @Test func `a full disk is one sentence, and the job goes on once there is room`() async throws {
    var failures = 0
    for room in stride(from: 0, to: 9000, by: 150) {
      let estate = Estate()
      estate.store.leaveRoom(for: room)
      do {
        _ = try await estate.submit().wait()
      } catch let error as BatchError {
        failures += 1
        #expect(error.code == .unwritableFile && error.message.contains("/r.json"), "\(room): \(error)")
        #expect(error.message.contains("full") || error.message.contains("room"), "\(error)")
      }
      estate.store.heal()
      let results = try await estate.submit().wait()
      #expect(results.reconciliation.isComplete && estate.complaints() == [], "\(room)")
    }
    #expect(failures > 20)
  }

  @Test(arguments: [false, true])
  func `a job that is over is found by its name and read on a disk that takes nothing more`(
    collapses: Bool
  ) async throws {
    let estate = Estate()
    let batch = collapses ? Stage.batch(6).collapsingDuplicates() : Stage.batch(6)
    _ = try await estate.client.submit(batch, named: "n").wait()
    estate.store.beforeEachStep { if $0.kind.isChange { throw FileFault.full } }
    #expect(try await estate.client.submit(batch, named: "n").wait().reconciliation.succeeded == 6)
    let error = await #expect(throws: BatchError.self) { try await estate.submit(5) }
    #expect(error?.code == .differentJob)
    #expect(estate.complaints() == [])
  }

  @Test(arguments: ["/", "/r.json.jobs"])
  func `a folder that can't be written to is named before anything is sent`(path: String) async throws {
    let estate = Estate()
    estate.store.makeReadOnly(path == "/" ? "" : path)
    if path == "/" { estate.store.beforeEachStep { if $0.kind.isChange { throw FileFault.readOnly } } }
    let error = await #expect(throws: BatchError.self) { try await estate.submit() }
    #expect(error?.code == .unwritableFile && error?.message.contains("/r.json") == true, "\(error as Any)")
    #expect(estate.emulator.ledger.calls.isEmpty)
    estate.store.heal()
    #expect(try await estate.submit().wait().reconciliation.isComplete)
  }

  @Test func `a disk that becomes read-only halfway stops the job, and nothing is paid twice`() async throws {
    for after in stride(from: 0, to: 90, by: 3) {
      let estate = Estate()
      let limit = estate.store.steps + after
      estate.store.beforeEachStep { step in
        if step.kind.isChange, step.number > limit { throw FileFault.readOnly }
      }
      _ = try? await estate.submit().wait()
      estate.store.heal()
      #expect(try await estate.submit().wait().reconciliation.isComplete)
      #expect(estate.complaints() == [], "after \(after)")
    }
  }
}
