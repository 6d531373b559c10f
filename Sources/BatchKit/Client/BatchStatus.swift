public import Foundation

/// How far a job is, as last known: reading it asks nobody.
///
/// A value that is worked out from the journal of a job and the last answers of the service. It can be
/// printed, kept and compared; ``BatchJob/updates(polling:)`` is a sequence of them.
public struct BatchStatus: Sendable, Hashable {
  /// The stage that a job as a whole is in.
  public enum Phase: String, Sendable, Codable {
    /// The requests are on disk; nothing was sent.
    case prepared
    /// Some parts are sent, some not.
    case sending
    /// Whether a part was sent can't be proved; nothing is sent again by itself.
    case unresolved
    /// The service checks the input.
    case validating
    /// The service runs the requests.
    case running
    /// The service writes its result files.
    case finalizing
    /// A cancel was asked for and is not done everywhere.
    case cancelling
    /// The service is done; result files are being fetched.
    case collecting
    /// All there is has been fetched.
    case settled
  }

  /// The stage of the job as a whole.
  public let phase: Phase
  /// How many requests are done, failed, and there in all.
  public let counts: RequestCounts
  /// What is known of each part, in order.
  public let parts: [Part]
  /// When the service last told something, if it did.
  public let asOf: Date?
  /// When the job should be over, judged by its pace so far, else by the end of its window.
  public let expectedEnd: Date?
  /// How many rows have the answer of another row's request, and so are not among the counts.
  public let shared: Int
  /// How many rows have an answer that an earlier job paid for, and so are not among the counts.
  public let reused: Int
  /// Whether nothing has moved for an hour although requests are left.
  public let isStalled: Bool

  /// What is known of one part of a job.
  public struct Part: Sendable, Hashable {
    /// Its remote batch, once there is one.
    public let batch: RemoteBatch?
    /// How many requests it holds.
    public let requests: Int
    /// Whether all its result files are on disk.
    public let isCollected: Bool
  }

  /// What is known of the `index`th part, counted from 0.
  public func part(_ index: Int) -> Part? { parts.indices.contains(index) ? parts[index] : nil }

  /// How old the knowledge is at `date`.
  ///
  /// - Parameter date: the time to count to.
  /// - Returns: the age in seconds; `nil` where the service was never asked.
  public func age(at date: Date = Date()) -> TimeInterval? { asOf.map { date.timeIntervalSince($0) } }
}

extension BatchStatus: CustomStringConvertible {
  /// What people are shown of it.
  public var description: String {
    let failures = counts.failed == 0 ? "" : ", \(counts.failed) failed"
    let several = parts.count <= 1 ? "" : " in \(parts.count) parts"
    let spared = [(shared, "share a request"), (reused, "reused")].filter { $0.0 > 0 }
      .map { ", \($0) \($1)" }.joined()
    return "\(phase.rawValue): \(counts.done) of \(counts.total) done\(failures)\(several)\(spared)"
  }
}

extension BatchStatus {
  /// What a state amounts to at a time; the time matters to nothing but whether the job is stalled.
  init(_ state: JobState, now: Date) {
    phase = Self.phase(of: state)
    counts = Self.counts(of: state.parts)
    parts = state.parts.map { Part(batch: $0.batch, requests: $0.requests, isCollected: $0.isDone) }
    shared = state.shape?.counts.shared ?? 0
    reused = state.shape?.counts.reused ?? 0
    asOf = state.parts.compactMap(\.checked).max()
    let open = state.parts.filter { $0.stage == .sent && !$0.isOver }
    expectedEnd = open.compactMap { Self.expectedEnd(of: $0) }.max()
    isStalled = open.contains { part in
      part.batch?.status.meaning == .running && now.timeIntervalSince(part.moved ?? now) > 3600
    }
  }

  /// A row that is tried again is still one row, and its earlier failure is forgotten.
  ///
  /// Services count each batch by itself, so rows of later attempts are in their counts twice, and are taken
  /// off the sum. They are taken off the failures only as far as they were among them: rows that expired or
  /// got no line were counted neither as done nor as failed, and every retry takes those along.
  private static func counts(of parts: [PartState]) -> RequestCounts {
    let known = parts.compactMap { $0.batch?.counts }
    let again = parts.filter { $0.attempt > 1 }.reduce(0) { $0 + $1.requests }
    let newest = parts.map(\.attempt).max() ?? 1
    let unanswered = parts.filter { $0.attempt < newest && $0.isOver }.reduce(0) {
      $0 + max(0, $1.total - ($1.batch?.counts?.done ?? 0))
    }
    return RequestCounts(
      total: parts.reduce(0) { $0 + $1.total } - again, completed: known.reduce(0) { $0 + $1.completed },
      failed: max(0, known.reduce(0) { $0 + $1.failed } - max(0, again - unanswered)))
  }

  /// The least advanced part speaks for the job: it runs as long as one part of it does. What needs a person
  /// comes before everything but the end.
  private static func phase(of state: JobState) -> Phase {
    let parts = state.parts
    if state.isSettled { return .settled }
    if parts.contains(where: { $0.stage == .unresolved }) { return .unresolved }
    // A job whose every row was answered before has nothing to send.
    if parts.isEmpty { return .collecting }
    if !parts.contains(where: { $0.stage == .sent }) { return .prepared }
    if parts.contains(where: { $0.stage != .sent }) { return .sending }
    let open = parts.filter { !$0.isOver }.compactMap { $0.batch?.status.meaning }
    if open.isEmpty { return .collecting }
    if state.isCancelAsked || open.contains(.cancelling) { return .cancelling }
    if open.allSatisfy({ $0 == .validating }) { return .validating }
    return open.allSatisfy { $0 == .finalizing } ? .finalizing : .running
  }

  /// By the pace so far once a twentieth is done; before that nobody can know more than the window's end.
  ///
  /// It is never earlier than the knowledge it is made of: what was not over then ends later.
  private static func expectedEnd(of part: PartState) -> Date? {
    guard let batch = part.batch else { return nil }
    guard let counts = batch.counts, let start = batch.startedAt ?? batch.createdAt,
      let checked = part.checked,
      counts.done * 20 >= part.total, counts.done > 0
    else { return batch.expiresAt }
    let pace = checked.timeIntervalSince(start) / Double(counts.done)
    let paced = start.addingTimeInterval(pace * Double(part.total))
    return max(checked, min(paced, batch.expiresAt ?? paced))
  }
}

extension PartState {
  /// How many requests the part holds; of a batch made elsewhere only the service knows.
  fileprivate var total: Int { requests == 0 ? batch?.counts?.total ?? 0 : requests }
}
