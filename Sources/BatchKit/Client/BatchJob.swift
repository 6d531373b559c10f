/// A batch that was sent, however many remote batches it became: wait for it, look at it, stop it.
///
/// A job outlives the process that made it. Cancelling the Swift task that waits leaves the remote batches
/// running; ``cancel()`` is what stops them.
///
/// ```swift
/// let job = try await client.job(named: "reviews-september", as: judging.request)
/// print(job.status)
/// let verdicts = try await job.wait()
/// ```
/// It is a reference: who holds it sees what any other holder of the same value learned. Two values of one
/// job, in one process or two, share nothing but the files, and take turns by a lock there.
public final class BatchJob<Request: BatchRequest>: Sendable {
  /// What works on the job, whatever the type of its answers.
  let engine: JobEngine
  /// The prototype that says what each answer becomes.
  private let request: Request

  init(_ engine: JobEngine, request: Request) {
    self.engine = engine
    self.request = request
  }

  /// The job's own id, by which the registry knows it.
  public var id: String { engine.id }

  /// The name it was submitted under.
  public var name: String? { engine.state.card.name }

  /// The ids that the service gave to its remote batches.
  public var batchIDs: [String] { engine.state.batchIDs }

  /// What it is about, in the words of who submitted it.
  public var description: String? { engine.state.card.description }

  /// How far the job is, as last known; asks nobody.
  ///
  /// It is as old as ``BatchStatus/asOf`` says; ``poll()`` makes it new.
  public var status: BatchStatus { engine.status }

  /// The one legal next step; ``advance()`` takes it.
  ///
  /// It is worked out from what is known, and asks nobody.
  public var nextAction: NextAction { engine.nextAction }

  /// Asks the service once, fetches what is ready, and returns what is known now.
  ///
  /// Parts that were held back are sent as well where there is room for them now. It does what a pass of
  /// ``wait(polling:observer:leavingOut:)`` does, so a program that is run by a timer gets along with it
  /// alone.
  /// - Throws: ``BatchError`` where the service can't be asked, or another process works on the job.
  @discardableResult
  public func poll() async throws -> BatchStatus {
    let engine = self.engine
    if engine.nextAction != .done {
      try await engine.exclusively { pen in try await engine.step(pen) }
    }
    return engine.status
  }

  /// Takes the next step and returns what is known then.
  ///
  /// It is ``poll()`` in smaller steps, for who wants to show or to decide something between them. Of a job
  /// that is over, it fetches again what is no longer whole on this disk.
  /// - Throws: ``BatchError`` where the step could not be taken; the same step is then still the next.
  @discardableResult
  public func advance() async throws -> BatchStatus {
    try await engine.advance()
    return engine.status
  }

  /// Stops the job: parts not yet sent stay unsent, the service is asked to stop the others.
  ///
  /// What was answered by then is paid for and kept: wait on, and read the results.
  ///
  /// Where another process works on the job, the wish is left for it to carry out.
  /// - Throws: ``BatchError`` where the service can't be reached; the wish stands, and the next ``poll()``
  ///   tries again.
  public func cancel() async throws { try await engine.requestCancel() }

  /// Waits until the job is over and all its answers are on disk.
  ///
  /// A result file that was fetched earlier and is gone or cut since is fetched again, be it months later, as
  /// long as the service has it.
  ///
  /// - Parameters:
  ///   - polling: how often to ask, and for how long.
  ///   - observer: who is told meanwhile, besides the client's own observer.
  ///   - leavingOut: which rows the job may go on without; see ``LeftOut/rejectedRows``.
  /// - Throws: ``BatchError`` where the job yields not one line, with every reason the service gave, and
  ///   where the time of `polling` runs out; `CancellationError` where the Swift task is cancelled. The
  ///   remote batches run on in both cases.
  public func wait(
    polling: Polling = .adaptive, observer: BatchObserver = .silent, leavingOut: LeftOut = .nothing
  ) async throws -> BatchResults<Request.Output> {
    try await settle(polling: polling, observer: observer, leavingOut: leavingOut)
    let results = try results()
    if results.index.holdsNoAnswer { throw engine.nothingCame() }
    return results
  }

  /// What is known after each look, until the job is over.
  ///
  /// ```swift
  /// for try await status in job.updates() { print(status) }
  /// let results = try job.results()
  /// ```
  /// Leaving the loop ends the asking and leaves the remote batches running. The sequence ends when the job
  /// is over, with the error that ended it otherwise.
  /// - Parameter polling: how often to ask, and for how long.
  public func updates(polling: Polling = .adaptive) -> AsyncThrowingStream<BatchStatus, any Error> {
    let (updates, continuation) = AsyncThrowingStream<BatchStatus, any Error>.makeStream()
    let engine = self.engine
    let work = Task {
      do {
        try await engine.run(polling) { continuation.yield($0) }
        continuation.finish()
      } catch { continuation.finish(throwing: error) }
    }
    continuation.onTermination = { _ in work.cancel() }
    return updates
  }

  /// The answers that are on disk by now, those of finished parts while others still run.
  ///
  /// Rows without an answer so far are missing, not failed. Each call reads what is on the disk by then; what
  /// an earlier call returned stays as it was.
  /// - Throws: ``BatchError`` where a file of the job can't be read.
  public func results() throws -> BatchResults<Request.Output> { results(try engine.answers()) }

  func results(_ index: AnswerIndex) -> BatchResults<Request.Output> {
    let request = self.request
    return BatchResults(index) { reply throws(LineError) in try request.output(of: reply) }
  }
}

/// The one legal next step of a job.
public enum NextAction: String, Sendable {
  /// Send the parts that are not sent yet.
  case send
  /// Ask the service how far it is.
  case check
  /// Fetch the result files that are ready.
  case download
  /// Nothing: all there is has been fetched.
  case done
}
