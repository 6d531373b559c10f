/// The failed rows of a result set, grouped by what went wrong.
public struct Failures: Sendable {
  /// Rows that failed in the same way.
  public struct Group: Sendable, Hashable {
    /// The code they share.
    public let code: String
    /// How many there are.
    public let count: Int
    /// Whether the same requests may succeed when they are sent again.
    public let isWorthRetrying: Bool
    /// The sentence of the first of them.
    public let example: String
    /// The ids of the first few.
    public let ids: [CustomID]
  }

  /// The groups, the largest first.
  public let groups: [Group]

  /// The groups in one line, such as `37 x rate_limit_exceeded (worth retrying), 2 x content_filter`.
  public var summary: String {
    groups.map { "\($0.count) x \($0.code)" + ($0.isWorthRetrying ? " (worth retrying)" : "") }
      .joined(separator: ", ")
  }

  private struct Kind: Hashable {
    let code: String
    let isWorthRetrying: Bool
  }

  init(_ failed: some Sequence<(id: CustomID, error: LineError)>) {
    var found: [Kind: (count: Int, example: String, ids: [CustomID])] = [:]
    for (id, error) in failed {
      let kind = Kind(code: error.code, isWorthRetrying: error.isWorthRetrying)
      var group = found[kind] ?? (0, error.message, [])
      group.count += 1
      if group.ids.count < 5 { group.ids.append(id) }
      found[kind] = group
    }
    groups = found.map { kind, group in
      Group(
        code: kind.code, count: group.count, isWorthRetrying: kind.isWorthRetrying, example: group.example,
        ids: group.ids)
    }.sorted { ($1.count, $0.code) < ($0.count, $1.code) }
  }
}

extension Failures: CustomStringConvertible {
  public var description: String { summary }
}

extension BatchResults {
  /// The failed rows, grouped by what went wrong.
  public var failures: Failures { Failures(failed) }
}
