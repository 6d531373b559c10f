import BatchKit

extension Command {
  static let join = Command(
    "join", .steps, "Put downloaded answers beside the rows they belong to.",
    [.data, Operand("RESULTS", "Result files (.jsonl): answers, failures, or both.", .several)],
    options: [.output, .id, .idTemplate, .force],
    discussion: "Give the same --id or --id-template that the requests were made with. No network, no key.",
    examples: [
      "batchkit join reviews.csv results.jsonl errors.jsonl -o enriched.csv --id-template 'review-{{id}}'"
    ]
  ) { session in
    let output = try session.output()
    let table = try Table(path: try session.input(try session.operand(0), ending: "csv"))
    let files = Array(session.arguments.operands.dropFirst())
    let results = try BatchResults(files: files)
    try output.write(session) { try results.joined(to: table, by: try session.idTemplate()).write(to: $0) }
    let sums = results.reconciliation
    var facts = sums.facts
    facts["output"] = .string(output.path)
    try session.conclude(output, facts, "\(sums)\n\(output.path): every row and its answer")
    return sums.failed == 0 ? .done : .negative
  }
}
