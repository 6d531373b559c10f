import BatchKit

extension Command {
  static let check = Command(
    "check", .steps, "Look for everything the service would refuse in request files.",
    [Operand("FILE", "A request file (.jsonl), or - for standard input.", .several)],
    examples: ["batchkit check requests.jsonl"], reach: .files
  ) { session in
    var reports: [JSONValue] = []
    var lines: [String] = []
    var isGood = true
    for name in session.arguments.operands {
      let batch = try Batch(path: try session.input(name, ending: "jsonl"))
      let problems = batch.problems()
      let errors = problems.count { $0.severity == .error }
      isGood = isGood && errors == 0
      let verdict = errors == 0 ? "good: \(try batch.count) requests for \(batch.endpoint)" : "refused"
      lines += problems.map { $0.description.spelled } + ["\(name): \(verdict)"]
      reports.append([
        "file": .string(name), "good": .bool(errors == 0), "endpoint": .string(batch.endpoint.rawValue),
        "problems": .array(problems.map(\.json)),
      ])
    }
    try session.console.tell(.array(reports), lines.joined(separator: "\n"))
    return isGood ? .done : .negative
  }
}

extension Problem {
  /// The problem for a script.
  var json: JSONValue {
    [
      "severity": .string(severity.rawValue), "code": .string(code), "message": .string(message),
      "id": id.map { .string($0.rawValue) } ?? .null, "place": place.map { .string($0) } ?? .null,
    ]
  }
}
