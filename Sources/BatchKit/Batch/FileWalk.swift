/// The one walk through a request file that finds all that is wrong with it.
struct FileWalk {
  private let file: any ReadableFile
  private let path: String
  private let counter: any TokenCounter
  private var rules: RequestRules
  private var problems = ProblemList()
  private var statistics = FileCheck.Statistics()
  private var ids = IDCensus()
  /// What all lines have to have in common, and the line that said so first.
  private var endpoint: Endpoint?
  private var model: (name: String, line: Int)?
  private var models = NameTally()
  private var endpoints = NameTally()
  private var blanks: (first: Int, count: Int)?

  init(_ file: any ReadableFile, _ path: String, _ rules: RequestRules, _ counter: any TokenCounter) {
    self.file = file
    self.path = path
    self.rules = rules
    self.counter = counter
  }

  var outcome: FileCheck {
    FileCheck(
      problems: problems.listed, errorCount: problems.errorCount, warningCount: problems.warningCount,
      statistics: statistics)
  }

  mutating func run() throws(BatchError) {
    statistics.bytes = try file.size()
    try checkMark()
    var reader = LineReader(file)
    var line: [UInt8] = []
    while try reader.next(into: &line) {
      if line.isBlank {
        blanks = (blanks?.first ?? reader.number, (blanks?.count ?? 0) + 1)
      } else {
        try take(line, reader.number)
      }
    }
    finish()
    let repeats = try ids.repeated()
    if repeats.count > 0 { problems.add(try duplicates(repeats), of: repeats) }
  }

  private func place(_ number: Int) -> String { "line \(number) of \(path)" }

  /// Our own readers pass over a byte-order mark, the service does not.
  private mutating func checkMark() throws(BatchError) {
    let start = try file.read(at: 0, count: 3)
    if start == [0xEF, 0xBB, 0xBF] { return problems.add(.byteOrderMark(path)) }
    if start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF]) { problems.add(.utf16(path)) }
  }

  private mutating func take(_ line: [UInt8], _ number: Int) throws(BatchError) {
    let envelope = Envelope(line, .whole(counter))
    if endpoint == nil, let url = envelope.url, !url.isEmpty { begin(Endpoint(url), number) }
    count(envelope, line, number)
    let isOnItsWay = endpoint.map { envelope.goes(to: $0) } ?? false
    let found = envelope.problems(endpoint: endpoint ?? "", isOnItsWay: isOnItsWay)
    for problem in found { problems.add(problem.at(envelope.id, place(number))) }
    if let mark = envelope.mark { try ids.add(mark) }
    guard envelope.facts.fault == nil, envelope.facts.bodyIsObject else { return }
    // What a line to another endpoint has to hold, its own file will tell.
    guard let endpoint, isOnItsWay else { return }
    checkModel(envelope, number)
    let path = path
    line.withSpan { span in
      rules.take(envelope.facts, span, endpoint, into: &problems) {
        (envelope.id, "line \(number) of \(path)")
      }
    }
    guard let strange = envelope.strangeKey else { return }
    rules.add(.strangeKey(strange)) { (envelope.id, "line \(number) of \(path)") }
  }

  /// Notes what the first line says about them all.
  private mutating func begin(_ endpoint: Endpoint, _ number: Int) {
    self.endpoint = endpoint
    guard let known = rules.limits.endpoints, !known.contains(endpoint) else { return }
    problems.add(.unknownEndpoint(endpoint, known).at(nil, place(number)))
  }

  private mutating func count(_ envelope: Envelope, _ line: [UInt8], _ number: Int) {
    statistics.requests += 1
    if line.count > statistics.longestLine {
      (statistics.longestLine, statistics.longestLineNumber) = (line.count, number)
    }
    let tokens = envelope.facts.tokens
    statistics.estimatedTokens += tokens
    statistics.largestEstimate = max(statistics.largestEstimate, tokens)
    if endpoint == .embeddings { statistics.embeddedTexts += envelope.facts.inputs }
    models.add(envelope.facts.model, line, envelope.model)
    endpoints.add(envelope.facts.url, line, envelope.url)
  }

  private mutating func checkModel(_ envelope: Envelope, _ number: Int) {
    guard !rules.limits.mixesModels else { return }
    if let model {
      if envelope.facts.model.place == nil || envelope.asks(model.name) { return }
      problems.add(
        .otherModel(envelope.model ?? "another", model.name, place(model.line)).at(envelope.id, place(number))
      )
    } else if let name = envelope.model, !name.isEmpty {
      model = (name, number)
    }
  }

  /// What concerns the file as a whole.
  private mutating func finish() {
    statistics.models = Dictionary(uniqueKeysWithValues: models.counts.map { (Model($0), $1) })
    statistics.endpoints = Dictionary(uniqueKeysWithValues: endpoints.counts.map { (Endpoint($0), $1) })
    statistics.schemas = rules.schemaCount
    let limits = rules.limits
    if statistics.requests == 0 { problems.add(.emptyFile(path)) }
    if statistics.requests > limits.requests {
      problems.add(.tooManyRequests(statistics.requests, limits.requests))
    }
    if statistics.bytes > limits.bytes { problems.add(.tooManyBytes(statistics.bytes, limits.bytes)) }
    if statistics.embeddedTexts > limits.embeddedTexts {
      problems.add(.tooManyTexts(statistics.embeddedTexts, limits.embeddedTexts))
    }
    if let blanks { problems.add(.blankLines(blanks.count).at(nil, place(blanks.first))) }
    rules.finish(into: &problems)
  }

  /// The lines whose ids were given before.
  private func duplicates(_ repeats: IDCensus.Repeats) throws(BatchError) -> [Problem] {
    var first: [CustomID: Int] = [:]
    var found: [Problem] = []
    var reader = LineReader(file)
    while try reader.next() {
      let envelope = Envelope(reader.line)
      guard let mark = envelope.mark, repeats.marks.contains(mark), let id = envelope.id else { continue }
      if let earlier = first[id] {
        if found.count == ProblemList.most { break }
        found.append(.duplicateID(id, place(reader.number), place(earlier)))
      } else {
        first[id] = reader.number
      }
    }
    return found
  }
}

/// How often each of a few names was met, without making a text of it each time.
private struct NameTally {
  /// A file with more names than these has something else for names; the rest goes uncounted.
  private static let most = 10_000
  private var places: [UInt64: Int] = [:]
  private var found: [(name: String, count: Int)] = []
  /// The one that was met last, which is mostly met again.
  private var last: (mark: UInt64, place: Int)?

  mutating func add(_ field: RequestFacts.Field, _ line: [UInt8], _ name: @autoclosure () -> String?) {
    guard let text = field.place else { return }
    let mark = line.withSpan { IDCensus.hash(of: $0.extracting(text.range)) }
    if let last, last.mark == mark {
      found[last.place].count += 1
    } else if let place = places[mark] {
      found[place].count += 1
      last = (mark, place)
    } else if found.count < Self.most, let name = name() {
      places[mark] = found.count
      found.append((name, 1))
    }
  }

  /// Two spellings of one name, one of them with escapes, are one.
  var counts: [String: Int] {
    Dictionary(found.map { ($0.name, $0.count) }, uniquingKeysWith: +)
  }
}

extension Problem {
  fileprivate static func byteOrderMark(_ path: String) -> Self {
    Self(
      .error, "invalid_json_line",
      "\(path) begins with a byte-order mark, which the service takes for broken JSON; save it without one.")
  }

  fileprivate static func utf16(_ path: String) -> Self {
    Self(.error, "invalid_json_line", "\(path) is written in UTF-16; save it in UTF-8.")
  }

  fileprivate static func emptyFile(_ path: String) -> Self {
    Self(.error, "empty_file", "\(path) has no requests; write some into it before it is sent.")
  }

  fileprivate static func tooManyRequests(_ count: Int, _ most: Int) -> Self {
    Self(
      .error, "too_many_tasks",
      "The file has \(count) requests, and one batch may have \(most); divide it, or submit it as a job.")
  }

  fileprivate static func tooManyBytes(_ count: Int, _ most: Int) -> Self {
    Self(
      .error, "file_too_large",
      "The file has \(count) bytes, and one batch may have \(most); divide it, or submit it as a job.")
  }

  fileprivate static func tooManyTexts(_ count: Int, _ most: Int) -> Self {
    Self(
      .error, "too_many_inputs",
      "The requests want \(count) texts embedded, and one batch may want \(most); divide the file.")
  }

  fileprivate static func blankLines(_ count: Int) -> Self {
    Self(
      .warning, "blank_line",
      count == 1
        ? "The line is blank, which some services refuse; take it out."
        : "The line is blank, as \(count - 1) more are, which some services refuse; take them out.")
  }

  fileprivate static func strangeKey(_ key: String) -> Self {
    Self(
      .warning, "unknown_parameter",
      "“\(key.prefix(64))” stands beside the body, where services know nothing of it; "
        + "put it into the body or leave it out."
    )
  }

  fileprivate static func unknownEndpoint(_ endpoint: Endpoint, _ known: Set<Endpoint>) -> Self {
    let names = known.map(\.rawValue).sorted()
    if endpoint.rawValue.contains("://") {
      return Self(
        .error, "invalid_url",
        "Its “url” is a whole address, and must be the path of an endpoint; write one such as \(names[0]).")
    }
    let hint =
      nearestName(to: endpoint.rawValue, among: names).map { "\($0)" } ?? names.joined(separator: ", ")
    return Self(
      .warning, "invalid_url",
      "As far as we know \(endpoint) can't be batched; look whether \(hint) is meant.")
  }

  fileprivate static func otherModel(_ model: String, _ first: String, _ place: String) -> Self {
    Self(
      .error, "model_mismatch",
      "It asks \(model), and \(place) asks \(first); put the requests of each model into a file of their own."
    )
  }
}
