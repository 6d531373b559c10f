import Foundation

/// Does pieces of work side by side, and takes in what came of them in their order.
///
/// While one piece is taken in, the others go on. A thread that is far ahead of the others waits for them, so
/// that no more pieces are held at a time than there are processors, and one. On a single processor it is a
/// plain loop.
///
/// - Parameters:
///   - state: What everything is taken into; a copy kept elsewhere would be copied here once more.
///   - work: Makes the piece of this number, on any thread.
///   - take: Takes a piece in, one after the other from the first.
/// - Returns: The state after the last piece.
/// - Throws: The failure of the first piece that failed; what came after it is not taken in.
package func inOrder<Value: Sendable, State: Sendable>(
  _ count: Int, processors: Int? = nil, into state: consuming State,
  _ work: @Sendable (Int) throws(BatchError) -> Value,
  take: @Sendable (inout State, Value) throws(BatchError) -> Void
) throws(BatchError) -> State {
  let threads = min(count, processors ?? ProcessInfo.processInfo.activeProcessorCount)
  guard threads > 1 else {
    for index in 0..<count { try take(&state, try work(index)) }
    return state
  }
  let started = Locked(0)
  // Begun at zero, because one with fewer than it began with must not be released.
  let room = DispatchSemaphore(value: 0)
  for _ in 0...threads { room.signal() }
  let line = Locked(OrderedLine<Value, State>(state))
  DispatchQueue.concurrentPerform(iterations: threads) { _ in
    // Who finds nothing left to do hands the room on, to whoever waits for it in vain.
    defer { room.signal() }
    while let index = started.next(below: count, in: room) {
      let result: Result<Value, BatchError>
      do throws(BatchError) { result = .success(try work(index)) } catch { result = .failure(error) }
      let (taken, hasFailed) = line.withLock { ($0.add(result, at: index, take), $0.failure != nil) }
      // First the end, then the room: what is begun after a failure is never taken in, so the room it took
      // would be gone for good, and all threads could come to wait for it.
      if hasFailed { started.withLock { $0 = count } }
      for _ in 0..<taken { room.signal() }
    }
  }
  return try line.withLock { line throws(BatchError) in
    if let failure = line.failure { throw failure }
    return line.state
  }
}

/// Pieces that are done, waiting for those before them.
private struct OrderedLine<Value: Sendable, State: Sendable>: Sendable {
  var state: State
  private(set) var failure: BatchError?
  private var waiting: [Int: Result<Value, BatchError>] = [:]
  private var taken = 0

  init(_ state: consuming State) { self.state = state }

  /// Takes in all that no earlier piece is missing before, and returns how many pieces that were.
  mutating func add(
    _ result: Result<Value, BatchError>, at index: Int,
    _ take: (inout State, Value) throws(BatchError) -> Void
  ) -> Int {
    waiting[index] = result
    let before = taken
    do throws(BatchError) {
      while failure == nil, let next = waiting.removeValue(forKey: taken) {
        taken += 1
        try take(&state, try next.get())
      }
    } catch { failure = error }
    return taken - before
  }
}

extension Locked where Value == Int {
  /// The next number once there is room for it, or `nil` where all were given out.
  fileprivate func next(below end: Int, in room: DispatchSemaphore) -> Int? {
    room.wait()
    return withLock { number in
      guard number < end else { return nil }
      number += 1
      return number - 1
    }
  }
}
