import BatchKit
import BatchKitTesting
import Foundation
import Testing

/// The full dose of this is `torture kill`.
@Suite struct `A program killed at any moment and started again pays once and loses nothing` {
  private let trial = MortalTrial(torture: Built.products.appendingPathComponent("torture").path)

  @Test func `killed at requests, before and after the service acted, and at moments of chance`() throws {
    let measure = try trial.undisturbed()
    #expect(measure.batches == 6 && measure.requests > 30)
    #expect(measure.text.split(separator: "\n").count == MortalTrial.rows + 1)
    var dice = SplitMix(seed: 4)
    let request = Int.random(in: 1...measure.requests / 2, using: &dice)
    let late = Int.random(in: measure.requests / 2...measure.requests, using: &dice)
    let ways: [[MortalProgram.Death]] = [
      [.request(request, .beforeActing)], [.request(request + 1, .afterActing)],
      [.request(late, .afterActing)],
      [.after(measure.duration * 0.2), .after(measure.duration * 0.3)], [.after(measure.duration * 0.7)],
    ]
    var deaths = 0
    for way in ways {
      let outcome = try trial.complaints(dying: way, measure: measure)
      #expect(outcome.complaints == [])
      deaths += outcome.deaths
    }
    // On a fast machine a program may be done before its moment has come.
    #expect(deaths >= 1)
  }
}
