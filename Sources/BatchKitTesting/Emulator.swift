public import BatchKit
package import Foundation

/// The Batch service, played in this process: for tests, and for trying things out without a key.
///
/// ```swift
/// let emulator = Emulator(.echo.completing(after: 3).failing("paris", with: .rateLimit))
/// let client = BatchClient(.openAI(apiKey: "test"), transport: .emulator(emulator), clock: emulator.clock)
/// ```
/// It keeps books of everything that a real service would charge for: see ``ledger``. ``EmulatorServer`` puts
/// the same emulator behind a real port.
public final class Emulator: Sendable {
  /// The clock of the in-memory face.
  ///
  /// Hand it to the client too, so that both live in the same time.
  public let clock: any BatchClock

  private let service: Locked<EmulatorService>
  private let traffic = Locked(Traffic())
  private let key: String?
  private let limits: EmulatorScript.Limits
  private let spool = Spool()

  private struct Traffic: Sendable {
    var open = 0
    var mostOpen = 0
  }

  /// A service that behaves by `script` and, where a key is given, lets in only who has it.
  public init(
    _ script: EmulatorScript = .echo, key: String? = nil, clock: any BatchClock = .immediate
  ) {
    self.clock = clock
    self.key = key
    limits = script.limits
    service = Locked(EmulatorService(script: script, key: key, spool: spool))
  }

  /// The books, as of the latest request.
  public var ledger: EmulatorLedger {
    EmulatorLedger(of: service.current, mostOpenRequests: traffic.current.mostOpen)
  }

  /// Answers a request that arrives at `now`.
  ///
  /// Dates may come in any order, as they do from many threads, but the service's time never runs back.
  package func respond(to request: HTTPRequest, now: Date) -> EmulatorAnswer {
    traffic.withLock { traffic in
      traffic.open += 1
      traffic.mostOpen = max(traffic.mostOpen, traffic.open)
    }
    defer { traffic.withLock { $0.open -= 1 } }
    let route = EmulatorRoute(request)
    do {
      let upload = try received(request, route)
      return try service.withLock { try $0.answer(request, route, upload: upload, now: now) }
    } catch {
      // Out of room, most likely: said as a service says it, with the reason for whoever runs the test.
      return Refusal(500, "The emulator could not go on: \(error)", type: "server_error").answer
    }
  }

  /// The file that a request carries, read before anybody has to wait for it.
  private func received(
    _ request: HTTPRequest, _ route: EmulatorRoute
  ) throws -> Result<Upload, Refusal>? {
    guard route.call == .uploadFile else { return nil }
    do {
      try EmulatorService.admit(request, key: key)
      return .success(try Upload(request, limits: limits, spool: spool))
    } catch let refusal as Refusal {
      return .failure(refusal)
    }
  }
}
