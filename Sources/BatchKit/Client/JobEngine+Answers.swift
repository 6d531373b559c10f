extension JobEngine {
  /// The index of all result files that are on disk, over all parts.
  func answers() throws(BatchError) -> AnswerIndex {
    var files: [AnswerIndex.Part] = []
    for part in state.parts { files.append(try self.files(of: part)) }
    return try AnswerIndex(files)
  }

  /// The parts that the rows were divided into at first; those of later attempts hold the same rows again.
  var firstParts: [PartState] { state.parts.filter { $0.attempt == 1 } }

  /// The index of the rows of one part alone, whichever attempt answered them.
  func answers(of part: PartState) throws(BatchError) -> AnswerIndex {
    var files = [try self.files(of: part)]
    for later in state.parts where later.attempt > 1 {
      var shared = try self.files(of: later)
      shared.isShared = true
      files.append(shared)
    }
    return try AnswerIndex(files)
  }

  private func files(of part: PartState) throws(BatchError) -> AnswerIndex.Part {
    var files = AnswerIndex.Part(requests: nil, results: [])
    // The rows of a later attempt are those of the first, answered once more.
    if !part.file.isEmpty, part.attempt == 1 { files.requests = try store.open(path(part.file)) }
    // Successes first: of two lines that answer one id, the first success is taken.
    for collected in part.collected.sorted(by: { $0.result.kind == .output && $1.result.kind != .output }) {
      files.results.append(try store.open(path(collected.file)))
    }
    if let problems = part.rejection {
      files.rejection = problems.isEmpty ? [RemoteProblem(message: "The batch failed.")] : problems
      if part.attempt > 1, !part.file.isEmpty { files.refusedAgain = try store.open(path(part.file)) }
    }
    return files
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

extension PartState {
  /// What the service said against the part, where it refused it as a whole; `nil` where it didn't.
  var rejection: [RemoteProblem]? {
    guard let batch, batch.status.meaning == .failed, collected.isEmpty else { return nil }
    return batch.problems
  }
}
