import Foundation

/// How often a waiting job asks the service, and for how long.
public struct Polling: Sendable {
  private enum Pace: Sendable {
    case adaptive
    case every(Duration)
    case backoff(from: Duration, to: Duration)
  }

  private let pace: Pace
  /// How long to wait altogether; the remote batch goes on when it runs out.
  public let limit: Duration?

  /// Soon at first, so that a refused file shows at once; then by age, progress and expected end.
  public static var adaptive: Self { Self(pace: .adaptive, limit: nil) }

  /// Always after the same time.
  public static func every(_ interval: Duration) -> Self { Self(pace: .every(interval), limit: nil) }

  /// After times that double from one bound to the other.
  public static func backoff(from shortest: Duration, to longest: Duration) -> Self {
    Self(pace: .backoff(from: shortest, to: longest), limit: nil)
  }

  /// The same, but given up after `limit`.
  public func until(_ limit: Duration) -> Self { Self(pace: pace, limit: limit) }

  /// The delay before the next look.
  ///
  /// - Parameters:
  ///   - looks: how often this wait has looked already.
  ///   - age: how long ago the newest open part was created.
  ///   - left: how long the job should still take, where that is known.
  ///   - dice: a random number from 0 to 1, for a jitter of up to a tenth either way.
  package func delay(looks: Int, age: Duration, left: Duration?, dice: Double) -> Duration {
    let even: Duration
    switch pace {
    case .every(let interval): return max(interval, .milliseconds(1))
    case .backoff(let shortest, let longest):
      even = min(max(shortest, .milliseconds(1)) * Double(1 << min(max(looks - 1, 0), 30)), longest)
    case .adaptive: even = Self.adapted(age: age, left: left)
    }
    return even * (0.9 + 0.2 * dice)
  }

  /// A quarter of the age, so that no wait lasts much longer than what was waited already; a third of what is
  /// left where that is sooner; never under 2 seconds or over 2 minutes.
  private static func adapted(age: Duration, left: Duration?) -> Duration {
    var delay = age * 0.25
    if let left, left > .zero { delay = min(delay, max(left * 0.34, .seconds(5))) }
    return min(max(delay, .seconds(2)), .seconds(120))
  }
}
