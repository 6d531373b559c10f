import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `The same thing submitted again is the same job` {
  let store = MemoryStore()
  let emulator = Emulator(.echo.taking(.seconds(600)), clock: VirtualClock.immediate)

  /// A client as a new process would have it: nothing is shared but the disk and the service.
  func process(key: APIKey = "sk-test", base: URL = Stage.base) -> Stage {
    Stage(
      emulator, registry: BatchRegistry(store: store, path: "/home/registry.json", clock: emulator.clock),
      key: key,
      base: base)
  }

  @Test func `a name finds its job in another process, finished or not`() async throws {
    let first = try await process().client.submit(Stage.batch(3), named: "n")
    let second = try await process().client.submit(Stage.batch(3), named: "n")
    #expect(second.id == first.id && second.batchIDs == first.batchIDs)
    #expect(try await second.wait().count == 3)
    let third = try await process().client.submit(Stage.batch(3), named: "n")
    #expect(third.status.phase == .settled)
    #expect(try await third.wait().map(\.id) == ["r-1", "r-2", "r-3"])
    #expect(emulator.ledger.batches.count == 1)
    #expect(emulator.ledger.calls[.uploadFile] == 1)
  }

  @Test func `without a name the same content resumes while it is open, and is a new job later`() async throws
  {
    let first = try await process().client.submit(Stage.batch(2))
    let second = try await process().client.submit(Stage.batch(2))
    #expect(second.id == first.id)
    _ = try await second.wait()
    let third = try await process().client.submit(Stage.batch(2))
    #expect(third.id != first.id)
    #expect(emulator.ledger.batches.count == 2)
  }

  @Test func `a name with other content is refused, and nothing of the attempt stays`() async throws {
    _ = try await process().client.submit(Stage.batch(2), named: "n")
    let folders = try store.names(in: "/home/registry.json.jobs")
    let error = await #expect(throws: BatchError.self) {
      _ = try await process().client.submit(Stage.batch(3), named: "n")
    }
    #expect(error?.code == .differentJob)
    #expect(error?.message.contains("2 requests") == true && error?.message.contains("these 3") == true)
    #expect(try store.names(in: "/home/registry.json.jobs") == folders)
    #expect(emulator.ledger.batches.count == 1)
  }

  @Test func `a name of another account is refused in words that name both`() async throws {
    _ = try await process().client.submit(Stage.batch(2), named: "n")
    let elsewhere = process(base: URL(string: "http://elsewhere.invalid/v1")!)
    let error = await #expect(throws: BatchError.self) {
      _ = try await elsewhere.client.submit(Stage.batch(2), named: "n")
    }
    #expect(error?.code == .differentJob)
    #expect(error?.message.contains("emulator.invalid") == true)
    #expect(error?.message.contains("elsewhere.invalid") == true)
  }

  @Test func `the same address by another kind of provider is told as that, with the remedy`() async throws {
    _ = try await process().client.submit(Stage.batch(2), named: "n")
    let credentials = Credentials(
      environment: ["OPENAI_BASE_URL": Stage.base.absoluteString], store: MemoryStore(), folder: "/nowhere")
    let client = BatchClient(
      .openAI(apiKey: "k", credentials: credentials), transport: .emulator(emulator),
      registry: process().registry, clock: emulator.clock)
    let error = await #expect(throws: BatchError.self) {
      _ = try await client.submit(Stage.batch(2), named: "n")
    }
    #expect(
      error?.message.contains("the same address, as a compatible service then and as OpenAI now") == true)
    #expect(error?.message.hasSuffix("or delete the job.") == true)
  }

  @Test(arguments: [EmulatorCall.uploadFile, .createBatch], [false, true])
  func `a job of which nothing left this machine moves to the address that was meant`(
    refused: EmulatorCall, collapses: Bool
  ) async throws {
    let batch = collapses ? Stage.batch(2).collapsingDuplicates() : Stage.batch(2)
    let mistyped = Stage(
      Emulator(.echo.injecting(.status(403), into: refused, first: 99), clock: emulator.clock),
      registry: process().registry, base: URL(string: "http://mistyped.invalid/v1")!)
    _ = try? await mistyped.client.submit(batch, named: "n")
    // Other content is still other content.
    await #expect(throws: BatchError.self) { try await process().client.submit(Stage.batch(3), named: "n") }
    guard refused == .uploadFile else {
      // An upload is at the other service, and a create went out there.
      await #expect(throws: BatchError.self) { try await process().client.submit(batch, named: "n") }
      return
    }
    let job = try await process().client.submit(batch, named: "n")
    #expect(try await job.wait().reconciliation.isComplete)
    #expect(try await process().registry.entries.map(\.id) == [job.id])
    #expect(try store.names(in: "/home/registry.json.jobs") == [job.id])
  }

  @Test func `another key of the same account is no other account`() async throws {
    let first = try await process().client.submit(Stage.batch(2), named: "n")
    let second = try await process(key: "sk-rotated").client.submit(Stage.batch(2), named: "n")
    #expect(second.id == first.id)
  }

  @Test func `a job is found by its name, its id and the id of its batch`() async throws {
    let job = try await process().client.submit(Stage.batch(2), named: "n")
    let client = process().client
    #expect(try await client.job(named: "n", as: Chat(model: "m")).id == job.id)
    #expect(try await client.job(id: job.id, as: Chat(model: "m")).id == job.id)
    #expect(try await client.job(id: job.batchIDs[0], as: Chat(model: "m")).id == job.id)
    let error = await #expect(throws: BatchError.self) {
      _ = try await client.job(named: "x", as: Chat(model: "m"))
    }
    #expect(error?.code == .unknownJob)
  }

  @Test func `a batch made elsewhere is adopted, and its results are read`() async throws {
    let job = try await process().client.submit(Stage.batch(2))
    let other = Stage(emulator, registry: .memory())
    let adopted = try await other.client.job(id: job.batchIDs[0], as: Chat(model: "m"))
    let results = try await adopted.wait()
    #expect(results["r-2"]?.value?.text == "Say 2")
    #expect(results.reconciliation.submitted == nil)
    #expect(emulator.ledger.batches.count == 1)
    #expect(try await other.registry.entries.map(\.batches) == [job.batchIDs])
  }

  @Test func `a batch that breaks a rule leaves no trace`() async throws {
    var batch = Stage.batch(2)
    batch.add("r-1", "the id once more")
    let error = await #expect(throws: BatchError.self) { _ = try await process().client.submit(batch) }
    #expect(error?.code == .invalidBatch)
    #expect(error?.message.contains("r-1") == true)
    #expect(try await process().registry.entries.isEmpty)
    #expect(try store.names(in: "/home/registry.json.jobs") == [])
    #expect(emulator.ledger.calls.isEmpty)
  }

  @Test func `a part that was edited on disk is not sent`() async throws {
    let dead = Stage(
      Emulator(.echo.injecting(.status(400), into: .uploadFile, first: 99)), registry: process().registry)
    _ = try? await dead.client.submit(Stage.batch(2), named: "n")
    let folder = "/home/registry.json.jobs/\(try store.names(in: "/home/registry.json.jobs")[0])"
    let part = "\(folder)/parts/part-0001.jsonl"
    let text = String(decoding: try store.read(part), as: UTF8.self).replacingOccurrences(
      of: "Say 1", with: "Pay 1")
    try store.replace(part, with: Array(text.utf8))
    let error = await #expect(throws: BatchError.self) {
      _ = try await process().client.submit(Stage.batch(2), named: "n")
    }
    #expect(error?.message.contains("no longer what was prepared") == true)
    #expect(emulator.ledger.calls[.createBatch, default: 0] == 0)
  }

  @Test func `the registry tells phase and batches without being asked twice`() async throws {
    let stage = process()
    let job = try await stage.client.submit(Stage.batch(2), named: "n", description: "two rows")
    var entry = try #require(try await stage.registry.entry(named: "n"))
    #expect(entry.phase == "validating" && entry.batches == job.batchIDs && entry.description == "two rows")
    _ = try await job.wait()
    entry = try #require(try await stage.registry.entry(named: "n"))
    #expect(entry.phase == "settled")
  }
}

@Suite(.inTurn) struct `A create without a clear answer is looked up, never repeated` {
  @Test(arguments: [
    EmulatorFault.resetAfterActing, .statusAfterActing(500), .statusAfterActing(408), .statusAfterActing(409),
    .truncatedBody,
  ])
  func `one that acted is found and adopted`(fault: EmulatorFault) async throws {
    let stage = Stage(.echo.taking(.seconds(600)).injecting(fault, into: .createBatch))
    let results = try await stage.client.run(Stage.batch(3))
    #expect(results.reconciliation.isComplete)
    #expect(stage.emulator.ledger.calls[.createBatch] == 1)
    #expect(stage.emulator.ledger.batches.count == 1)
    #expect(stage.events.contains { $0.hasPrefix("found batch") })
  }

  @Test(arguments: [EmulatorFault.resetBeforeActing, .status(500), .status(502), .status(408), .status(409)])
  func `one that did not act is fenced and sent afresh`(fault: EmulatorFault) async throws {
    let stage = Stage(.echo.taking(.seconds(600)).injecting(fault, into: .createBatch))
    let results = try await stage.client.run(Stage.batch(3))
    #expect(results.reconciliation.isComplete)
    let ledger = stage.emulator.ledger
    #expect(ledger.calls[.createBatch] == 2 && ledger.batches.count == 1 && ledger.paidTwice.isEmpty)
    #expect(ledger.filesAlive.count == 2)
  }

  @Test func `one that arrives minutes late finds no file, runs nothing, and costs nothing`() async throws {
    let stage = Stage(.echo.taking(.seconds(600)).committingCreates(after: .seconds(400)))
    let results = try await stage.client.run(Stage.batch(3))
    #expect(results.reconciliation.isComplete)
    #expect(stage.emulator.ledger.paidTwice.isEmpty)
    #expect(stage.emulator.ledger.paidRows == 3)
  }

  @Test func `one that arrives within the quiet time is adopted`() async throws {
    let stage = Stage(.echo.taking(.seconds(600)).committingCreates(after: .seconds(40)))
    let results = try await stage.client.run(Stage.batch(3))
    #expect(results.reconciliation.isComplete)
    #expect(stage.emulator.ledger.batches.count == 1)
    #expect(stage.emulator.ledger.calls[.createBatch] == 1)
  }

  @Test(arguments: EmulatorScript.ListingQuirk.allCases)
  func `a list that is served wrongly is still searched to its end`(quirk: EmulatorScript.ListingQuirk)
    async throws
  {
    let emulator = Emulator(
      .echo.taking(.seconds(600)).listing(quirk).injecting(.resetAfterActing, into: .createBatch),
      clock: VirtualClock.immediate)
    let stage = Stage(emulator, registry: .memory())
    let results = try await stage.client.run(Stage.batch(3))
    #expect(results.reconciliation.isComplete)
    #expect(emulator.ledger.paidTwice.isEmpty && emulator.ledger.paidRows == 3)
  }

  @Test(arguments: [
    EmulatorFault.tooManyRequests(retryAfter: .seconds(30)), .tooManyRequests(retryAfter: nil),
  ])
  func `a certain refusal that passes is waited out with the same file`(fault: EmulatorFault) async throws {
    let stage = Stage(.echo.taking(.seconds(60)).injecting(fault, into: .createBatch, first: 3))
    _ = try await stage.client.run(Stage.batch(2))
    let ledger = stage.emulator.ledger
    #expect(ledger.calls[.createBatch] == 4 && ledger.calls[.uploadFile] == 1 && ledger.batches.count == 1)
  }

  @Test func `a file that is not found right after its upload is waited for`() async throws {
    let stage = Stage(.echo.taking(.seconds(60)).findingFiles(after: .seconds(20)))
    _ = try await stage.client.run(Stage.batch(2))
    #expect(stage.emulator.ledger.batches.count == 1)
    #expect(stage.emulator.ledger.calls[.uploadFile] == 1)
  }

  @Test func `a refusal that stands is told, and the next run tries again`() async throws {
    let stage = Stage(.echo.taking(.seconds(60)).injecting(.status(403), into: .createBatch))
    let error = await #expect(throws: BatchError.self) {
      _ = try await stage.client.submit(Stage.batch(2), named: "n")
    }
    #expect(error?.status == 403)
    let results = try await stage.client.submit(Stage.batch(2), named: "n").wait()
    #expect(results.reconciliation.isComplete)
    #expect(stage.emulator.ledger.batches.count == 1)
  }

  @Test func `a service that can't be searched leaves the part unresolved, and nothing is sent`() async throws
  {
    let script = EmulatorScript.echo.taking(.seconds(60))
      .injecting(.resetAfterActing, into: .createBatch).injecting(
        .status(404), into: .listBatches, first: 999)
    let stage = Stage(script)
    for _ in 1...3 {
      let error = await #expect(throws: BatchError.self) {
        _ = try await stage.client.submit(Stage.batch(2), named: "n")
      }
      #expect(error?.code == .unresolvedPart)
    }
    #expect(stage.emulator.ledger.calls[.createBatch] == 1)
    #expect(try await stage.registry.entry(named: "n")?.phase == "unresolved")
  }
}

@Suite(.inTurn) struct `A download counts only when it is whole` {
  @Test(arguments: [1, 3]) func `a body cut short is fetched again`(times: Int) async throws {
    let stage = Stage(.echo.taking(.seconds(60)).injecting(.truncatedBody, into: .downloadFile, first: times))
    let results = try await stage.client.run(Stage.batch(50))
    #expect(results.reconciliation.description == "50 submitted = 50 succeeded + 0 failed + 0 missing")
    #expect(stage.emulator.ledger.calls[.downloadFile] == 1 + times)
  }

  /// A transport whose downloads lose their end without any sign of it.
  struct Shortener: HTTPTransport {
    let inner: any HTTPTransport
    let kept: Int
    let knowsLength: Bool
    let left: Locked<Int>

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
      if !knowsLength, request.method == "GET", request.url.path.contains("/files/") {
        return HTTPResponse(status: 404, body: Data("{}".utf8))
      }
      return try await inner.send(request)
    }

    func download(
      _ request: HTTPRequest, into receive: @escaping @Sendable (Data) throws -> Void
    ) async throws -> HTTPResponse {
      let cuts = left.withLock { left in
        left -= 1
        return left >= 0
      }
      guard cuts else { return try await inner.download(request, into: receive) }
      let room = Locked(kept)
      return try await inner.download(request) { data in
        let part = room.withLock { room in
          let part = data.prefix(room)
          room -= part.count
          return part
        }
        try receive(part)
      }
    }
  }

  @Test(arguments: [true, false], [0, 1, 500])
  func `an end lost in silence shows by the file's own length, or by its last line`(
    knowsLength: Bool, kept: Int
  ) async throws {
    // Nothing at all is a file of no lines: only the reconciliation can tell of that.
    if !knowsLength, kept == 0 { return }
    let emulator = Emulator(.echo.taking(.seconds(60)), clock: VirtualClock.immediate)
    let transport = Shortener(
      inner: EmulatorTransport(emulator), kept: kept, knowsLength: knowsLength, left: Locked(1))
    let client = BatchClient(
      .compatible(at: Stage.base, apiKey: "sk-test"), transport: transport, registry: .memory(),
      clock: emulator.clock)
    let results = try await client.run(Stage.batch(20))
    #expect(results.reconciliation.description == "20 submitted = 20 succeeded + 0 failed + 0 missing")
    #expect(transport.left.current < 0)
  }

  @Test func `a result file that is late is fetched when it is there`() async throws {
    let stage = Stage(.echo.taking(.seconds(60)).injecting(.status(404), into: .downloadFile, first: 3))
    let results = try await stage.client.run(Stage.batch(4))
    #expect(results.reconciliation.description == "4 submitted = 4 succeeded + 0 failed + 0 missing")
  }

  @Test func `a result file that is gone for good leaves its rows missing, and the job ends`() async throws {
    let stage = Stage(.echo.taking(.seconds(60)).injecting(.status(404), into: .downloadFile, first: 9999))
    let job = try await stage.client.submit(Stage.batch(4), named: "n")
    let error = await #expect(throws: BatchError.self) { _ = try await job.wait() }
    #expect(error?.code == .nothingUsable)
    #expect(stage.events.contains { $0.contains("is gone") })
    #expect(job.status.phase == .settled)
    #expect(try job.results().missing.count == 4)
  }

  @Test func `a batch that the service forgot does not keep the other parts from being read`() async throws {
    let stage = Stage(
      .echo.taking(.seconds(60)).injecting(.status(404), into: .retrieveBatch, first: 1),
      limits: BatchLimits(requests: 2, bytes: 100_000))
    let job = try await stage.client.submit(Stage.batch(4), named: "n")
    stage.advance(by: .seconds(90))
    let error = await #expect(throws: BatchError.self) { try await job.poll() }
    #expect(error?.status == 404)
    #expect(try job.results().count == 2)
    #expect(try await job.wait().reconciliation.isComplete)
  }

  @Test func `a file that never comes whole is an error, and the next wait goes on from there`() async throws
  {
    let emulator = Emulator(.echo.taking(.seconds(60)), clock: VirtualClock.immediate)
    let transport = Shortener(
      inner: EmulatorTransport(emulator), kept: 10, knowsLength: true, left: Locked(5))
    let client = BatchClient(
      .compatible(at: Stage.base, apiKey: "sk-test"), transport: transport, registry: .memory(),
      clock: emulator.clock)
    let job = try await client.submit(Stage.batch(5))
    (emulator.clock as? VirtualClock)?.advance(by: .seconds(90))
    let error = await #expect(throws: BatchError.self) { _ = try await job.wait() }
    #expect(error?.code == .incompleteDownload)
    #expect(try await job.wait().reconciliation.isComplete)
  }
}
