import BatchKit

extension Command {
  static let upload = Command(
    "upload", .steps, "Put a request file at the service and print its id there.",
    [Operand("FILE", "A request file (.jsonl), or - for standard input.")],
    discussion:
      "Uploading costs nothing; batchkit start makes a batch of the file. batchkit submit does both.",
    examples: ["batchkit upload requests.jsonl"], reach: .emulator
  ) { session in
    let path = try session.input(try session.operand(0), ending: "jsonl")
    let client = try session.client()
    let id = try await client.upload(path: path)
    try session.console.tell(session.outcome(["file": .string(id)]), id)
    return .done
  }
}
