import BatchKit
import BatchKitTesting
import Foundation

/// Sends a storm of requests through the real transport, each cancelled at a moment of chance, in every
/// weather.
///
/// Returns whether every request ended, and in a way that its weather explains. A hang is what the storm is
/// after, so a watch of its own ends the process when nothing has ended for `patience`.
func storm(requests: Int = 20_000, seed: UInt64 = 1, patience: Duration = .seconds(300)) async throws -> Bool
{
  let transport = URLSessionTransport()
  var isSound = true
  for weather in LoopbackStorm.Weather.allCases {
    let watch = DispatchWorkItem {
      print("\(weather.rawValue): still not over after \(patience); the seed is \(seed)")
      exit(1)
    }
    DispatchQueue.global().asyncAfter(deadline: .now() + patience.seconds, execute: watch)
    let storm = LoopbackStorm(requests: requests, seed: seed)
    let tally = try await storm.rage(over: transport, in: weather)
    watch.cancel()
    print(
      "\(weather.rawValue): \(tally.total) of \(requests) ended: \(tally.answered) answered, "
        + "\(tally.cancelled) cancelled, \(tally.failed) failed")
    for oddity in Set(tally.unexplained) { print("  unexplained: \(oddity)") }
    isSound = isSound && tally.total == requests && tally.unexplained.isEmpty
  }
  return isSound
}
