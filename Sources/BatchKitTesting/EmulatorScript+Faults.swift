import BatchKit

/// One thing that can go wrong between a request and its answer.
///
/// What matters about a fault is whether the service acted before it: a create whose answer is lost has made
/// a batch all the same.
///
/// ```swift
/// let script = EmulatorScript.echo.injecting(.resetAfterActing, into: .createBatch)
/// ```
public struct EmulatorFault: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case status(Int, retryAfter: Duration?)
    case statusAfterActing(Int)
    case resetBeforeActing
    case resetAfterActing
    case truncatedBody
  }

  package let kind: Kind

  /// Status 429, and nothing done; with how long to wait, where the service says so.
  /// - Parameter retryAfter: How long to wait, told in whole seconds; nothing is said if `nil`.
  public static func tooManyRequests(retryAfter: Duration? = nil) -> Self {
    Self(kind: .status(429, retryAfter: retryAfter))
  }
  /// This status, and nothing done.
  /// - Parameter status: The HTTP status, such as 503.
  public static func status(_ status: Int) -> Self { Self(kind: .status(status, retryAfter: nil)) }
  /// This status, although what was asked for is done.
  ///
  /// It is the worst a gateway can do: an answer that says no, for something that was done.
  ///
  /// - Parameter status: The HTTP status, such as 500.
  public static func statusAfterActing(_ status: Int) -> Self { Self(kind: .statusAfterActing(status)) }

  /// Status 500, and nothing done.
  public static let serverError = status(500)
  /// Status 502, and nothing done.
  public static let badGateway = status(502)
  /// Status 408, and nothing done.
  public static let requestTimeout = status(408)
  /// A connection that breaks before anything is done.
  ///
  /// To a client it looks like ``resetAfterActing``; only the books know which it was.
  public static let resetBeforeActing = Self(kind: .resetBeforeActing)
  /// A connection that breaks when all is done: only the answer is lost.
  public static let resetAfterActing = Self(kind: .resetAfterActing)
  /// An answer that breaks off in the middle of its body.
  ///
  /// What was asked for is done. The length that was promised is that of the whole.
  public static let truncatedBody = Self(kind: .truncatedBody)

  /// One of each kind.
  ///
  /// It is what ``EmulatorScript/injecting(probability:of:into:)`` draws from unless told otherwise.
  public static let all: [Self] = [
    .tooManyRequests(), .serverError, .badGateway, .requestTimeout, .statusAfterActing(500),
    .resetBeforeActing,
    .resetAfterActing, .truncatedBody,
  ]
}

/// The calls of the service that can be counted and disturbed one by one.
///
/// They name the calls in ``EmulatorLedger/calls`` and in the rules that inject faults.
public enum EmulatorCall: String, Sendable, Hashable, CaseIterable, Comparable {
  /// `POST /files`.
  case uploadFile
  /// `GET /files`.
  case listFiles
  /// `GET /files/{id}`.
  case retrieveFile
  /// `GET /files/{id}/content`.
  case downloadFile
  /// `DELETE /files/{id}`.
  case deleteFile
  /// `POST /batches`.
  case createBatch
  /// `GET /batches`.
  case listBatches
  /// `GET /batches/{id}`.
  case retrieveBatch
  /// `POST /batches/{id}/cancel`.
  case cancelBatch
  /// `GET /videos/{id}/content`.
  case downloadVideo
  /// `POST` on an endpoint itself, answered at once.
  case runDirectly
  /// Anything else, which is answered by 404.
  case unknown

  /// The order of their names, so that books read the same every time.
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension EmulatorScript {
  /// Faults to be struck into calls.
  ///
  /// Rules are asked in the order they were said, and the first that strikes a call is the only one.
  package struct Injection: Sendable {
    package var faults: [EmulatorFault]
    /// The calls concerned; empty for all.
    package var calls: Set<EmulatorCall>
    /// How many of the concerned calls are struck at most.
    package var first: Int
    /// How likely each of the concerned calls is to be struck, 0 to 1.
    package var probability: Double
  }

  /// Strikes this fault into the first `count` of these calls, or of all calls where none is named.
  ///
  /// ```swift
  /// let script = EmulatorScript.echo
  ///   .injecting(.serverError, into: .uploadFile, first: 2)
  ///   .injecting(.truncatedBody, into: .downloadFile)
  /// ```
  /// - Parameters:
  ///   - fault: What goes wrong.
  ///   - calls: The calls concerned; all of them where none is named.
  ///   - count: How many of them are struck before the rest pass.
  public func injecting(_ fault: EmulatorFault, into calls: EmulatorCall..., first count: Int = 1) -> Self {
    with {
      $0.injections.append(Injection(faults: [fault], calls: Set(calls), first: count, probability: 1))
    }
  }

  /// Strikes one of these faults, taken at random, into calls with this probability.
  ///
  /// For tests that nothing specific is expected of but the promises: whatever strikes, nothing is paid
  /// twice.
  ///
  /// - Parameters:
  ///   - probability: How likely a call is to be struck, 0 to 1.
  ///   - faults: What may go wrong, each as likely as the other.
  ///   - calls: The calls concerned; all of them where none is named.
  public func injecting(
    probability: Double, of faults: [EmulatorFault] = EmulatorFault.all, into calls: EmulatorCall...
  ) -> Self {
    with {
      $0.injections.append(
        Injection(faults: faults, calls: Set(calls), first: .max, probability: probability))
    }
  }

  /// Answers the first `count` requests of any kind by status 429.
  /// - Parameters:
  ///   - count: How many requests are turned away before the rest pass.
  ///   - retryAfter: How long the service asks to wait.
  public func throttling(first count: Int, retryAfter: Duration? = nil) -> Self {
    with {
      $0.injections.append(
        Injection(
          faults: [.tooManyRequests(retryAfter: retryAfter)], calls: [], first: count, probability: 1))
    }
  }

  /// Answers requests by status 429 with this probability.
  /// - Parameters:
  ///   - probability: How likely a request is to be turned away, 0 to 1.
  ///   - retryAfter: How long the service asks to wait.
  public func throttling(probability: Double, retryAfter: Duration? = nil) -> Self {
    injecting(probability: probability, of: [.tooManyRequests(retryAfter: retryAfter)])
  }
}
