import BatchKit

extension Command {
  static let report = Command(
    "report", .jobs, "Write a page about a job: timeline, failures, tokens, sample rows.", [.job],
    options: [.output, .force],
    discussion:
      "One HTML file that needs nothing from elsewhere. It quotes prompts and answers: mind who gets it.",
    examples: ["batchkit report reviews-september -o report.html"], reach: .registry
  ) { session in
    let output = try session.output(otherwise: "report.html")
    let job = try await session.storedJob()
    let report = try job.report()
    try output.write(session) { try report.write(to: $0) }
    let facts: JSONObject = ["job": .string(job.id), "output": .string(output.path)]
    try session.conclude(output, facts, "\(output.path): the report of “\(job.name ?? job.id)”")
    return .done
  }
}
