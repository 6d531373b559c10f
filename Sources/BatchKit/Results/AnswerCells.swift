/// Writes rows with what became of their requests, cell by cell.
///
/// It knows nothing of the type of the answers, so that one compiled form of it serves them all.
struct AnswerCells: Sendable {
  /// What became of the request of a row.
  enum Outcome { case succeeded, failed, missing }

  let index: AnswerIndex
  let template: BoundTemplate?
  let columns: [AnswerColumn]
  let width: Int
  /// Whether all that is shown of an answer can be copied from where it stands.
  let copies: Bool
  /// Writes what can't be copied.
  let describe: @Sendable (AnswerIndex.Entry, Span<UInt8>, ResultLine, inout CellBuffer) -> Outcome
  /// Writes the cells of a row without an answer.
  let leaveEmpty: @Sendable (inout CellBuffer) -> Outcome

  init<Output>(
    _ results: BatchResults<Output>, _ template: BoundTemplate?, _ columns: [AnswerColumn],
    paths: [String], width: Int
  ) {
    index = results.index
    self.template = template
    self.columns = columns
    self.width = width
    copies = results.isVerbatim && !columns.contains { [.body, .flattened, .customID].contains($0.content) }
    describe = { entry, bytes, line, cells in
      results.line(of: AnsweredRow(line, bytes, at: entry, in: results.index)).write(
        columns, paths, to: &cells)
    }
    leaveEmpty = { cells in
      for column in columns {
        for _ in 0..<(column.content == .flattened ? paths.count : 1) { cells.emptyCell() }
      }
      return .missing
    }
  }

  /// Writes all rows of a block, and tells what became of them.
  func write(_ block: RowBlock, to cells: inout CellBuffer) throws(BatchError) -> JoinSummary {
    var summary = JoinSummary()
    var reader = AnswerReader(index)
    var id: [UInt8] = []
    for row in 0..<block.count {
      for column in 0..<width { block.withCell(row, column) { cells.cell($0) } }
      id.removeAll(keepingCapacity: true)
      if let template {
        block.append(template, row, to: &id)
      } else {
        id.append(contentsOf: CustomID.numbered(block.number(of: row), digits: 6).rawValue.utf8)
      }
      switch try write(id, &reader, &cells) {
      case .succeeded: summary.succeeded += 1
      case .failed: summary.failed += 1
      case .missing: summary.missing += 1
      }
      cells.endRow()
    }
    return summary
  }

  private func write(
    _ id: [UInt8], _ reader: inout AnswerReader, _ cells: inout CellBuffer
  ) throws(BatchError) -> Outcome {
    guard let place = id.withUnsafeBytes({ index.place(ofHash: AnswerTable.hash($0)) }) else {
      return leaveEmpty(&cells)
    }
    let entry = index.entries[place]
    return try reader.withLine(of: entry) { bytes in
      let line = ResultLine(bytes, readsAnswer: entry.state != .rejected)
      return line.hasID(id, bytes) ? write(line, at: entry, bytes, &cells) : leaveEmpty(&cells)
    }
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

extension ResultLine {
  /// Whether the line carries just this id.
  func hasID(_ wanted: [UInt8], _ bytes: Span<UInt8>) -> Bool {
    guard let id else { return false }
    if id.hasEscapes {
      var text: [UInt8] = []
      id.append(to: &text, from: bytes)
      return text == wanted
    }
    return bytes.extracting(id.range).withUnsafeBufferPointer { $0.elementsEqual(wanted) }
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
