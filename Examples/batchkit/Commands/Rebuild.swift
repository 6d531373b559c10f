import BatchKit

extension Command {
  static let rebuild = Command(
    "rebuild", .jobs, "Make a damaged or lost registry anew from the folders of its jobs.",
    discussion: """
      Jobs that the registry still tells of stay as they are there. A damaged file is kept as a copy beside the \
      new one.
      """,
    examples: ["batchkit rebuild", "batchkit rebuild --registry batches.json"], reach: .registry
  ) { session in
    let registry = session.registry
    let rebuilt = try await registry.rebuild()
    for folder in rebuilt.unreadable {
      session.console.note("\(folder) can't be read and was left as it is.")
    }
    let count = rebuilt.entries.count
    let facts: JSONObject = [
      "registry": .string(registry.path), "jobs": .number(JSONNumber(count)),
      "unreadable": .array(rebuilt.unreadable.map { .string($0) }),
    ]
    try session.console.tell(.object(facts), "\(registry.path): \(count) \(count == 1 ? "job" : "jobs")")
    return rebuilt.unreadable.isEmpty ? .done : .negative
  }
}
