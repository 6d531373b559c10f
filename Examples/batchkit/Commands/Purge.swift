import BatchKit

extension Command {
  static let purge = Command(
    "purge", .jobs, "Delete files at the service that finished jobs no longer need.",
    options: [
      Option("older-than", "DAYS", "Only of jobs that were over so long ago."),
      Option("yes", short: "y", "Delete them; without it they are only listed."),
    ],
    discussion:
      "Only files that jobs of this registry made, and answers only where they are on this disk, whole.",
    examples: ["batchkit purge --older-than 7 --yes"]
  ) { session in
    let days = try session.arguments.number("older-than", in: 0...10_000) ?? 0
    let client = try session.client()
    let plan = try await client.purgePlan(olderThan: .seconds(days * 86_400))
    let isMeant = session.arguments.has("yes")
    if isMeant { try await client.purge(plan) }
    var rows = Columns()
    for item in plan.items {
      rows.add(item.file, item.isInput ? "requests" : "answers", item.name ?? item.job)
    }
    let end =
      isMeant ? "\(plan.items.count) files deleted" : "Nothing is deleted yet; add --yes to delete these."
    let files = plan.items.map { JSONValue.string($0.file) }
    let text = plan.items.isEmpty ? "Nothing is left to delete." : "\(rows.text)\n\(end)"
    try session.console.tell(["files": .array(files), "deleted": .bool(isMeant)], text)
    return .done
  }
}
