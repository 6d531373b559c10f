/// The tokens that a request, or a whole batch, used up.
///
/// What a service does not tell is 0 here; a request of which nothing is known has no usage at all. Sums wrap
/// rather than trap, since the numbers are a service's word.
public struct TokenUsage: Hashable, Sendable, Codable {
  /// Tokens read, cached ones included.
  public var input: Int
  /// Tokens written, reasoning included.
  public var output: Int
  /// Those of the tokens read that came from the provider's cache.
  public var cached: Int
  /// Those of the tokens written that were spent on reasoning.
  public var reasoning: Int

  /// A usage of these counts.
  public init(input: Int = 0, output: Int = 0, cached: Int = 0, reasoning: Int = 0) {
    self.input = input
    self.output = output
    self.cached = cached
    self.reasoning = reasoning
  }

  /// Tokens read and written together.
  public var total: Int { input &+ output }

  /// Returns both together.
  public static func + (left: Self, right: Self) -> Self {
    Self(
      input: left.input &+ right.input, output: left.output &+ right.output,
      cached: left.cached &+ right.cached, reasoning: left.reasoning &+ right.reasoning)
  }

  /// Adds the right one to the left.
  public static func += (left: inout Self, right: Self) { left = left + right }
}
