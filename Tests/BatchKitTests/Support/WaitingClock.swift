import BatchKit
import Foundation

/// A clock that never waits: it moves on by what it is asked to sleep, and lets the test act meanwhile.
final class WaitingClock: BatchClock {
  private let time = Locked(Date(timeIntervalSince1970: 1_790_000_000))
  private let slept = Locked<[Duration]>([])
  private let act: @Sendable (Int) throws -> Void

  /// - Parameter act: What happens during each sleep, which are counted from 1.
  init(_ act: @escaping @Sendable (Int) throws -> Void = { _ in }) { self.act = act }

  var now: Date { time.current }

  /// How long it slept each time.
  var sleeps: [Duration] { slept.current }

  func sleep(for duration: Duration) async throws {
    try Task.checkCancellation()
    time.withLock { $0 += duration.seconds }
    let count = slept.withLock { slept in
      slept.append(duration)
      return slept.count
    }
    try act(count)
  }
}
