extension JobEngine {
  /// The index of all result files that are on disk, over all parts.
  ///
  /// Nothing is parsed here but ids and outcomes; memory is needed for one entry a row.
  func answers() throws(BatchError) -> AnswerIndex {
    try answers { (file) throws(BatchError) in try store.open(path(file)) }
  }

  /// The same, each file opened as the caller wishes.
  func answers(opening open: Opener) throws(BatchError) -> AnswerIndex {
    var files: [AnswerIndex.Part] = []
    for part in state.parts { files.append(try self.files(of: part, opening: open)) }
    return try AnswerIndex(files, rows: try rows(opening: open))
  }

  /// How a file of the job is opened, given its path within the job's folder.
  typealias Opener = (String) throws(BatchError) -> any ReadableFile

  /// The parts that the rows were divided into at first; those of later attempts hold the same rows again.
  var firstParts: [PartState] { state.parts.filter { $0.attempt == 1 } }

  /// The same parts, so many together as hold about as many rows as one large part.
  ///
  /// What later attempts brought is read for each of these groups anew, so many small parts must not each be
  /// one.
  var partGroups: [[PartState]] {
    var groups: [[PartState]] = []
    var rows = Int.max
    for part in firstParts {
      if rows > Self.rowsOfGroup - part.requests {
        groups.append([])
        rows = 0
      }
      groups[groups.count - 1].append(part)
      rows += part.requests
    }
    return groups
  }

  private static let rowsOfGroup = 100_000

  /// The index of the rows of these parts alone, whichever attempt answered them.
  ///
  /// Answers of later attempts may be for rows of any part, so they are marked as shared: what is in them for
  /// other rows is passed over.
  func answers(of parts: [PartState]) throws(BatchError) -> AnswerIndex {
    let open: Opener = { [self] (file) throws(BatchError) in try store.open(path(file)) }
    var files: [AnswerIndex.Part] = []
    for part in parts { files.append(try self.files(of: part, opening: open)) }
    for later in state.parts where later.attempt > 1 {
      var shared = try self.files(of: later, opening: open)
      shared.isShared = true
      files.append(shared)
    }
    return try AnswerIndex(files)
  }

  /// The files of one part: what it asked, what came back, and what was said where it was refused as a whole.
  private func files(of part: PartState, opening open: Opener) throws(BatchError) -> AnswerIndex.Part {
    var files = AnswerIndex.Part(requests: nil, results: [])
    files.attempt = part.attempt
    // The rows of a later attempt are those of the first, answered once more.
    if !part.file.isEmpty, part.attempt == 1 { files.requests = try open(part.file) }
    // Successes first: of two lines that answer one id, the first success is taken.
    for collected in part.collected.sorted(by: { $0.result.kind == .output && $1.result.kind != .output }) {
      // A file that was cut still answers the rows that are in it; one that is gone answers none.
      if try store.status(of: path(collected.file)) == nil, let lack = try shortfall(of: collected) {
        throw BatchError.notWhole(lack)
      }
      // Answers to several rows were taken apart; the file they came in answers none of them by itself.
      if state.shape?.gathers != true { files.results.append(try open(collected.file)) }
      if let spread = collected.spread { files.results.append(try open(spread.file)) }
    }
    if let problems = part.rejection {
      files.rejection = problems.isEmpty ? [RemoteProblem(message: "The batch failed.")] : problems
      if part.attempt > 1, !part.file.isEmpty { files.refusedAgain = try open(part.file) }
    }
    return files
  }

  /// The rows as the user sees them, of a job that did not send them one by one.
  private func rows(opening open: Opener) throws(BatchError) -> AnswerIndex.Rows? {
    guard let shape = state.shape else { return nil }
    var rows = AnswerIndex.Rows(file: try open(shape.rows.file))
    if let shared = shape.shared { rows.shared = try open(shared.file) }
    if let reused = shape.reused { rows.reused = try open(reused.file) }
    rows.gathers = shape.gathers == true
    rows.spared = AnswerIndex.Spared(shared: shape.counts.shared, reused: shape.counts.reused)
    return rows
  }

  /// What the service said about a job that is over and yielded not one line.
  ///
  /// A result without a single line is no result that a program could go on with, so it is thrown, with all
  /// that the service said, part by part.
  func nothingCame() -> BatchError {
    let state = self.state
    let reasons = state.parts.flatMap { part in
      (part.batch?.problems.map(\.description) ?? [])
        + part.gone.map { "the service no longer has the \($0.kind.rawValue) file \($0.id)" }
    }
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
