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
    /// What to do about them.
    public let remedy: String
    /// The sentence of the first of them.
    public let example: String
    /// The ids of the first few.
    public let ids: [CustomID]
  }

  /// The groups, the largest first; messages that differ only in numbers and names are one group.
  public let groups: [Group]

  /// The codes in one line, such as `37 x rate_limit_exceeded (worth retrying), 2 x content_filter`.
  public var summary: String {
    var counts: [Kind: Int] = [:]
    for group in groups { counts[Kind(group), default: 0] += group.count }
    return counts.sorted { ($1.value, $0.key.code) < ($0.value, $1.key.code) }
      .map { "\($1) x \($0.code)" + ($0.isWorthRetrying ? " (worth retrying)" : "") }
      .joined(separator: ", ")
  }

  /// A line for each group with what to do: `37 x context_length_exceeded: shorten the prompt or …`.
  public var advice: String {
    groups.map { group in
      let ids =
        group.ids.map(\.rawValue).joined(separator: ", ") + (group.count > group.ids.count ? ", …" : "")
      return "\(group.count) x \(group.code): \(group.remedy) (\(ids))"
    }.joined(separator: "\n")
  }

  private struct Kind: Hashable {
    let code: String
    let isWorthRetrying: Bool
    /// The message without what is different from row to row.
    let shape: String

    init(_ error: LineError) {
      code = error.code
      isWorthRetrying = error.isWorthRetrying
      shape = error.message.split(separator: " ").map { $0.isVariable ? "…" : String($0) }.joined(
        separator: " ")
    }

    init(_ group: Group) {
      code = group.code
      isWorthRetrying = group.isWorthRetrying
      shape = ""
    }
  }

  init(_ failed: some Sequence<(id: CustomID, error: LineError)>) {
    var found: [Kind: (count: Int, first: LineError, ids: [CustomID])] = [:]
    for (id, error) in failed {
      let kind = Kind(error)
      var group = found[kind] ?? (0, error, [])
      group.count += 1
      if group.ids.count < 5 { group.ids.append(id) }
      found[kind] = group
    }
    groups = found.map { kind, group in
      Group(
        code: kind.code, count: group.count, isWorthRetrying: kind.isWorthRetrying,
        remedy: group.first.remedy,
        example: group.first.message, ids: group.ids)
    }.sorted { ($1.count, $0.code, $0.example) < ($0.count, $1.code, $1.example) }
  }
}

extension Substring {
  /// Whether a word holds a number, or a name in quotes, and so may be another in the next message.
  fileprivate var isVariable: Bool { contains { $0.isNumber || "'\"`“”{}".contains($0) } }
}

extension Failures: CustomStringConvertible {
  /// The summary.
  public var description: String { summary }
}

extension BatchResults {
  /// The failed rows, grouped by what went wrong.
  public var failures: Failures { Failures(failed) }
}
