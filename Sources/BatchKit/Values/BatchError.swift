public import Foundation

/// A failure that leaves nothing usable: what went wrong, and what to do about it.
///
/// A request that failed inside a batch is no such failure: it is a ``LineError``, a value among the results.
///
/// ```swift
/// do {
///   try await client.submit(batch, named: "reviews")
/// } catch let error as BatchError where error.code == .differentJob {
///   print(error)     // a whole sentence, for people
/// }
/// ```
/// Programs go by the ``code``; sentences may change. No error holds a key.
public struct BatchError: Error, Sendable {
  /// What kind of failure it is.
  public let code: Code
  /// A full sentence that names what failed and says what to do.
  public let message: String
  /// The HTTP status, where the service answered with one.
  public let status: Int?
  /// The service's own id of the refused request, for its support.
  public let requestID: String?
  /// The service's own code of the failure, word for word.
  public let serverCode: String?
  /// The failure beneath, where there is one.
  public let cause: (any Error)?

  /// A failure of this kind, told in this sentence.
  public init(
    _ code: Code, _ message: String, status: Int? = nil, requestID: String? = nil,
    serverCode: String? = nil, cause: (any Error)? = nil
  ) {
    self.code = code
    self.message = message
    self.status = status
    self.requestID = requestID
    self.serverCode = serverCode
    self.cause = cause
  }
}

extension BatchError: CustomStringConvertible {
  /// What people are shown of it.
  public var description: String {
    guard let requestID else { return message }
    return "\(message) (request \(requestID))"
  }
}

extension BatchError: LocalizedError {
  /// The sentence, for those who show errors by their localised description.
  public var errorDescription: String? { description }
}

extension BatchError {
  /// The same failure, told of `path` where it was told of a draft that nobody asked for.
  package func told(of path: String, insteadOf draft: String) -> BatchError {
    BatchError(
      code, message.split(separator: draft, omittingEmptySubsequences: false).joined(separator: path),
      status: status, requestID: requestID, serverCode: serverCode, cause: cause)
  }
}

extension BatchError {
  /// The kind of a ``BatchError``; new kinds may appear, so a `switch` over them needs a `default`.
  public struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The word itself.
    public let rawValue: String

    /// Makes one of this word.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// What people are shown of it.
    public var description: String { rawValue }

    /// The batch breaks a rule and was not sent.
    public static let invalidBatch = Self(rawValue: "invalid_batch")
    /// A table can't be read as one.
    public static let invalidTable = Self(rawValue: "invalid_table")
    /// A template names a column that is not there, or is no template.
    public static let invalidTemplate = Self(rawValue: "invalid_template")
    /// A text that should be JSON isn't.
    public static let invalidJSON = Self(rawValue: "invalid_json")
    /// A file is missing or can't be read.
    public static let unreadableFile = Self(rawValue: "unreadable_file")
    /// A file can't be written.
    public static let unwritableFile = Self(rawValue: "unwritable_file")
    /// No key was found, or where it lies others can read it.
    public static let missingKey = Self(rawValue: "missing_key")
    /// The service did not accept the key.
    public static let unauthorized = Self(rawValue: "unauthorized")
    /// The service asked for patience for longer than we have.
    public static let rateLimited = Self(rawValue: "rate_limited")
    /// The account can't pay for more.
    public static let quotaExceeded = Self(rawValue: "quota_exceeded")
    /// The service refused the request.
    public static let refused = Self(rawValue: "refused")
    /// The service can't be reached, or broke off.
    public static let unreachable = Self(rawValue: "unreachable")
    /// What the service answered makes no sense.
    public static let unreadableAnswer = Self(rawValue: "unreadable_answer")
    /// A result file arrived cut short.
    public static let incompleteDownload = Self(rawValue: "incomplete_download")
    /// The registry file is damaged.
    public static let damagedRegistry = Self(rawValue: "damaged_registry")
    /// The registry was written by a newer version of the library.
    public static let newerRegistry = Self(rawValue: "newer_registry")
    /// Nothing goes by this name or id.
    public static let unknownJob = Self(rawValue: "unknown_job")
    /// The name belongs to a job with other content or of another account.
    public static let differentJob = Self(rawValue: "different_job")
    /// Another process works on the job.
    public static let busyJob = Self(rawValue: "busy_job")
    /// Whether a part was sent can't be proved either way.
    public static let unresolvedPart = Self(rawValue: "unresolved_part")
    /// The job ended without one usable line.
    public static let nothingUsable = Self(rawValue: "nothing_usable")
    /// The time given to `wait` ran out; the remote batch goes on.
    public static let deadlinePassed = Self(rawValue: "deadline_passed")
    /// What came to a webhook is not genuine, too old, or tells of no batch.
    public static let invalidWebhook = Self(rawValue: "invalid_webhook")
    /// This provider can't do that.
    public static let unsupported = Self(rawValue: "unsupported")
  }
}
