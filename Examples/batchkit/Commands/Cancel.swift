import BatchKit

extension Command {
  static let cancel = Command(
    "cancel", .jobs, "Stop a job; what was answered by then is kept.", [.job],
    examples: ["batchkit cancel reviews-september"]
  ) { session in
    let job = try await session.job()
    try await job.cancel()
    try session.tell(job)
    return .done
  }
}
