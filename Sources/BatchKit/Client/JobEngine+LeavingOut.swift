/// Which rows a job may go on without, where the service refuses whole parts because of them.
public struct LeftOut: Sendable, Hashable {
  private let name: String

  /// None: a refused part stays refused until somebody looks at it, and calls ``BatchJob/retry(_:)``.
  public static let nothing = Self(name: "nothing")

  /// The rows that the service names in its refusal.
  ///
  /// A service refuses a file of 50,000 requests as a whole for one that it can't read. With this choice the
  /// others of the file are sent again without it, by themselves, as further parts of the same job: nothing
  /// of a refused file ran, so nothing is paid twice. What was left out is a failure of its own row with the
  /// service's reason, and the reconciliation adds up.
  /// ```swift
  /// let results = try await job.wait(leavingOut: .rejectedRows)
  /// ```
  /// A refusal that names no row, such as that of an unknown model, stands; and where a service finds new
  /// faults each time, it ends when the rows were tried as often as rows may be.
  public static let rejectedRows = Self(name: "rejectedRows")
}

extension JobEngine {
  /// Sends the rows of refused parts again without those that the refusals name.
  ///
  /// Only the newest attempt is looked at: what it holds of older refusals is under way again or done.
  /// - Returns: how many rows are sent again; 0 where no refusal names a row, or the rows were tried often
  ///   enough.
  func sendAgainWithoutRejectedRows() async throws -> Int {
    let newest = state.parts.map(\.attempt).max() ?? 1
    let hasAny = state.parts.contains { $0.attempt == newest && $0.namesBadLines }
    guard hasAny, newest < timing.attempts else { return 0 }
    return try await retry {
      // Asked again now that nobody else works on the job: another process may have done it meanwhile.
      let newest = state.parts.map(\.attempt).max() ?? 1
      var ids: Set<CustomID> = []
      for part in state.parts where part.attempt == newest && part.namesBadLines {
        ids.formUnion(try soundRows(of: part))
      }
      return try rows(answeredBy: ids)
    }
  }

  /// The ids of the rows of a refused part against which nothing was said.
  ///
  /// Refusals name lines by their number in the file, counted from 1, so the file is read as it was sent.
  private func soundRows(of part: PartState) throws -> [CustomID] {
    let bad = Set((part.rejection ?? []).compactMap(\.line))
    var ids: [CustomID] = []
    var reader = LineReader(try store.open(path(part.file)))
    while try reader.next() {
      guard !bad.contains(reader.number) else { continue }
      if let id = reader.line.withSpan({ ResultLine($0).customID($0) }) { ids.append(id) }
    }
    return ids
  }
}

extension PartState {
  /// Whether the part was refused for lines that the refusal names, so that it may pass without them.
  fileprivate var namesBadLines: Bool {
    guard let rejection, !file.isEmpty else { return false }
    return rejection.contains { $0.line != nil } && rejection.allSatisfy { $0.line != nil }
  }
}
