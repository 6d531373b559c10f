/// What one pass over a request line says of it.
///
/// Every byte of the line is checked, and nothing of it is built as a value: what a rule has to look at is
/// kept as its place in the line. So a file of any size is checked at about the speed at which it can be
/// read.
struct RequestFacts {
  /// A text that a line should have.
  enum Field {
    case missing
    /// Something else than a text stands there.
    case wrong
    case text(JSONText)

    /// Where the text stands, where there is one that is not empty.
    var place: JSONText? { if case .text(let text) = self, !text.range.isEmpty { text } else { nil } }
  }

  /// How an input of the request stands there.
  enum Input { case missing, null, text, list, emptyList, other }

  /// Why the line is no JSON, where it is none.
  var fault: JSONFault?
  /// Whether the line is a JSON object.
  var isObject = false
  var id = Field.missing
  var method = Field.missing
  var url = Field.missing
  /// Whether there is a body, and whether it is an object.
  var hasBody = false
  var bodyIsObject = false
  /// The first key of the line that means nothing to a service.
  var strangeKey: JSONText?

  var model = Field.missing
  var isStreaming = false
  var messages = Input.missing
  var input = Input.missing
  var prompt = Input.missing
  /// The names of what the body sets.
  var parameters: [JSONText] = []
  /// Whether the request asks for no reasoning, under which some models take what they refuse otherwise.
  var isWithoutReasoning = false
  /// How the answer is to be shaped.
  var format = AnswerFormat()

  /// How many texts it wants embedded; 1 for anything else.
  var inputs = 1
  /// Whether one of several texts is empty.
  var hasEmptyInput = false
  /// Whether there is something said to the model other than instructions.
  var saysSomething = false
  /// Where the texts for the model have a `{{name}}` in them, the first few.
  var placeholders: [Range<Int>] = []
  /// About how many tokens there are to read, and how many the longest of several inputs has.
  var tokens = 0
  var longestInput = 0

  /// How the answer is to be shaped, as far as there are rules for it.
  struct AnswerFormat {
    var kind: JSONText?
    var name: JSONText?
    var schema: Range<Int>?
    var isStrict = false
  }

  /// How much of a line is looked into.
  enum Depth {
    /// What stands around the body, and the body's model.
    case envelope
    /// Everything, the texts counted by this counter.
    case whole(any TokenCounter)
  }

  init() {}

  /// Reads the facts off a line, its end included or not.
  init(_ line: [UInt8], _ depth: Depth) {
    self = line.withSpan { Self($0, depth) }
  }

  init(_ line: Span<UInt8>, _ depth: Depth) {
    var reader = RequestReader(depth)
    do throws(JSONFault) { try reader.read(line) } catch { reader.facts.fault = error }
    let sound = endOfWellFormedUTF8(line)
    if reader.facts.fault == nil, sound < line.count {
      reader.facts.fault = JSONFault(.invalidUTF8, at: sound)
    }
    self = reader.facts
  }

  /// The text of a field, which must be one.
  func text(_ field: Field, _ line: Span<UInt8>) -> String? {
    guard case .text(let text) = field else { return nil }
    do throws(JSONFault) { return try text.decoded(line) } catch { return nil }
  }
}

/// The one pass over a line.
struct RequestReader {
  var facts = RequestFacts()
  private let isWhole: Bool
  private let counter: any TokenCounter
  private let quick: ApproximateTokenCounter?
  /// Text with its escapes undone, to be counted.
  private var buffer: [UInt8] = []

  init(_ depth: RequestFacts.Depth) {
    switch depth {
    case .envelope: (isWhole, counter) = (false, ApproximateTokenCounter())
    case .whole(let given):
      (isWhole, counter) = (true, given)
      facts.parameters.reserveCapacity(8)
    }
    quick = counter as? ApproximateTokenCounter
  }

  mutating func read(_ bytes: Span<UInt8>) throws(JSONFault) {
    var scanner = JSONScanner()
    guard try scanner.peek(bytes) == .object else {
      try scanner.skipValue(bytes)
      return try scanner.finish(bytes)
    }
    facts.isObject = true
    try scanner.eachMember(bytes) { scanner, key throws(JSONFault) in
      if key.equals("body", bytes) {
        facts.hasBody = true
        facts.bodyIsObject = try scanner.peek(bytes) == .object
        try readBody(&scanner, bytes)
      } else if key.equals("custom_id", bytes) {
        facts.id = try scanner.field(bytes)
      } else if key.equals("method", bytes) {
        facts.method = try scanner.field(bytes)
      } else if key.equals("url", bytes) {
        facts.url = try scanner.field(bytes)
      } else {
        facts.strangeKey = facts.strangeKey ?? key
        try scanner.skipValue(bytes)
      }
    }
    try scanner.finish(bytes)
  }

  private mutating func readBody(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    try scanner.eachNamed(bytes) { scanner, key throws(JSONFault) in
      if key.equals("model", bytes) {
        facts.model = try scanner.field(bytes)
      } else if key.equals("stream", bytes) {
        facts.isStreaming = try scanner.peek(bytes) == .bool && bytes[scanner.position] == UInt8(ascii: "t")
        try scanner.skipValue(bytes)
      } else if isWhole {
        facts.parameters.append(key)
        try readParameter(key, &scanner, bytes)
      } else {
        try scanner.skipValue(bytes)
      }
    }
  }

  private mutating func readParameter(
    _ key: JSONText, _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws(JSONFault) {
    if key.equals("messages", bytes) {
      facts.messages = try readItems(&scanner, bytes)
    } else if key.equals("input", bytes) {
      facts.input = try readInput(&scanner, bytes)
    } else if key.equals("prompt", bytes) {
      facts.prompt = try readInput(&scanner, bytes)
    } else if key.equals("instructions", bytes) {
      _ = try readText(&scanner, bytes)
    } else if key.equals("response_format", bytes) || key.equals("text", bytes) {
      try readFormat(&scanner, bytes)
    } else if key.equals("reasoning_effort", bytes) {
      facts.isWithoutReasoning = try scanner.text(bytes)?.equals("none", bytes) ?? false
    } else if key.equals("reasoning", bytes) {
      try scanner.eachNamed(bytes) { scanner, key throws(JSONFault) in
        let word = try scanner.text(bytes)
        if key.equals("effort", bytes) { facts.isWithoutReasoning = word?.equals("none", bytes) ?? false }
      }
    } else if key.equals("tools", bytes) || key.equals("functions", bytes) {
      facts.tokens += count(bytes, JSONText(range: try scanner.skipValue(bytes), hasEscapes: false))
    } else {
      try scanner.skipValue(bytes)
    }
  }
}

extension RequestReader {
  /// An `input` or `prompt`: a text, texts, tokens, or the items of a conversation.
  private mutating func readInput(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws(JSONFault) -> RequestFacts.Input {
    switch try scanner.peek(bytes) {
    case .string:
      let isBlank = try readText(&scanner, bytes)
      facts.saysSomething = facts.saysSomething || !isBlank
      facts.longestInput = max(facts.longestInput, facts.tokens)
      return .text
    case .array: return try readItems(&scanner, bytes)
    case .null:
      try scanner.skipValue(bytes)
      return .null
    default:
      // A stored prompt, which says something by itself.
      facts.saysSomething = true
      try scanner.skipValue(bytes)
      return .other
    }
  }

  /// The messages of a conversation, or texts to be embedded, each alone or as the numbers of its tokens.
  private mutating func readItems(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws(JSONFault) -> RequestFacts.Input {
    guard try scanner.peek(bytes) == .array else {
      let isNull = try scanner.peek(bytes) == .null
      try scanner.skipValue(bytes)
      return isNull ? .null : .other
    }
    var (count, numbers) = (0, 0)
    try scanner.eachElement(bytes) { scanner, _ throws(JSONFault) in
      count += 1
      let before = facts.tokens
      switch try scanner.peek(bytes) {
      case .string:
        let isBlank = try readText(&scanner, bytes)
        facts.hasEmptyInput = facts.hasEmptyInput || isBlank
        facts.saysSomething = facts.saysSomething || !isBlank
      case .object: try readMessage(&scanner, bytes)
      case .number:
        numbers += 1
        try scanner.skipValue(bytes)
      case .array:
        facts.tokens += try scanner.elementCount(bytes)
        facts.saysSomething = true
      default: try scanner.skipValue(bytes)
      }
      facts.longestInput = max(facts.longestInput, facts.tokens - before)
    }
    facts.tokens += numbers
    facts.longestInput = max(facts.longestInput, numbers)
    facts.inputs = numbers > 0 ? 1 : count
    facts.saysSomething = facts.saysSomething || numbers > 0
    return count == 0 ? .emptyList : .list
  }

  /// One message or item of a conversation, which costs a few tokens beside its texts.
  private mutating func readMessage(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    var isInstruction = false
    var says = false
    facts.tokens += 4
    try scanner.eachMember(bytes) { scanner, key throws(JSONFault) in
      if key.equals("content", bytes) || key.equals("text", bytes) {
        says = try readContent(&scanner, bytes) || says
      } else if key.equals("role", bytes) {
        let role = try scanner.text(bytes)
        isInstruction =
          role?.equals("system", bytes) ?? false || role?.equals("developer", bytes) ?? false
          || role?.equals("assistant", bytes) ?? false
      } else if key.equals("type", bytes) {
        // Whatever is no message, such as the outcome of a tool, says something in words of its own.
        if let kind = try scanner.text(bytes) { says = !kind.isMessageOrText(bytes) || says }
      } else {
        try scanner.skipValue(bytes)
      }
    }
    facts.saysSomething = facts.saysSomething || says && !isInstruction
  }

  /// The content of a message, and whether there is any: a text that is not blank, an image, a sound, a file.
  private mutating func readContent(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws(JSONFault) -> Bool {
    guard try scanner.peek(bytes) == .array else {
      guard try scanner.peek(bytes) == .string else {
        try scanner.skipValue(bytes)
        return false
      }
      return try !readText(&scanner, bytes)
    }
    var says = false
    try scanner.eachElement(bytes) { scanner, _ throws(JSONFault) in
      var isMedia = true
      try scanner.eachNamed(bytes) { scanner, key throws(JSONFault) in
        if key.equals("text", bytes) || key.equals("refusal", bytes) {
          isMedia = false
          says = try !readText(&scanner, bytes) || says
        } else {
          try scanner.skipValue(bytes)
        }
      }
      // The least that an image costs; what a sound or a file costs can't be told from here.
      if isMedia { facts.tokens += 85 }
      says = says || isMedia
    }
    return says
  }

  /// A text for the model: its tokens are counted, and what looks like an unfilled column is noted.
  ///
  /// - Returns: whether there is nothing to be read in it.
  private mutating func readText(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws(JSONFault) -> Bool {
    guard let text = try scanner.text(bytes) else { return true }
    guard !text.range.isEmpty else { return true }
    facts.tokens += count(bytes, text)
    notePlaceholders(in: text.range, bytes)
    return isBlank(text, bytes)
  }

  private func isBlank(_ text: JSONText, _ bytes: Span<UInt8>) -> Bool {
    var index = text.range.lowerBound
    while index < text.range.upperBound {
      if bytes[index] == UInt8(ascii: "\\"), index + 1 < text.range.upperBound {
        guard [UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t")].contains(bytes[index + 1]) else {
          return false
        }
        index += 1
      } else if bytes[index] != 0x20 {
        return false
      }
      index += 1
    }
    return true
  }

  /// The tokens of a text.
  ///
  /// Escapes of single signs are counted as they stand, since `\n` is about the token that a line end is;
  /// only letters written by their numbers are undone first.
  private mutating func count(_ bytes: Span<UInt8>, _ text: JSONText) -> Int {
    let raw = bytes.extracting(text.range)
    if text.hasEscapes, quick == nil || raw.hasNumberedEscape() {
      buffer.removeAll(keepingCapacity: true)
      text.append(to: &buffer, from: bytes)
      return buffer.withSpan { counter.tokens(inUTF8: $0) }
    }
    return quick?.count(ofUTF8: raw) ?? counter.tokens(inUTF8: raw)
  }

  /// Notes what looks like a column that nobody filled in: `{{name}}`.
  private mutating func notePlaceholders(in range: Range<Int>, _ bytes: Span<UInt8>) {
    let text = bytes.extracting(range)
    var start = 0
    while facts.placeholders.count < 4 {
      start = text.firstIndex(of: UInt8(ascii: "{"), from: start)
      guard start < text.count else { return }
      if let end = text.endOfPlaceholder(at: start) {
        facts.placeholders.append((range.lowerBound + start)..<(range.lowerBound + end))
        start = end
      } else {
        start += 1
      }
    }
  }
}

extension RequestReader {
  /// `response_format` of chat, or `text` of responses; their schema counts as tokens to read.
  private mutating func readFormat(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    try scanner.eachNamed(bytes) { scanner, key throws(JSONFault) in
      if key.equals("json_schema", bytes) || key.equals("format", bytes) {
        try readFormat(&scanner, bytes)
      } else if key.equals("type", bytes) {
        facts.format.kind = try scanner.text(bytes) ?? facts.format.kind
      } else if key.equals("name", bytes) {
        facts.format.name = try scanner.text(bytes)
      } else if key.equals("strict", bytes) {
        facts.format.isStrict =
          try scanner.peek(bytes) == .bool && bytes[scanner.position] == UInt8(ascii: "t")
        try scanner.skipValue(bytes)
      } else if key.equals("schema", bytes) {
        let range = try scanner.skipValue(bytes)
        facts.format.schema = range
        facts.tokens += count(bytes, JSONText(range: range, hasEscapes: false))
      } else {
        try scanner.skipValue(bytes)
      }
    }
  }
}

extension JSONScanner {
  /// Moves past a value that should be a text.
  fileprivate mutating func field(_ bytes: Span<UInt8>) throws(JSONFault) -> RequestFacts.Field {
    switch try peek(bytes) {
    case .string: return .text(try string(bytes))
    case .null:
      try skipValue(bytes)
      return .missing
    default:
      try skipValue(bytes)
      return .wrong
    }
  }

  /// Moves past an array, and returns how many elements it has.
  fileprivate mutating func elementCount(_ bytes: Span<UInt8>) throws(JSONFault) -> Int {
    var count = 0
    try eachElement(bytes) { scanner, _ throws(JSONFault) in
      count += 1
      try scanner.skipValue(bytes)
    }
    return count
  }
}

extension JSONText {
  /// Whether the kind of an item is one whose text alone says something.
  fileprivate func isMessageOrText(_ bytes: Span<UInt8>) -> Bool {
    equals("message", bytes) || equals("text", bytes) || equals("input_text", bytes)
  }
}

extension Span where Element == UInt8 {
  /// Whether a letter is written by its number, as in `\u00e9`.
  fileprivate func hasNumberedEscape() -> Bool {
    var index = firstIndex(of: UInt8(ascii: "\\"), from: 0)
    while index &+ 1 < count {
      if self[index &+ 1] == UInt8(ascii: "u") { return true }
      index = firstIndex(of: UInt8(ascii: "\\"), from: index &+ 2)
    }
    return false
  }

  /// The end of the `{{name}}` that begins here, where one does.
  fileprivate func endOfPlaceholder(at start: Int) -> Int? {
    guard start &+ 4 < count, self[start &+ 1] == UInt8(ascii: "{") else { return nil }
    var index = start &+ 2
    let limit = Swift.min(count, index &+ 64)
    while index < limit {
      switch self[index] {
      case UInt8(ascii: "}"):
        let isClosed = index > start &+ 2 && index &+ 1 < count && self[index &+ 1] == UInt8(ascii: "}")
        return isClosed ? index &+ 2 : nil
      case UInt8(ascii: "{"), UInt8(ascii: "\\"), 0..<0x20: return nil
      default: index &+= 1
      }
    }
    return nil
  }
}
