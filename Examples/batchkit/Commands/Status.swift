import BatchKit

extension Command {
  static let status = Command(
    "status", .jobs, "Ask how far a job is.", [.job],
    options: [Option("cached", "Ask nobody: tell what was last known, and when.")],
    examples: ["batchkit status reviews-september --json"]
  ) { session in
    let isCached = session.arguments.has("cached")
    let job = isCached ? try await session.storedJob() : try await session.jobToFinish()
    if !isCached, job.nextAction != .send { try await job.poll() }
    try session.tell(job)
    return .done
  }
}
