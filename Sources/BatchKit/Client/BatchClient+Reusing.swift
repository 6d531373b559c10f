/// Which answers of earlier jobs a new one may take over instead of paying for them again.
///
/// ```swift
/// // The table again, three of its rows changed: three requests are sent.
/// try await client.submit(judging, named: "reviews-october", reusing: .earlierJobs)
/// ```
/// A row is answered from an earlier job where its request is the same to the byte, apart from the id, went
/// to the same account, and was answered with something that is of use as what is wanted now: a failure, a
/// refusal or an answer that was cut off is never taken over. The answers are copied into the new job, which
/// so owes nothing to the old one: that can be removed. Reusing is a choice, since who asks again may want
/// another answer.
public struct Reuse: Sendable, Hashable {
  /// The jobs in question; all that there are if `nil`.
  var jobs: [String]?

  /// Everything is asked anew.
  public static let nothing = Reuse(jobs: [])

  /// Answers of every job of the registry that is over, those of the newest first.
  public static let earlierJobs = Reuse(jobs: nil)

  /// Answers of the jobs with these names or ids, those of the first first.
  ///
  /// A name or id that the registry doesn't have is an error when the batch is submitted, and so never a
  /// silent reason to pay for everything.
  public static func jobs(_ namesOrIDs: String...) -> Reuse { Reuse(jobs: namesOrIDs) }
}

extension BatchClient {
  /// Writes the rows of a batch down, decides what of them has to be sent, and enters the job.
  ///
  /// - Returns: the job that it is already, or `nil` where it is new.
  ///
  /// The rows are written first, each with a digest of what it asks. By these digests the rows that earlier
  /// jobs answered are found, then those that ask the same; only what is left goes into parts. All of that is
  /// decided before the job is entered and written down with it, so that a later process decides nothing
  /// anew.
  ///
  /// - Parameters:
  ///   - batch: what to send.
  ///   - card: what the registry will show of the job; its number of requests and its fingerprint are set
  ///     here.
  ///   - spool: where what is sent is written.
  ///   - reuse: whose answers may be taken over.
  func openShaped<Request: BatchRequest>(
    _ batch: Batch<Request>, as card: inout JobCard, _ spool: inout Spool, reusing reuse: Reuse
  ) async throws -> JobState? {
    let folder = registry.folder(for: card.id)
    let rows = try batch.written(in: folder, of: registry.store)
    card.requests = rows.stored.lines
    card.fingerprint = fingerprint(rows.stored.sha256, batch.endpoint)
    // What was sent already needs no thought about what to send.
    if let known = try await known(card, content: rows.stored.sha256) { return known }
    let sources = try await earlierAnswers(reuse, to: card)
    var fates = RowFates(count: rows.index.count)
    try fates.reuse(rows, from: sources) { reply in
      do throws(LineError) {
        _ = try batch.request.output(of: reply)
        return true
      } catch { return false }
    }
    if batch.shape.collapses { try fates.collapse(rows) }
    for source in sources where source.isDamaged { tell(card, .troubled(reason: source.complaint)) }
    let shaped = ShapedSpool(
      rows: rows, fates: fates, sources: sources, store: registry.store, folder: folder,
      rowsPerRequest: batch.shape.rowsPerRequest,
      order: batch.shape.ordersByPrefix ? try PrefixOrder(rows) : nil)
    let (parts, shape) = try shaped.write(into: &spool)
    try rows.forgetIndex()
    return try await claim(card, parts, shape, content: rows.stored.sha256)
  }

  /// The answers of earlier jobs of the same account and endpoint that may be taken over.
  ///
  /// An account that differs, or another endpoint, would have answered something else; such jobs are passed
  /// over in silence, unlike those that can't be read.
  private func earlierAnswers(_ reuse: Reuse, to card: JobCard) async throws -> [EarlierAnswers] {
    guard reuse != .nothing else { return [] }
    var sources: [EarlierAnswers] = []
    for entry in try await candidates(reuse) {
      do {
        let state = try registry.state(of: entry.id)
        guard state.card.identity == card.identity, state.card.endpoint == card.endpoint else { continue }
        if let source = try EarlierAnswers(JobEngine(state, of: self)) { sources.append(source) }
      } catch let error as BatchError {
        // An old job that can't be read costs money, for it is asked again, and nothing else.
        tell(
          card, .troubled(reason: "nothing is reused of job “\(entry.name ?? entry.id)”: \(error.message)"))
      }
    }
    return sources
  }

  /// The jobs in question, in the order in which they are asked.
  private func candidates(_ reuse: Reuse) async throws -> [RegistryEntry] {
    let entries = try await registry.entries
    guard let wanted = reuse.jobs else {
      return entries.filter { $0.phase == BatchStatus.Phase.settled.rawValue }
    }
    return try wanted.map { wanted in
      guard let entry = entries.first(where: { $0.name == wanted || $0.id == wanted }) else {
        throw BatchError.unknown("“\(wanted)” to reuse answers of")
      }
      return entry
    }
  }
}

extension Batch {
  /// Writes every request of the batch into the file of rows, after checking them all.
  ///
  /// The fingerprint of a job is that of its rows, whatever becomes of them, so all are written, also those
  /// that will not be sent.
  fileprivate func written(in folder: String, of store: any FileStore) throws -> WrittenRows {
    var writer = try RowWriter(store: store, folder: folder)
    var problems = ProblemList()
    try check(into: &problems) { line in try writer.take(line) }
    try problems.throwErrors()
    return try writer.finish()
  }
}

extension EarlierAnswers {
  /// What is said of a job whose files are other than they were.
  fileprivate var complaint: String {
    "nothing is reused of job “\(job)”: its files were changed or are gone; `verify()` says which"
  }
}
