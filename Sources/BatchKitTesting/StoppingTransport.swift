package import BatchKit
package import Foundation

/// A transport at whose `n`th request the process dies: before it is sent, or after the server acted on it.
package final class StoppingTransport: HTTPTransport {
  /// The side of a request on which the process dies.
  package enum Moment: String, Sendable, CaseIterable { case beforeSending, afterActing }

  /// What everything fails with once the process is dead.
  package struct Dead: Error {}

  private let inner: any HTTPTransport
  private let stop: (number: Int, moment: Moment)?
  private let die: @Sendable () -> Void
  private let sent = Locked(0)

  /// - Parameters:
  ///   - inner: what carries the requests of the living.
  ///   - stop: the request at which it ends, counted from 1, and on which side of it.
  ///   - die: what else has to stop then.
  package init(
    _ inner: any HTTPTransport, stop: (number: Int, moment: Moment)? = nil,
    die: @escaping @Sendable () -> Void
  ) {
    self.inner = inner
    self.stop = stop
    self.die = die
  }

  /// How many requests were begun.
  package var count: Int { sent.current }

  /// Sends a request, unless the process is dead before or after.
  package func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    try await carry { try await inner.send(request) }
  }

  /// Fetches a file, unless the process is dead before or after.
  package func download(
    _ request: HTTPRequest, into receive: @escaping @Sendable (Data) throws -> Void
  ) async throws -> HTTPResponse {
    try await carry { try await inner.download(request, into: receive) }
  }

  private func carry(_ call: () async throws -> HTTPResponse) async throws -> HTTPResponse {
    let number = sent.withLock { sent in
      sent += 1
      return sent
    }
    if let stop, number > stop.number || (number == stop.number && stop.moment == .beforeSending) {
      try end()
    }
    let answer = try await call()
    if let stop, number == stop.number { try end() }
    return answer
  }

  private func end() throws {
    die()
    throw Dead()
  }
}
