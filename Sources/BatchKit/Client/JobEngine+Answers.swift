extension JobEngine {
  /// The index of all result files that are on disk, over all parts.
  func answers() throws(BatchError) -> AnswerIndex {
    try answers { (file) throws(BatchError) in try store.open(path(file)) }
  }

  /// The same, each file opened as the caller wishes.
  func answers(
    opening open: (String) throws(BatchError) -> any ReadableFile
  ) throws(BatchError) -> AnswerIndex {
    var parts: [AnswerIndex.Part] = []
    for part in state.parts {
      var files = AnswerIndex.Part(requests: nil, results: [])
      // The rows of a later attempt are those of the first, answered once more.
      if !part.file.isEmpty, part.attempt == 1 { files.requests = try open(part.file) }
      // Successes first: of two lines that answer one id, the first success is taken.
      for collected in part.collected.sorted(by: { $0.result.kind == .output && $1.result.kind != .output }) {
        // Answers to several rows were taken apart; the file they came in answers none of them by itself.
        if state.shape?.gathers != true { files.results.append(try open(collected.file)) }
        if let spread = collected.spread { files.results.append(try open(spread.file)) }
      }
      if let batch = part.batch, batch.status.meaning == .failed, part.collected.isEmpty {
        files.rejection =
          batch.problems.isEmpty ? [RemoteProblem(message: "The batch failed.")] : batch.problems
      }
      parts.append(files)
    }
    return try AnswerIndex(parts, rows: try rows(opening: open))
  }

  private func rows(
    opening open: (String) throws(BatchError) -> any ReadableFile
  ) throws(BatchError) -> AnswerIndex.Rows? {
    guard let shape = state.shape else { return nil }
    var rows = AnswerIndex.Rows(file: try open(shape.rows.file))
    if let shared = shape.shared { rows.shared = try open(shared.file) }
    if let reused = shape.reused { rows.reused = try open(reused.file) }
    rows.spared = AnswerIndex.Spared(shared: shape.counts.shared, reused: shape.counts.reused)
    return rows
  }

  /// What the service said about a job that is over and yielded not one line.
  func nothingCame() -> BatchError {
    let state = self.state
    let reasons = state.parts.flatMap { part in part.batch?.problems.map(\.description) ?? [] }
    let statuses = Set(state.parts.compactMap { $0.batch?.status.rawValue }).sorted().joined(separator: ", ")
    let said =
      reasons.isEmpty ? "the service gave no reason (status: \(statuses))" : reasons.joined(separator: "; ")
    return BatchError(.nothingUsable, "Job “\(state.card.name ?? id)” yielded no answer: \(said).")
  }
}
