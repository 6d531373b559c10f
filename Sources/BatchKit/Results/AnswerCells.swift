/// Puts answers into the cells that stand behind their rows.
///
/// It knows nothing of the type of the answers, so that one compiled form of it serves them all.
struct AnswerCells: Sendable {
  /// What became of the request of a row.
  enum Outcome { case succeeded, failed }

  let index: AnswerIndex
  let columns: [AnswerColumn]
  /// Whether all that is shown of an answer can be copied from where it stands.
  let copies: Bool
  /// Writes what can't be copied.
  let describe: @Sendable (AnswerIndex.Entry, Span<UInt8>, ResultLine, inout CellBuffer) -> Outcome

  init<Output>(_ results: BatchResults<Output>, _ columns: [AnswerColumn], paths: [String]) {
    index = results.index
    self.columns = columns
    copies = results.isVerbatim && !columns.contains { [.body, .flattened, .customID].contains($0.content) }
    describe = { entry, bytes, line, cells in
      results.line(of: AnsweredRow(line, bytes, at: entry, in: results.index)).write(
        columns, paths, to: &cells)
    }
  }

  /// Writes the cells of the answer at an entry, and tells what it is and the second hash of its id.
  func write(
    _ entry: AnswerIndex.Entry, _ bytes: Span<UInt8>, _ line: ResultLine, to cells: inout CellBuffer
  ) -> (outcome: Outcome, check: UInt32) {
    cells.continueRow()
    let outcome = write(line, at: entry, bytes, &cells)
    return (outcome, line.id.map { RowPlan.check($0, bytes) } ?? 0)
  }

  private func write(
    _ line: ResultLine, at entry: AnswerIndex.Entry, _ bytes: Span<UInt8>, _ cells: inout CellBuffer
  ) -> Outcome {
    guard copies, line.isSuccess, line.body?.isText == false, entry.state != .rejected else {
      return describe(entry, bytes, line, &cells)
    }
    for column in columns { write(column, of: line.facts, line, bytes, &cells) }
    return .succeeded
  }

  private func write(
    _ column: AnswerColumn, of facts: ReplyFacts, _ line: ResultLine, _ bytes: Span<UInt8>,
    _ cells: inout CellBuffer
  ) {
    let text: JSONText?
    let number: Int?
    switch column.content {
    case .content: return cells.cell(facts.text, in: bytes)
    case .finishReason: (text, number) = (facts.finishReason ?? facts.status, nil)
    case .model: (text, number) = (facts.model, nil)
    case .refusal: (text, number) = (facts.refusal, nil)
    case .promptTokens: (text, number) = (nil, facts.usage?.input)
    case .completionTokens: (text, number) = (nil, facts.usage?.output)
    case .cachedTokens: (text, number) = (nil, facts.usage?.cached)
    case .reasoningTokens: (text, number) = (nil, facts.usage?.reasoning)
    case .status: (text, number) = (nil, line.status)
    case .error, .errorCode, .customID, .body, .flattened: (text, number) = (nil, nil)
    }
    if let text { return cells.cell(text, in: bytes) }
    if let number { cells.cell(number) } else { cells.emptyCell() }
  }
}

extension BatchLine {
  fileprivate func write(
    _ columns: [AnswerColumn], _ paths: [String], to cells: inout CellBuffer
  ) -> AnswerCells.Outcome {
    for column in columns {
      guard column.content == .flattened else {
        cells.cell(text(in: column.content) ?? "")
        continue
      }
      let fields = value == nil ? [:] : flatFields
      for path in paths { cells.cell(fields[path] ?? "") }
    }
    return error == nil ? .succeeded : .failed
  }

  /// What a column shows of the row.
  func text(in column: AnswerColumn.Content) -> String? {
    switch column {
    case .error: error?.message
    case .errorCode: error?.code
    case .status: status.map(String.init)
    case .customID: id.rawValue
    case .body: holdsAnswer ? reply.map { $0.raw.description } : nil
    default: holdsAnswer ? reply.flatMap { $0.text(in: column) } : nil
    }
  }

  /// An answer that was paid for is shown even where it did not decode; an error of the service is none.
  private var holdsAnswer: Bool {
    error.map { ![.refused, .rejected, .expired, .cancelled, .unreadable].contains($0.kind) } ?? true
  }
}

extension Reply {
  fileprivate func text(in column: AnswerColumn.Content) -> String? {
    switch column {
    case .content: text
    case .finishReason: finishReason
    case .model: model
    case .refusal: refusal
    case .promptTokens: usage.map { String($0.input) }
    case .completionTokens: usage.map { String($0.output) }
    case .cachedTokens: usage.map { String($0.cached) }
    case .reasoningTokens: usage.map { String($0.reasoning) }
    default: nil
    }
  }
}
