/// The rules for the bodies of requests, gone through one request after the other.
///
/// What the service is sure to refuse is told of each request. What is only doubtful is told once, of the
/// first request it is found in, with the number of the others: fifty thousand requests of one kind have one
/// doubt.
struct RequestRules {
  let limits: BatchLimits
  private let models: ModelRules
  /// Sentences that were said about the settings as a whole, and are not said again of each request.
  private let told: Set<String>
  private var doubts = DoubtList()
  private var kinds: [UInt64: Kind] = [:]
  private var schemas: Set<UInt64> = []

  /// How many distinct kinds and schemas are remembered; what comes beyond is judged anew each time.
  private static let mostRemembered = 4096

  /// What the endpoint of the last request can't do without.
  private var needs = Needs(of: "")

  init(limits: BatchLimits, models: ModelRules, told: Set<String> = []) {
    self.limits = limits
    self.models = models
    self.told = told
  }

  /// What all requests with the same model and the same parameters have in common.
  private struct Kind {
    var contextTokens: Int?
    var doubts: [Problem] = []
  }

  /// How many distinct schemas were met.
  var schemaCount: Int { schemas.count }

  /// Judges the body of one request.
  ///
  /// - Parameters:
  ///   - facts: What was read off its line.
  ///   - line: The line.
  ///   - endpoint: Where it goes.
  ///   - origin: Its id and its place, asked for where there is something to tell.
  mutating func take(
    _ facts: RequestFacts, _ line: Span<UInt8>, _ endpoint: Endpoint, into problems: inout ProblemList,
    origin: () -> (id: CustomID?, place: String?)
  ) {
    if needs.endpoint != endpoint { needs = Needs(of: endpoint) }
    let missing = needs.missing(in: facts, line)
    let found = refusals(facts, line, missing) + newSchemaProblems(facts, line)
    if !found.isEmpty {
      let (id, place) = origin()
      for problem in found where !told.contains(problem.message) { problems.add(problem.at(id, place)) }
    }
    let kind = kind(of: facts, line, endpoint)
    for doubt in ownDoubts(facts, line, isWhole: missing == nil) { tell(doubt, origin) }
    for doubt in kind.doubts { tell(doubt, origin) }
    let tokens = needs.isEmbedding ? facts.longestInput : facts.tokens
    if let most = kind.contextTokens, tokens > most {
      let model = facts.text(facts.model, line) ?? ""
      doubts.add(.tooLong(tokens, most, model), origin, alike: "tokens \(model)")
    }
  }

  /// Notes a doubt that others found; see ``finish(into:)``.
  mutating func add(
    _ doubt: Problem, alike: String? = nil, origin: () -> (id: CustomID?, place: String?)
  ) {
    doubts.add(doubt, origin, alike: alike)
  }

  private mutating func tell(_ doubt: Problem, _ origin: () -> (id: CustomID?, place: String?)) {
    if !told.contains(doubt.message) { doubts.add(doubt, origin) }
  }

  /// Tells the doubts that were gathered.
  func finish(into problems: inout ProblemList) {
    for doubt in doubts.told { problems.add(doubt) }
  }
}

extension RequestRules {
  /// What the service is sure to refuse.
  private func refusals(_ facts: RequestFacts, _ line: Span<UInt8>, _ missing: String?) -> [Problem] {
    var found: [Problem] = []
    if facts.model.place == nil, needs.model, !limits.mixesModels { found.append(.noModel) }
    if let missing { found.append(.noInput(missing, needs.endpoint)) }
    if let most = limits.lineBytes, line.count > most { found.append(.longLine(line.count, most)) }
    if needs.isEmbedding, facts.inputs > limits.embeddedTexts {
      found.append(.tooManyInputs(facts.inputs, limits.embeddedTexts))
    }
    if let most = limits.idLength, let id = facts.id.place, id.range.count > most {
      found.append(.longID(id.range.count, most))
    }
    return found
  }

  /// What is wrong with a schema that was not met before.
  private mutating func newSchemaProblems(_ facts: RequestFacts, _ line: Span<UInt8>) -> [Problem] {
    guard let range = facts.format.schema else { return [] }
    var mark = IDCensus.hash(of: line.extracting(range)) &* 2 &+ (facts.format.isStrict ? 1 : 0)
    if let name = facts.format.name { mark ^= IDCensus.hash(of: line.extracting(name.range)) &* 3 }
    guard !schemas.contains(mark) else { return [] }
    if schemas.count < Self.mostRemembered { schemas.insert(mark) }
    guard facts.format.isStrict else { return [] }
    let bytes = line.extracting(range).withUnsafeBufferPointer { Array($0) }
    do throws(JSONFault) {
      let name = try facts.format.name?.decoded(line) ?? ""
      return AnswerSchema(name: name, schema: JSONSchema(try JSONValue.parse(bytes))).problems
    } catch {
      // The line was found sound before, so this is for the day when the two readers disagree.
      return [.schema("The schema can't be read: \(error.reason.rawValue); mend it.")]
    }
  }

  /// What is doubtful about this request alone.
  private func ownDoubts(_ facts: RequestFacts, _ line: Span<UInt8>, isWhole: Bool) -> [Problem] {
    var found: [Problem] = []
    if !facts.saysSomething, isWhole, needs.text {
      found.append(.emptyPrompt)
    } else if facts.hasEmptyInput {
      found.append(.emptyInput)
    }
    for place in facts.placeholders {
      found.append(
        .unfilled(line.extracting(place).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }))
    }
    if needs.isEmbedding, facts.inputs > 2048 { found.append(.manyInputs) }
    if facts.format.kind?.equals("json_object", line) ?? false, !line.namesJSON { found.append(.unnamedJSON) }
    return found
  }

  private mutating func kind(
    of facts: RequestFacts, _ line: Span<UInt8>, _ endpoint: Endpoint
  ) -> Kind {
    var mark: UInt64 = facts.isWithoutReasoning ? 1 : 0
    if let model = facts.model.place { mark = IDCensus.hash(of: line.extracting(model.range)) &+ mark }
    for name in facts.parameters {
      mark = (mark ^ IDCensus.hash(of: line.extracting(name.range))) &* 0x9E37_79B9_7F4A_7C15
    }
    if let known = kinds[mark] { return known }
    let kind = newKind(facts, line, endpoint)
    if kinds.count < Self.mostRemembered { kinds[mark] = kind }
    return kind
  }

  private func newKind(_ facts: RequestFacts, _ line: Span<UInt8>, _ endpoint: Endpoint) -> Kind {
    let model = facts.text(facts.model, line).map { Model($0) }
    let family = model.flatMap { models.family(of: $0) }
    var kind = Kind(contextTokens: family?.contextTokens)
    if let model, family?.isBatchable == false { kind.doubts.append(.unbatchable(model)) }
    for place in facts.parameters {
      guard let name = facts.text(.text(place), line) else { continue }
      if let remedy = ModelRules.misplaced[endpoint]?[name] {
        kind.doubts.append(.misplaced(name, endpoint, remedy))
      } else if let model, let remedy = family?.remedy(for: name, facts.isWithoutReasoning) {
        kind.doubts.append(.refused(name, model, remedy))
      }
    }
    return kind
  }
}

extension ModelRules.Family {
  /// What to do instead of setting a parameter, where the model refuses it.
  fileprivate func remedy(for parameter: String, _ isWithoutReasoning: Bool) -> String? {
    refuses[parameter] ?? (isWithoutReasoning ? nil : refusesWhileReasoning[parameter])
  }
}

/// Doubts, each told once with the first request it was found in.
private struct DoubtList {
  private static let most = 1000
  private var places: [String: Int] = [:]
  private var found: [(problem: Problem, count: Int)] = []

  /// - Parameter alike: What doubts that are the same have in common, where it is not the whole sentence.
  mutating func add(
    _ doubt: Problem, _ origin: () -> (id: CustomID?, place: String?), alike: String? = nil
  ) {
    let key = alike ?? doubt.message
    if let place = places[key] {
      found[place].count += 1
    } else if found.count < Self.most {
      let (id, place) = origin()
      places[key] = found.count
      found.append((doubt.at(id, place), 1))
    }
  }

  /// The doubts in the order in which they were found.
  var told: [Problem] {
    found.map { problem, count in
      guard count > 1 else { return problem }
      var problem = problem
      problem.message += " The same goes for \(count - 1) more request\(count == 2 ? "" : "s")."
      return problem
    }
  }
}

/// What an endpoint can't do without.
private struct Needs {
  let endpoint: Endpoint
  private let kind: Kind
  /// Whether a body has to name its model here; elsewhere the service has one to fall back on.
  let model: Bool
  /// Whether there is something to be said to the model here.
  let text: Bool

  private enum Kind { case messages, inputOrMore, input, prompt, nothing }

  init(of endpoint: Endpoint) {
    self.endpoint = endpoint
    switch endpoint {
    case .chatCompletions: (kind, model, text) = (.messages, true, true)
    case .responses: (kind, model, text) = (.inputOrMore, true, true)
    case .embeddings: (kind, model, text) = (.input, true, true)
    case .completions: (kind, model, text) = (.prompt, true, true)
    case .moderations: (kind, model, text) = (.input, false, true)
    case .imageGenerations, .videos: (kind, model, text) = (.nothing, false, true)
    default: (kind, model, text) = (.nothing, false, false)
    }
  }

  var isEmbedding: Bool { kind == .input && model }

  /// The input that is missing, where one is.
  func missing(in facts: RequestFacts, _ line: Span<UInt8>) -> String? {
    switch kind {
    case .messages: facts.messages == .list ? nil : "messages"
    case .input: facts.input.isMissing || facts.input == .emptyList ? "input" : nil
    case .prompt: facts.prompt.isMissing || facts.prompt == .emptyList ? "prompt" : nil
    case .inputOrMore where facts.input.isMissing:
      // A stored prompt, or a conversation that goes on, needs no input.
      facts.parameters.contains {
        $0.equals("prompt", line) || $0.equals("previous_response_id", line)
          || $0.equals("conversation", line)
      } ? nil : "input"
    case .inputOrMore: facts.input == .emptyList ? "input" : nil
    case .nothing: nil
    }
  }
}

extension RequestFacts.Input {
  fileprivate var isMissing: Bool { self == .missing || self == .null }
}

extension Span where Element == UInt8 {
  /// Whether the word “JSON” stands somewhere in the line, beside the key that asks for it.
  fileprivate var namesJSON: Bool {
    var index = 0
    while true {
      index = firstIndex(of: UInt8(ascii: "J"), UInt8(ascii: "j"), UInt8(ascii: "j"), from: index)
      guard index &+ 4 <= count else { return false }
      let isWord =
        self[index &+ 1] | 0x20 == UInt8(ascii: "s") && self[index &+ 2] | 0x20 == UInt8(ascii: "o")
        && self[index &+ 3] | 0x20 == UInt8(ascii: "n")
      if isWord, index &+ 4 == count || self[index &+ 4] != UInt8(ascii: "_") { return true }
      index &+= 1
    }
  }
}
