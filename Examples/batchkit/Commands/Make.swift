import BatchKit

extension Command {
  static let make = Command(
    "make", .steps, "Make a request file out of a table and a template.", [.data, .template],
    options: [.output, .id, .idTemplate, .endpoint, .force],
    discussion:
      "The file is written only if every row makes a good request; otherwise every problem is listed.",
    examples: ["batchkit make reviews.csv prompt.json -o requests.jsonl --id-template 'review-{{id}}'"]
  ) { session in
    let made = try session.tableBatch()
    let output = try session.output(otherwise: "requests.jsonl")
    guard try session.passes(made.batch, called: output.path) else { return .negative }
    try output.write(session) { try made.batch.write(to: $0) }
    let count = try made.batch.count
    let facts: JSONObject = [
      "output": .string(output.path), "requests": .number(JSONNumber(count)),
      "endpoint": .string(made.batch.endpoint.rawValue),
    ]
    try session.conclude(output, facts, "\(output.path): \(count) requests for \(made.batch.endpoint)")
    return .done
  }
}

extension Session {
  /// Whether a batch can be sent; what keeps it from being sent is listed.
  func passes(_ batch: Batch<some BatchRequest>, called name: String) throws -> Bool {
    let problems = batch.problems()
    for problem in problems.prefix(50) { console.note(problem.description) }
    if problems.count > 50 { console.note("and \(problems.count - 50) more") }
    let errors = problems.count { $0.severity == .error }
    guard errors > 0 else { return true }
    let what = errors == 1 ? "1 problem" : "\(errors) problems"
    console.complain("\(name) was not made because of \(what); mend what is listed and run it again.")
    return false
  }
}
