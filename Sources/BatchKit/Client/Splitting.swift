/// How a batch is divided into parts, each of which becomes one remote batch.
///
/// Whatever is chosen, no part breaks a limit of the service: its requests, its bytes, its embedded texts,
/// and one model alone where the service asks for that. The same batch gives the same parts.
public struct Splitting: Sendable {
  /// The most requests of a part; the service's limit alone if `nil`.
  var requests: Int?
  /// The most tokens of a part; any number if `nil`.
  var tokens: Int?
  var counter: any TokenCounter = ApproximateTokenCounter()

  /// As few parts as the service's limits allow.
  public static var providerLimits: Self { Self() }

  /// Parts of at most so many requests.
  public static func requests(_ count: Int) -> Self { Self(requests: max(1, count)) }

  /// Parts of at most so many tokens to read, so that each fits under an account's limit of enqueued tokens.
  ///
  /// - Parameters:
  ///   - count: The most tokens of a part; a request with more than these is a part by itself.
  ///   - counter: What counts them.
  public static func tokens(
    _ count: Int, counter: any TokenCounter = ApproximateTokenCounter()
  ) -> Self {
    Self(tokens: max(1, count), counter: counter)
  }

  /// About how many tokens there are to read in a request.
  func tokens(of line: RenderedLine) -> Int { max(1, RequestFacts(line.bytes, .whole(counter)).tokens) }
}

/// How much of a job may be under way at one time; the rest is held back until something ends.
///
/// The service counts tokens of all batches that wait for a model; an account that is full refuses the next.
/// A throttle keeps room for other programs of the same account:
/// ```swift
/// let client = BatchClient(.openAI(), throttle: .tokens(2_000_000))
/// ```
/// What is held back goes while the job is waited for or polled, and by itself at no time.
public struct Throttle: Sendable, Hashable {
  var parts: Int?
  var tokens: Int?

  /// Everything at once; a service that says it is full is heeded all the same.
  public static var none: Self { Self() }

  /// At most so many parts at a time.
  public static func parts(_ count: Int) -> Self { Self(parts: max(1, count)) }

  /// At most so many tokens of one model at a time.
  ///
  /// Counted are the tokens to be read, by the counter of ``Splitting/tokens(_:counter:)`` or, where the
  /// parts are divided otherwise, by ``ApproximateTokenCounter``: leave some room below the limit of your
  /// account. A part that has more than these by itself, be it for a single request, is not held back for
  /// ever: it goes as soon as nothing else of its model is under way, and the service says whether it takes
  /// it.
  public static func tokens(_ count: Int) -> Self { Self(tokens: max(1, count)) }
}
