import BatchKit

extension Command {
  static let verify = Command(
    "verify", .jobs, "Prove that a job's files are as they were sent and fetched.", [.job],
    discussion: """
      Every file of requests and answers is read again and held against the hash that was noted when it was made. \
      Asks no service.
      """,
    examples: ["batchkit verify reviews-september"], reach: .registry
  ) { session in
    let job = try await session.storedJob()
    let found = try job.verify()
    let facts: JSONObject = [
      "job": .string(job.id), "files": .number(JSONNumber(found.files)), "intact": .bool(found.isIntact),
      "problems": .array(found.problems.map { .string($0) }),
    ]
    try session.console.tell(.object(facts), found.description)
    return found.isIntact ? .done : .negative
  }
}
