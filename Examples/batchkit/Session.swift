import BatchKit
import BatchKitTesting
import Foundation

/// One call of the program: what it was asked, whom it asks, and where it says so.
package struct Session: Sendable {
  let arguments: Arguments
  let console: Console
  /// How to come back to what goes on at the service, once something does.
  let wayBack = Locked<String?>(nil)
  private let scratch = TemporaryFolder()
  private let server = Locked<EmulatorServer?>(nil)

  init(_ arguments: Arguments) {
    self.arguments = arguments
    console = Console(arguments)
  }

  var isOffline: Bool { arguments.has("offline") }

  /// What stands behind an outcome that an emulator made up.
  var origin: String { isOffline ? " (offline: the answers are made up)" : "" }

  /// The same, for a script.
  func outcome(_ object: JSONObject) -> JSONValue {
    var object = object
    if isOffline { object["offline"] = true }
    return .object(object)
  }

  /// The operand in this place.
  func operand(_ index: Int) throws(UsageError) -> String {
    guard arguments.operands.indices.contains(index) else { throw UsageError("A word is missing.") }
    return arguments.operands[index]
  }
}

// MARK: - Whom to ask

extension Session {
  /// The client that the options describe.
  func client() throws -> BatchClient {
    if isOffline { return try offlineClient() }
    let environment = ProcessInfo.processInfo.environment
    let base = try arguments["base-url"].map(Self.address)
    guard arguments["provider"] == "compatible" else {
      return BatchClient(
        .openAI(baseURL: base, environment: environment), registry: registry,
        throttle: try throttle(), observer: observer)
    }
    guard let base else {
      throw UsageError("--provider compatible needs the address of the service: --base-url URL.")
    }
    // A server of somebody else must not be shown the key of OpenAI just because it lies around.
    let key: APIKey = environment["BATCHKIT_API_KEY"].map { .value($0) } ?? .none
    return BatchClient(
      .compatible(at: base, apiKey: key), registry: registry,
      throttle: try throttle(), observer: observer)
  }

  /// A client of an emulator on loopback, whose minutes pass in half a second; its registry is thrown away.
  private func offlineClient() throws -> BatchClient {
    for option in ["registry", "provider", "base-url"] where arguments[option] != nil {
      throw UsageError("--offline and --\(option) exclude each other; leave one of them out.")
    }
    let server = try EmulatorServer(Emulator(.echo.taking(.seconds(90))), speed: 120)
    self.server.withLock { $0 = server }
    console.note("offline: a built-in emulator makes up the answers; nothing is sent out and nothing is paid")
    return BatchClient(
      .compatible(at: server.baseURL, apiKey: .none), registry: .memory(),
      throttle: try throttle(), observer: observer, clock: server.clock)
  }

  /// How a batch is divided, by `--max-requests` or `--max-tokens`.
  func splitting() throws(UsageError) -> Splitting {
    let requests = try arguments.number("max-requests", in: 1...1_000_000)
    let tokens = try arguments.number("max-tokens", in: 1...1_000_000_000_000)
    guard requests == nil || tokens == nil else {
      throw UsageError("--max-requests and --max-tokens exclude each other; leave one of them out.")
    }
    return requests.map { .requests($0) } ?? tokens.map { .tokens($0) } ?? .providerLimits
  }

  /// A batch as it is to be sent, and whose answers it may take over, by `--collapse` and `--reuse`.
  func spared<Request: BatchRequest>(_ batch: Batch<Request>) -> (batch: Batch<Request>, reuse: Reuse) {
    (
      arguments.has("collapse") ? batch.collapsingDuplicates() : batch,
      arguments.has("reuse") ? .earlierJobs : .nothing
    )
  }

  private func throttle() throws(UsageError) -> Throttle {
    try arguments.number("parallel", in: 1...10_000).map { .parts($0) } ?? .none
  }

  /// The address that `--base-url` gives; one that could hold a password is not repeated.
  private static func address(_ text: String) throws -> URL {
    guard !text.contains("@") else {
      throw UsageError(
        "--base-url takes an address without a user name or a password; give the key by OPENAI_API_KEY.")
    }
    guard let url = URL(string: text), ["http", "https"].contains(url.scheme?.lowercased()), url.host != nil
    else { throw UsageError("--base-url takes a web address such as https://api.openai.com/v1.") }
    return url
  }

  private var observer: BatchObserver {
    let bar: BatchObserver = console.isQuiet ? .silent : .progressBar
    return arguments["log"].map { .all(bar, .jsonLines(to: $0)) } ?? bar
  }

  /// Where jobs are written down.
  var registry: BatchRegistry { arguments["registry"].map { .file($0) } ?? .standard }

  /// The job that the first operand names, as it lies on this disk: without key, address or network.
  func storedJob() async throws -> BatchJob<BatchFile> {
    try await registry.job(try operand(0), as: BatchFile(.chatCompletions))
  }

  /// The job that the first operand names, to ask its service about.
  func job() async throws -> BatchJob<BatchFile> {
    try await client().job(try operand(0), as: BatchFile(.chatCompletions))
  }

  /// The same, but without a word to the service where nothing is left to ask it.
  func jobToFinish() async throws -> BatchJob<BatchFile> {
    if !isOffline {
      let stored = try await storedJob()
      if stored.nextAction == .done, try stored.isComplete { return stored }
    }
    return try await job()
  }

  /// Notes how to come back to a job, should somebody press Ctrl-C.
  func remember(_ job: BatchJob<some BatchRequest>) {
    let given = ["registry", "provider", "base-url"].compactMap { name in
      arguments[name].map { " --\(name) \($0)" }
    }
    let way =
      "The batch goes on at the service; come back with: batchkit wait \(job.name ?? job.id)"
      + given.joined()
    wayBack.withLock { $0 = isOffline ? nil : way }
  }
}

extension BatchProvider where Self == OpenAI {
  /// OpenAI, or its look-alike at an address that was given by hand.
  fileprivate static func openAI(baseURL: URL?, environment: [String: String]) -> Self {
    var environment = environment
    if let baseURL { environment["OPENAI_BASE_URL"] = baseURL.absoluteString }
    return openAI(
      apiKey: .environment("OPENAI_API_KEY"), credentials: Credentials(environment: environment))
  }
}

// MARK: - What to send

extension Session {
  /// A file that can be read more than once: the one that is named, or what standard input gives.
  func input(_ name: String, ending: String) throws -> String {
    guard name == "-" else { return name }
    let path = "\(scratch.path)/standard-input.\(ending)"
    try scratch.store.createFolder(scratch.path)
    let file = try scratch.store.create(path, .exclusive)
    while let data = try FileHandle.standardInput.read(upToCount: 1 << 18), !data.isEmpty {
      try file.write(Array(data))
    }
    try file.close()
    return path
  }

  /// A path for something that is only on its way elsewhere.
  func draft(_ ending: String) throws -> String {
    try scratch.store.createFolder(scratch.path)
    return "\(scratch.path)/draft-\(UInt32.random(in: 0 ... .max)).\(ending)"
  }

  /// What names the rows, by `--id` or `--id-template`.
  func idTemplate() throws(UsageError) -> Template? {
    guard arguments["id"] == nil || arguments["id-template"] == nil else {
      throw UsageError("--id and --id-template exclude each other; leave one of them out.")
    }
    return arguments["id"].map { Template(column: $0) } ?? arguments["id-template"].map { Template($0) }
  }

  /// The table of the first operand.
  ///
  /// - Throws: an error of the file where there is none, or a folder; only then does its name matter.
  func table() throws -> Table {
    let path = try input(try operand(0), ending: "csv")
    let status = try DiskStore.shared.status(of: path)
    // The disk itself says best why it can't be read.
    if status?.isFolder != false { _ = try DiskStore.shared.open(path) }
    do throws(BatchError) { _ = try Table.Format(ofName: path) } catch {
      throw BatchError(
        .invalidTable, "\(path) is no table by its name; name it .csv, .tsv, .jsonl, .json or .xlsx.")
    }
    return try Table(path: path)
  }

  /// Where the requests go, by `--endpoint`.
  ///
  /// A look-alike may have endpoints of its own; of the service itself those that it batches are known.
  func endpoint() throws -> Endpoint? {
    guard let path = arguments["endpoint"] else { return nil }
    let base = try arguments["base-url"] ?? Credentials().setting("OPENAI_BASE_URL")
    guard base == nil, let known = BatchLimits.openAI.endpoints, !known.contains(Endpoint(path)) else {
      return Endpoint(path)
    }
    throw UsageError.noChoice(path, among: known.map(\.rawValue).sorted(), for: "--endpoint")
  }

  /// The table and the template of the first two operands, as a batch.
  func tableBatch() throws -> TableBatch {
    let table = try table()
    let style = arguments["placeholders"].flatMap { Placeholders(rawValue: $0) } ?? .mustache
    let template = try RequestTemplate(
      path: try input(try operand(1), ending: "json"), endpoint: try endpoint(), placeholders: style)
    var batch = Batch(template)
    let id = try idTemplate() ?? template.id
    batch.add(contentsOf: table, id: id)
    if let count = try arguments.number("sample", in: 1...1_000_000_000) {
      batch = batch.sample(count, seed: UInt64(try arguments.number("seed", in: 0...Int.max) ?? 1))
    } else if arguments["seed"] != nil {
      throw UsageError("--seed says which sample; say how large it is by --sample.")
    }
    return TableBatch(table: table, id: id, batch: batch, style: style)
  }
}
