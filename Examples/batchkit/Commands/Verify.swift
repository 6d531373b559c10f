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
    try session.console.tell(.object(facts), found.verdict)
    return found.isIntact ? .done : .negative
  }
}

extension Verification {
  /// What was found, and of how many files: of a batch that was made elsewhere there may be none here.
  fileprivate var verdict: String {
    switch (files, problems.count) {
    case (0, _): "This disk has no file of it, so there was nothing to check."
    case (1, 0): "Its only file is as it was."
    case (_, 0): description
    case (_, let bad): "\(description)\n\(files - bad) of \(files) files are as they were."
    }
  }
}
