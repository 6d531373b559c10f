import BatchKit
import BatchKitTesting

/// Ends the world before every change of the disk and on both sides of every request, in every way that a
/// world can end, for every plan; and then again on the way back.
///
/// `stride` thins the points out: 1 is all of them. Returns whether each time every row was paid once, nothing
/// was left behind, and the answers were those of a life that nothing ended.
func crash(stride: Int = 1) async throws -> Bool {
  var (points, failures) = (0, 0)
  for plan in CrashTrial.Plan.allCases {
    let trial = CrashTrial(plan)
    let measure = try await trial.undisturbed()
    let single = trial.everyStop(measure, stride: stride).map { [$0] }
    let pairs = trial.everyPair(measure, stride: stride * 3)
    let complaints = try await allComplaints(of: single + pairs, trial, measure)
    for complaint in complaints.prefix(10) { print(complaint) }
    print(
      "\(plan.rawValue): \(measure.steps.count) changes of the disk and \(measure.requests) requests; "
        + "\(single.count) stops and \(pairs.count) pairs of stops, \(complaints.count) complaints")
    points += single.count + pairs.count
    failures += complaints.count
  }
  print("\(points) points in all, \(failures) complaints")
  return failures == 0
}

/// Tries the stops on as many threads as there are processors.
private func allComplaints(
  of stops: [[CrashTrial.Stop]], _ trial: CrashTrial, _ measure: CrashTrial.Measure
) async throws -> [String] {
  let width = 8
  return try await withThrowingTaskGroup(of: [String].self) { group in
    for lane in 0..<width {
      group.addTask {
        var complaints: [String] = []
        for index in Swift.stride(from: lane, to: stops.count, by: width) {
          complaints += try await trial.complaints(stops: stops[index], measure)
        }
        return complaints
      }
    }
    return try await group.reduce(into: []) { $0 += $1 }
  }
}
