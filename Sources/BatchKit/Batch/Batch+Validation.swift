extension Batch {
  /// Returns everything that is wrong with the batch, errors before warnings.
  ///
  /// Every row of every table is gone through, and nothing is sent. A batch without errors can be sent. Of
  /// very many problems the first are listed, and the last of the list says how many there are in all.
  public func problems() -> [Problem] { checkedProblems().listed }

  func checkedProblems() -> ProblemList {
    var problems = ProblemList()
    do {
      try check(into: &problems) { _ in }
    } catch {
      problems.add(.unwritableRequest(error, nil, nil))
    }
    return problems
  }

  /// Goes through all requests once: what is wrong goes into `problems`, every line that can be written to
  /// `receive`.
  ///
  /// - Throws: what `receive` throws, and ``BatchError`` where the requests can't be read to their end.
  func check(into problems: inout ProblemList, _ receive: (RenderedLine) throws -> Void) throws {
    for problem in request.problems + groups.flatMap(\.problems) { problems.add(problem) }
    var ids = IDCensus()
    var isEmpty = true
    try walk { step in
      isEmpty = false
      switch step {
      case .line(let line):
        if line.id.rawValue.isEmpty { problems.add(.emptyID(line.place)) }
        try ids.add(line.id)
        try receive(line)
      case .problem(let problem): problems.add(problem)
      }
    }
    if isEmpty { problems.add(.emptyBatch) }
    for problem in try duplicates(among: ids) { problems.add(problem) }
  }

  /// The requests whose ids were given before; the second walk only takes place where there may be any.
  private func duplicates(among ids: IDCensus) throws -> [Problem] {
    var census = ids
    let suspects = try census.repeated()
    guard !suspects.isEmpty else { return [] }
    var first: [CustomID: String] = [:]
    var problems: [Problem] = []
    var number = 0
    try walk { step in
      number += 1
      guard case .line(let line) = step, suspects.contains(IDCensus.mark(of: line.id)) else { return }
      let place = line.place ?? "request number \(number)"
      if let earlier = first[line.id] {
        problems.append(.duplicateID(line.id, place, earlier))
      } else {
        first[line.id] = place
      }
    }
    return problems
  }
}

/// Problems as they are found: the first of them kept, all of them counted.
struct ProblemList {
  /// How many of each severity are kept.
  static let most = 1000

  private(set) var errors: [Problem] = []
  private(set) var warnings: [Problem] = []
  private(set) var errorCount = 0
  private(set) var warningCount = 0

  mutating func add(_ problem: Problem) {
    switch problem.severity {
    case .error:
      errorCount += 1
      if errors.count < Self.most { errors.append(problem) }
    case .warning:
      warningCount += 1
      if warnings.count < Self.most { warnings.append(problem) }
    }
  }

  /// The problems that were kept, and a word about the others.
  var listed: [Problem] {
    let kept = errors + warnings
    guard errorCount + warningCount > kept.count else { return kept }
    let rest = Problem(
      errorCount > errors.count ? .error : .warning, "more_problems",
      "There are \(errorCount) errors and \(warningCount) warnings in all; \(kept.count) are listed.")
    return kept + [rest]
  }

  func throwErrors() throws(BatchError) {
    if errorCount > 0 { throw .invalidBatch(errors, of: errorCount) }
  }
}

extension Problem {
  static func emptyID(_ place: String?) -> Self {
    Self(.error, "invalid_custom_id", "The id is empty; every request needs one of its own.", place: place)
  }

  static func duplicateID(_ id: CustomID, _ place: String, _ earlier: String) -> Self {
    Self(
      .error, "duplicate_custom_id",
      "The id was given to \(earlier) already; give every request one of its own.", id: id, place: place)
  }

  static var emptyBatch: Self {
    Self(.error, "empty_file", "The batch has no requests; add one before it is sent.")
  }
}
