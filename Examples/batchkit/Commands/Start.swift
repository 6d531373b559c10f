import BatchKit

extension Command {
  static let start = Command(
    "start", .steps, "Make a batch of a file that is at the service already.",
    [Operand("FILE_ID", "The id that upload printed.")],
    options: [.endpoint, .name, .about],
    discussion:
      "One file carries one batch: started again, the same job is found. The endpoint is that of its lines.",
    examples: ["batchkit start file-abc123 --endpoint /v1/chat/completions"]
  ) { session in
    let endpoint = try session.endpoint() ?? .chatCompletions
    let client = try session.client()
    let job = try await client.start(
      file: try session.operand(0), endpoint: endpoint, named: session.arguments["name"],
      description: session.arguments["description"])
    try session.tell(job)
    return .done
  }
}
