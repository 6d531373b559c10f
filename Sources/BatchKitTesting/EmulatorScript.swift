public import BatchKit

/// How the emulator behaves: what it answers, how long it takes, and what goes wrong.
///
/// Begin with ``echo`` and say only what shall be different:
/// ```swift
/// let emulator = Emulator(.echo.completing(after: 3).failing("paris", with: .rateLimit))
/// ```
/// Where two rules meet the same request, the one said last holds.
public struct EmulatorScript: Sendable {
  package typealias Rule = @Sendable (ScriptedRequest) -> ScriptedReply?

  package var rules: [Rule] = []
  package var dropped: Set<CustomID> = []
  package var duplicated: Set<CustomID> = []
  package var pace = Pace()
  package var limits = Limits()
  package var injections: [Injection] = []
  package var listing = Listing()
  package var delays = Delays()
  package var batchFailure: (failure: ScriptedFailure, first: Int)?
  package var seed: UInt64 = 1

  /// Every request is answered by its own prompt; one that asks for JSON by a sample of its schema.
  public static var echo: Self { Self() }

  /// The script with `change` made to a copy of it.
  package func with(_ change: (inout Self) -> Void) -> Self {
    var copy = self
    change(&copy)
    return copy
  }

  /// Draws every random number from this seed: the order of result lines, faults, ids.
  public func seeded(_ seed: UInt64) -> Self { with { $0.seed = seed } }
}

// MARK: What is answered

extension EmulatorScript {
  /// Answers as `reply` says; where it says `nil`, as the script did before.
  ///
  /// The closure runs while the emulator holds its state: it must not ask the same emulator for anything.
  public func answering(_ reply: @escaping @Sendable (ScriptedRequest) -> ScriptedReply?) -> Self {
    with { $0.rules.append(reply) }
  }

  /// Answers the request of this id so.
  public func answering(_ id: CustomID, with reply: ScriptedReply) -> Self {
    answering { $0.id == id ? reply : nil }
  }

  /// Answers every request whose prompt contains `pattern` so.
  public func answering(promptsContaining pattern: String, with reply: ScriptedReply) -> Self {
    answering { $0.prompt.contains(pattern) ? reply : nil }
  }

  /// Lets the requests of these ids fail.
  public func failing(_ ids: CustomID..., with failure: ScriptedFailure) -> Self {
    let ids = Set(ids)
    return failing(where: { $0.id.map(ids.contains) ?? false }, with: failure)
  }

  /// Lets every `count`th line of a file fail.
  public func failing(every count: Int, with failure: ScriptedFailure) -> Self {
    failing(where: { count > 0 && $0.line.isMultiple(of: count) }, with: failure)
  }

  /// Lets the requests fail that `isDoomed` picks.
  public func failing(
    where isDoomed: @escaping @Sendable (ScriptedRequest) -> Bool, with failure: ScriptedFailure
  ) -> Self {
    answering { isDoomed($0) ? .failure(failure) : nil }
  }

  /// Lets the model decline these requests.
  public func refusing(_ ids: CustomID...) -> Self {
    let ids = Set(ids)
    return answering { $0.id.map(ids.contains) == true ? .refusal() : nil }
  }

  /// Breaks the answers to these requests off in the middle, as at the token limit.
  public func truncating(_ ids: CustomID...) -> Self {
    let ids = Set(ids)
    return answering { request in
      guard request.id.map(ids.contains) == true else { return nil }
      return .truncated(String(request.prompt.prefix(request.prompt.count / 2)))
    }
  }

  /// Runs and bills these requests, but leaves them out of every result file.
  public func dropping(_ ids: CustomID...) -> Self { with { $0.dropped.formUnion(ids) } }

  /// Writes the result lines of these requests twice.
  public func duplicating(_ ids: CustomID...) -> Self { with { $0.duplicated.formUnion(ids) } }

  /// The reply to a request by the latest rule that knows one.
  package func reply(to request: ScriptedRequest) -> ScriptedReply {
    for rule in rules.reversed() {
      if let reply = rule(request) { return reply }
    }
    return SchemaSample(of: request)?.reply ?? .text(request.prompt)
  }
}
