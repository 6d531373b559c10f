import BatchKit
import Foundation

extension EmulatorService {
  /// The shares of a batch's time at which it has been checked, and at which everything has been run.
  private static let checked = 0.1
  private static let allRun = 0.9

  /// Does what should have happened until `date`.
  ///
  /// Late creates come first, at the date at which they were due, so that a batch of theirs has run for as
  /// long as it should have. A date before the latest one changes nothing.
  mutating func catchUp(to date: Date) {
    now = max(now, date)
    for late in lateCreates.filter({ $0.due <= now }) { make(late.order, at: late.due) }
    lateCreates.removeAll { $0.due <= now }
    for id in unfinished {
      guard var batch = batches.removeValue(forKey: id) else { continue }
      move(&batch)
      batches[id] = batch
    }
    settle()
    expireFiles()
  }

  /// Takes batches that are over off the list of those to look after.
  mutating func settle() {
    unfinished.removeAll { batches[$0]?.status.isFinal ?? true }
  }

  /// Moves a batch on to where it should be now.
  ///
  /// A failure of the emulator itself, such as a full disk, ends the batch as failed with that as its reason:
  /// no request is left waiting for ever.
  mutating func move(_ batch: inout EmulatedBatch) {
    do {
      try step(&batch)
    } catch {
      batch.problems = [RemoteProblem(code: "server_error", message: "The batch could not be run: \(error)")]
      batch.run = nil
      batch.enter("failed", at: now)
    }
  }

  /// Takes every step that is due, several at once where nobody looked for long.
  ///
  /// The dates of the steps are those at which they were due, not those at which somebody looked.
  private mutating func step(_ batch: inout EmulatedBatch) throws {
    if batch.status == "cancelling" { return try endCancel(of: &batch) }
    if batch.status == "validating", progress(of: batch) >= Self.checked { try validate(&batch) }
    if batch.status == "in_progress" { try run(&batch) }
    if batch.status == "finalizing", progress(of: batch) >= 1 {
      try finish(&batch, as: "completed", leftOver: .expired, at: date(of: batch, share: 1))
    }
  }

  /// How much of its time a batch has behind it: 0 when it is made, 1 and more when it is over.
  private func progress(of batch: EmulatedBatch, at date: Date? = nil) -> Double {
    if let polls = script.pace.polls { return Double(batch.polls) / Double(polls) }
    let duration = script.pace.duration.seconds
    let elapsed = (date ?? now).timeIntervalSince(batch.createdAt)
    return duration > 0 ? elapsed / duration : 1
  }

  /// When a batch reached this share of its time.
  private func date(of batch: EmulatedBatch, share: Double) -> Date {
    guard script.pace.polls == nil else { return now }
    return min(now, batch.createdAt.addingTimeInterval(script.pace.duration.seconds * share))
  }

  /// Checks the input and lets the batch run, or fail with all that is wrong.
  ///
  /// All that is wrong with the lines is told together; a reason of the script's own, or too many tokens, is
  /// told alone.
  private mutating func validate(_ batch: inout EmulatedBatch) throws {
    let date = date(of: batch, share: Self.checked)
    let endpoint = Endpoint(batch.endpoint)
    guard let file = files[batch.inputFileID] else {
      return fail(&batch, [.fileNotFound(batch.inputFileID)], at: date)
    }
    let (input, problems) = try InputCheck.check(file.content, endpoint: endpoint, limits: script.limits)
    batch.record.model = input.model
    if let problem = scriptedFailure() ?? tokenLimit(for: input) { return fail(&batch, [problem], at: date) }
    guard problems.isEmpty else { return fail(&batch, problems, at: date) }
    batch.record.counts.total = input.lines.count
    batch.run = BatchRun(
      input, body: file.content, endpoint: endpoint, seed: random.next(), spool: spool)
    batch.enter("in_progress", at: date)
  }

  /// Ends a batch that did not pass its check.
  private mutating func fail(_ batch: inout EmulatedBatch, _ problems: [RemoteProblem], at date: Date) {
    batch.problems = problems
    batch.enter("failed", at: date)
  }

  /// The reason the script gives for refusing this batch, if any is left.
  private mutating func scriptedFailure() -> RemoteProblem? {
    guard let (failure, first) = script.batchFailure, failedBatches < first else { return nil }
    failedBatches += 1
    return RemoteProblem(code: failure.code, message: failure.message)
  }

  /// The refusal of a batch whose prompts don't fit beside those of the unfinished ones of its model.
  private func tokenLimit(for input: CheckedInput) -> RemoteProblem? {
    guard let limit = script.limits.enqueuedTokens, let model = input.model else { return nil }
    let others = unfinished.compactMap { batches[$0] }.filter { $0.record.model == model }
    let enqueued = others.compactMap(\.run?.promptTokens).reduce(0, +)
    guard enqueued + input.promptTokens > limit else { return nil }
    return RemoteProblem(
      code: "token_limit_exceeded",
      message:
        "Enqueued token limit reached for \(model) in organization org-emulator. Limit: \(limit) enqueued "
        + "tokens. Please try again once some in_progress batches have been completed.")
  }

  /// Runs what should be run by now, and enters the status that follows from it.
  ///
  /// Nothing is run after the window has closed, however late anybody looks.
  private mutating func run(_ batch: inout EmulatedBatch) throws {
    let progress = progress(of: batch, at: min(now, batch.expiresAt))
    let share = (progress - Self.checked) / (Self.allRun - Self.checked)
    let end = batch.stuckAt ?? 1
    try batch.run?.proceed(to: min(max(0, share), end), at: now, by: script, noting: &batch.record)
    if let made = batch.run?.videos, !made.isEmpty { videos.merge(made) { $1 } }
    let isWindowClosed = script.pace.polls == nil ? now >= batch.expiresAt : progress >= 1
    if batch.stuckAt == nil, share >= 1 {
      batch.enter("finalizing", at: date(of: batch, share: Self.allRun))
    } else if isWindowClosed {
      let date = script.pace.polls == nil ? batch.expiresAt : now
      try finish(&batch, as: "expired", leftOver: .expired, at: date)
    }
  }

  /// Ends a cancelled batch when its time has come.
  private mutating func endCancel(of batch: inout EmulatedBatch) throws {
    let cancelledAt = batch.dates["cancelling"] ?? now
    let due = cancelledAt.addingTimeInterval(script.pace.cancelling.seconds)
    let isOver = script.pace.polls == nil ? now >= due : batch.polls > batch.pollsAtCancel
    guard isOver else { return }
    try finish(&batch, as: "cancelled", leftOver: .cancelled, at: min(now, due))
  }

  /// Hands out the result files and ends the batch.
  ///
  /// Requests that had no turn fail as `leftOver` says, in the file of errors. Files that hold nothing are
  /// not made.
  private mutating func finish(
    _ batch: inout EmulatedBatch, as status: RemoteStatus, leftOver: ScriptedFailure, at date: Date
  ) throws {
    if let files = try batch.run?.finish(leftOver: leftOver) {
      batch.outputFileID = add(files.output, as: "output", of: batch, at: date)
      batch.errorFileID = add(files.errors, as: "error", of: batch, at: date)
    }
    batch.run = nil
    batch.enter(status, at: date)
  }

  /// Keeps a result file, where there is anything in it.
  private mutating func add(
    _ content: HTTPBody?, as kind: String, of batch: EmulatedBatch, at date: Date
  ) -> String? {
    guard let content else { return nil }
    return add(
      content, name: "\(batch.id)_\(kind).jsonl", purpose: "batch_output", at: date,
      lifetime: batch.outputLifetime
    ).id
  }
}
