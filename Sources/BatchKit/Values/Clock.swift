public import Foundation

/// The wall clock and the waiting that a job needs, so that tests can bend time.
///
/// The standard library's `Clock` has no wall-clock date, and a batch lives by dates: the service states its
/// deadline as one, and the registry must still mean the same after a reboot.
public protocol BatchClock: Sendable {
  /// The date and time at this moment.
  var now: Date { get }

  /// Waits, or throws `CancellationError` as soon as the task is cancelled.
  func sleep(for duration: Duration) async throws
}

/// The machine's own clock.
public struct SystemClock: BatchClock {
  /// A clock that tells real time.
  public init() {}

  /// The date and time at this moment.
  public var now: Date { Date() }

  /// Waits, or throws as soon as the task is cancelled.
  public func sleep(for duration: Duration) async throws {
    try await Task.sleep(for: duration)
  }
}

extension BatchClock where Self == SystemClock {
  /// The machine's own clock.
  public static var system: Self { SystemClock() }
}

extension Duration {
  /// The duration as a number of seconds.
  package var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
