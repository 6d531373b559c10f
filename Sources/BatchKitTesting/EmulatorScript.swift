public import BatchKit

/// How the emulator behaves: what it answers, how long it takes, and what goes wrong.
///
/// Begin with ``echo`` and say only what shall be different:
/// ```swift
/// let emulator = Emulator(.echo.completing(after: 3).failing("paris", with: .rateLimit))
/// ```
/// Where two rules meet the same request, the one said last holds.
///
/// A script is a value: each method returns a copy with one thing changed, so that a common script can be
/// kept and varied from test to test. All chance in it comes from one seed, and the same requests in the same
/// order meet the same fate.
public struct EmulatorScript: Sendable {
  /// What a request is answered by; `nil` where the rule has nothing to say of it.
  package typealias Rule = @Sendable (ScriptedRequest) -> ScriptedReply?

  /// In the order in which they were said; the last that answers wins.
  package var rules: [Rule] = []
  /// What is run and billed, and written to no file.
  package var dropped: Set<CustomID> = []
  /// What is run and billed once, and written twice.
  package var duplicated: Set<CustomID> = []
  package var pace = Pace()
  package var limits = Limits()
  package var injections: [Injection] = []
  package var listing = Listing()
  package var delays = Delays()
  /// Why batches fail their check, and how many of them do.
  package var batchFailure: (failure: ScriptedFailure, first: Int)?
  package var seed: UInt64 = 1

  /// Every request is answered by its own prompt; one that asks for JSON by a sample of its schema.
  ///
  /// A batch takes 30 seconds and nothing goes wrong.
  public static var echo: Self { Self() }

  /// The script with `change` made to a copy of it.
  package func with(_ change: (inout Self) -> Void) -> Self {
    var copy = self
    change(&copy)
    return copy
  }

  /// Draws every random number from this seed: the order of result lines, faults, ids.
  ///
  /// Print the seed where a test with random faults fails: with it the test fails again.
  ///
  /// - Parameter seed: Any number; 1 unless told otherwise.
  public func seeded(_ seed: UInt64) -> Self { with { $0.seed = seed } }
}

// MARK: What is answered

extension EmulatorScript {
  /// Answers as `reply` says; where it says `nil`, as the script did before.
  ///
  /// The closure runs while the emulator holds its state: it must not ask the same emulator for anything.
  ///
  /// ```swift
  /// let script = EmulatorScript.echo.answering { request in
  ///   request.body["temperature"].double == 0 ? "cold" : nil
  /// }
  /// ```
  public func answering(_ reply: @escaping @Sendable (ScriptedRequest) -> ScriptedReply?) -> Self {
    with { $0.rules.append(reply) }
  }

  /// Answers the request of this id so.
  /// - Parameters:
  ///   - id: The id of the line; a request outside a batch has none.
  ///   - reply: What it is answered by, every time it is run.
  public func answering(_ id: CustomID, with reply: ScriptedReply) -> Self {
    answering { $0.id == id ? reply : nil }
  }

  /// Answers every request whose prompt contains `pattern` so.
  /// - Parameters:
  ///   - pattern: The text to look for, letter by letter.
  ///   - reply: What such a request is answered by.
  public func answering(promptsContaining pattern: String, with reply: ScriptedReply) -> Self {
    answering { $0.prompt.contains(pattern) ? reply : nil }
  }

  /// Lets the requests of these ids fail.
  ///
  /// They fail every time they are run, so a retry of theirs fails too.
  ///
  /// - Parameters:
  ///   - ids: The ids of the lines.
  ///   - failure: How they fail.
  public func failing(_ ids: CustomID..., with failure: ScriptedFailure) -> Self {
    let ids = Set(ids)
    return failing(where: { $0.id.map(ids.contains) ?? false }, with: failure)
  }

  /// Lets every `count`th line of a file fail.
  /// - Parameters:
  ///   - count: 2 for every second line, counted from 1; none fails below 1.
  ///   - failure: How they fail.
  public func failing(every count: Int, with failure: ScriptedFailure) -> Self {
    failing(where: { count > 0 && $0.line.isMultiple(of: count) }, with: failure)
  }

  /// Lets the requests fail that `isDoomed` picks.
  ///
  /// A closure that remembers, under a lock, can let a request fail once and succeed when it is sent again.
  ///
  /// - Parameters:
  ///   - isDoomed: Whether this request fails.
  ///   - failure: How it fails.
  public func failing(
    where isDoomed: @escaping @Sendable (ScriptedRequest) -> Bool, with failure: ScriptedFailure
  ) -> Self {
    answering { isDoomed($0) ? .failure(failure) : nil }
  }

  /// Lets the model decline these requests.
  ///
  /// The answer has status 200 and is paid for, as with a service; only its text says no.
  public func refusing(_ ids: CustomID...) -> Self {
    let ids = Set(ids)
    return answering { $0.id.map(ids.contains) == true ? .refusal() : nil }
  }

  /// Breaks the answers to these requests off in the middle, as at the token limit.
  ///
  /// They are answered by the first half of their prompt, with the sign that the limit was reached.
  public func truncating(_ ids: CustomID...) -> Self {
    let ids = Set(ids)
    return answering { request in
      guard request.id.map(ids.contains) == true else { return nil }
      return .truncated(String(request.prompt.prefix(request.prompt.count / 2)))
    }
  }

  /// Runs and bills these requests, but leaves them out of every result file.
  ///
  /// It is how rows come to be missing: paid for, and nowhere to be found.
  public func dropping(_ ids: CustomID...) -> Self { with { $0.dropped.formUnion(ids) } }

  /// Writes the result lines of these requests twice.
  ///
  /// They are run and billed once; a client must count them once.
  public func duplicating(_ ids: CustomID...) -> Self { with { $0.duplicated.formUnion(ids) } }

  /// The reply to a request by the latest rule that knows one.
  ///
  /// Where none does, a request that wants JSON gets a sample of its schema, and any other its own prompt.
  package func reply(to request: ScriptedRequest) -> ScriptedReply {
    for rule in rules.reversed() {
      if let reply = rule(request) { return reply }
    }
    return SchemaSample(of: request)?.reply ?? .text(request.prompt)
  }
}
