import Foundation

// What came of a create that got no clear answer.

extension JobEngine {
  /// Finds the batches that unanswered creates made, or makes sure that there are none and never will be.
  ///
  /// They are looked for again and again for five minutes: a list that shows a batch late would otherwise
  /// have it paid a second time. A batch takes hours, so the wait is small beside it.
  ///
  /// First they are left alone for a quiet period, then searched for until the time of silence is over. A
  /// batch that is found is adopted. Of a part without one the input file is deleted, which a create that
  /// still arrives can't survive; one last look follows, and only then may the part be sent again.
  ///
  /// - Returns: the parts of which no batch came, and that may be sent again.
  /// - Throws: ``BatchError`` of the code `unresolved_part` where the service can't be searched. The parts
  ///   then stay as they are until a person decides.
  func resolve(_ parts: [PartState], _ pen: borrowing JobPen) async throws -> [Int] {
    // All wait for the youngest: whoever waits longer than it must is the safer for it.
    let sent = parts.compactMap(\.creatingSince).max() ?? clock.now
    try await keepQuiet(since: sent)
    let start = (parts.compactMap(\.creatingSince).min() ?? sent).addingTimeInterval(-timing.skew.seconds)
    var lost = try await adopt(parts, since: start, pen)
    // What is left is counted as well as read off the clock, since one that was set back would keep us here.
    var (gap, left) = (timing.gap, timing.silence - timing.quiet)
    var isOver = false
    while !lost.isEmpty, !isOver {
      gap = max(timing.gap, min(gap, left))
      try await clock.sleep(for: gap)
      left -= gap
      gap *= 2
      isOver = left <= .zero || clock.now.timeIntervalSince(sent) >= timing.silence.seconds
      // The whole list may be hundreds of pages, so only the look that is to prove something reads it.
      lost = try await adopt(lost, since: isOver ? nil : start, pen)
    }
    if lost.isEmpty { return [] }
    // One file carries at most one create: with the file gone, a create still on its way can only fail. The
    // last look is for one that slipped in between the look before it and the deletion.
    for part in lost {
      guard let file = part.fileID else { throw BatchError.damagedJob(journalPath) }
      try await provider.delete(file: file, through: exchange)
    }
    try await clock.sleep(for: timing.gap)
    lost = try await adopt(lost, pen)
    for part in lost {
      guard let file = part.fileID, let token = part.token else { throw BatchError.damagedJob(journalPath) }
      try pen.write(.fenced(part.index, token: token, fileID: file, at: clock.now))
    }
    return lost.map(\.index)
  }

  /// Does that for every part whose create is unanswered, if there is one.
  func resolveAll(_ pen: borrowing JobPen) async throws {
    let unclear = state.parts.filter { $0.stage == .creating }
    if !unclear.isEmpty { _ = try await resolve(unclear, pen) }
  }

  /// Waits until the create went out some time ago; a process that comes later waits less, or not at all.
  private func keepQuiet(since sent: Date) async throws {
    // A clock that was set back must not make the wait longer than it is.
    let left = min(timing.quiet.seconds, timing.quiet.seconds - clock.now.timeIntervalSince(sent))
    guard left > 0 else { return }
    tell(.waiting(reason: "giving an unanswered create time to show", duration: .seconds(left)))
    try await clock.sleep(for: .seconds(left))
  }

  /// Looks once for the batches of these parts, and takes each for its part's own.
  ///
  /// What a search finds is evidence however the search ends; that something is missing is evidence only
  /// where it came to the end.
  ///
  /// - Parameter date: where the search may end, which then proves nothing of what it does not find.
  /// - Returns: the parts of which no batch was found.
  /// - Throws: ``BatchError`` where the service has no list that could be searched to its end.
  private func adopt(
    _ parts: [PartState], since date: Date? = nil, _ pen: borrowing JobPen
  ) async throws -> [PartState] {
    let wanted = Dictionary(
      parts.flatMap { part in [part.fileID, part.token].compactMap(\.self).map { ($0, part.index) } },
      uniquingKeysWith: { first, _ in first })
    var found: [Int: RemoteBatch] = [:]
    var failure: BatchError?
    do {
      _ = try await search(since: date) { batch in
        let names = [batch.metadata[BatchLabel.token], batch.inputFileID].compactMap(\.self)
        guard let index = names.lazy.compactMap({ wanted[$0] }).first, !Self.diedForWantOfItsFile(batch)
        else { return false }
        found[index] = found[index] ?? batch
        return found.count == parts.count
      }
    } catch let error as BatchError { failure = error }
    for part in parts {
      guard let batch = found[part.index] else { continue }
      try pen.write(.created(part.index, batch, at: clock.now))
      tell(.adopted(part: part.index, batch: batch.id))
    }
    let missing = parts.filter { found[$0.index] == nil }
    guard let failure, let first = missing.first else { return missing }
    guard failure.code == .unsupported || [404, 405, 501].contains(failure.status) else { throw failure }
    try pen.write(missing.map { .unresolved($0.index, message: failure.message, at: clock.now) })
    throw BatchError.unresolved(state.card, first)
  }

  /// A create that arrived after its file was deleted: it failed before a single request ran.
  private static func diedForWantOfItsFile(_ batch: RemoteBatch) -> Bool {
    guard batch.status.meaning == .failed, (batch.counts?.done ?? 0) == 0 else { return false }
    return batch.problems.contains {
      $0.parameter?.contains("file_id") == true || $0.message.contains("find file")
    }
  }

  /// Looks through all of the account's batches, in whatever order they come.
  ///
  /// Some servers ignore the cursor and send the same page again: where one says that there is more and
  /// brings nothing new, the rest can't be seen, and nothing may be concluded from what is missing.
  ///
  /// - Parameters:
  ///   - date: where given, the search ends with a page of which every batch is older. That finds what is new
  ///     in a list that is in order; what it does not find may be there all the same.
  ///   - matches: whether a batch is the one; it may note something of each and always say no.
  /// - Returns: the first that matches; `nil`, without a date, only where the list was seen to its end.
  /// - Throws: ``BatchError`` of the code `unsupported` where it can't be seen to its end.
  func search(since date: Date? = nil, _ matches: (RemoteBatch) -> Bool) async throws -> RemoteBatch? {
    var seen: Set<String> = []
    var cursor: String?
    repeat {
      let page = try await provider.batches(after: cursor, through: exchange)
      if let found = page.elements.first(where: matches) { return found }
      let fresh = page.elements.filter { seen.insert($0.id).inserted }
      if fresh.isEmpty, page.next != nil {
        throw BatchError(.unsupported, "The service does not list its batches to the end.")
      }
      if let date, page.elements.allSatisfy({ ($0.createdAt ?? .distantFuture) < date }) { return nil }
      cursor = page.next
    } while cursor != nil
    return nil
  }

  /// Cancels what given-up creates made after all, and deletes uploads that nothing refers to.
  ///
  /// It is done before a job settles, and again after each retry. What the service has no call for is told
  /// and left; any other failure keeps the job from settling, so that it is tried again.
  func sweep(_ pen: borrowing JobPen) async throws {
    do {
      try await cancelGhosts(pen)
    } catch let error as BatchError where error.code == .unsupported {
      tell(.troubled(reason: error.message))
    }
    guard state.hasStrays else { return }
    do {
      try await deleteStrays()
    } catch let error as BatchError
      where error.code == .unsupported || [404, 405, 501].contains(error.status)
    {
      // A server without a list of files, or with one that can't be followed: what was left there expires
      // some day, and costs nothing.
      tell(.troubled(reason: error.message))
    }
    try pen.write(JobRecord(.swept, at: clock.now))
  }

  /// Looks for batches of creates that were given up, and stops each: the same rows run in another batch
  /// already.
  ///
  /// The search begins anew after each one, since cancelling takes time and the list moves meanwhile.
  ///
  /// - Parameter date: where the search may end, if it need not find all.
  func cancelGhosts(since date: Date? = nil, _ pen: borrowing JobPen) async throws {
    let tokens = Set(state.fencedTokens)
    let known = Set(state.batchIDs + state.ghosts.map(\.id))
    while !tokens.isEmpty,
      let ghost = try await search(
        since: date,
        { batch in
          guard let token = batch.metadata[BatchLabel.token], tokens.contains(token) else { return false }
          return !known.contains(batch.id) && !state.ghosts.contains { $0.id == batch.id }
            && !Self.diedForWantOfItsFile(batch)
        })
    {
      let end = ghost.status.isFinal ? ghost : try await provider.cancel(ghost.id, through: exchange)
      try pen.write(.ghost(end, at: clock.now))
      tell(.ghostCancelled(batch: ghost.id))
    }
  }

  /// Deletes files that carry this job's id in their name, and that no part refers to.
  private func deleteStrays() async throws {
    let wanted = Set(state.parts.compactMap(\.fileID))
    var seen: Set<String> = []
    var cursor: String?
    repeat {
      let page = try await provider.files(after: cursor, through: exchange)
      let fresh = page.elements.filter { seen.insert($0.id).inserted }
      for file in fresh where file.filename?.hasPrefix("\(id)-") == true && !wanted.contains(file.id) {
        try await provider.delete(file: file.id, through: exchange)
      }
      cursor = fresh.isEmpty ? nil : page.next
    } while cursor != nil
  }
}
