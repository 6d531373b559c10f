import BatchKit
import BatchKitTesting
import Foundation

/// Kills a program by SIGKILL at `points` requests, before and after the service acted, and at `instants`
/// moments of chance, and sees each time that it pays for nothing twice and loses nothing.
///
/// Returns whether that held each time.
func kill(points: Int = 60, instants: Int = 200, seed: UInt64 = 9) throws -> Bool {
  let trial = MortalTrial(torture: CommandLine.arguments[0])
  let measure = try trial.undisturbed()
  print("undisturbed: \(measure.requests) requests, \(measure.batches) batches, \(measure.duration)")
  var complaints: [String] = []
  var deaths = 0
  func run(_ ways: [MortalProgram.Death]) throws {
    let outcome = try trial.complaints(dying: ways, measure: measure)
    deaths += outcome.deaths
    complaints += outcome.complaints
    outcome.complaints.forEach { print($0) }
  }
  let numbers = max(1, points / 2)
  // A life has a few requests more or less than another; the last of the points must be reached by all.
  let reach = max(1, measure.requests * 9 / 10)
  for place in 0..<numbers {
    let request = 1 + place * (reach - 1) / max(1, numbers - 1)
    for moment in MortalProgram.Death.Moment.allCases { try run([.request(request, moment)]) }
  }
  let atPoints = deaths
  var dice = SplitMix(seed: seed)
  // A life may be over before its moment comes; that one does not count.
  var draws = 0
  while deaths - atPoints < instants, draws < 3 * instants {
    draws += 1
    // Every fourth time it dies on its way back as well.
    let lives = Int.random(in: 0..<4, using: &dice) == 0 ? 2 : 1
    try run((0..<lives).map { _ in .after(measure.duration * Double.random(in: 0..<1, using: &dice)) })
  }
  print("killed \(atPoints) times at a request, \(deaths - atPoints) times at a moment of chance")
  print(complaints.isEmpty ? "every row paid once, nothing left behind, every result the same" : "FAILED")
  return complaints.isEmpty
}
