/// The proof that no request is lost: submitted = succeeded + failed + missing.
///
/// There are two of a result set. ``BatchResults/reconciliation`` goes by what the service said of each
/// request, which is known at once: an answer counts as succeeded even where it turns out not to be of the
/// type that was asked for. ``BatchResults/decodedReconciliation`` decodes every answer and counts those that
/// don't decode as failed, so that its numbers are those of ``BatchResults/succeeded`` and
/// ``BatchResults/failed``.
public struct Reconciliation: Sendable, Hashable {
  /// How many requests were sent; `nil` where only result files are known.
  public let submitted: Int?
  /// How many have an answer.
  public let succeeded: Int
  /// How many have an error instead.
  public let failed: Int
  /// How many of the failed have an answer that does not decode; 0 where no answer was decoded.
  public let undecodable: Int
  /// How many have neither.
  public let missing: Int
  /// How many lines answer what another line of the same attempt answers better.
  public let duplicates: Int
  /// How many lines answer what another attempt answers in their place, after a retry.
  public let superseded: Int
  /// How many lines answer nothing that was sent.
  public let strangers: Int
  /// How many lines are too damaged to tell whose they are.
  public let nameless: Int
  /// How many rows have the answer of another row that asks the same, and were not sent themselves.
  public let shared: Int
  /// How many rows have an answer that an earlier job paid for, and were not sent.
  public let reused: Int

  /// How many requests had to be sent, and so paid, for all that was submitted.
  public var sent: Int? { submitted.map { $0 - shared - reused } }

  /// Whether every request that was sent is accounted for, and nothing is left over.
  public var isComplete: Bool { missing == 0 && strangers == 0 && nameless == 0 && addsUp }

  /// The sums of two result sets that have no row in common, such as two parts of a job.
  public static func + (left: Self, right: Self) -> Self {
    var submitted: Int?
    if let first = left.submitted, let second = right.submitted { submitted = first + second }
    return Self(
      submitted: submitted, succeeded: left.succeeded + right.succeeded, failed: left.failed + right.failed,
      undecodable: left.undecodable + right.undecodable,
      missing: left.missing + right.missing, duplicates: left.duplicates + right.duplicates,
      superseded: left.superseded + right.superseded,
      strangers: left.strangers + right.strangers, nameless: left.nameless + right.nameless,
      shared: left.shared + right.shared, reused: left.reused + right.reused)
  }

  private var addsUp: Bool { submitted.map { $0 == succeeded + failed + missing } ?? true }
}

extension Reconciliation: CustomStringConvertible {
  /// The numbers in one line.
  public var description: String {
    let sent = submitted.map { "\($0) submitted" } ?? "\(succeeded + failed) answered"
    let spared = [(shared, "share the request of another"), (reused, "reused from earlier jobs")]
    let lines = [
      (superseded, "superseded by a retry"), (duplicates, "duplicate"), (strangers, "never submitted"),
      (nameless, "unreadable"),
    ]
    let odd = (spared + lines)
      .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    let rest = odd.isEmpty ? "" : "; besides: \(odd.joined(separator: ", "))"
    let kind = undecodable > 0 ? " (\(undecodable) undecodable)" : ""
    return "\(sent) = \(succeeded) succeeded + \(failed) failed\(kind) + \(missing) missing\(rest)"
  }
}
