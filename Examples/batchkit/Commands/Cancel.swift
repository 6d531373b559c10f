import BatchKit

extension Command {
  static let cancel = Command(
    "cancel", .jobs, "Stop a job; what was answered by then is kept.", [.job],
    examples: ["batchkit cancel reviews-september"]
  ) { session in
    let job = try await session.jobToFinish()
    guard job.nextAction != .done else {
      let text = "\(job.name ?? job.id): \(job.status); there was nothing to cancel"
      try session.console.tell(session.outcome(job.facts), text)
      return .done
    }
    try await job.cancel()
    try session.tell(job)
    return .done
  }
}
