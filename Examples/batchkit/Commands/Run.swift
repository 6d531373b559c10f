import BatchKit
import Foundation

extension Command {
  static let runAll = Command(
    "run", .whole, "Make, send, wait and join: from a table to an enriched table.", [.data, .template],
    options: [.output, .name, .about, .id, .idTemplate, .endpoint, .placeholders] + Option.answers
      + Option.sample + Option.sparing + Option.parts + [.force],
    discussion: """
      Run the same command again after a crash, a power cut or Ctrl-C, and it goes on where it was; nothing is paid \
      twice. Without --name the job is named after the table and the content of both files.

      The output has the columns of the table and beside them content, finish_reason, prompt_tokens, \
      completion_tokens and error; a name that ends in .tsv gets tabs. Rows that failed make the exit code 1.

      A trial with --sample 20 sends twenty rows, and leaves the others without an answer. The run of the whole \
      table with --reuse then doesn't pay for those again.
      """,
    examples: [
      "batchkit run reviews.csv prompt.json -o enriched.csv --offline",
      "batchkit run reviews.csv prompt.json -o enriched.csv --id-template 'review-{{id}}'",
      "batchkit run reviews.csv prompt.json -o trial.csv --sample 20",
    ], reach: .emulator
  ) { session in
    let output = try session.tableOutput()
    let made = try session.tableBatch()
    let columns = try session.answerColumns()
    // What submit finds by itself are errors; here the warnings are told while nothing is paid yet.
    if !session.console.isQuiet { try session.check(made, called: output.path) }
    let client = try session.client()
    session.wayBack.withLock { $0 = "Run the same command again to go on where it was." }
    let job: BatchJob<RequestTemplate>
    do {
      let name = try session.arguments["name"] ?? session.derivedName(made)
      let spared = session.spared(made.batch)
      job = try await client.submit(
        spared.batch, named: name, description: session.arguments["description"],
        splitting: try session.splitting(), reusing: spared.reuse)
    } catch let error as BatchError where error.code == .invalidBatch {
      try session.check(made, called: output.path)
      throw error
    }
    let results = try await job.wait()
    let joined = results.joined(to: made.table, by: made.id)
    let shown = session.kept(columns, for: results)
    let rows = try output.write(session) { try joined.write(to: $0, columns: shown) }
    return try session.conclude(output, rows, job: job, results)
  }
}

extension Session {
  /// A name by which the same table and template find the same job again.
  fileprivate func derivedName(_ made: TableBatch) throws -> String {
    var hash = SHA256()
    try made.batch.render { line in hash.update(line.bytes) }
    let file = try operand(0).split(separator: "/").last.map(String.init) ?? "table"
    let stem = file.split(separator: ".").first.map(String.init) ?? file
    return "\(stem == "-" ? "input" : stem)-\(hash.hex().prefix(8))"
  }

  /// Says how the rows fared.
  fileprivate func conclude(
    _ output: OutputFile, _ rows: JoinSummary, job: BatchJob<RequestTemplate>,
    _ results: BatchResults<Reply>
  ) throws -> ExitCode {
    let sums = results.reconciliation
    let failures = results.failures
    var lines = ["\(sums)"]
    if !failures.groups.isEmpty { lines.append("failed: \(failures.summary)") }
    lines.append("\(output.path): \(rows.verdict)\(origin)")
    var facts = sums.facts
    facts["output"] = .string(output.path)
    facts["job"] = .string(job.id)
    facts["name"] = job.name.map { .string($0) }
    facts["failures"] = .array(
      failures.groups.map { ["code": .string($0.code), "count": .number(JSONNumber($0.count))] })
    try conclude(output, facts, lines.map(\.spelled).joined(separator: "\n"))
    return failures.groups.isEmpty && sums.missing == 0 ? .done : .negative
  }
}

extension Reconciliation {
  /// The sums for a script.
  var facts: JSONObject {
    var facts: JSONObject = [:]
    facts["submitted"] = submitted.map { .number(JSONNumber($0)) }
    let sums = [
      ("succeeded", succeeded), ("failed", failed), ("missing", missing), ("duplicates", duplicates),
      ("superseded", superseded), ("strangers", strangers), ("unreadable", nameless), ("shared", shared),
      ("reused", reused),
    ]
    for (name, count) in sums { facts[name] = .number(JSONNumber(count)) }
    return facts
  }
}
