import BatchKit

/// A batch that was made of a table, and what brings the two together again.
struct TableBatch {
  let table: Table
  let id: Template?
  let batch: Batch<RequestTemplate>
  /// How the template writes its columns.
  let style: Placeholders

  /// The warning that every row asks the same, where the template names no column.
  ///
  /// It may be meant, so it is no error; but nearly always the columns are written in another way than the
  /// template is read, and every row would be paid for the same wrong answer.
  var sameness: Problem? {
    let templates = batch.request.body.texts.map { Template($0) }
    guard templates.allSatisfy({ $0.columns.isEmpty && $0.fault == nil }) else { return nil }
    let remedy =
      otherStyle(in: templates.map(\.literalText))
      ?? "a column is written \(style.around(table.columns.last ?? "text"))"
    return Problem(
      .warning, "no_column", "Every row asks the same: the template names no column; \(remedy).")
  }

  /// What to do where a column of the table stands in the template in a style that was not asked for.
  private func otherStyle(in texts: [String]) -> String? {
    let columns = Set(table.columns.map { $0.lowercased() })
    for other in Placeholders.allCases where other != style {
      let names = texts.flatMap { Template($0, placeholders: other).columns }
      guard let name = names.first(where: { columns.contains($0.lowercased()) }) else { continue }
      return "\(other.around(name)) is read as a column with --placeholders \(other.rawValue)"
    }
    return nil
  }
}

extension Template {
  /// The text of a template without columns, its doubled braces made single again.
  fileprivate var literalText: String {
    pieces.map { if case .literal(let text) = $0 { text } else { "" } }.joined()
  }
}

extension JSONValue {
  /// All texts in it, the keys of objects left out.
  fileprivate var texts: [String] {
    switch self {
    case .string(let text): [text]
    case .array(let elements): elements.flatMap(\.texts)
    case .object(let object): object.pairs.flatMap(\.value.texts)
    case .null, .bool, .number: []
    }
  }
}

extension Session {
  /// Throws where a table's requests can't be sent, once everything that is wrong with them is listed.
  func check(_ made: TableBatch, called name: String) throws {
    if let problem = made.sameness { console.tell(problem) }
    try check(made.batch) {
      "\(name) was not made because of \($0); mend what is listed and run it again."
    }
  }

  /// Throws where a batch can't be sent, once everything that is wrong with it is listed.
  ///
  /// - Parameter refusal: The sentence to end with, made of the number of problems in words.
  func check(_ batch: Batch<some BatchRequest>, refusal: (_ problems: String) -> String) throws {
    let problems = batch.problems()
    for problem in problems.prefix(50) { console.tell(problem) }
    let errors = problems.count { $0.severity == .error }
    if problems.count > 50 { console.note("and \(problems.count - 50) more") }
    guard errors > 0 else { return }
    throw Refusal(
      code: .invalidBatch, message: refusal(errors == 1 ? "1 problem" : "\(errors) problems"),
      details: ["problems": .array(problems.prefix(1000).map(\.json))])
  }
}
