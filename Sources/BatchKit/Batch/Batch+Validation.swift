extension Batch {
  /// Returns everything that is wrong with the batch, errors before warnings.
  ///
  /// Every row of every table is gone through, and nothing is sent. A batch without errors can be sent. A
  /// warning that many requests share is told once, with their number; of very many problems the first are
  /// listed, and the last of the list says how many there are in all.
  /// ```swift
  /// for problem in batch.problems() { print(problem) }
  /// // warning: row 3 of reviews.csv, request review-3: Nothing is asked: the prompt is empty; fill it in, …
  /// ```
  /// - Parameters:
  ///   - limits: What the service takes; the number of requests is none of them here, since a batch that is
  ///     too large is divided when it is sent.
  ///   - models: What is known of models, for warnings about parameters that they refuse.
  ///   - counter: What counts tokens, for the warning about requests that a model can't read whole.
  public func problems(
    for limits: BatchLimits = .openAI, models: ModelRules = .builtIn,
    counter: any TokenCounter = ApproximateTokenCounter()
  ) -> [Problem] {
    checkedProblems(.bodies(limits, models, counter)).listed
  }

  func checkedProblems(_ extent: CheckExtent) -> ProblemList {
    var problems = ProblemList()
    do {
      try check(into: &problems, extent) { _ in }
    } catch {
      problems.add(.unwritableRequest(error, nil, nil))
    }
    return problems
  }

  /// Goes through all requests once: what is wrong goes into `problems`, every line that can be written to
  /// `receive`.
  ///
  /// - Throws: what `receive` throws, and ``BatchError`` where the requests can't be read to their end.
  func check(
    into problems: inout ProblemList, _ extent: CheckExtent = .standard,
    _ receive: (RenderedLine) throws -> Void
  ) throws {
    let settings = request.problems + groups.flatMap(\.problems)
    for problem in settings { problems.add(problem) }
    var bodies = BodyCheck(extent, request, told: Set(settings.map(\.message)))
    var ids = IDCensus()
    var isEmpty = true
    try walk { step in
      isEmpty = false
      switch step {
      case .line(let line):
        if line.id.rawValue.isEmpty { problems.add(.emptyID(line.place)) }
        try ids.add(line.id)
        bodies?.take(line, &problems)
        try receive(line)
      case .problem(let problem): problems.add(problem)
      }
    }
    bodies?.finish(&problems)
    if isEmpty { problems.add(.emptyBatch) }
    let repeats = try ids.repeated()
    if repeats.count > 0 { problems.add(try duplicates(among: repeats), of: repeats) }
  }

  /// The requests whose ids were given before; the second walk only takes place where there may be any.
  private func duplicates(among repeats: IDCensus.Repeats) throws -> [Problem] {
    var first: [CustomID: String] = [:]
    var problems: [Problem] = []
    var number = 0
    try walk { step in
      number += 1
      guard case .line(let line) = step, repeats.marks.contains(IDCensus.mark(of: line.id)) else { return }
      let place = line.place ?? "request number \(number)"
      if let earlier = first[line.id] {
        if problems.count < ProblemList.most { problems.append(.duplicateID(line.id, place, earlier)) }
      } else {
        first[line.id] = place
      }
    }
    return problems
  }
}

/// How far a batch is checked.
enum CheckExtent {
  /// The ids, and whether each request can be written: what a file needs that is written for later.
  case envelopes
  /// Everything, by what the service takes and what is known of models and tokens.
  case bodies(BatchLimits, ModelRules, any TokenCounter)

  /// Everything, by what is usual.
  static var standard: Self { .bodies(.openAI, .builtIn, ApproximateTokenCounter()) }
}

/// The check of the bodies of a batch, where one is asked for.
private struct BodyCheck {
  private var rules: RequestRules
  private let counter: any TokenCounter
  private let endpoint: Endpoint
  /// The model of the first line of a file, which a service may want of all.
  private let model: String?
  /// Whether it was said of the settings as a whole that they stream.
  private let isStreamingTold: Bool

  init?(_ extent: CheckExtent, _ request: some BatchRequest, told: Set<String>) {
    guard case .bodies(let limits, let models, let counter) = extent else { return nil }
    rules = RequestRules(limits: limits, models: models, told: told)
    self.counter = counter
    endpoint = request.endpoint
    isStreamingTold = told.contains(Problem.streaming.message)
    model = request is BatchFile && !limits.mixesModels ? request.model?.rawValue : nil
  }

  mutating func take(_ line: RenderedLine, _ problems: inout ProblemList) {
    let envelope = Envelope(line.bytes, .whole(counter))
    // A row may fill it in where neither the template nor a value of its own says so.
    if envelope.facts.isStreaming, !isStreamingTold { problems.add(.streaming.at(line.id, line.place)) }
    line.bytes.withSpan { span in
      rules.take(envelope.facts, span, endpoint, into: &problems) { (line.id, line.place) }
    }
    guard let model, !envelope.asks(model) else { return }
    rules.add(.dividedModels(model), alike: "models") { (line.id, line.place) }
  }

  func finish(_ problems: inout ProblemList) { rules.finish(into: &problems) }
}

extension Problem {
  static func emptyID(_ place: String?) -> Self {
    Self(.error, "invalid_custom_id", "The id is empty; every request needs one of its own.", place: place)
  }

  static func duplicateID(_ id: CustomID, _ place: String, _ earlier: String) -> Self {
    Self(
      .error, "duplicate_custom_id",
      "The id “\(id)” was given to \(earlier) already; give every request one of its own.", id: id,
      place: place)
  }

  fileprivate static func dividedModels(_ model: String) -> Self {
    Self(
      .warning, "model_mismatch",
      "Its model is not \(model) as in the first line; it is sent in a part of its own.")
  }

  static var emptyBatch: Self {
    Self(.error, "empty_file", "The batch has no requests; add one before it is sent.")
  }
}
