import Foundation

extension JobEngine {
  /// The one legal next step, from memory alone.
  ///
  /// Sending comes first, since the service can work meanwhile; fetching comes before asking, since result
  /// files may not be there for ever.
  var nextAction: NextAction {
    let state = self.state
    if state.isSettled { return .done }
    if nextSending != nil { return .send }
    if state.parts.indices.contains(where: { state.parts[$0].hasUncollected }) { return .download }
    return .check
  }

  /// The remote batches about which there is something to ask.
  var openBatchIDs: [String] {
    state.parts.filter { $0.stage == .sent && !$0.isOver }.compactMap { $0.batch?.id }
  }

  /// Asks the service once about every part that is under way, and carries out a cancel that was asked for.
  ///
  /// One part that can't be looked at does not keep the others waiting; the first failure is told at the end.
  /// - Parameter known: what a list has just told, for which nobody needs to be asked again.
  func refresh(_ pen: borrowing JobPen, knowing known: [String: RemoteBatch]) async throws {
    try heedCancel(pen)
    if state.isCancelAsked { try await cancelParts(pen) }
    // The sooner the batch of a given-up create is found, the less of it has run.
    await lookForGhosts(pen)
    // A crash may have come between the news that the service was full and what follows from it.
    for part in state.parts where part.stage == .sent { try requeue(part, pen) }
    var failure: BatchError?
    for part in state.parts where part.stage == .sent && !part.isOver {
      do {
        try await look(at: part, knowing: known, pen)
      } catch let error as BatchError { failure = failure ?? error }
    }
    tell(.progressed(status))
    if let failure { throw failure }
  }

  /// Looks among the newest batches for those of creates that were given up not long ago.
  ///
  /// The list of an account may be hundreds of pages, so not every look makes a search, and none of them
  /// reads all of it. What is not found now is found by a later look, or at the end by the sweep.
  private func lookForGhosts(_ pen: borrowing JobPen) async {
    let now = clock.now
    // A program that comes back has not looked yet, however long ago the create was given up.
    let isFirst = ghostsSoughtAt.current == nil
    let lately = isFirst ? .distantPast : now.addingTimeInterval(-timing.haunting.seconds)
    let sent = state.parts.flatMap { $0.fenced.filter { $0.date > lately }.map(\.sent) }.min()
    guard let sent else { return }
    guard ghostsSoughtAt.current.map({ now >= $0.addingTimeInterval(timing.ghosts.seconds) }) ?? true else {
      return
    }
    ghostsSoughtAt.withLock { $0 = now }
    let start = sent.addingTimeInterval(-timing.skew.seconds)
    do { try await cancelGhosts(since: start, pen) } catch { tell(.troubled(reason: "\(error)")) }
  }

  /// Asks about one part, unless a list has told already, and takes in what is said.
  func look(
    at part: PartState, knowing known: [String: RemoteBatch] = [:], _ pen: borrowing JobPen
  ) async throws {
    guard let id = part.batch?.id else { return }
    let batch =
      if let batch = known[id] { batch } else { try await provider.retrieve(id, through: exchange) }
    try note(batch, for: part, pen)
    try requeue(state.parts[part.index], pen)
  }

  /// Counts move with every look and are told again by the next: only what changes a decision is written
  /// down.
  ///
  /// A journal that took in every count would grow with each look of a wait of 24 hours, and each line is a
  /// sync of the disk.
  private func note(_ batch: RemoteBatch, for part: PartState, _ pen: borrowing JobPen) throws {
    let isNews =
      batch.status != part.batch?.status || batch.results != part.batch?.results
      || batch.problems != part.batch?.problems
    if isNews {
      try pen.write(.observed(part.index, batch, at: clock.now))
    } else {
      remember { $0.parts[part.index].observe(batch, at: clock.now) }
    }
  }

  /// Asks the service to stop what runs. Parts whose create is unanswered are looked up first, or one of them
  /// could go on unseen.
  private func cancelParts(_ pen: borrowing JobPen) async throws {
    // They may be running: they have to be found before they can be cancelled.
    try await resolveAll(pen)
    for part in state.parts where part.stage == .sent && !part.isOver {
      guard let batch = part.batch, batch.status.meaning != .cancelling else { continue }
      do {
        try note(try await provider.cancel(batch.id, through: exchange), for: part, pen)
      } catch let error as BatchError where [400, 404, 422].contains(error.status) {
        // Some servers refuse to cancel what is over: a look tells.
        let now = try await provider.retrieve(batch.id, through: exchange)
        guard now.status.isFinal else { throw error }
        try note(now, for: part, pen)
      }
    }
  }

  /// Takes the next step; a step that another process is taking is left to it. With none left, it sees to it
  /// that what was fetched is still whole.
  ///
  /// - Throws: ``BatchError`` where the step could not be taken.
  func advance() async throws {
    switch nextAction {
    case .done: try await mend()
    case .send: try await exclusively { pen in try await sendAll(pen) }
    case .check: try await exclusively { pen in try await check(pen) }
    case .download: try await exclusively { pen in try await collectAndSettle(pen) }
    }
  }

  /// Looks, fetches what is ready, and closes the job when nothing is left.
  ///
  /// - Parameter known: what a list has just told of batches, by their ids.
  func check(_ pen: borrowing JobPen, knowing known: [String: RemoteBatch] = [:]) async throws {
    do {
      try await refresh(pen, knowing: known)
    } catch let error as BatchError {
      // What is ready is fetched all the same; it may not be there for ever.
      try await collect(pen)
      throw error
    }
    try await collectAndSettle(pen)
  }

  /// Fetches what is ready, and closes the job once every part is done, or was kept from being sent by a
  /// cancel.
  ///
  /// Settling comes last, after the sweep: a job that is settled is never looked at again by itself.
  private func collectAndSettle(_ pen: borrowing JobPen) async throws {
    try await collect(pen)
    let state = self.state
    let isOver = state.parts.allSatisfy {
      $0.isDone || (state.isCancelAsked && ![.sent, .creating].contains($0.stage))
    }
    guard isOver, !state.isSettled else { return }
    try await sweep(pen)
    try pen.write(JobRecord(.settled, at: clock.now))
    tell(.settled(status))
  }

  /// Asks for the job to be stopped. The wish is a file of its own rather than a line of the journal, because
  /// only the process that holds the job may write there, and it may be in the middle of a long upload.
  func requestCancel() async throws {
    if try store.status(of: path(Self.cancelWish)) == nil {
      try store.create(path(Self.cancelWish), .append).close()
    }
    do {
      try await exclusively { pen in try await check(pen) }
    } catch let error as BatchError where error.code == .busyJob {
      tell(.troubled(reason: "another process works on the job; it will stop it"))
    }
  }

  /// The file whose being there is the wish.
  static let cancelWish = "cancel-asked"

  /// Writes down that the job is to be stopped, as soon as someone wished so.
  func heedCancel(_ pen: borrowing JobPen) throws {
    guard !state.isCancelAsked, try store.status(of: path(Self.cancelWish)) != nil else { return }
    try pen.write(JobRecord(.cancelAsked, at: clock.now))
  }

  /// Works on the job until nothing is left to do.
  ///
  /// A look that fails does not end the wait once the service was reached: networks come back, and the batch
  /// runs on meanwhile. Last of all, what was fetched earlier and is not whole any more is fetched again.
  ///
  /// - Parameters:
  ///   - polling: how often to look, and for how long.
  ///   - watching: is given what is known after each look.
  /// - Throws: ``BatchError`` of the code `deadline_passed` where the time runs out, and any other error that
  ///   time will not mend or that comes before the service was reached once: a wrong address should not be
  ///   waited for.
  func run(_ polling: Polling, watching: (BatchStatus) -> Void = { _ in }) async throws {
    let start = clock.now
    var looks = 0
    var wasReached = false
    while nextAction != .done {
      do {
        try await exclusively { pen in try await step(pen) }
        wasReached = true
      } catch let error as BatchError where error.mayPass && (wasReached || error.showsReach) {
        tell(.troubled(reason: error.message))
      }
      watching(status)
      guard nextAction != .done else { break }
      looks += 1
      try await pause(polling, looks: looks, since: start)
    }
    try await mend()
  }

  /// Sends what may go, then looks; a part that can't go does not keep the others from being looked after.
  ///
  /// A failure to send is thrown only where nothing else is under way: otherwise it is told, and tried again
  /// with the next step.
  func step(_ pen: borrowing JobPen) async throws {
    var failure: BatchError?
    do {
      if nextAction == .send { try await sendAll(pen) }
    } catch let error as BatchError { failure = error }
    try await check(pen)
    guard let failure else { return }
    guard state.parts.contains(where: { $0.stage == .sent && !$0.isDone }) else { throw failure }
    tell(.troubled(reason: failure.message))
  }

  /// Waits until the next look is due, or until the time of the wait runs out, whichever comes first.
  private func pause(_ polling: Polling, looks: Int, since start: Date) async throws {
    let now = clock.now
    let newest = state.parts.compactMap { $0.batch?.createdAt }.max() ?? now
    let left = status.expectedEnd.map { Duration.seconds($0.timeIntervalSince(now)) }
    var delay = polling.delay(
      looks: looks, age: .seconds(max(0, now.timeIntervalSince(newest))), left: left,
      dice: Double.random(in: 0...1))
    if let limit = polling.limit {
      let rest = limit.seconds - now.timeIntervalSince(start)
      guard rest > 0 else { throw BatchError.deadline(limit, state.card) }
      delay = min(delay, .seconds(rest))
    }
    try await clock.sleep(for: delay)
  }
}

extension BatchError {
  /// Whether the same step may well succeed later.
  ///
  /// An account that can't pay for more pauses a job rather than ends it: credit can be added meanwhile.
  fileprivate var mayPass: Bool {
    [.unreachable, .rateLimited, .busyJob, .incompleteDownload, .quotaExceeded].contains(code)
  }

  /// Whether a service that was reached said so, of a file that it may have later.
  fileprivate var showsReach: Bool { code == .incompleteDownload && status != nil }

  fileprivate static func deadline(_ limit: Duration, _ card: JobCard) -> BatchError {
    BatchError(
      .deadlinePassed,
      """
      Job “\(card.title)” was not over within \(Int(limit.seconds)) s; it goes on at the service: wait for \
      it again by the same \(card.name == nil ? "id" : "name").
      """)
  }
}
