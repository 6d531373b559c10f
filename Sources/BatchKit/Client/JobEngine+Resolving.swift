import Foundation

// What came of a create that got no clear answer.

extension JobEngine {
  /// Finds the batch that an unanswered create made, or makes sure that there is none and never will be.
  ///
  /// It is looked for again and again for five minutes: a list that shows a batch late would otherwise have
  /// it paid a second time. A batch takes hours, so the wait is small beside it.
  ///
  /// First it is left alone for a quiet period, then searched for until the time of silence is over. Found,
  /// it is adopted. Not found, its input file is deleted, which a create that still arrives can't survive;
  /// one last look follows, and only then may the part be sent again.
  ///
  /// - Throws: ``BatchError`` of the code `unresolved_part` where the service can't be searched. The part
  ///   then stays as it is until a person decides.
  func resolve(_ part: PartState, _ pen: borrowing JobPen) async throws {
    guard let file = part.fileID, let token = part.token else {
      throw BatchError.damagedJob(journalPath)
    }
    try await keepQuiet(since: part.creatingSince ?? clock.now)
    let sent = part.creatingSince ?? clock.now
    if try await adopt(part, pen) { return }
    // Each look reads the whole list, which may be hundreds of pages, so they grow rarer. What is left is
    // counted as well as read off the clock, since one that was set back would keep us here.
    var (gap, left) = (timing.gap, timing.silence - timing.quiet)
    repeat {
      gap = max(timing.gap, min(gap, left))
      try await clock.sleep(for: gap)
      if try await adopt(part, pen) { return }
      left -= gap
      gap *= 2
    } while left > .zero && clock.now.timeIntervalSince(sent) < timing.silence.seconds
    // One file carries at most one create: with the file gone, a create still on its way can only fail. The
    // third look is for one that slipped in between the second look and the deletion.
    try await provider.delete(file: file, through: exchange)
    try await clock.sleep(for: timing.gap)
    if try await adopt(part, pen) { return }
    try pen.write(.fenced(part.index, token: token, fileID: file, at: clock.now))
  }

  /// Waits until the create went out some time ago; a process that comes later waits less, or not at all.
  private func keepQuiet(since sent: Date) async throws {
    // A clock that was set back must not make the wait longer than it is.
    let left = min(timing.quiet.seconds, timing.quiet.seconds - clock.now.timeIntervalSince(sent))
    guard left > 0 else { return }
    tell(.waiting(reason: "giving an unanswered create time to show", duration: .seconds(left)))
    try await clock.sleep(for: .seconds(left))
  }

  /// Looks once for the batch of a part and takes it for the part's own.
  ///
  /// - Returns: whether there is one.
  /// - Throws: ``BatchError`` where the service has no list that could be searched to its end.
  private func adopt(_ part: PartState, _ pen: borrowing JobPen) async throws -> Bool {
    let found: RemoteBatch?
    do {
      found = try await search { batch in
        batch.inputFileID == part.fileID
          || (part.token != nil && batch.metadata[BatchLabel.token] == part.token)
      }
    } catch let error as BatchError
      where error.code == .unsupported || [404, 405, 501].contains(error.status)
    {
      try pen.write(.unresolved(part.index, message: error.message, at: clock.now))
      throw BatchError.unresolved(state.card, part)
    }
    guard let found, !Self.diedForWantOfItsFile(found) else { return false }
    try pen.write(.created(part.index, found, at: clock.now))
    tell(.adopted(part: part.index, batch: found.id))
    return true
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
  /// - Parameter matches: whether a batch is the one; it may note something of each and always say no.
  /// - Returns: the first that matches; `nil` only where the list was seen to its end.
  /// - Throws: ``BatchError`` of the code `unsupported` where it can't be seen to its end.
  func search(_ matches: (RemoteBatch) -> Bool) async throws -> RemoteBatch? {
    var seen: Set<String> = []
    var cursor: String?
    repeat {
      let page = try await provider.batches(after: cursor, through: exchange)
      if let found = page.elements.first(where: matches) { return found }
      let fresh = page.elements.filter { seen.insert($0.id).inserted }
      if fresh.isEmpty, page.next != nil {
        throw BatchError(.unsupported, "The service does not list its batches to the end.")
      }
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
  func cancelGhosts(_ pen: borrowing JobPen) async throws {
    let tokens = Set(state.fencedTokens)
    let known = Set(state.batchIDs + state.ghosts.map(\.id))
    while !tokens.isEmpty,
      let ghost = try await search({ batch in
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
