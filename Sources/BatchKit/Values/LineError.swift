/// Why one request of a batch has no usable answer: a value among the results, never thrown by reading them.
public struct LineError: Error, Sendable, Hashable {
  /// What kind of failure it is.
  public let kind: Kind
  /// The code of the service, such as `rate_limit_exceeded`, or of the kind where it gave none.
  public let code: String
  /// A sentence that says what happened, from the service where it said something.
  public let message: String
  /// The HTTP status of this one request, where it had one.
  public let status: Int?
  /// Whether the same request may succeed when it is sent again.
  public let isWorthRetrying: Bool

  /// A failure of this kind.
  public init(
    _ kind: Kind, code: String? = nil, message: String, status: Int? = nil, isWorthRetrying: Bool? = nil
  ) {
    self.kind = kind
    self.code = code ?? kind.rawValue
    self.message = message
    self.status = status
    self.isWorthRetrying = isWorthRetrying ?? kind.usuallyHeals
  }
}

extension LineError: CustomStringConvertible {
  /// What people are shown of it.
  public var description: String { "\(code): \(message)" }
}

extension LineError {
  /// The kind of a ``LineError``; new kinds may appear, so a `switch` over them needs a `default`.
  public struct Kind: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The word itself.
    public let rawValue: String

    /// Makes one of this word.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// What people are shown of it.
    public var description: String { rawValue }

    /// The endpoint answered this request with an error.
    public static let refused = Self(rawValue: "refused")
    /// The model declined to answer.
    public static let refusal = Self(rawValue: "refusal")
    /// The answer was cut off at the token limit.
    public static let truncated = Self(rawValue: "truncated")
    /// A content filter withheld the answer.
    public static let filtered = Self(rawValue: "content_filter")
    /// The answer holds nothing.
    public static let empty = Self(rawValue: "empty")
    /// The answer does not decode into the type asked for.
    public static let undecodable = Self(rawValue: "undecodable")
    /// The window closed before this request ran.
    public static let expired = Self(rawValue: "batch_expired")
    /// The batch was cancelled before this request ran.
    public static let cancelled = Self(rawValue: "batch_cancelled")
    /// The line of the result file is damaged.
    public static let unreadable = Self(rawValue: "unreadable_line")
    /// No line of any result file answers this request.
    public static let missing = Self(rawValue: "missing")
    /// The request was answered, and its answer leaves this one of its rows out.
    public static let leftOut = Self(rawValue: "row_left_out")
    /// The batch this request was in was refused before it ran.
    public static let rejected = Self(rawValue: "batch_rejected")

    var usuallyHeals: Bool {
      [.expired, .cancelled, .missing, .unreadable, .empty, .leftOut, .rejected].contains(self)
    }
  }
}
