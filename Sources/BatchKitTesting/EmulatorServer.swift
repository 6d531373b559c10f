import BatchKit
public import Foundation

/// The emulator behind a real port of 127.0.0.1, for any client that speaks HTTP.
///
/// ```swift
/// let server = try EmulatorServer(Emulator(.echo.taking(.seconds(120))), speed: 60)
/// defer { server.stop() }
/// // OPENAI_BASE_URL=\(server.baseURL)
/// ```
public final class EmulatorServer: Sendable {
  /// The emulator that answers.
  public let emulator: Emulator
  /// The clock that the service goes by: real time, run as many times faster as was asked for.
  public let clock: ScaledClock

  private let server: LoopbackServer

  /// Serves an emulator at `port`, or at any free one; at `speed` 60 its minutes pass in seconds.
  ///
  /// - Throws: `BatchError` where the port is taken.
  public init(_ emulator: Emulator = Emulator(), port: Int = 0, speed: Double = 1) throws {
    let clock = ScaledClock(speed: speed)
    self.emulator = emulator
    self.clock = clock
    server = try LoopbackServer(port: port) { request in
      LoopbackAnswer(emulator.respond(to: request, now: clock.now))
    }
  }

  /// The port that the server listens at.
  public var port: Int { server.port }

  /// The base address to give to clients: `http://127.0.0.1:PORT/v1`.
  public var baseURL: URL { server.baseURL.appendingPathComponent("v1") }

  /// Ends every connection and frees the port.
  public func stop() { server.stop() }
}

extension LoopbackAnswer {
  /// What the emulator answers, as it goes over the wire.
  init(_ answer: EmulatorAnswer) {
    self.init(answer.status, headers: answer.headers, body: answer.body)
    switch answer.fault {
    case .lost: fault = .resetWithoutAnswer
    case .cut(let count): fault = .resetBody(after: count)
    case nil: break
    }
  }
}
