import BatchKitTesting
import Testing

/// A share of the points, of every kind; `torture crash` tries them all.
@Suite(.inTurn) struct `A crash at any instant is followed by nothing worse than running it again` {
  /// A stop before each change of the disk and on both sides of each request, under each kind of crash.
  @Test(arguments: [
    (CrashTrial.Plan.rowByRow, 7), (.unanswered, 23), (.manyParts, 401), (.collapsed, 31), (.reusing, 31),
    (.retried, 53),
    (.expiring, 53), (.discarding, 11), (.cancelled, 23),
  ])
  func `a stop at any step`(plan: CrashTrial.Plan, stride: Int) async throws {
    let trial = CrashTrial(plan)
    let measure = try await trial.undisturbed()
    #expect(measure.steps.count > 60 && measure.requests > 10 && measure.answers.count >= 6)
    for stop in trial.everyStop(measure, stride: stride) {
      let complaints = try await trial.complaints(stops: [stop], measure)
      #expect(complaints == [])
    }
  }

  @Test(arguments: [(CrashTrial.Plan.rowByRow, 151), (.retried, 503), (.cancelled, 151)])
  func `a stop on the way back from a stop`(plan: CrashTrial.Plan, stride: Int) async throws {
    let trial = CrashTrial(plan)
    let measure = try await trial.undisturbed()
    for stops in trial.everyPair(measure, stride: stride) {
      let complaints = try await trial.complaints(stops: stops, measure)
      #expect(complaints == [])
    }
  }

  /// The trial itself must be able to find fault.
  @Test func `what is not as it should be is told`() async throws {
    let trial = CrashTrial(.rowByRow)
    var measure = try await trial.undisturbed()
    measure.answers.removeLast()
    measure.rows += 1
    measure.files += 1
    #expect(try await trial.complaints(stops: [], measure).count == 3)
  }
}
