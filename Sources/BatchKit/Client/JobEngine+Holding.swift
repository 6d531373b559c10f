import Foundation

// Which parts may go now, and which are held back.

extension JobEngine {
  /// The next part that may be sent; parts whose create is unanswered come first, whatever the room.
  var sendable: Int? {
    let state = self.state
    guard !state.isCancelAsked else { return nil }
    let unclear = state.parts.first { $0.stage == .creating || $0.stage == .unresolved }
    return (unclear ?? state.parts.first { $0.stage != .sent && mayGo($0, state) })?.index
  }

  private func mayGo(_ part: PartState, _ state: JobState) -> Bool {
    let open = state.parts.filter { $0.stage == .sent && !$0.isOver }
    let sameModel = open.filter { $0.model == part.model }
    if let most = throttle.parts, open.count >= most { return false }
    if let most = throttle.tokens, !sameModel.isEmpty {
      guard sameModel.reduce(part.tokens, { $0 + $1.tokens }) <= most else { return false }
    }
    return !isFull(for: part, state, sameModel)
  }

  /// Once the service said it was full, nothing more of that model goes until a part of it ended since, or,
  /// where none is under way, until some time has passed: other programs fill the same account.
  private func isFull(for part: PartState, _ state: JobState, _ sameModel: [PartState]) -> Bool {
    let held = state.parts.filter { $0.model == part.model && $0.stage != .sent }.compactMap(\.heldSince)
    guard let since = held.max() else { return false }
    let hasEnded = state.parts.contains { other in
      other.model == part.model && other.isOver && (other.batch?.endedAt ?? .distantPast) > since
    }
    if hasEnded { return false }
    return !sameModel.isEmpty || clock.now.timeIntervalSince(since) < timing.holding.seconds
  }

  /// Takes back a part whose batch the service refused only because it was full: nothing of it ran.
  func requeue(_ part: PartState, _ pen: borrowing JobPen) throws {
    // Without its requests a part can't go again, and one that never fits must not go for ever.
    guard !part.file.isEmpty, part.requeues < timing.tries else { return }
    guard let batch = part.batch, batch.status.meaning == .failed, (batch.counts?.done ?? 0) == 0,
      let full = batch.problems.first(where: { $0.code == "token_limit_exceeded" })
    else { return }
    try pen.write(.requeued(part.index, message: full.message, at: clock.now))
    tell(.waiting(reason: "the service is full (\(full.message))", duration: timing.holding))
  }
}
