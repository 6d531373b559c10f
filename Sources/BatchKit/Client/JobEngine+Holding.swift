import Foundation

// Which parts may go now, and which are held back.

extension JobEngine {
  /// The next part that may be sent; parts whose create is unanswered come first, whatever the room.
  ///
  /// - Returns: the number of the part, or `nil` where nothing may go now.
  var sendable: Int? {
    let state = self.state
    guard !state.isCancelAsked else { return nil }
    let unclear = state.parts.first { $0.stage == .creating || $0.stage == .unresolved }
    if let unclear { return unclear.index }
    let room = room(in: state)
    return state.parts.first { $0.stage != .sent && room.admits($0) }?.index
  }

  /// What room there is for further parts.
  func room(in state: JobState) -> Room {
    Room(state, throttle: throttle, holding: timing.holding, now: clock.now)
  }

  /// Takes back a part whose batch the service refused only because it was full: nothing of it ran.
  ///
  /// It waits its turn like a part that was never sent, under a new file and a new token; the batch that was
  /// refused stays among those that the journal names.
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

/// How much of a job is under way, and with that whether a further part may go.
///
/// It is made in one walk over the parts and asked for each of them: a job may have ten thousand.
struct Room {
  private let throttle: Throttle
  /// How many parts are under way.
  private var open = 0
  /// The tokens under way by model; a model with nothing under way has no entry.
  private var tokens: [String: Int] = [:]
  /// The models of which the service said that it was full of them, and whether one more may be tried.
  private var full: [String: Bool] = [:]

  /// - Parameters:
  ///   - state: where the parts stand.
  ///   - throttle: what the user set.
  ///   - holding: how long a part is held back after the service said it was full.
  ///   - now: what time it is.
  init(_ state: JobState, throttle: Throttle, holding: Duration, now: Date) {
    self.throttle = throttle
    var held: [String: Date] = [:]
    var ended: [String: Date] = [:]
    for part in state.parts {
      if part.stage != .sent {
        if let since = part.heldSince { held[part.queue] = max(held[part.queue] ?? since, since) }
      } else if part.isOver {
        let end = part.batch?.endedAt ?? .distantPast
        ended[part.queue] = max(ended[part.queue] ?? end, end)
      } else {
        take(part)
      }
    }
    // Once the service said it was full, nothing more of that model goes until a part of it ended since, or,
    // where none is under way, until some time has passed: other programs fill the same account.
    for (model, since) in held where (ended[model] ?? .distantPast) <= since {
      full[model] = now.timeIntervalSince(since) >= holding.seconds
    }
  }

  /// Whether a part may go beside what is under way.
  ///
  /// A part with more tokens than the throttle allows still goes when nothing of its model is under way: else
  /// it would never go.
  func admits(_ part: PartState) -> Bool {
    if let most = throttle.parts, open >= most { return false }
    let others = tokens[part.queue]
    if let most = throttle.tokens, let others, others + part.tokens > most { return false }
    if let mayTry = full[part.queue] { return mayTry && others == nil }
    return true
  }

  /// Counts a part as under way.
  mutating func take(_ part: PartState) {
    open += 1
    tokens[part.queue, default: 0] += part.tokens
  }
}

extension PartState {
  /// What services count enqueued tokens by.
  fileprivate var queue: String { model ?? "" }
}
