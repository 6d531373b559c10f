import BatchKit
import BatchKitTesting
import Foundation
import Testing

/// A service that knows of batches and of nothing else: it lists them, newest first, a hundred at a time, and
/// tells of each.
private final class ListOfBatches: HTTPTransport {
  /// The ids, newest first.
  private let ids: [String]
  private let places: [String: Int]
  private let asked = Locked((pages: 0, singles: 0))

  init(_ ids: [String]) {
    self.ids = ids
    places = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($0.element, $0.offset) })
  }

  /// How many pages and how many single batches were asked for since this was last asked.
  func count() -> (pages: Int, singles: Int) {
    asked.withLock { asked in
      defer { asked = (0, 0) }
      return asked
    }
  }

  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    let id = request.url.lastPathComponent
    guard id == "batches" else {
      asked.withLock { $0.singles += 1 }
      return HTTPResponse(status: 200, body: Data(batch(id).utf8))
    }
    asked.withLock { $0.pages += 1 }
    let query = URLComponents(url: request.url, resolvingAgainstBaseURL: true)?.queryItems
    let after = query?.first { $0.name == "after" }?.value.flatMap { places[$0] }
    let start = after.map { $0 + 1 } ?? 0
    let page = ids.dropFirst(start).prefix(100)
    let hasMore = start + page.count < ids.count
    let body =
      #"{"object":"list","data":[\#(page.map(batch).joined(separator: ","))],"has_more":\#(hasMore)}"#
    return HTTPResponse(status: 200, body: Data(body.utf8))
  }

  func download(
    _ request: HTTPRequest, into receive: @escaping @Sendable (Data) throws -> Void
  ) async throws -> HTTPResponse { HTTPResponse(status: 404) }

  private func batch(_ id: String) -> String {
    #"{"id":"\#(id)","object":"batch","status":"in_progress","request_counts":{"total":1,"completed":0,"failed":0}}"#
  }
}

@Suite(.inTurn) struct `Thousands of jobs in flight cost a few pages a round` {
  private let store = MemoryStore()

  /// A client whose registry holds a job for each of these batches, as if it had submitted them.
  private func client(of batches: [String], _ transport: ListOfBatches) async throws -> BatchClient {
    let provider = OpenAI.compatible(at: Stage.base, apiKey: "k")
    let clock = VirtualClock()
    let registry = BatchRegistry(store: store, path: "/r.json", clock: clock)
    var made: [RegistryEntry] = []
    for (number, id) in batches.enumerated() {
      let job = "job-\(number)"
      let card = JobCard(
        id: job, name: nil, description: nil, fingerprint: id, identity: provider.identity,
        endpoint: .chatCompletions, requests: 1, created: clock.now)
      let part = SpooledPart(index: 0, file: "", sha256: "", bytes: 0, requests: 1)
      let batch = RemoteBatch(id: id, status: "in_progress")
      try store.createFolder(registry.folder(for: job))
      try Journal<JobRecord>(at: "\(registry.folder(for: job))/journal.jsonl", in: store).append(
        contentsOf: [.opened(card), .part(part, at: clock.now), .created(0, batch, at: clock.now)])
      made.append(
        RegistryEntry(
          id: job, name: nil, phase: "running", batches: [id], endpoint: .chatCompletions,
          provider: provider.identity.name, description: nil, fingerprint: id, created: clock.now,
          updated: clock.now))
    }
    let entries = made
    try await registry.edit { $0 = entries }
    return BatchClient(provider, transport: transport, registry: registry, clock: clock)
  }

  @Test func `two thousand by twenty pages, and no batch is asked for by itself`() async throws {
    let ours = (0..<2000).map { "batch_\($0)" }
    let service = ListOfBatches(ours)
    let client = try await client(of: ours.shuffled(), service)
    #expect(try await client.pollAll().count == 2000)
    #expect(service.count() == (20, 0))
  }

  @Test func `those that the pages do not reach are asked for one by one`() async throws {
    let ours = (0..<300).map { "batch_\($0)" }
    let others = (0..<2700).map { "batch_other_\($0)" }
    // Two hundred of the newest, then what others sent, then a hundred that are older than 2,500 batches.
    let service = ListOfBatches(Array(ours[..<200] + others + ours[200...]))
    let client = try await client(of: ours, service)
    #expect(try await client.pollAll().count == 300)
    #expect(service.count() == (25, 100))
  }

  @Test func `what others sent last does not hide ours behind it`() async throws {
    let ours = (0..<1000).map { "batch_\($0)" }
    let service = ListOfBatches((0..<300).map { "batch_other_\($0)" } + ours)
    let client = try await client(of: ours, service)
    _ = try await client.pollAll()
    #expect(service.count() == (13, 0))
  }

  @Test func `a few old ones are not looked for on page after page`() async throws {
    let ours = (0..<6).map { "batch_\($0)" }
    let service = ListOfBatches((0..<2000).map { "batch_other_\($0)" } + ours)
    let client = try await client(of: ours, service)
    _ = try await client.pollAll()
    #expect(service.count() == (6, 6))
  }
}

@Suite(.inTurn) struct `Many jobs are looked after at once` {
  @Test func `a list stands for many questions, and everything settles`() async throws {
    let stage = Stage(.echo.taking(.seconds(600)))
    for number in 1...120 { _ = try await stage.client.submit(Stage.batch(1, saying: "job \(number)")) }
    let before = stage.emulator.ledger.calls
    #expect(try await stage.client.pollAll().count == 120)
    let after = stage.emulator.ledger.calls
    #expect(after[.listBatches, default: 0] - before[.listBatches, default: 0] == 2)
    #expect(after[.retrieveBatch, default: 0] == before[.retrieveBatch, default: 0])
    stage.advance(by: .seconds(700))
    let entries = try await stage.client.pollAll()
    #expect(entries.count == 120 && entries.allSatisfy { $0.phase == "settled" })
    #expect(try await stage.client.pollAll().isEmpty)
  }

  @Test func `a server that ignores the cursor costs one page more at most`() async throws {
    let stage = Stage(.echo.taking(.seconds(600)).listing(.ignoringTheCursor))
    for number in 1...110 { _ = try await stage.client.submit(Stage.batch(1, saying: "job \(number)")) }
    _ = try await stage.client.pollAll()
    let calls = stage.emulator.ledger.calls
    #expect(calls[.listBatches, default: 0] <= 2 && calls[.retrieveBatch, default: 0] <= 10)
    #expect(try await stage.client.pollAll().count == 110)
  }

  @Test func `jobs of another account are left alone`() async throws {
    let registry = BatchRegistry.memory()
    let one = Stage(.echo.taking(.seconds(60)), registry: registry)
    _ = try await one.client.submit(Stage.batch(1))
    let other = Stage(
      one.emulator, registry: registry, base: URL(string: "http://elsewhere.invalid/v1")!)
    #expect(try await other.client.pollAll().isEmpty)
  }
}

@Suite(.inTurn) struct `One job that can't be looked after keeps no other waiting` {
  @Test func `the others are polled and settled before its journal is complained of`() async throws {
    let store = MemoryStore()
    let emulator = Emulator(.echo.taking(.seconds(60)), clock: VirtualClock.immediate)
    let stage = Stage(
      emulator, registry: BatchRegistry(store: store, path: "/r.json", clock: emulator.clock))
    for name in ["a", "broken", "c"] { try await stage.client.submit(Stage.batch(2), named: name) }
    let broken = try #require(try await stage.registry.entry(named: "broken"))
    try store.replace("/r.json.jobs/\(broken.id)/journal.jsonl", with: Array("{}\n".utf8))
    stage.advance(by: .seconds(120))
    let error = await #expect(throws: BatchError.self) { try await stage.client.pollAll() }
    #expect(error?.code == .damagedRegistry)
    for name in ["a", "c"] {
      #expect(try await stage.registry.entry(named: name)?.phase == "settled")
    }
  }
}
