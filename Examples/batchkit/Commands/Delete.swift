import BatchKit

extension Command {
  static let delete = Command(
    "delete", .jobs, "Stop a job if it runs, and forget it with its results.", [.job],
    options: [Option("yes", short: "y", "Yes, forget the results on this machine too.")],
    examples: ["batchkit delete reviews-september --yes"]
  ) { session in
    let name = try session.operand(0)
    guard session.arguments.has("yes") else {
      throw UsageError(
        "delete forgets “\(name)” with its results on this machine; add --yes if that is meant.")
    }
    let trouble: BatchError?
    var wasStopped = false
    if try await session.isOver() {
      // Nothing runs any more, so there is nobody to ask.
      try await session.registry.remove(name)
      trouble = nil
    } else {
      trouble = try await session.client().delete(name)
      wasStopped = trouble == nil
    }
    if let trouble { session.console.note("It could not be stopped at the service: \(trouble)") }
    try session.console.tell(
      ["deleted": .string(name), "stopped": .bool(wasStopped)], "\(name): forgotten")
    return .done
  }
}

extension Session {
  /// Whether nothing of the job runs any more; of one whose journal is damaged nobody can say so.
  fileprivate func isOver() async throws -> Bool {
    do {
      return try await storedJob().nextAction == .done
    } catch let error as BatchError where error.code == .damagedRegistry { return false }
  }
}
