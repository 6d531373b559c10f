import BatchKit

extension Command {
  static let download = Command(
    "download", .steps, "Write the answers of a job to files of your choice.", [.job],
    options: [
      .output, Option("errors", "FILE", "The file for failed rows; behind the answers if not told."), .force,
    ],
    discussion: "Answers of finished parts come even while other parts still run.",
    examples: ["batchkit download reviews-september -o results.jsonl --errors errors.jsonl"]
  ) { session in
    let path = session.arguments["output"] ?? "results.jsonl"
    if let errors = session.arguments["errors"], try OutputFile.isOneFile(path, errors) {
      throw UsageError(
        "-o and --errors name the same file; leave --errors out to have failed rows behind the answers.")
    }
    let output = try session.place(path)
    let errors = try session.arguments["errors"].map { try session.place($0) }
    let job = try await session.jobToFinish()
    session.remember(job)
    if job.nextAction == .done { try await job.advance() } else { try await job.poll() }
    guard job.status.parts.contains(where: \.isCollected) else {
      throw Refusal(
        code: .nothingUsable,
        message: "“\(job.name ?? job.id)” has no answers yet (\(job.status)); wait for it first.")
    }
    try output.write(session) {
      try job.download(to: $0, kinds: errors == nil ? [.output, .errors] : [.output])
    }
    try errors?.write(session) { try job.download(to: $0, kinds: [.errors]) }
    var facts: JSONObject = ["job": .string(job.id), "output": .string(output.path)]
    facts["errors"] = errors.map { .string($0.path) }
    facts["complete"] = .bool(job.status.phase == .settled)
    let files = [output.path, errors?.path].compactMap(\.self).joined(separator: ", ")
    try session.conclude(output, facts, "\(files): \(job.status)")
    return .done
  }
}
