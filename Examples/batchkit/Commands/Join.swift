import BatchKit
import Foundation

extension Command {
  static let join = Command(
    "join", .steps, "Put downloaded answers beside the rows they belong to.",
    [.data, Operand("RESULTS", "Result files (.jsonl): answers, failures, or both.", .several)],
    options: [.output, .id, .idTemplate] + Option.answers + [.force],
    discussion: """
      Give the same --id or --id-template that the requests were made with. No network, no key. The exit code \
      is 0 only where every row of the table has its answer.
      """,
    examples: [
      "batchkit join reviews.csv results.jsonl errors.jsonl -o enriched.csv --id-template 'review-{{id}}'",
      "batchkit join reviews.csv results.jsonl -o enriched.csv --columns model,error_code --flatten",
    ], reach: .files
  ) { session in
    let output = try session.tableOutput()
    let columns = try session.answerColumns()
    let table = try session.table()
    let results = try session.results()
    let joined = results.joined(to: table, by: try session.idTemplate())
    try session.checkMeeting(joined, table, results)
    let shown = session.kept(columns, for: results)
    let rows = try output.write(session) { try joined.write(to: $0, columns: shown) }
    var facts = results.reconciliation.facts
    facts["output"] = .string(output.path)
    for (name, count) in rows.facts { facts[name] = count }
    let lines = "\(rows)\(results.reconciliation.oddities)\n\(output.path): \(rows.verdict)"
    try session.conclude(output, facts, lines)
    return rows.succeeded == rows.rows ? .done : .negative
  }
}

extension Session {
  /// The results in the files behind the table.
  ///
  /// - Throws: an error of the file where one of them has lines, and none that can be read: it is some other
  ///   file, such as the table itself.
  fileprivate func results() throws -> BatchResults<Reply> {
    let files = Array(arguments.operands.dropFirst())
    let results = try BatchResults(files: files)
    if results.reconciliation.nameless > 0 || results.isEmpty {
      for file in files where try isStrange(file, amongMany: !results.isEmpty) {
        throw BatchError(
          .unreadableFile,
          "\(file) holds no answer: none of its lines is JSON with a “custom_id”; name a file of results.")
      }
    }
    return results
  }

  /// Whether a file has no line of results; an empty one is as it should be where another has the answers.
  private func isStrange(_ file: String, amongMany isFine: Bool) throws -> Bool {
    let results = try BatchResults(files: [file])
    return results.isEmpty && !(isFine && results.reconciliation.nameless == 0)
  }

  /// Throws where rows and answers have not one id in common: then the ids are made another way.
  ///
  /// An output of empty cells would look like a job that failed, and would replace a good one under `--force`.
  fileprivate func checkMeeting(
    _ joined: JoinedTable<Reply>, _ table: Table, _ results: BatchResults<Reply>
  ) throws {
    // A row that can't be read, and a column that is not there, are told by the writing itself.
    let meets = joined.contains { $0.line != nil || $0.row.problem != nil }
    guard !meets, table.contains(where: { _ in true }), let known = results.first?.id else { return }
    throw Refusal(
      code: .nothingUsable,
      message: """
        no row has an id such as “\(known)”; give the --id or --id-template the requests were made with. \
        Nothing was written.
        """)
  }
}

extension JoinSummary {
  /// What the file holds, in words that are true where rows have no answer too.
  var verdict: String {
    succeeded == rows ? "every row and its answer" : "\(succeeded) of \(rows) rows answered"
  }

  /// The numbers for a script.
  fileprivate var facts: [(String, JSONValue)] {
    [("rows", rows), ("succeeded", succeeded), ("failed", failed), ("missing", missing)].map {
      ($0, .number(JSONNumber($1)))
    }
  }
}

extension Reconciliation {
  /// What is odd about lines of the results, whether or not they belong to a row.
  fileprivate var oddities: String {
    let odd = [(duplicates, "duplicate"), (nameless, "unreadable")].filter { $0.0 > 0 }
    return odd.isEmpty ? "" : "; besides: " + odd.map { "\($0) \($1)" }.joined(separator: ", ")
  }
}

extension Session {
  /// What `--columns` and `--flatten` want beside each row.
  func answerColumns() throws(UsageError) -> [AnswerColumn] {
    var columns: [AnswerColumn] = .standard
    if let text = arguments["columns"] {
      columns = []
      for name in text.split(separator: ",").map({ $0.trimmingCharacters(in: .whitespaces) }) {
        guard let column = AnswerColumn.all.first(where: { $0.name == name }) else {
          throw .noChoice(name, among: AnswerColumn.all.map(\.name), for: "Each of --columns")
        }
        columns.append(column)
      }
    }
    guard arguments.has("flatten") else { return columns }
    // The fields take the place of the text that they were read from.
    return [.flattened("content")] + columns.filter { $0.name != "content" }
  }
}

extension Session {
  /// The columns, with the text of the answers among them where `--flatten` alone would lose one.
  func kept(_ columns: [AnswerColumn], for results: BatchResults<Reply>) -> [AnswerColumn] {
    arguments.has("flatten") && results.hasUnflattenedText ? [.content] + columns : columns
  }
}

extension AnswerColumn {
  /// All columns that have a name of their own.
  fileprivate static let all: [AnswerColumn] = [
    .content, .finishReason, .promptTokens, .completionTokens, .cachedTokens, .reasoningTokens, .error,
    .errorCode, .model, .status, .refusal, .customID, .body,
  ]
}
