/// What became of the rows that were written, in numbers.
public struct JoinSummary: Sendable, Hashable {
  /// How many rows have an answer that is of use.
  public internal(set) var succeeded = 0
  /// How many have an answer that is of no use.
  public internal(set) var failed = 0
  /// How many have none.
  public internal(set) var missing = 0

  /// The number of rows.
  public var rows: Int { succeeded + failed + missing }

  static func += (left: inout Self, right: Self) {
    left.succeeded += right.succeeded
    left.failed += right.failed
    left.missing += right.missing
  }
}

extension JoinSummary: CustomStringConvertible {
  /// The numbers in one line.
  public var description: String {
    "\(rows) rows = \(succeeded) succeeded + \(failed) failed + \(missing) missing"
  }
}
