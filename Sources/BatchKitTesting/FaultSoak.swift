package import BatchKit
import Foundation

/// The trial of one job of many parts through every kind of fault that the emulator knows, in virtual time.
///
/// Calls fail in every way on their way there and back; creates come true minutes after their connection
/// broke; lists are late, out of order and tell of some batches twice; files are not found right after their
/// upload; the service is full; some batches expire halfway, and others are cancelled by somebody else; lines
/// come twice. What came back is held against the emulator's books, and each kind must have happened.
package struct FaultSoak: Sendable {
  /// What came of it.
  package struct Outcome: Sendable {
    package var sums: Reconciliation
    /// How often the program was started until it was done.
    package var runs = 0
    package var ledger: EmulatorLedger
    /// How often each kind of fault was met.
    package var met: [String: Int] = [:]
    /// All that is not as it should be.
    package var complaints: [String] = []
  }

  private static let rowsOfPart = 3

  private let parts: Int
  private let faults: Double
  private let seed: UInt64

  /// - Parameters:
  ///   - parts: how many parts the job has, of three rows each.
  ///   - faults: the share of calls into which a fault is struck.
  ///   - seed: by what chance falls.
  package init(parts: Int, faults: Double = 0.3, seed: UInt64 = 3) {
    self.parts = parts
    self.faults = faults
    self.seed = seed
  }

  private var script: EmulatorScript {
    EmulatorScript.echo.taking(.seconds(600)).seeded(seed).injecting(probability: faults)
      .listing(.outOfOrder, .overlapping, .stale).listing(after: .seconds(20))
      .findingFiles(after: .seconds(10)).enqueuing(atMost: max(60, min(parts * 8, max(320, parts))))
      .committingCreates(after: .seconds(30), first: max(1, parts / 50))
      .expiring(after: 0.5, first: parts, every: max(2, min(20, parts / 8))).duplicating(
        "row-1", CustomID("row-\(parts)"))
  }

  /// Runs the program until it is done, and looks at what came of it.
  package func run() async throws -> Outcome {
    let emulator = Emulator(script, clock: VirtualClock.immediate)
    let told = Locked<[String: Int]>([:])
    let stranger = Stranger(emulator, most: max(2, parts / 50))
    let client = BatchClient(
      .compatible(
        at: URL(string: "http://emulator.invalid/v1") ?? URL(fileURLWithPath: "/v1"), apiKey: "sk-soak"),
      transport: stranger, registry: .memory(),
      observer: .calling { event in
        guard let kind = Self.kind(of: event) else { return }
        told.withLock { $0[kind, default: 0] += 1 }
      }, clock: emulator.clock)
    let (sums, runs) = try await lives(client) { error in
      told.withLock { $0["a run ended by \(error.code.rawValue)", default: 0] += 1 }
    }
    var outcome = Outcome(sums: sums, runs: runs, ledger: emulator.ledger, met: told.current)
    count(&outcome)
    judge(&outcome)
    return outcome
  }

  /// As many lives of the program as it takes.
  private func lives(
    _ client: BatchClient, _ note: (BatchError) -> Void
  ) async throws -> (sums: Reconciliation, runs: Int) {
    var runs = 0
    while true {
      runs += 1
      do { return (try await live(client), runs) } catch let error as BatchError where runs < 200 {
        note(error)
      }
    }
  }

  /// One life of the program.
  private func live(_ client: BatchClient) async throws -> Reconciliation {
    var batch = Batch(Chat(model: "gpt-5.4-mini"))
    for row in 1...(parts * Self.rowsOfPart) { batch.add("row-\(row)", "Say \(row).") }
    let job = try await client.submit(batch, named: "soak", splitting: .requests(Self.rowsOfPart))
    var results = try await job.wait()
    while try await job.retry() > 0 { results = try await job.wait() }
    return results.reconciliation
  }

  /// The kinds that only who works with the service sees.
  private static func kind(of event: BatchEvent) -> String? {
    switch event.kind {
    case .adopted: "an unanswered create was found"
    case .waiting(let reason, _) where reason.contains("service is full"): "token_limit_exceeded"
    case .waiting(let reason, _) where reason.contains("Cannot find file"): "a file was not found yet"
    case .troubled(let reason) where reason.contains("got no answer"): "a create got no answer"
    default: nil
    }
  }

  /// The kinds that stand in the books.
  private func count(_ outcome: inout Outcome) {
    let ledger = outcome.ledger
    for (fault, count) in ledger.faults { outcome.met["\(fault)", default: 0] += count }
    outcome.met["a batch expired"] = ledger.batches.count { $0.status == "expired" }
    outcome.met["a batch was cancelled by somebody else"] = ledger.batches.count { $0.status == "cancelled" }
    outcome.met["a stale list"] = ledger.calls[.listBatches] ?? 0
    let doubled: Set<CustomID> = ["row-1", CustomID("row-\(parts)")]
    outcome.met["a line came twice"] = ledger.batches.reduce(0) {
      $0 + $1.paid.count(where: doubled.contains)
    }
  }

  private static let kinds =
    EmulatorFault.all.map { "\($0)" } + [
      "an unanswered create was found", "token_limit_exceeded", "a file was not found yet",
      "a create got no answer", "a batch expired", "a batch was cancelled by somebody else", "a stale list",
      "a line came twice",
    ]

  private func judge(_ outcome: inout Outcome) {
    let rows = parts * Self.rowsOfPart
    let ledger = outcome.ledger
    if !outcome.sums.isComplete || outcome.sums.succeeded != rows {
      outcome.complaints.append("\(outcome.sums)")
    }
    if !ledger.paidTwice.isEmpty { outcome.complaints.append("paid twice: \(ledger.paidTwice)") }
    if ledger.paidRows != rows { outcome.complaints.append("\(ledger.paidRows) rows were paid") }
    let open = ledger.batches.count { !$0.status.isFinal }
    if open > 0 { outcome.complaints.append("\(open) batches were left running") }
    for kind in Self.kinds where outcome.met[kind, default: 0] == 0 {
      outcome.complaints.append("never met: \(kind)")
    }
  }
}

/// The network to an emulator, on which somebody else cancels some of the batches that are looked at.
private final class Stranger: HTTPTransport {
  private let transport: EmulatorTransport
  private let most: Int
  private let seen = Locked((looks: 0, cancels: 0))

  init(_ emulator: Emulator, most: Int) {
    transport = EmulatorTransport(emulator)
    self.most = most
  }

  var isSimulated: Bool { true }

  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    let response = try await transport.send(request)
    if let url = victim(request, response) {
      // It meets the same faults as everybody, and then another batch has its turn.
      let answer = try? await transport.send(HTTPRequest("POST", url))
      if answer?.isSuccess == true { seen.withLock { $0.cancels += 1 } }
    }
    return response
  }

  func download(
    _ request: HTTPRequest, into receive: @escaping @Sendable (Data) throws -> Void
  ) async throws -> HTTPResponse {
    try await transport.download(request, into: receive)
  }

  /// Where to cancel the batch that was just looked at: each tenth that runs, until there are enough.
  private func victim(_ request: HTTPRequest, _ response: HTTPResponse) -> URL? {
    guard request.method == "GET", request.url.lastPathComponent.hasPrefix("batch_"), response.isSuccess,
      let body = try? JSONValue(parsing: Array(response.body)), body["status"] == "in_progress"
    else { return nil }
    let isChosen = seen.withLock { seen in
      seen.looks += 1
      return seen.looks.isMultiple(of: 10) && seen.cancels < most
    }
    return isChosen ? request.url.appendingPathComponent("cancel") : nil
  }
}

extension EmulatorFault: CustomStringConvertible {
  /// What people are told of it.
  public var description: String {
    switch kind {
    case .status(let status, _): "status \(status)"
    case .statusAfterActing(let status): "status \(status) after acting"
    case .resetBeforeActing: "a reset before acting"
    case .resetAfterActing: "a reset after acting"
    case .truncatedBody: "a body cut short"
    }
  }
}
