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
///
/// One emulator is one account at one service. Share it between clients that shall see each other's batches,
/// and make a fresh one for each test. It may be asked from any number of threads; requests take effect one
/// after the other.
///
/// ```swift
/// let results = try await client.run(batch)
/// #expect(emulator.ledger.paidTwice.isEmpty)
/// ```
public final class Emulator: Sendable {
  /// The clock of the in-memory face.
  ///
  /// Hand it to the client too, so that both live in the same time.
  ///
  /// With `.immediate` a day of waiting passes in no time; with a `VirtualClock()` of your own time stands
  /// still until the test moves it.
  public let clock: any BatchClock

  /// The account, under one lock: whatever a request does is done before the next one is looked at.
  private let service: Locked<EmulatorService>
  /// Apart from the service, so that requests that wait for its lock are counted too.
  private let traffic = Locked(Traffic())
  /// The key and the limits are held here too: an upload is looked at before the service's lock is taken.
  private let key: String?
  private let limits: EmulatorScript.Limits
  private let spool = Spool()

  /// How many requests are being answered now, and how many were at most.
  private struct Traffic: Sendable {
    var open = 0
    var mostOpen = 0
  }

  /// A service that behaves by `script` and, where a key is given, lets in only who has it.
  /// - Parameters:
  ///   - script: How the service behaves; by default it answers every request by its own prompt.
  ///   - key: The key that lets in; where there is none, everybody is let in.
  ///   - clock: The time that the service lives in.
  public init(
    _ script: EmulatorScript = .echo, key: String? = nil, clock: any BatchClock = .immediate
  ) {
    self.clock = clock
    self.key = key
    limits = script.limits
    service = Locked(EmulatorService(script: script, key: key, spool: spool))
  }

  /// The books, as of the latest request.
  ///
  /// What has come to pass since then, such as a batch that ended by itself, is entered with the next
  /// request.
  public var ledger: EmulatorLedger {
    EmulatorLedger(of: service.current, mostOpenRequests: traffic.current.mostOpen)
  }

  /// Answers a request that arrives at `now`.
  ///
  /// Dates may come in any order, as they do from many threads, but the service's time never runs back.
  ///
  /// Both faces of the emulator, in memory and behind a port, come together here. It never throws: what goes
  /// wrong in it is answered as a service that breaks down would, by status 500.
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
  ///
  /// Large uploads are read and spooled outside the lock. `nil` where the request carries no file.
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
