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

  /// Adds doubled ids as far as they were read, and counts the others that are known of.
  ///
  /// A mark may be repeated by chance alone, so of those that were all read, what was found counts.
  mutating func add(_ duplicates: [Problem], of repeats: IDCensus.Repeats) {
    for problem in duplicates { add(problem) }
    if !repeats.isComplete || duplicates.count == Self.most {
      errorCount += max(0, repeats.count - duplicates.count)
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
