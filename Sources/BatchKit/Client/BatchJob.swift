/// A batch that was sent, however many remote batches it became: wait for it, look at it, stop it.
///
/// A job outlives the process that made it. Cancelling the Swift task that waits leaves the remote batches
/// running; ``cancel()`` is what stops them.
public final class BatchJob<Request: BatchRequest>: Sendable {
  let engine: JobEngine
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
  public var status: BatchStatus { engine.status }

  /// The one legal next step; ``advance()`` takes it.
  public var nextAction: NextAction { engine.nextAction }

  /// Asks the service once, fetches what is ready, and returns what is known now.
  @discardableResult
  public func poll() async throws -> BatchStatus {
    let engine = self.engine
    if engine.nextAction != .done {
      try await engine.exclusively { pen in try await engine.step(pen) }
    }
    return engine.status
  }

  /// Takes the next step and returns what is known then.
  @discardableResult
  public func advance() async throws -> BatchStatus {
    try await engine.advance()
    return engine.status
  }

  /// Stops the job: parts not yet sent stay unsent, the service is asked to stop the others.
  ///
  /// What was answered by then is paid for and kept: wait on, and read the results.
  public func cancel() async throws { try await engine.requestCancel() }

  /// Waits until the job is over and all its answers are on disk.
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
