import BatchKit

extension Command {
  static let `import` = Command(
    "import", .jobs, "Take batches that were made elsewhere into the registry.",
    [Operand("BATCH", "The service's id of a batch.", .several)],
    discussion: "From then on a batch made elsewhere is waited for and downloaded like any other job.",
    examples: ["batchkit import batch_abc123", "batchkit wait batch_abc123"]
  ) { session in
    let client = try session.client()
    for id in session.arguments.operands {
      try session.tell(try await client.job(id: id, as: BatchFile(.chatCompletions)))
    }
    return .done
  }
}
