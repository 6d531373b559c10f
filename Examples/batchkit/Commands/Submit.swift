import BatchKit
import Foundation

extension Command {
  static let submit = Command(
    "submit", .steps, "Send request files, each as a job of its own.",
    [Operand("FILE", "A request file (.jsonl), or - for standard input.", .several)],
    options: [.name, .about] + Option.sparing + Option.parts,
    discussion: """
      Sending the same file again finds the same job, for as long as it is not over, or for ever under the same \
      name: nothing is paid twice. A file that is too large for one batch becomes a job of several parts.
      """,
    examples: ["batchkit submit requests.jsonl --name reviews-september"], reach: .emulator
  ) { session in
    let names = session.arguments.operands
    guard names.count == 1 || session.arguments["name"] == nil else {
      throw UsageError("--name is for one file; submit the others by themselves.")
    }
    let batches = try names.map { try Batch(path: try session.input($0, ending: "jsonl")) }
    let client = try session.client()
    session.wayBack.withLock { $0 = "Run the same command again to go on where it was." }
    for (name, batch) in zip(names, batches) {
      let spared = session.spared(batch)
      do {
        let job = try await client.submit(
          spared.batch, named: session.arguments["name"], description: session.arguments["description"],
          splitting: try session.splitting(), reusing: spared.reuse)
        try session.tell(job)
      } catch let error as BatchError where error.code == .invalidBatch {
        try session.check(batch) {
          "\(name) was not sent because of \($0); mend what is listed, and see batchkit check \(name)."
        }
        throw error
      }
    }
    return .done
  }
}

extension Session {
  /// Says where a job is.
  func tell(_ job: BatchJob<some BatchRequest>) throws {
    try console.tell(outcome(job.facts), job.lines + origin)
  }
}

extension BatchJob {
  /// What a script wants to know of a job.
  var facts: JSONObject {
    var facts: JSONObject = ["id": .string(id)]
    facts["name"] = name.map { .string($0) }
    facts["description"] = description.map { .string($0) }
    for (key, value) in status.json.object ?? [:] { facts[key] = value }
    facts["batches"] = .array(batchIDs.map { .string($0) })
    facts["next"] = .string(nextAction.rawValue)
    return facts
  }

  /// What a person wants to know of it.
  var lines: String {
    var rows = Columns()
    rows.add(name ?? id, status.description)
    if name != nil { rows.add("  id", id) }
    if !batchIDs.isEmpty { rows.add("  batches", batchIDs.joined(separator: ", ")) }
    if let asOf = status.asOf { rows.add("  as of", asOf.formatted(.iso8601)) }
    if let end = status.expectedEnd { rows.add("  over by", end.formatted(.iso8601)) }
    if status.isStalled { rows.add("  note", "nothing has moved for an hour") }
    rows.add("  next", nextAction.rawValue)
    return rows.text
  }
}
