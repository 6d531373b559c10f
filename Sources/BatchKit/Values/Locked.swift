import Foundation

/// A value behind a lock.
///
/// An `NSLock` rather than a `Mutex`: on Linux the thread sanitizer reports false races for a contended
/// `Mutex`, and a sanitizer run that must be read line by line is soon not run at all. This is the one place
/// in the library that vouches for its own thread safety.
///
/// Never wait inside `withLock`: it blocks a thread of the pool that all tasks share.
package final class Locked<Value: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Value

  package init(_ value: Value) { self.value = value }

  /// Runs `body` with the value while nobody else has it.
  package func withLock<Result, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }

  /// A copy of the value as it is now.
  package var current: Value { withLock { $0 } }
}
