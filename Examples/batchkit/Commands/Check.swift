import BatchKit

extension Command {
  static let check = Command(
    "check", .steps, "Look for everything the service would refuse in request files.",
    [Operand("FILE", "A request file (.jsonl), or - for standard input.", .several)],
    options: [
      Option("models", "FILE", "A table of models (JSON) to go by, beside the one that is built in."),
      Option(
        "limits", "NAME", "Whose limits to go by, openai unless you say otherwise.",
        choices: limits.map(\.name)),
    ],
    discussion: """
      Each file is checked as it stands: what submit would divide or leave out by itself is told as well. \
      Warnings are no refusals, and a warning that many requests share is told once.
      """,
    examples: ["batchkit check requests.jsonl", "batchkit check --json requests.jsonl"], reach: .files
  ) { session in
    let choice = session.arguments["limits"] ?? "openai"
    let limits = limits.first { $0.name == choice }?.limits ?? .openAI
    let models = try session.arguments["models"].map { ModelRules.builtIn.adding(try ModelRules(path: $0)) }
    var reports: [JSONValue] = []
    var lines: [String] = []
    var isGood = true
    for name in session.arguments.operands {
      let path = try session.input(name, ending: "jsonl")
      let check = try BatchFile.check(path, for: limits, models: models ?? .builtIn)
      isGood = isGood && check.isAccepted
      lines += check.problems.map { $0.description.spelled } + check.summary(of: name)
      reports.append(check.json(of: name))
    }
    try session.console.tell(.array(reports), lines.joined(separator: "\n"))
    return isGood ? .done : .negative
  }

  private static let limits: [(name: String, limits: BatchLimits)] = [
    ("openai", .openAI), ("azure", .azureOpenAI), ("together", .together), ("dashscope", .dashScope),
  ]
}

extension FileCheck {
  /// The verdict in words, and what there is in the file.
  fileprivate func summary(of name: String) -> [String] {
    let places = statistics.endpoints.keys.map(\.rawValue).sorted().joined(separator: ", ")
    let verdict =
      isAccepted
      ? "good: \(statistics.requests) request\(statistics.requests == 1 ? "" : "s") for \(places)" : "refused"
    guard statistics.requests > 0 else { return ["\(name): \(verdict)"] }
    let asked = statistics.models.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
    var columns = Columns()
    columns.add("  requests", "\(statistics.requests)")
    columns.add("  bytes", "\(statistics.bytes)")
    columns.add("  longest line", "\(statistics.longestLine) bytes, line \(statistics.longestLineNumber)")
    columns.add("  models", asked.map { "\($0.key) (\($0.value))" }.joined(separator: ", "))
    columns.add(
      "  tokens to read", "about \(statistics.estimatedTokens), at most \(statistics.largestEstimate) in one")
    if statistics.schemas > 0 { columns.add("  schemas", "\(statistics.schemas)") }
    return ["\(name): \(verdict)", columns.text]
  }

  fileprivate func json(of name: String) -> JSONValue {
    let places = statistics.endpoints.keys.map(\.rawValue).sorted()
    return [
      "file": .string(name), "good": .bool(isAccepted), "endpoint": places.first.map { .string($0) } ?? .null,
      "errors": .number(JSONNumber(errorCount)), "warnings": .number(JSONNumber(warningCount)),
      "problems": .array(problems.map(\.json)), "statistics": statistics.json,
    ]
  }
}

extension FileCheck.Statistics {
  fileprivate var json: JSONValue {
    func number(_ count: Int) -> JSONValue { .number(JSONNumber(count)) }
    func tally<Name: RawRepresentable<String>>(_ counts: [Name: Int]) -> JSONValue {
      let sorted = counts.sorted { $0.key.rawValue < $1.key.rawValue }
      return .object(JSONObject(sorted.map { ($0.key.rawValue, number($0.value)) }))
    }
    return [
      "requests": number(requests), "bytes": number(bytes), "longest_line_bytes": number(longestLine),
      "longest_line": number(longestLineNumber), "models": tally(models), "endpoints": tally(endpoints),
      "embedded_texts": number(embeddedTexts), "schemas": number(schemas),
      "estimated_tokens": number(estimatedTokens), "largest_request_tokens": number(largestEstimate),
    ]
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
