package import Foundation

/// When a call is made again, and after how long: the rules of the services' own clients, with more patience.
///
/// The order of the rules matters: a server that asks for a very long wait is not asked again even if it says
/// `x-should-retry: true`.
///
/// It only computes: who asks it does the waiting. The waits of our own add up to forty seconds at most;
/// where a server asks for longer ones, it is obeyed up to a bound.
package struct RetryPolicy: Sendable {
  /// How often a call is made again. The official client stops at 2; a job that takes hours can wait out
  /// more.
  package var limit = 8
  /// The first delay; it doubles each time.
  package var firstDelay = Duration.milliseconds(500)
  /// The longest delay of our own choosing.
  package var longestDelay = Duration.seconds(8)
  /// The longest delay of the server's choosing that is obeyed.
  package var longestObeyed = Duration.seconds(120)

  package init() {}

  /// The delay before the next try, or `nil` where the outcome stands.
  ///
  /// What a server asks for is waited in full, never shortened by chance.
  ///
  /// - Parameters:
  ///   - outcome: What came of the last try.
  ///   - tries: How many tries there were, that one included.
  ///   - now: The time, against which a server's date is reckoned.
  ///   - dice: A random number from 0 to 1, by which our own delays are shortened by up to a quarter, so that
  ///     many clients which failed together don't come back together.
  ///   - conflict: Whether a conflict (409) is an answer that stands.
  package func delay(
    after outcome: Outcome, tries: Int, now: Date, dice: Double, sparing conflict: Bool = false
  ) -> Duration? {
    guard tries <= limit else { return nil }
    let doubled = firstDelay * Double(1 << min(tries - 1, 16))
    let own = min(doubled, longestDelay) * (1 - 0.25 * dice)
    switch outcome {
    case .failure: return own
    case .answer(let status, let headers):
      let asked = Self.askedDelay(headers, now: now)
      if let asked, asked > longestObeyed { return nil }
      guard Self.isWorthRetrying(status, headers, sparing: conflict) else { return nil }
      guard let asked, asked > .zero else { return own }
      return asked
    }
  }

  /// What came of a call.
  package enum Outcome: Sendable {
    case answer(status: Int, headers: HTTPHeaders)
    case failure
  }

  /// Whether an answer looks like one that passes. The server's own word on it wins over its status.
  private static func isWorthRetrying(_ status: Int, _ headers: HTTPHeaders, sparing conflict: Bool) -> Bool {
    switch headers["x-should-retry"]?.lowercased() {
    case "true": true
    case "false": false
    default: status == 408 || (status == 409 && !conflict) || status == 429 || status >= 500
    }
  }

  /// The delay that a server asks for: milliseconds, seconds or a date, whichever it gives, in this order.
  ///
  /// `nil` where it asks for none, or in words that are not understood. A date that has passed gives a delay
  /// below zero, which is for the caller to read as none.
  package static func askedDelay(_ headers: HTTPHeaders, now: Date) -> Duration? {
    if let text = headers["retry-after-ms"], let value = Double(text) { return duration(value / 1000) }
    guard let text = headers["retry-after"] else { return nil }
    if let value = Double(text) { return duration(value) }
    return httpDate(text).flatMap { duration($0.timeIntervalSince(now)) }
  }

  /// `nil` for what is no number of seconds that anybody could mean, and that `Duration` could not hold.
  private static func duration(_ seconds: Double) -> Duration? {
    guard seconds.isFinite, abs(seconds) < 1e9 else { return nil }
    return .seconds(seconds)
  }

  /// The date in the form that HTTP prescribes. Its names of days and months are English wherever the program
  /// runs.
  private static func httpDate(_ text: String) -> Date? {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(identifier: "GMT")
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
    return format.date(from: text)
  }
}
