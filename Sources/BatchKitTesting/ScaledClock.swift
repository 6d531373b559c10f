public import BatchKit
public import Foundation

/// Real time, run faster: at speed 60 a minute of the service takes a second.
///
/// For programs that are watched, and for those in other processes, which no virtual clock reaches. A test
/// within one process takes a `VirtualClock`, which makes no one wait.
public struct ScaledClock: BatchClock {
  /// How many of its seconds pass in a real one.
  public let speed: Double
  /// The true date from which on its time runs faster.
  package let start: Date

  /// A clock that shows the true date now and runs `speed` times as fast from here on.
  ///
  /// A speed that is no positive number is taken as 1.
  /// - Parameter speed: How many seconds pass in a real one.
  public init(speed: Double) { self.init(speed: speed, from: Date()) }

  /// The clock that has run so fast since `start`: programs that are told both live in one time.
  ///
  /// That is how a program that is killed and started again goes on in the time that it left.
  package init(speed: Double, from start: Date) {
    self.speed = speed.isFinite && speed > 0 ? speed : 1
    self.start = start
  }

  /// The date in the faster time.
  public var now: Date {
    start.addingTimeInterval(Date().timeIntervalSince(start) * speed)
  }

  /// Waits for the duration in the faster time.
  /// - Parameter duration: How long, in the faster time.
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  public func sleep(for duration: Duration) async throws {
    try await Task.sleep(for: duration / speed)
  }
}
