import BatchKit
import Foundation

extension Command {
  static let join = Command(
    "join", .steps, "Put downloaded answers beside the rows they belong to.",
    [.data, Operand("RESULTS", "Result files (.jsonl): answers, failures, or both.", .several)],
    options: [.output, .id, .idTemplate] + Option.answers + [.force],
    discussion: "Give the same --id or --id-template that the requests were made with. No network, no key.",
    examples: [
      "batchkit join reviews.csv results.jsonl errors.jsonl -o enriched.csv --id-template 'review-{{id}}'",
      "batchkit join reviews.csv results.jsonl -o enriched.csv --columns model,error_code --flatten",
    ], reach: .files
  ) { session in
    let output = try session.output()
    let columns = try session.answerColumns()
    let table = try Table(path: try session.input(try session.operand(0), ending: "csv"))
    let files = Array(session.arguments.operands.dropFirst())
    let results = try BatchResults(files: files)
    let id = try session.idTemplate()
    try output.write(session) { try results.joined(to: table, by: id).write(to: $0, columns: columns) }
    let sums = results.reconciliation
    var facts = sums.facts
    facts["output"] = .string(output.path)
    try session.conclude(output, facts, "\(sums)\n\(output.path): every row and its answer")
    return sums.failed == 0 ? .done : .negative
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

extension AnswerColumn {
  /// All columns that have a name of their own.
  fileprivate static let all: [AnswerColumn] = [
    .content, .finishReason, .promptTokens, .completionTokens, .cachedTokens, .reasoningTokens, .error,
    .errorCode, .model, .status, .refusal, .customID, .body,
  ]
}
