import Foundation

// Which parts may go now, and which are held back.

extension JobEngine {
  /// What sending does next, from memory alone; `nil` where nothing may go now.
  ///
  /// Creates whose answer is missing take up room, since each may have made a batch. They are looked for when
  /// nothing else may go: a part that is not doubtful should not wait minutes for one that is. But they may
  /// not become too many, or a service that answers nothing would be sent a whole job blindly.
  var nextSending: Sending? {
    let state = self.state
    guard !state.isCancelAsked else { return nil }
    let parts = state.parts
    // By their places, here and below: this is asked for at every step, and copies of ten thousand parts
    // would be most of the work.
    if let stuck = parts.indices.first(where: { parts[$0].stage == .unresolved }) {
      return .unresolved(parts[stuck])
    }
    let unclear = parts.indices.filter { parts[$0].stage == .creating }
    if unclear.count < timing.unclear {
      let room = room(in: state)
      if let free = parts.indices.first(where: { parts[$0].mayGo && room.admits(parts[$0]) }) {
        return .part(free)
      }
    }
    return unclear.isEmpty ? nil : .unclear(unclear.map { parts[$0] })
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
    let tooMany = state.parts.reduce(part.load) { sum, other in
      other.index != part.index && other.queue == part.queue && other.isUnderWay ? sum + other.load : sum
    }
    try pen.write(.requeued(part.index, tooMany: tooMany, message: full.message, at: clock.now))
    tell(.waiting(reason: "the service is full (\(full.message))", duration: timing.holding))
  }
}

/// What sending may do next.
enum Sending {
  /// Bring the part of this number to its batch.
  case part(Int)
  /// Find out what came of these parts' creates.
  case unclear([PartState])
  /// Nothing at all: a person has to decide about this part.
  case unresolved(PartState)
}

/// How much of a job is under way, and with that whether a further part may go.
///
/// It is made in one walk over the parts and asked for each of them: a job may have ten thousand.
struct Room {
  /// When the service last said that it was full of a model, and how many tokens of it were too many then.
  private struct Refusal {
    var date: Date
    var tooMany: Int
  }

  private let throttle: Throttle
  private let holding: Duration
  private let now: Date
  /// How many parts are under way.
  private var open = 0
  /// The tokens under way by model; a model with nothing under way has no entry.
  private var tokens: [String: Int] = [:]
  private var refusals: [String: Refusal] = [:]

  /// - Parameters:
  ///   - state: where the parts stand.
  ///   - throttle: what the user set.
  ///   - holding: how long what the service said about being full holds without a further try.
  ///   - now: what time it is.
  init(_ state: JobState, throttle: Throttle, holding: Duration, now: Date) {
    self.throttle = throttle
    self.holding = holding
    self.now = now
    for index in state.parts.indices {
      if state.parts[index].isUnderWay { take(state.parts[index]) }
      guard let date = state.parts[index].heldSince else { continue }
      let part = state.parts[index]
      let last = refusals[part.queue]
      // Of several in one moment the one that saw the least is right: the others took those for under way
      // that were about to be refused too.
      if last.map({ (date, -part.tooMany) > ($0.date, -$0.tooMany) }) ?? true {
        refusals[part.queue] = Refusal(date: date, tooMany: part.tooMany)
      }
    }
  }

  /// Whether a part may go beside what is under way.
  ///
  /// A part with more tokens than the throttle allows still goes when nothing of its model is under way: else
  /// it would never go.
  func admits(_ part: PartState) -> Bool {
    if let most = throttle.parts, open >= most { return false }
    let others = tokens[part.queue]
    if let most = throttle.tokens, let others, others + part.load > most { return false }
    if let refusal = refusals[part.queue] { return (others ?? 0) + part.load < bound(since: refusal, part) }
    return true
  }

  /// How much of the part's model is too much after a refusal, with the part.
  ///
  /// As much as it was then: a part goes as another one ends, and none is uploaded only to be refused. Other
  /// programs fill the same account and leave it again, so from time to time more is tried: one part, then
  /// three, then seven, until the service refuses again.
  private func bound(since refusal: Refusal, _ part: PartState) -> Int {
    let age = now.timeIntervalSince(refusal.date)
    // A clock that was set back must not hold anything until it is that late again.
    let tries = age < 0 ? 1 : min(20, age / holding.seconds)
    return refusal.tooMany + ((1 << Int(tries)) - 1) * part.load
  }

  /// Counts a part as under way.
  mutating func take(_ part: PartState) {
    open += 1
    tokens[part.queue, default: 0] += part.load
  }
}

extension PartState {
  /// Whether nothing of it is at the service that may run.
  var mayGo: Bool { [.ready, .uploading, .uploaded].contains(stage) }

  /// Whether the service may be at work on it: a create without an answer counts, since it may have arrived.
  fileprivate var isUnderWay: Bool { !mayGo && !isOver }

  /// What it takes up of the service, which is never nothing.
  fileprivate var load: Int { max(tokens, 1) }

  /// What services count enqueued tokens by.
  fileprivate var queue: String { model ?? "" }
}
