/// Problems as they are found: the first of them kept, all of them counted.
///
/// A table of a million broken rows must fill neither memory nor a screen; but the numbers told are true.
struct ProblemList {
  /// How many of each severity are kept.
  static let most = 1000

  /// The first errors, in the order in which they were found.
  private(set) var errors: [Problem] = []
  /// The first warnings.
  private(set) var warnings: [Problem] = []
  /// How many errors there were in all.
  private(set) var errorCount = 0
  /// How many warnings there were in all.
  private(set) var warningCount = 0

  /// Counts a problem, and keeps it where there is room.
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

  /// Throws one error that tells of all errors, where there are any; warnings keep nothing from being sent.
  func throwErrors() throws(BatchError) {
    if errorCount > 0 { throw .invalidBatch(errors, of: errorCount) }
  }
}
