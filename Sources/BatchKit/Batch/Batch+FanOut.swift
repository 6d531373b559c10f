extension Batch where Request.Input == Prompt {
  /// Adds several requests for each row of a table, one for each of the named prompts.
  ///
  /// ```swift
  /// batch.add(
  ///   contentsOf: reviews, id: "{{id}}",
  ///   prompts: ["summary": "Sum up: {{text}}", "tone": "Name the tone in one word: {{text}}"])
  /// ```
  /// The ids are those of the rows with the name behind a slash: `17/summary` and `17/tone` for row 17. The
  /// requests of a row follow each other in the order of the prompts. ``BatchResults/joined(to:by:prompts:)``
  /// brings the answers back to their row, by name.
  ///
  /// A name can't hold a slash, so that the last slash of an id always ends the part that is the row's.
  /// - Parameters:
  ///   - table: The table, which is held and not read.
  ///   - id: What makes the id of each row; the number of the row does if `nil`: `request-000017/tone`.
  ///   - prompts: The names, each with what makes its prompt.
  public mutating func add(
    contentsOf table: Table, id: Template? = nil, prompts: KeyValuePairs<String, Template>
  ) {
    let prompts = prompts.map { FanOut.NamedPrompt(name: $0.key, template: $0.value) }
    groups.append(.source(FanOutSource<Request>(table: table, id: id, prompts: prompts)))
  }
}

extension Batch where Request.Input == Prompt {
  /// Adds several requests for each row of a table, one for each of the named prompts.
  @_disfavoredOverload
  public mutating func add(
    contentsOf table: Table, id: String, prompts: KeyValuePairs<String, String>
  ) {
    let prompts = prompts.map { FanOut.NamedPrompt(name: $0.key, template: Template($0.value)) }
    groups.append(.source(FanOutSource<Request>(table: table, id: Template(id), prompts: prompts)))
  }
}

/// The ids of several requests that are made of one row.
///
/// Both directions of the naming stand here, since joining takes an id apart that adding put together.
enum FanOut {
  /// A prompt with the name that goes into the ids of its requests.
  struct NamedPrompt: Sendable {
    let name: String
    let template: Template
  }

  /// What stands between the id of a row and the name of a prompt.
  static let separator = "/"

  /// The id of the request that a named prompt makes of a row.
  static func id(_ row: CustomID, _ name: String) -> CustomID { CustomID(row.rawValue + separator + name) }

  /// What is wrong with the names themselves.
  ///
  /// They are told with the batch's other problems, since adding never fails.
  static func problems(of names: [String]) -> [Problem] {
    guard !names.isEmpty else {
      return [problem("no prompts are named, so its rows ask nothing; name at least one")]
    }
    var seen: Set<String> = []
    return names.compactMap { name in
      if name.isEmpty { return problem("a prompt has an empty name; give it one") }
      if name.contains(separator) { return problem("the name “\(name)” holds a “/”; take another letter") }
      return seen.insert(name).inserted ? nil : problem("the name “\(name)” is given twice; change one")
    }
  }

  /// A fault of the names, in the words that all of them begin with.
  private static func problem(_ message: String) -> Problem {
    Problem(.error, "invalid_prompt_name", "In the prompts of a table, \(message).")
  }
}

/// The rows of a table, each made into a request for each of some prompts.
///
/// A row is read once, and all its requests are made while it is there.
private struct FanOutSource<Request: BatchRequest>: RequestSource where Request.Input == Prompt {
  let table: Table
  let id: Template?
  let prompts: [FanOut.NamedPrompt]

  func count() throws -> Int {
    var rows = 0
    var row = Row(table.source.columns)
    var cursor = try table.source.rows()
    while try cursor.next(into: &row) { rows += 1 }
    return rows * prompts.count
  }

  func walk(_ request: Request, _ visit: (RenderedStep) throws -> Void) throws {
    guard let bound = try bind(visit) else { return }
    var writer = LineWriter()
    var rows = table.makeIterator()
    while let row = rows.next() {
      if let problem = row.problem {
        try visit(.problem(Problem(.error, problem.code.rawValue, problem.message)))
        continue
      }
      let rowID = bound.id.map { CustomID($0.text(from: row.fields)) } ?? .numbered(row.number, digits: 6)
      for (name, template) in bound.prompts {
        let prompt = Prompt(template.text(from: row.fields))
        // An id of nothing but the name would hide that the row has none.
        let id = rowID.rawValue.isEmpty ? rowID : FanOut.id(rowID, name)
        try visit(writer.line(id, request, prompt, place: row.place))
      }
    }
  }

  private typealias Bound = (id: BoundTemplate?, prompts: [(name: String, template: BoundTemplate)])

  /// The templates with their columns found, or `nil` after everything that is wrong with them was told.
  private func bind(_ visit: (RenderedStep) throws -> Void) throws -> Bound? {
    var bound: Bound = (nil, [])
    var problems = FanOut.problems(of: prompts.map(\.name))
    func note(_ error: BatchError) { problems.append(Problem(.error, error.code.rawValue, error.message)) }
    do throws(BatchError) { bound.id = try id?.bound(to: table.source.columns) } catch { note(error) }
    for prompt in prompts {
      do throws(BatchError) {
        bound.prompts.append((prompt.name, try prompt.template.bound(to: table.source.columns)))
      } catch { note(error) }
    }
    for problem in problems { try visit(.problem(problem)) }
    return problems.isEmpty ? bound : nil
  }
}
