import Foundation

/// Does pieces of work side by side, and takes in what came of them in their order.
///
/// While one piece is taken in, the others go on: the order costs nobody a wait, and what is held at a time
/// is about a piece for each processor. On a single processor it is a plain loop.
///
/// - Parameters:
///   - state: What everything is taken into; a copy kept elsewhere would be copied here once more.
///   - work: Makes the piece of this number, on any thread.
///   - take: Takes a piece in, one after the other from the first.
/// - Returns: The state after the last piece.
/// - Throws: The failure of the first piece that failed; what came after it is not taken in.
func inOrder<Value: Sendable, State: Sendable>(
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
  let line = Locked(OrderedLine<Value, State>(state))
  DispatchQueue.concurrentPerform(iterations: threads) { _ in
    while let index = started.next(below: count) {
      let result: Result<Value, BatchError>
      do throws(BatchError) { result = .success(try work(index)) } catch { result = .failure(error) }
      let goesOn = line.withLock { line in line.add(result, at: index, take) }
      if !goesOn { started.withLock { $0 = count } }
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

  /// Takes in all that no earlier piece is missing before; `false` once one of them failed.
  mutating func add(
    _ result: Result<Value, BatchError>, at index: Int,
    _ take: (inout State, Value) throws(BatchError) -> Void
  ) -> Bool {
    waiting[index] = result
    do throws(BatchError) {
      while failure == nil, let next = waiting.removeValue(forKey: taken) {
        taken += 1
        try take(&state, try next.get())
      }
    } catch { failure = error }
    return failure == nil
  }
}

extension Locked where Value == Int {
  /// The next number, or `nil` where all were given out.
  fileprivate func next(below end: Int) -> Int? {
    withLock { number in
      guard number < end else { return nil }
      number += 1
      return number - 1
    }
  }
}
