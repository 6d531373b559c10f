import BatchKit
import BatchKitTesting
import Foundation
import Testing

/// A transport that notes what was asked for, in the words of the wire.
private final class Ear: HTTPTransport {
  private let inner: any HTTPTransport
  private let heard = Locked<[String]>([])

  init(_ inner: any HTTPTransport) { self.inner = inner }

  func bodies(of path: String) -> [String] { heard.current.filter { $0.hasPrefix("POST \(path)\n") } }

  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    let body = String(decoding: try request.body.bytes(in: 0..<request.body.length), as: UTF8.self)
    heard.withLock { $0.append("\(request)\n\(body)") }
    return try await inner.send(request)
  }

  func download(
    _ request: HTTPRequest, into receive: @escaping @Sendable (Data) throws -> Void
  ) async throws -> HTTPResponse { try await inner.download(request, into: receive) }
}

@Suite(.inTurn) struct `Files at the service expire` {
  private let emulator = Emulator(.echo.taking(.seconds(60)), clock: VirtualClock.immediate)

  private func client(_ ear: Ear, _ provider: OpenAI) -> BatchClient {
    BatchClient(provider, transport: ear, registry: .memory(), clock: emulator.clock)
  }

  private var known: OpenAI { .compatible(at: Stage.base, apiKey: "k", expiresFiles: true) }

  /// What the service was asked: the seconds of the input, then those of the results.
  private func asked(_ ear: Ear) -> [Int?] {
    let upload = ear.bodies(of: "/v1/files").first ?? ""
    let create = ear.bodies(of: "/v1/batches").first ?? ""
    let input = upload.firstMatch(
      of: /expires_after\[anchor\]"\r\n\r\ncreated_at\r\n(?s:.*)seconds\]"\r\n\r\n(\d+)\r\n/)
    let output = create.firstMatch(of: /"output_expires_after":\{"anchor":"created_at","seconds":(\d+)\}/)
    return [input.flatMap { Int($0.1) }, output.flatMap { Int($0.1) }]
  }

  @Test(arguments: [
    (FileLifetime?.none, 2_592_000), (.days(2), 172_800), (.after(.seconds(7200)), 7200),
    (.days(400), 2_592_000),
    (.after(.seconds(5)), 3600), (.days(-3), 3600),
  ])
  func `both kinds are asked to go after a month, or when it was said`(lifetime: FileLifetime?, seconds: Int)
    async throws
  {
    let ear = Ear(EmulatorTransport(emulator))
    var client = client(ear, known)
    if let lifetime { client = client.keepingFiles(for: lifetime) }
    let results = try await client.run(Stage.batch(2))
    #expect(results.reconciliation.isComplete)
    #expect(asked(ear) == [seconds, seconds])
  }

  @Test func `with no end of ours nothing is asked`() async throws {
    let ear = Ear(EmulatorTransport(emulator))
    _ = try await client(ear, known).keepingFiles(for: .never).run(Stage.batch(2))
    #expect(asked(ear) == [nil, nil])
  }

  @Test func `a service that may not know it is not asked, and OpenAI itself is`() async throws {
    let ear = Ear(EmulatorTransport(emulator))
    _ = try await client(ear, .compatible(at: Stage.base, apiKey: "k")).run(Stage.batch(2))
    #expect(asked(ear) == [nil, nil] && ear.bodies(of: "/v1/files").count == 1)
    for (base, isAsked) in [
      (nil, true), ("https://eu.api.openai.com/v1", true), ("https://api.openai.com.evil.example/v1", false),
      ("http://localhost:8000/v1", false),
    ] {
      let environment = ["OPENAI_BASE_URL": base].compactMapValues(\.self)
      let credentials = Credentials(environment: environment, store: MemoryStore(), folder: "/nowhere")
      let ear = Ear(EmulatorTransport(Emulator(.echo.taking(.seconds(60)), clock: emulator.clock)))
      _ = try await client(ear, .openAI(apiKey: "k", credentials: credentials)).run(Stage.batch(2))
      #expect(asked(ear) == (isAsked ? [2_592_000, 2_592_000] : [nil, nil]), "\(base ?? "")")
    }
  }

  @Test func `the service deletes them then, and what is on disk stays`() async throws {
    let ear = Ear(EmulatorTransport(emulator))
    let client = client(ear, known).keepingFiles(for: .days(1))
    let job = try await client.submit(Stage.batch(2), named: "n")
    _ = try await job.wait()
    #expect(emulator.ledger.filesAlive.count == 2)
    (emulator.clock as? VirtualClock)?.advance(by: .seconds(90_000))
    _ = try await client.remoteBatches()
    #expect(emulator.ledger.filesAlive.isEmpty)
    #expect(try job.results().reconciliation.isComplete && job.verify().isIntact)
  }

  @Test func `an input that expired before its batch was made is uploaded anew`() async throws {
    // The creates are refused for a while; when the program comes back the uploaded file is gone.
    let emulator = Emulator(
      .echo.taking(.seconds(60)).injecting(.status(403), into: .createBatch), clock: VirtualClock.immediate)
    let store = MemoryStore()
    let client = BatchClient(
      known, transport: .emulator(emulator),
      registry: BatchRegistry(store: store, path: "/r.json", clock: emulator.clock), clock: emulator.clock
    ).keepingFiles(for: .after(.seconds(7200)))
    await #expect(throws: BatchError.self) { try await client.submit(Stage.batch(2), named: "n") }
    (emulator.clock as? VirtualClock)?.advance(by: .seconds(100_000))
    let results = try await client.submit(Stage.batch(2), named: "n").wait()
    #expect(results.reconciliation.isComplete)
    let ledger = emulator.ledger
    #expect(ledger.calls[.uploadFile] == 2 && ledger.batches.count == 1 && ledger.paidTwice.isEmpty)
  }
}

@Suite(.inTurn) struct `Files go up and come back side by side, and batches are created one by one` {
  /// A transport that counts how many requests of a kind are under way at one time.
  private final class Gauge: HTTPTransport {
    private struct Reading: Sendable {
      var open: [String: Int] = [:]
      var most: [String: Int] = [:]
    }

    private let inner: any HTTPTransport
    private let reading = Locked(Reading())

    init(_ inner: any HTTPTransport) { self.inner = inner }

    func most(_ path: String) -> Int { reading.current.most["POST \(path)", default: 0] }

    var mostDownloads: Int { reading.current.most["download", default: 0] }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
      try await counting("\(request)") { try await inner.send(request) }
    }

    private func counting(
      _ kind: String, _ body: () async throws -> HTTPResponse
    ) async throws -> HTTPResponse {
      reading.withLock { reading in
        reading.open[kind, default: 0] += 1
        reading.most[kind] = max(reading.most[kind, default: 0], reading.open[kind, default: 0])
      }
      defer { reading.withLock { $0.open[kind, default: 0] -= 1 } }
      for _ in 0..<20 { await Task.yield() }
      return try await body()
    }

    func download(
      _ request: HTTPRequest, into receive: @escaping @Sendable (Data) throws -> Void
    ) async throws -> HTTPResponse {
      try await counting("download") { try await inner.download(request, into: receive) }
    }
  }

  @Test(arguments: [(nil, 4, 2), (1, 1, 1), (3, 3, 1), (100, 10, 10), (0, 1, 1)])
  func `as many at once as was said`(atOnce: Int?, up: Int, down: Int) async throws {
    let emulator = Emulator(.echo.taking(.seconds(60)), clock: VirtualClock.immediate)
    let gauge = Gauge(EmulatorTransport(emulator))
    var client = BatchClient(
      .compatible(at: Stage.base, apiKey: "k"), transport: gauge, registry: .memory(), clock: emulator.clock)
    if let atOnce { client = client.transferring(atOnce: atOnce) }
    let results = try await client.submit(Stage.batch(20), splitting: .requests(2)).wait()
    #expect(results.map(\.id.rawValue) == (1...20).map { "r-\($0)" })
    #expect(gauge.most("/v1/files") == up)
    #expect(gauge.mostDownloads == down)
    #expect(gauge.most("/v1/batches") == 1)
    #expect(emulator.ledger.calls[.uploadFile] == 10 && emulator.ledger.batches.count == 10)
  }

  @Test func `no part is uploaded that is held back`() async throws {
    let emulator = Emulator(.echo.taking(.seconds(600)), clock: VirtualClock.immediate)
    let client = BatchClient(
      .compatible(at: Stage.base, apiKey: "k"), transport: .emulator(emulator), registry: .memory(),
      throttle: .parts(3), clock: emulator.clock)
    let job = try await client.submit(Stage.batch(20), splitting: .requests(2))
    #expect(emulator.ledger.calls[.uploadFile] == 3)
    #expect(try await job.wait().reconciliation.isComplete)
    #expect(emulator.ledger.mostUnfinishedBatches == 3 && emulator.ledger.calls[.uploadFile] == 10)
  }

  @Test func `one that fails does not undo the others, and the next run sends it alone`() async throws {
    let stage = Stage(.echo.taking(.seconds(60)).injecting(.status(400), into: .uploadFile))
    let error = await #expect(throws: BatchError.self) {
      _ = try await stage.client.submit(Stage.batch(8), named: "n", splitting: .requests(2))
    }
    #expect(error?.status == 400)
    #expect(stage.emulator.ledger.batches.isEmpty)
    let job = try await stage.client.submit(Stage.batch(8), named: "n", splitting: .requests(2))
    #expect(try await job.wait().reconciliation.isComplete)
    let ledger = stage.emulator.ledger
    #expect(ledger.calls[.uploadFile] == 5 && ledger.batches.count == 4 && ledger.paidTwice.isEmpty)
    #expect(ledger.filesAlive.count == 8)
  }

  @Test func `a wait that is cancelled in the middle of uploads leaves nothing to be paid twice`()
    async throws
  {
    for yields in stride(from: 0, to: 400, by: 13) {
      let stage = Stage(.echo.taking(.seconds(60)))
      let first = Task { try await stage.client.submit(Stage.batch(12), named: "n", splitting: .requests(2)) }
      for _ in 0..<yields { await Task.yield() }
      first.cancel()
      _ = try? await first.value
      let results = try await stage.client.submit(Stage.batch(12), named: "n", splitting: .requests(2)).wait()
      let ledger = stage.emulator.ledger
      #expect(results.reconciliation.isComplete && ledger.paidTwice.isEmpty && ledger.batches.count == 6)
      #expect(ledger.filesAlive.count == 12, "after \(yields) yields")
    }
  }
}
