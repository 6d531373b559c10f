import BatchKit

extension Command {
  static let purge = Command(
    "purge", .jobs, "Delete files at the service that finished jobs no longer need.",
    options: [
      Option(
        "older-than", "TIME", "Only of jobs that were over so long ago: 7d, 12h, or days without a letter."),
      Option("yes", short: "y", "Delete them; without it they are only listed."),
    ],
    discussion: """
      Only files that jobs of this registry made, and only what is on this disk, whole. What is kept back because \
      it is not makes the exit code 1: wait for the job, and its answers are fetched again.
      """,
    examples: ["batchkit purge --older-than 7d --yes"]
  ) { session in
    let age = try session.arguments["older-than"].map(Self.age) ?? .zero
    let client = try session.client()
    let plan = try await client.purgePlan(olderThan: age)
    let isMeant = session.arguments.has("yes")
    if isMeant { try await client.purge(plan) }
    var rows = Columns()
    for item in plan.items {
      rows.add(item.file, item.isInput ? "requests" : "answers", item.name ?? item.job)
    }
    let end =
      isMeant
      ? "\(plan.items.count) \(plan.items.count == 1 ? "file" : "files") deleted"
      : "Nothing is deleted yet; add --yes to delete these."
    let files = plan.items.map { JSONValue.string($0.file) }
    let text = plan.items.isEmpty ? "Nothing is left to delete." : "\(rows.text)\n\(end)"
    for kept in plan.kept { session.console.note(kept.sentence) }
    let kept = plan.kept.map { JSONValue.object($0.facts) }
    try session.console.tell(
      ["files": .array(files), "deleted": .bool(isMeant), "kept": .array(kept)], text)
    return plan.kept.isEmpty ? .done : .negative
  }
}

extension PurgePlan.Kept {
  /// What stays at the service, and why.
  fileprivate var sentence: String {
    "kept at the service: \(file ?? "all files") of “\(name ?? job)”: \(reason)"
  }

  fileprivate var facts: JSONObject {
    var facts: JSONObject = ["job": .string(job), "reason": .string(reason)]
    facts["file"] = file.map { .string($0) }
    return facts
  }
}

extension Command {
  /// The time that `7d` or `12h` means; a number alone counts days.
  private static func age(_ text: String) throws(UsageError) -> Duration {
    let seconds = ["d": 86_400, "h": 3600, "m": 60]
    let unit = text.last.flatMap { seconds[String($0)] }
    let digits = unit == nil ? text[...] : text.dropLast()
    guard let count = Int(digits), (0...1_000_000).contains(count) else {
      throw UsageError("--older-than takes a time such as 7d, 12h or 30m, not “\(text)”.")
    }
    return .seconds(count * (unit ?? 86_400))
  }
}
