import BatchKit

/// One thing that can go wrong between a request and its answer.
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
  public static func tooManyRequests(retryAfter: Duration? = nil) -> Self {
    Self(kind: .status(429, retryAfter: retryAfter))
  }
  /// This status, and nothing done.
  public static func status(_ status: Int) -> Self { Self(kind: .status(status, retryAfter: nil)) }
  /// This status, although what was asked for is done.
  public static func statusAfterActing(_ status: Int) -> Self { Self(kind: .statusAfterActing(status)) }

  /// Status 500, and nothing done.
  public static let serverError = status(500)
  /// Status 502, and nothing done.
  public static let badGateway = status(502)
  /// Status 408, and nothing done.
  public static let requestTimeout = status(408)
  /// A connection that breaks before anything is done.
  public static let resetBeforeActing = Self(kind: .resetBeforeActing)
  /// A connection that breaks when all is done: only the answer is lost.
  public static let resetAfterActing = Self(kind: .resetAfterActing)
  /// An answer that breaks off in the middle of its body.
  public static let truncatedBody = Self(kind: .truncatedBody)

  /// One of each kind.
  public static let all: [Self] = [
    .tooManyRequests(), .serverError, .badGateway, .requestTimeout, .statusAfterActing(500),
    .resetBeforeActing,
    .resetAfterActing, .truncatedBody,
  ]
}

/// The calls of the service that can be counted and disturbed one by one.
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
  /// `POST` on an endpoint itself, answered at once.
  case runDirectly
  /// Anything else, which is answered by 404.
  case unknown

  /// The order of their names, so that books read the same every time.
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension EmulatorScript {
  /// Faults to be struck into calls.
  package struct Injection: Sendable {
    package var faults: [EmulatorFault]
    /// The calls concerned; empty for all.
    package var calls: Set<EmulatorCall>
    /// How many of the concerned calls are struck at most.
    package var first: Int
    package var probability: Double
  }

  /// Strikes this fault into the first `count` of these calls, or of all calls where none is named.
  public func injecting(_ fault: EmulatorFault, into calls: EmulatorCall..., first count: Int = 1) -> Self {
    with {
      $0.injections.append(Injection(faults: [fault], calls: Set(calls), first: count, probability: 1))
    }
  }

  /// Strikes one of these faults, taken at random, into calls with this probability.
  public func injecting(
    probability: Double, of faults: [EmulatorFault] = EmulatorFault.all, into calls: EmulatorCall...
  ) -> Self {
    with {
      $0.injections.append(
        Injection(faults: faults, calls: Set(calls), first: .max, probability: probability))
    }
  }

  /// Answers the first `count` requests of any kind by status 429.
  public func throttling(first count: Int, retryAfter: Duration? = nil) -> Self {
    with {
      $0.injections.append(
        Injection(
          faults: [.tooManyRequests(retryAfter: retryAfter)], calls: [], first: count, probability: 1))
    }
  }

  /// Answers requests by status 429 with this probability.
  public func throttling(probability: Double, retryAfter: Duration? = nil) -> Self {
    injecting(probability: probability, of: [.tooManyRequests(retryAfter: retryAfter)])
  }
}
