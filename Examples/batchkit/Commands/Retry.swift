import BatchKit

extension Command {
  static let retry = Command(
    "retry", .jobs, "Send again what failed and may succeed, as part of the same job.", [.job],
    options: [Option("all", "Every failed row, also those that would fail the same way again.")],
    discussion: """
      What was answered well is neither sent nor paid again. Wait for the job afterwards: its results then hold the \
      newest good answer of each row.
      """,
    examples: ["batchkit retry reviews-september", "batchkit wait reviews-september"]
  ) { session in
    let job = try await session.job()
    session.remember(job)
    let isAll = session.arguments.has("all")
    let count = try await job.retry { _, error in isAll || error.isWorthRetrying }
    var facts = job.facts
    facts["retried"] = .number(JSONNumber(count))
    let text =
      count == 0
      ? "Nothing is worth sending again." : "\(count) \(count == 1 ? "row" : "rows") sent again\n\(job.lines)"
    try session.console.tell(session.outcome(facts), text)
    return .done
  }
}
