public import BatchKit
public import Foundation

/// A clock whose time passes only when it is told to, or as soon as everybody waits.
///
/// Two kinds: one made with `init()` stands still until ``advance(by:)``; `.immediate` jumps by itself to
/// the date of the earliest sleeper, so that a day of waiting takes no time and still happens in order.
public final class VirtualClock: BatchClock {
  private struct Sleeper: Sendable {
    let id: UInt64
    let date: Date
    let continuation: CheckedContinuation<Void, any Error>
  }

  private struct State: Sendable {
    var now: Date
    var nextID: UInt64 = 0
    /// By date, and among equal dates in the order of their arrival.
    var sleepers: [Sleeper] = []
    /// Sleeps cancelled before they could even lie down.
    var cancelledEarly: Set<UInt64> = []
  }

  private let state: Locked<State>

  /// Whether time jumps by itself to the earliest sleeper.
  public let advancesByItself: Bool

  /// The date at which a clock starts unless told otherwise: 1 January 2026 in Greenwich.
  public static let dawn = Date(timeIntervalSince1970: 1_767_225_600)

  /// A clock that stands at `start`.
  public init(startingAt start: Date = VirtualClock.dawn, advancingByItself: Bool = false) {
    state = Locked(State(now: start))
    advancesByItself = advancingByItself
  }

  /// The date at which the clock stands.
  public var now: Date { state.withLock { $0.now } }

  /// The number of tasks that wait for the clock at this moment.
  public var sleeperCount: Int { state.withLock { $0.sleepers.count } }

  /// Lets time pass, waking each sleeper on the way at its own date, earliest first.
  public func advance(by duration: Duration) {
    let end = now.addingTimeInterval(max(0, duration.seconds))
    while wakeEarliest(until: end) {}
    state.withLock { $0.now = max($0.now, end) }
  }

  /// Waits until the clock has been moved on so far.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled, without waiting for the clock.
  public func sleep(for duration: Duration) async throws {
    try Task.checkCancellation()
    guard duration > .zero else { return await Task.yield() }
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    defer { state.withLock { _ = $0.cancelledEarly.remove(id) } }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        lieDown(id, for: duration, continuation)
      }
    } onCancel: {
      cancel(id)
    }
  }

  /// Takes a sleeper in, unless its task was cancelled while it was on its way.
  private func lieDown(
    _ id: UInt64, for duration: Duration, _ continuation: CheckedContinuation<Void, any Error>
  ) {
    let isCancelled = state.withLock { state in
      guard state.cancelledEarly.remove(id) == nil else { return true }
      let date = state.now.addingTimeInterval(duration.seconds)
      let place = state.sleepers.firstIndex { $0.date > date } ?? state.sleepers.endIndex
      state.sleepers.insert(Sleeper(id: id, date: date, continuation: continuation), at: place)
      return false
    }
    if isCancelled { return continuation.resume(throwing: CancellationError()) }
    if advancesByItself { jumpSoon() }
  }

  /// Jumps once to the earliest sleeper, after whoever else is about to sleep had the chance to lie down.
  private func jumpSoon() {
    Task {
      for _ in 0..<4 { await Task.yield() }
      wakeEarliest(until: .distantFuture)
    }
  }

  /// Moves on to the earliest sleeper and wakes it; false where none is due by `end`.
  @discardableResult
  private func wakeEarliest(until end: Date) -> Bool {
    let woken = state.withLock { state -> Sleeper? in
      guard let first = state.sleepers.first, first.date <= end else { return nil }
      state.now = max(state.now, first.date)
      return state.sleepers.removeFirst()
    }
    woken?.continuation.resume()
    return woken != nil
  }

  /// Sends a sleeper home, or leaves word for one that has not lain down yet.
  private func cancel(_ id: UInt64) {
    let sleeper = state.withLock { state -> Sleeper? in
      guard let place = state.sleepers.firstIndex(where: { $0.id == id }) else {
        state.cancelledEarly.insert(id)
        return nil
      }
      return state.sleepers.remove(at: place)
    }
    sleeper?.continuation.resume(throwing: CancellationError())
  }
}

extension BatchClock where Self == VirtualClock {
  /// A fresh clock on which no waiting takes any time.
  public static var immediate: Self { VirtualClock(advancingByItself: true) }
}
