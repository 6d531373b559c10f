import BatchKit

extension Command {
  static let wait = Command(
    "wait", .steps, "Wait until a job is over and its answers are on this disk.", [.job],
    options: [Option("limit", "MINUTES", "Give up waiting after so long; the batch goes on.")],
    discussion: "Ctrl-C ends the waiting and nothing else: the batch goes on at the service.",
    examples: ["batchkit wait reviews-september"]
  ) { session in
    let limit = try session.arguments.number("limit", in: 1...100_000)
    let job = try await session.jobToFinish()
    session.remember(job)
    let polling = limit.map { Polling.adaptive.until(.seconds($0 * 60)) } ?? .adaptive
    let results = try await job.wait(polling: polling)
    let failures = results.failures
    var facts = job.facts
    for (key, value) in results.reconciliation.facts { facts[key] = value }
    let failed = failures.groups.isEmpty ? "" : "\nfailed: \(failures.summary.spelled)"
    try session.console.tell(
      session.outcome(facts), "\(job.lines)\n\(results.reconciliation)\(failed)\(session.origin)")
    return failures.groups.isEmpty && results.missing.isEmpty ? .done : .negative
  }
}
