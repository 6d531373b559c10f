import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `No secret leaks` {
  static let key = "sk-proj-Xy7secretQ29tZSBvbiBpbi4"

  /// Everything that a run leaves and shows, as one text: files, events, errors, and every way to print a
  /// value.
  private func traces(_ script: EmulatorScript, emulatorKey: String? = nil) async throws -> String {
    let store = MemoryStore()
    let emulator = Emulator(script, key: emulatorKey, clock: VirtualClock.immediate)
    let registry = BatchRegistry(store: store, path: "/home/registry.json", clock: emulator.clock)
    let stage = Stage(emulator, registry: registry, key: .value(Self.key))
    var shown: [String] = [everythingShown(of: stage.client)]
    do {
      let job = try await stage.client.submit(Stage.batch(3), named: "n", description: "d")
      shown.append(everythingShown(of: job))
      let results = try await job.wait()
      shown += [everythingShown(of: results), everythingShown(of: try await registry.entries)]
    } catch { shown.append(everythingShown(of: error)) }
    shown += stage.events
    shown.append(try everyFile(in: "/home", of: store))
    return shown.joined(separator: "\n")
  }

  private func everyFile(in folder: String, of store: MemoryStore) throws -> String {
    try store.names(in: folder).map { name in
      let path = "\(folder)/\(name)"
      if try store.status(of: path)?.isFolder == true { return try everyFile(in: path, of: store) }
      return "\(path): \(String(decoding: try store.read(path), as: UTF8.self))"
    }.joined(separator: "\n")
  }

  @Test(arguments: [
    EmulatorScript.echo.taking(.seconds(60)),
    .echo.taking(.seconds(60)).injecting(probability: 0.3).seeded(4),
    .echo.injecting(.status(400), into: .uploadFile), .echo.injecting(.status(403), into: .createBatch),
    .echo.offering("none"),
  ])
  func `a run leaves the key nowhere, whatever goes wrong`(script: EmulatorScript) async throws {
    let traces = try await traces(script)
    #expect(traces.contains("job-") && traces.contains("registry.json"))
    #expect(!traces.contains(Self.key))
    #expect(!traces.contains(Self.key.suffix(8)))
  }

  @Test func `a refused key is told without it`() async throws {
    let traces = try await traces(.echo, emulatorKey: "another")
    #expect(traces.contains("did not accept the API key"))
    #expect(!traces.contains(Self.key.suffix(4)) && !traces.contains(Self.key.prefix(8)))
  }

  @Test func `a missing key is one sentence with the ways to give one, and nothing is sent`() async throws {
    let emulator = Emulator(.echo, clock: VirtualClock.immediate)
    let credentials = Credentials(environment: ["HOME": "/nowhere"], store: MemoryStore(), folder: "/nowhere")
    let client = BatchClient(
      .openAI(apiKey: .environment("OPENAI_API_KEY"), credentials: credentials),
      transport: .emulator(emulator),
      clock: emulator.clock)
    let error = await #expect(throws: BatchError.self) { _ = try await client.submit(Stage.batch(1)) }
    #expect(error?.code == .missingKey)
    #expect(error?.message.contains("OPENAI_API_KEY") == true && error?.message.contains(".env") == true)
    #expect(emulator.ledger.calls.isEmpty)
    #expect(try await client.registry.entries.isEmpty)
    #expect(error?.localizedDescription == error?.message)
  }

  @Test(arguments: ["https://me:sk-hidden@host.invalid/v1", "https://host.invalid/v1?key=sk-hidden"])
  func `a key within the base URL is refused, and written nowhere`(address: String) async throws {
    let store = MemoryStore()
    let emulator = Emulator(.echo, clock: VirtualClock.immediate)
    let client = BatchClient(
      .compatible(at: URL(string: address)!, apiKey: .none), transport: .emulator(emulator),
      registry: BatchRegistry(store: store, path: "/home/registry.json"), clock: emulator.clock)
    let error = await #expect(throws: BatchError.self) { _ = try await client.submit(Stage.batch(1)) }
    #expect(error?.message.contains("leave them out") == true)
    #expect(emulator.ledger.calls.isEmpty)
    #expect(try store.status(of: "/home") == nil)
    #expect(!everythingShown(of: client).contains("sk-hidden"))
  }

  /// Passwords that end the part of the address in which they stand have it read as something else.
  @Test(arguments: [
    "https://user:pa/topsecret@host.invalid/v1", "https://user:pa#topsecret@host.invalid/v1",
    "https://user:pa?topsecret@host.invalid/v1", "https://user:12/topsecret@host.invalid/v1",
    "user:topsecret@host.invalid/v1", "https://topsecret%40host.invalid/v1", "topsecret",
    "https://user:topsecret@/v1", "https://host.invalid/v1#topsecret", "ftp://host.invalid/topsecret",
    "topsecret://user:topsecret@host.invalid", "https:// topsecret@host.invalid/v1",
  ]) func `nothing of an address is shown that could be a password`(address: String) async throws {
    let store = MemoryStore()
    let credentials = Credentials(
      environment: ["OPENAI_API_KEY": Self.key, "OPENAI_BASE_URL": address], store: MemoryStore(),
      folder: "/nowhere")
    let provider = OpenAI.openAI(apiKey: .environment("OPENAI_API_KEY"), credentials: credentials)
    let registry = BatchRegistry(store: store, path: "/home/registry.json")
    let known = Stage(registry: registry)
    try await known.client.submit(Stage.batch(1), named: "n")
    let emulator = Emulator(.echo, clock: VirtualClock.immediate)
    let client = BatchClient(
      provider, transport: .emulator(emulator), registry: registry, clock: emulator.clock)
    let error = await #expect(throws: BatchError.self) { _ = try await client.submit(Stage.batch(1)) }
    #expect(error?.message.contains("address in OPENAI_BASE_URL") == true)
    let found = await #expect(throws: BatchError.self) {
      _ = try await client.job(named: "n", as: Chat(model: "m"))
    }
    #expect(emulator.ledger.calls.isEmpty)
    let shown = [
      "\(provider.identity)", everythingShown(of: error as Any), everythingShown(of: found as Any),
      try everyFile(in: "/home", of: store),
    ]
    #expect(shown.allSatisfy { !$0.contains("topsecret") })
    guard let url = URL(string: address) else { return }
    let other = BatchClient(.compatible(at: url, apiKey: .none), transport: .emulator(emulator))
    let refusal = await #expect(throws: BatchError.self) { _ = try await other.submit(Stage.batch(1)) }
    #expect(!everythingShown(of: refusal as Any).contains("topsecret"))
  }

  @Test func `an address that holds nothing secret is told by its host`() async throws {
    let client = BatchClient(
      .compatible(at: URL(string: "ftp://host.invalid/v1")!, apiKey: .none), transport: ReplayTransport())
    let error = await #expect(throws: BatchError.self) { _ = try await client.submit(Stage.batch(1)) }
    #expect(error?.message.contains("The base URL (ftp://host.invalid) is no web address") == true)
  }

  @Test func `the settings reach the service as they were given`() async throws {
    let credentials = Credentials(
      environment: [
        "OPENAI_API_KEY": Self.key, "OPENAI_BASE_URL": "http://gateway.invalid/openai/v1/",
        "OPENAI_ORG_ID": "org-1",
        "OPENAI_PROJECT_ID": "proj-2",
      ], store: MemoryStore(), folder: "/nowhere")
    let transport = ReplayTransport(
      HTTPResponse(status: 200, body: Data(#"{"id":"b","status":"completed"}"#.utf8)))
    let provider = OpenAI.openAI(apiKey: .environment("OPENAI_API_KEY"), credentials: credentials)
    _ = try await provider.retrieve(
      "b/../c?d", through: HTTPExchange(transport: transport, clock: VirtualClock.immediate))
    let sent = try #require(transport.requests.first)
    #expect(sent.url.absoluteString == "http://gateway.invalid/openai/v1/batches/b%2F..%2Fc%3Fd")
    #expect(sent.headers["Authorization"] == "Bearer \(Self.key)")
    #expect(sent.headers["OpenAI-Organization"] == "org-1" && sent.headers["OpenAI-Project"] == "proj-2")
    #expect(provider.identity.organization == "org-1")
    #expect(
      !everythingShown(of: sent).contains(Self.key) && !everythingShown(of: provider).contains(Self.key))
  }
}
