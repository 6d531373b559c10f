/// The proof that no request is lost: submitted = succeeded + failed + missing.
public struct Reconciliation: Sendable, Hashable {
  /// How many requests were sent; `nil` where only result files are known.
  public let submitted: Int?
  /// How many have an answer.
  public let succeeded: Int
  /// How many have an error instead.
  public let failed: Int
  /// How many have neither.
  public let missing: Int
  /// How many lines answer what another line answers better.
  public let duplicates: Int
  /// How many lines answer nothing that was sent.
  public let strangers: Int
  /// How many lines are too damaged to tell whose they are.
  public let nameless: Int

  /// Whether every request that was sent is accounted for, and nothing is left over.
  public var isComplete: Bool { missing == 0 && strangers == 0 && nameless == 0 && addsUp }

  /// The sums of two result sets that have no row in common, such as two parts of a job.
  public static func + (left: Self, right: Self) -> Self {
    var submitted: Int?
    if let first = left.submitted, let second = right.submitted { submitted = first + second }
    return Self(
      submitted: submitted, succeeded: left.succeeded + right.succeeded, failed: left.failed + right.failed,
      missing: left.missing + right.missing, duplicates: left.duplicates + right.duplicates,
      strangers: left.strangers + right.strangers, nameless: left.nameless + right.nameless)
  }

  private var addsUp: Bool { submitted.map { $0 == succeeded + failed + missing } ?? true }
}

extension Reconciliation: CustomStringConvertible {
  /// The numbers in one line.
  public var description: String {
    let sent = submitted.map { "\($0) submitted" } ?? "\(succeeded + failed) answered"
    let odd = [(duplicates, "duplicate"), (strangers, "never submitted"), (nameless, "unreadable")]
      .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    let rest = odd.isEmpty ? "" : "; besides: \(odd.joined(separator: ", "))"
    return "\(sent) = \(succeeded) succeeded + \(failed) failed + \(missing) missing\(rest)"
  }
}
