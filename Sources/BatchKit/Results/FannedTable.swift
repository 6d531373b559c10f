extension BatchResults {
  /// Every row of a table, in order, met by its several answers, by name; read as it is asked for.
  ///
  /// ```swift
  /// let joined = results.joined(to: reviews, by: "{{id}}", prompts: ["summary", "tone"])
  /// for row in joined { print(row.row["product"], row["tone"]?.text ?? "no answer") }
  /// try joined.write(to: "enriched.csv")  // the table's columns, then summary, summary_error, tone, …
  /// ```
  /// - Parameters:
  ///   - table: The table that the batch was made of.
  ///   - id: the template that made the ids of the rows; `nil` where the numbers of the rows did.
  ///   - prompts: the names of the prompts, in the order in which their columns shall stand.
  public func joined(to table: Table, by id: Template? = nil, prompts: [String]) -> FannedTable<Output> {
    FannedTable(results: self, table: table, id: id, prompts: prompts)
  }
}

/// A row of the input, met by what became of each of its requests.
public struct Fanned<Output: Sendable>: Sendable {
  /// The row of the input.
  public let row: Row
  /// The answers, in the order of the prompts; `nil` where no line answers one.
  public let answers: [(prompt: String, line: BatchLine<Output>?)]

  /// The answer to the prompt of this name, if there is one.
  public subscript(_ prompt: String) -> BatchLine<Output>? {
    answers.first { $0.prompt == prompt }?.line
  }

  /// What became of the prompt of this name, as for a row with one answer.
  public func outcome(of prompt: String) -> Joined<Row, Output>.Outcome {
    Joined(row, self[prompt]).outcome
  }
}

/// The rows of a table, each met by its several answers, read one by one as they are asked for.
///
/// Made by ``BatchResults/joined(to:by:prompts:)``.
public struct FannedTable<Output: Sendable>: Sequence, Sendable {
  let results: BatchResults<Output>
  let table: Table
  let id: Template?
  let prompts: [String]

  /// Starts at the first row of the table, read anew.
  public func makeIterator() -> Iterator { Iterator(self) }

  /// A walk along the joined rows.
  ///
  /// It can't throw, so where the template names a column that is not there, every answer of every row fails
  /// with that sentence.
  public struct Iterator: IteratorProtocol {
    private let results: BatchResults<Output>
    private let prompts: [String]
    private let template: Result<BoundTemplate?, BatchError>
    private var rows: Table.Iterator

    init(_ joined: FannedTable) {
      (results, prompts) = (joined.results, joined.prompts)
      rows = joined.table.makeIterator()
      do throws(BatchError) {
        template = .success(try joined.id?.bound(to: joined.table.source.columns))
      } catch { template = .failure(error) }
    }

    /// Returns the next row with its answers, or `nil` after the last.
    public mutating func next() -> Fanned<Output>? {
      guard let row = rows.next() else { return nil }
      switch template {
      case .success(let template):
        let id = template.map { CustomID($0.text(from: row.fields)) } ?? .numbered(row.number, digits: 6)
        return Fanned(row: row, answers: prompts.map { ($0, results[FanOut.id(id, $0)]) })
      case .failure(let error):
        let failure = LineError(.unreadable, message: error.message, isWorthRetrying: false)
        let line = BatchLine<Output>(id: "", result: .failure(failure), reply: nil, status: nil)
        return Fanned(row: row, answers: prompts.map { ($0, line) })
      }
    }
  }
}

extension FannedTable {
  /// Writes the table as CSV with its answers beside each row, a column for each prompt.
  ///
  /// The table's own columns come first, as they were and in the dialect of the file. Then, for each prompt,
  /// the text of its answer under its name, and what went wrong under its name and `_error`. Of other columns
  /// that are chosen, each goes by the prompt's name and its own: `tone_completion_tokens`. The file appears
  /// whole or not at all. Its name decides on commas or tabs as in ``JoinedTable``.
  /// - Parameters:
  ///   - path: Where the file goes; what was there is replaced.
  ///   - columns: What of each answer is shown: text and error, if not said otherwise.
  ///   - guardingFormulas: Whether a cell that a spreadsheet would take for a formula gets a `'` in front.
  /// - Returns: What became of the answers, in numbers: one for each row and prompt.
  /// - Throws: ``BatchError`` where the table or the results can't be read to the end, the file not be
  ///   written, or a column be flattened, which needs a join to one prompt.
  @discardableResult
  public func write(
    to path: String, columns: [AnswerColumn] = [.content, .error], guardingFormulas: Bool = false
  ) throws -> JoinSummary {
    try write(to: path, columns: columns, guardingFormulas: guardingFormulas, store: DiskStore.shared)
  }

  @discardableResult
  package func write(
    to path: String, columns: [AnswerColumn] = [.content, .error], guardingFormulas: Bool = false,
    store: any FileStore
  ) throws -> JoinSummary {
    // Before anything is written: a template that fits no column is a mistake to tell, not to export.
    _ = try id?.bound(to: table.source.columns)
    guard !columns.contains(where: { $0.content == .flattened }) else { throw BatchError.flattenedFanOut }
    let dialect = try table.source.dialect.fitting(path)
    var summary = JoinSummary()
    try store.publish(path) { file in
      var cells = CellBuffer(dialect, guardsFormulas: guardingFormulas)
      cells.mark()
      for name in table.columns + names(of: columns) { cells.cell(name) }
      cells.endRow()
      for fanned in self {
        if let problem = fanned.row.problem { throw problem }
        fanned.write(columns, width: table.columns.count, to: &cells, &summary)
        guard cells.count >= 1 << 18 else { continue }
        try cells.withBytes { bytes in try file.write(bytes) }
        cells.clear()
      }
      try cells.withBytes { bytes in try file.write(bytes) }
    }
    return summary
  }

  /// The names of the columns that are added; one that is taken already gets a number behind it.
  private func names(of columns: [AnswerColumn]) -> [String] {
    var taken = Set(table.columns.map { $0.lowercased() })
    let wanted = prompts.flatMap { prompt in
      columns.map { $0.content == .content ? prompt : "\(prompt)_\($0.name)" }
    }
    return wanted.map { wanted in
      var name = wanted
      var number = 2
      while !taken.insert(name.lowercased()).inserted {
        name = "\(wanted)_\(number)"
        number += 1
      }
      return name
    }
  }
}

extension Fanned {
  fileprivate func write(
    _ columns: [AnswerColumn], width: Int, to cells: inout CellBuffer, _ summary: inout JoinSummary
  ) {
    for column in 0..<width { row.fields.withBytes(of: column) { cells.cell(UnsafeRawBufferPointer($0)) } }
    for (_, line) in answers {
      switch line?.result {
      case .success: summary.succeeded += 1
      case .failure: summary.failed += 1
      case nil: summary.missing += 1
      }
      for column in columns {
        if let text = line?.text(in: column.content) { cells.cell(text) } else { cells.emptyCell() }
      }
    }
    cells.endRow()
  }
}

extension BatchError {
  fileprivate static var flattenedFanOut: Self {
    Self(
      .unsupported,
      "The fields of several answers to a row can't stand in columns of their own; write a file for each "
        + "prompt, joined by the row's id and the prompt's name: by: \"{{id}}/tone\".")
  }
}
