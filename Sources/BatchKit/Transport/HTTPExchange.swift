public import Foundation

/// A transport with patience: what providers send their calls through.
///
/// It makes a call again where the policy says so, waits on the client's own clock, and tells the observer.
///
/// Transports carry out one call and judge nothing; here is the judgement, in one place for all providers.
/// Whether a call may be repeated is for the provider to say with ``Patience``, since only it knows what the
/// call costs. Clock and chance are handed in, so that tests wait no second and get the same waits each time.
public struct HTTPExchange: Sendable {
  package let transport: any HTTPTransport
  package let clock: any BatchClock
  package let policy: RetryPolicy
  /// Returns a random number from 0 to 1, by which waits are shortened.
  private let dice: @Sendable () -> Double
  /// Is told why there is a wait, and for how long.
  private let notice: @Sendable (String, Duration) -> Void
  /// Who is told how much of a large body has gone out.
  private var progress: (@Sendable (_ sent: Int, _ total: Int) -> Void)?

  /// - Parameter notice: is told, in a sentence, of each wait before a call is made again.
  package init(
    transport: any HTTPTransport, clock: any BatchClock, policy: RetryPolicy = RetryPolicy(),
    dice: @escaping @Sendable () -> Double = { Double.random(in: 0...1) },
    notice: @escaping @Sendable (String, Duration) -> Void = { _, _ in }
  ) {
    self.transport = transport
    self.clock = clock
    self.policy = policy
    self.dice = dice
    self.notice = notice
  }

  /// The same exchange, which also tells `other` of each wait.
  package func noticing(_ other: @escaping @Sendable (String, Duration) -> Void) -> Self {
    let notice = self.notice
    var copy = Self(transport: transport, clock: clock, policy: policy, dice: dice) { reason, delay in
      notice(reason, delay)
      other(reason, delay)
    }
    copy.progress = progress
    return copy
  }

  /// The same exchange, which also tells how much of a large body has gone out.
  ///
  /// Told at most a hundred times for one body, and never of a small one, which is gone before anybody looks.
  /// A body that is sent again begins again at nothing.
  package func reporting(_ progress: @escaping @Sendable (_ sent: Int, _ total: Int) -> Void) -> Self {
    var copy = self
    copy.progress = progress
    return copy
  }

  /// The request, with the report on its body bound to it.
  ///
  /// Counts what the transport tells down to steps that are worth telling: a hundredth of the body, or 256
  /// KiB where that is more. A count below the last one means that the body was begun again. The transport
  /// tells from any thread, hence the lock; the callback itself runs outside it.
  private func reported(_ request: HTTPRequest) -> HTTPRequest {
    guard let progress else { return request }
    let total = request.body.length
    let step = max(total / 100, 1 << 18)
    guard total > step else { return request }
    let told = Locked(0)
    var request = request
    request.progress = { sent in
      let isNews = told.withLock { told in
        guard sent < told || sent >= told + step || sent == total && told < total else { return false }
        told = sent
        return true
      }
      if isNews { progress(sent, total) }
    }
    return request
  }

  /// How often a call may be made.
  ///
  /// The three differ in what a second call could cost. An upload that is sent twice costs nothing, a cancel
  /// that is sent twice nothing either; a batch that is created twice is paid for twice.
  public enum Patience: Sendable {
    /// Made again while the failure looks like one that passes: for calls that cost nothing.
    case retrying
    /// The same, but a conflict (409) is an answer: for a cancel.
    ///
    /// A service answers so where the batch has ended already, which no second call changes.
    case retryingUnlessConflict
    /// Made once, whatever comes of it: for the one call that is paid for.
    ///
    /// An answer that is lost leaves open whether it was acted on. To find out is the client's work, not that
    /// of a retry.
    case once
  }

  /// Sends a request, again where it is wise, and returns the last answer, whatever its status.
  /// - Parameters:
  ///   - request: What to send; its body is read anew for each try.
  ///   - patience: How often the call may be made.
  /// - Returns: The answer of the last try; look at its status.
  /// - Throws: ``HTTPFailure`` where the last try got no answer, `CancellationError` where the task was
  ///   cancelled.
  public func send(_ request: HTTPRequest, _ patience: Patience = .retrying) async throws -> HTTPResponse {
    let request = reported(request)
    return try await repeating(request, patience) { try await transport.send(request) }
  }

  /// Fetches a body piece by piece; `receive` makes a new receiver for each try.
  ///
  /// A receiver that a broken transfer has fed is thrown away, and the next try begins with a fresh one at
  /// the first byte: half a file is never joined to another half. Up to three redirects are followed, as
  /// services hand out files from other hosts; no key goes along.
  ///
  /// - Parameters:
  ///   - request: The request for the body.
  ///   - receive: Makes what is handed the pieces, in order; what either throws ends the download and is
  ///     thrown on.
  /// - Returns: The last answer. Its body is empty where it was a success, and says why not elsewhere.
  /// - Throws: ``HTTPFailure`` where the last try got no whole answer.
  public func download(
    _ request: HTTPRequest, into receive: @escaping @Sendable () throws -> @Sendable (Data) throws -> Void
  ) async throws -> HTTPResponse {
    try await repeating(request, .retrying) {
      try await follow(request, receive, hops: 3)
    }
  }

  /// Makes a call until its outcome stands. Only ``HTTPFailure`` is repeated: any other error is our own,
  /// such as a full disk or a cancelled task, and would come again.
  private func repeating(
    _ request: HTTPRequest, _ patience: Patience, _ call: () async throws -> HTTPResponse
  ) async throws -> HTTPResponse {
    var tries = 1
    while true {
      let outcome: Result<HTTPResponse, HTTPFailure>
      do {
        outcome = .success(try await call())
      } catch let failure as HTTPFailure {
        outcome = .failure(failure)
      }
      guard let delay = delay(after: outcome, tries: tries, patience) else { return try outcome.get() }
      notice("\(request) failed (\(Self.reason(outcome)))", delay)
      try await clock.sleep(for: delay)
      tries += 1
    }
  }

  /// How long to wait before the call is made again, or `nil` where its outcome stands.
  private func delay(
    after outcome: Result<HTTPResponse, HTTPFailure>, tries: Int, _ patience: Patience
  ) -> Duration? {
    if case .once = patience { return nil }
    var sparing = false
    if case .retryingUnlessConflict = patience { sparing = true }
    switch outcome {
    case .failure:
      return policy.delay(after: .failure, tries: tries, now: clock.now, dice: dice(), sparing: sparing)
    case .success(let answer):
      // A quota that is used up answers 429 too, and no patience fills it.
      guard !answer.isSuccess, !ServiceAnswer(answer).isOutOfQuota else { return nil }
      return policy.delay(
        after: .answer(status: answer.status, headers: answer.headers), tries: tries, now: clock.now,
        dice: dice(), sparing: sparing)
    }
  }

  /// The outcome in two words for the notice. A message of the system is left out of it: it may quote an
  /// address.
  private static func reason(_ outcome: Result<HTTPResponse, HTTPFailure>) -> String {
    switch outcome {
    case .success(let answer): "status \(answer.status)"
    case .failure(let failure): failure.kind.rawValue
    }
  }

  /// Follows redirects of a download, and leaves every secret behind when one leads to another server.
  ///
  /// Addresses that differ in scheme, host or port are two servers; in doubt a field is left behind that
  /// could have gone along, never the other way round. After the last hop a redirect is the answer.
  private func follow(
    _ request: HTTPRequest, _ receive: @escaping @Sendable () throws -> @Sendable (Data) throws -> Void,
    hops: Int
  ) async throws -> HTTPResponse {
    let answer = try await transport.download(request, into: try receive())
    guard (300..<400).contains(answer.status), hops > 0, let location = answer.headers["location"],
      let target = URL(string: location, relativeTo: request.url)?.absoluteURL
    else { return answer }
    var next = request
    next.url = target
    let isSameServer =
      target.scheme == request.url.scheme && target.host == request.url.host
      && target.port == request.url.port
    if !isSameServer { next.headers = [:] }
    return try await follow(next, receive, hops: hops - 1)
  }
}
