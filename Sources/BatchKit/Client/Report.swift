import Foundation

/// A page about one job for people to read: one HTML file that needs nothing from elsewhere.
///
/// ```swift
/// try job.report().write(to: "report.html")
/// ```
///
/// It is a snapshot: made again later, it shows what is known then.
public struct BatchReport: Sendable {
  /// The page.
  public let html: String

  /// Writes the page to a file, which appears whole or not at all.
  ///
  /// - Parameter path: where the file goes; one that is there is replaced.
  /// - Throws: ``BatchError`` where it can't be written.
  public func write(to path: String) throws { try write(to: path, store: DiskStore.shared) }

  package func write(to path: String, store: any FileStore) throws {
    try store.publish(path) { file in try file.write(Array(html.utf8)) }
  }
}

extension BatchJob {
  /// Returns a page about the job as it is known now; asks no service.
  ///
  /// The page shows a bounded sample of prompts and answers, so that a million rows make no larger
  /// file than a thousand. Whoever gets the file can read that sample.
  ///
  /// The results and the requests are read for it, so for a large job it takes a while.
  /// - Throws: ``BatchError`` where a file of the job can't be read.
  public func report() throws -> BatchReport {
    let facts = try ReportFacts(
      engine.state, status: status, results: try results(), prompts: try requestFiles(), now: engine.clock.now
    )
    return BatchReport(html: ReportPage(facts).html)
  }

  /// What each row asks, so far as we have it: also of rows that needed no request of their own.
  private func requestFiles() throws(BatchError) -> [any ReadableFile] {
    var files: [any ReadableFile] = []
    for kept in engine.state.requestFiles { files.append(try engine.store.open(engine.path(kept.file))) }
    return files
  }
}

/// All that a report tells, gathered in one walk over the results and one over the requests.
///
/// Memory is bounded: the sample, the groups of failures and some numbers, however many rows there are.
struct ReportFacts {
  /// One row that is shown in full.
  struct SampleRow {
    var id: CustomID
    var prompt: String?
    var answer: String
    var isGood: Bool
    var tokens: Int?
  }

  /// How many rows are shown in full at most.
  static let sampleSize = 200
  /// How much of a prompt or an answer is shown, in characters, and of all of them together, in bytes.
  static let excerpt = 700
  static let sampleBytes = 1_200_000

  let card: JobCard
  let status: BatchStatus
  let parts: [PartState]
  let now: Date
  let reconciliation: Reconciliation
  private(set) var failures: [Failures.Group] = []
  private(set) var usage = TokenUsage()
  private(set) var histogram = TokenHistogram()
  private(set) var sample: [SampleRow] = []

  init<Output>(
    _ state: JobState, status: BatchStatus, results: BatchResults<Output>, prompts: [any ReadableFile],
    now: Date
  ) throws {
    card = state.card
    parts = state.parts
    self.status = status
    self.now = now
    reconciliation = results.reconciliation
    failures = results.failures.groups
    walk(results)
    try addPrompts(from: prompts)
  }

  /// Every so-manieth row is a sample, so that it shows the job from its beginning to its end.
  private mutating func walk<Output>(_ results: BatchResults<Output>) {
    let stride = max(1, (results.count + Self.sampleSize - 1) / Self.sampleSize)
    for (index, line) in results.enumerated() {
      if let spent = line.usage {
        usage += spent
        histogram.add(spent.total)
      }
      guard index.isMultiple(of: stride), sample.count < Self.sampleSize else { continue }
      sample.append(
        SampleRow(
          id: line.id,
          answer: (line.error?.message ?? line.text ?? line.raw.description).shortened(Self.excerpt),
          isGood: line.error == nil, tokens: line.usage?.total))
    }
  }

  /// Puts the prompts beside the answers of the sample, in one walk over the requests.
  ///
  /// - Parameter files: the requests of the rows; a row that stands in none of them keeps no prompt.
  private mutating func addPrompts(from files: [any ReadableFile]) throws {
    let wanted = Dictionary(
      sample.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    for file in files {
      var reader = LineReader(file)
      while try reader.next() {
        let id = reader.line.withSpan { ResultLine($0).customID($0) }
        guard let id, let place = wanted[id] else { continue }
        sample[place].prompt = Self.prompt(in: reader.line)?.shortened(Self.excerpt)
      }
    }
    bound()
  }

  /// Text of many bytes a character can't make the page large.
  private mutating func bound() {
    var left = Self.sampleBytes
    sample = sample.filter { row in
      left -= (row.prompt ?? "").utf8.count + row.answer.utf8.count + 2 * row.id.rawValue.utf8.count
      return left > 0
    }
  }

  /// What a request asks, in the places where the endpoints have it.
  private static func prompt(in line: [UInt8]) -> String? {
    let request: JSONValue
    do throws(JSONFault) { request = try JSONValue.parse(line) } catch { return nil }
    let body = request["body"]
    let asked = body["messages"].array?.last?["content"] ?? .null
    for place in [asked, body["input"], body["prompt"]] where !place.isNull {
      return place.string ?? place.description
    }
    return body.description
  }
}

/// How many requests used how many tokens, in steps that double.
///
/// Doubling steps fit a classifier's ten tokens and an essay's ten thousand into a chart of a few bars,
/// without a look at the data before.
struct TokenHistogram: Sendable {
  private var counts = [Int](repeating: 0, count: Int.bitWidth)

  /// Counts a request of so many tokens.
  mutating func add(_ tokens: Int) {
    // The place of the highest bit is the step, and nothing has a step of its own.
    counts[max(0, tokens) == 0 ? 0 : Int.bitWidth - tokens.leadingZeroBitCount] += 1
  }

  /// The steps from the first to the last that any request falls into.
  var bars: [(range: String, count: Int)] {
    guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 })
    else { return [] }
    return (first...last).map { step in
      (step == 0 ? "0" : step == 1 ? "1" : "\(1 << (step - 1))–\((1 << step) - 1)", counts[step])
    }
  }
}
