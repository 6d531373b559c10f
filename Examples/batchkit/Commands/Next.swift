import BatchKit

extension Command {
  static let next = Command(
    "next", .jobs, "Tell the one legal next step of a job, or take it.", [.job],
    options: [Option("take", "Take the step.")],
    discussion: "The steps are send, check, download and done.",
    examples: ["batchkit next reviews-september --take"]
  ) { session in
    let isMeant = session.arguments.has("take")
    let job = isMeant ? try await session.jobToFinish() : try await session.storedJob()
    if isMeant { try await job.advance() }
    try session.console.tell(session.outcome(job.facts), job.nextAction.rawValue)
    return .done
  }
}
