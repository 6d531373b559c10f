import BatchKit

extension Command {
  static let status = Command(
    "status", .jobs, "Ask how far a job is.", [.job],
    options: [Option("cached", "Ask nobody: tell what was last known, and when.")],
    examples: ["batchkit status reviews-september --json"]
  ) { session in
    let job = try await session.job()
    if !session.arguments.has("cached"), job.nextAction != .send { try await job.poll() }
    try session.tell(job)
    return .done
  }
}
