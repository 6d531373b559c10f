/// What was found in a request file: everything wrong with it, and what there is in it.
///
/// ```swift
/// let check = try BatchFile.check("requests.jsonl")
/// print(check)  // 2 requests, 431 bytes, about 96 tokens to read; gpt-5.4-mini: 2
///               // warning: line 2 of requests.jsonl, request r-2: Nothing is asked: …
/// guard check.isAccepted else { return }
/// ```
public struct FileCheck: Sendable {
  /// What is wrong, errors before warnings.
  ///
  /// A warning that many requests share is told once, with their number. Of very many problems the first are
  /// listed, and the last of the list says how many there are in all.
  public let problems: [Problem]
  /// How many errors there are, those that are not listed among them.
  public let errorCount: Int
  /// How many warnings there are, those that are not listed among them.
  public let warningCount: Int
  /// What there is in the file.
  public let statistics: Statistics

  /// Whether the service would take the file, as far as can be told from here.
  public var isAccepted: Bool { errorCount == 0 }

  /// What there is in a request file.
  public struct Statistics: Sendable, Hashable {
    /// The number of requests: of lines that are not blank.
    public internal(set) var requests = 0
    /// The bytes of the whole file.
    public internal(set) var bytes = 0
    /// The bytes of its longest line.
    public internal(set) var longestLine = 0
    /// The number of that line, counted from 1.
    public internal(set) var longestLineNumber = 0
    /// How many requests ask each model.
    public internal(set) var models: [Model: Int] = [:]
    /// How many requests go to each endpoint.
    public internal(set) var endpoints: [Endpoint: Int] = [:]
    /// How many texts all requests together want embedded.
    public internal(set) var embeddedTexts = 0
    /// How many different schemas the answers are to follow.
    public internal(set) var schemas = 0
    /// About how many tokens there are to read in all, by the counter of the check.
    public internal(set) var estimatedTokens = 0
    /// About how many tokens the longest request has to read.
    public internal(set) var largestEstimate = 0
  }
}

extension FileCheck: CustomStringConvertible {
  /// What there is in the file, then each problem on a line of its own, errors first.
  ///
  /// A file without problems is one line. The problems are those that are listed: of very many the first, and
  /// a last line that says how many there are in all.
  public var description: String {
    ([statistics.description] + problems.map(\.description)).joined(separator: "\n")
  }
}

extension FileCheck.Statistics: CustomStringConvertible {
  /// What people are shown of it.
  public var description: String {
    let names = models.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
    let asked = names.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    let whole = "\(requests) request\(requests == 1 ? "" : "s"), \(bytes) bytes, "
    return whole + "about \(estimatedTokens) tokens to read" + (asked.isEmpty ? "" : "; \(asked)")
  }
}

extension BatchFile {
  /// Checks a request file, whoever wrote it, as the service will before it runs anything.
  ///
  /// The file is read once, in little memory whatever its size; only where ids seem to be doubled it is read
  /// again, to name both lines.
  /// - Parameters:
  ///   - path: The file.
  ///   - limits: What the service takes: ``BatchLimits/openAI``, or the `limits` of a provider.
  ///   - models: What is known of models, for warnings about parameters that they refuse.
  ///   - counter: What counts tokens.
  /// - Throws: ``BatchError`` where the file can't be read; all that is wrong in it is a problem.
  public static func check(
    _ path: String, for limits: BatchLimits = .openAI, models: ModelRules = .builtIn,
    counter: any TokenCounter = ApproximateTokenCounter()
  ) throws -> FileCheck {
    try check(path, for: limits, models: models, counter: counter, store: DiskStore.shared)
  }

  package static func check(
    _ path: String, for limits: BatchLimits = .openAI, models: ModelRules = .builtIn,
    counter: any TokenCounter = ApproximateTokenCounter(), store: any FileStore
  ) throws -> FileCheck {
    var walk = FileWalk(try store.open(path), path, RequestRules(limits: limits, models: models), counter)
    try walk.run()
    return walk.outcome
  }
}
