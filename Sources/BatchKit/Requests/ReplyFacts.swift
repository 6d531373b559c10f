/// Where the usual fields of an answer stand in its bytes.
///
/// Names are compared byte for byte where they stand: a string for each of the dozens of names of every
/// answer would cost more than all the rest of reading it.
struct ReplyFacts: Sendable {
  /// The pieces that make up the text, in order.
  var text: [JSONText] = []
  var finishReason: JSONText?
  var refusal: JSONText?
  var model: JSONText?
  var status: JSONText?
  var usage: TokenUsage?
  var callsTools = false
  var hasError = false
  var errorCode: JSONText?
  var errorMessage: JSONText?
  /// Whether the answer calls itself one of the responses endpoint.
  var isResponse = false

  /// Nothing found yet.
  init() {}

  /// Reads the fields; of bytes that are no JSON those before the fault, but no text, which may be cut off.
  init(of bytes: [UInt8]) {
    var facts = Self()
    bytes.withSpan { span in
      var scanner = JSONScanner()
      do throws(JSONFault) {
        try facts.readAnswer(&scanner, span)
        try scanner.finish(span)
      } catch { facts.text = [] }
    }
    self = facts
  }

  /// Whether the answer is one of the responses endpoint, and one that did not complete.
  func isIncompleteResponse(_ bytes: Span<UInt8>) -> Bool {
    isResponse && !(status?.equals("completed", bytes) ?? true)
  }

  /// Moves past an answer and notes where its fields stand.
  ///
  /// Fields come in any order and may be missing, `null` or of another kind; each costs only itself.
  mutating func readAnswer(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    try scanner.eachNamed(bytes) { scanner, key throws(JSONFault) in
      if key.equals("choices", bytes) {
        try scanner.eachItem(bytes) { scanner, index throws(JSONFault) in
          if index == 0 { try readChoice(&scanner, bytes) } else { try scanner.skipValue(bytes) }
        }
      } else if key.equals("usage", bytes) {
        usage = try scanner.tokenUsage(bytes)
      } else if key.equals("model", bytes) {
        model = try scanner.text(bytes)
      } else if key.equals("object", bytes) {
        isResponse = try scanner.text(bytes)?.equals("response", bytes) ?? false
      } else if key.equals("output", bytes) {
        try scanner.eachItem(bytes) { scanner, _ throws(JSONFault) in try readOutput(&scanner, bytes) }
      } else if key.equals("status", bytes) {
        status = try scanner.text(bytes)
      } else if key.equals("incomplete_details", bytes) {
        try readIncompleteness(&scanner, bytes)
      } else if key.equals("error", bytes) {
        try readError(&scanner, bytes)
      } else {
        try scanner.skipValue(bytes)
      }
    }
  }

  /// A choice of the chat endpoint, or of plain completions, whose text stands right in it.
  private mutating func readChoice(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    try scanner.eachNamed(bytes) { scanner, key throws(JSONFault) in
      if key.equals("message", bytes) {
        try readMessage(&scanner, bytes)
      } else if key.equals("finish_reason", bytes) {
        finishReason = try scanner.text(bytes)
      } else if key.equals("text", bytes) {
        try readText(&scanner, bytes)
      } else {
        try scanner.skipValue(bytes)
      }
    }
  }

  /// The message of a choice: its text, its refusal, and whether it asks for tools, by either name of the
  /// field.
  private mutating func readMessage(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    try scanner.eachNamed(bytes) { scanner, key throws(JSONFault) in
      if key.equals("content", bytes) {
        try readContent(&scanner, bytes)
      } else if key.equals("refusal", bytes) {
        refusal = try scanner.text(bytes)
      } else if key.equals("tool_calls", bytes) || key.equals("function_call", bytes) {
        callsTools = try scanner.isSomething(bytes) || callsTools
      } else {
        try scanner.skipValue(bytes)
      }
    }
  }

  /// The content of a message: a text, or a list of parts of which some are text.
  private mutating func readContent(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    guard try scanner.peek(bytes) == .array else { return try readText(&scanner, bytes) }
    try scanner.eachItem(bytes) { scanner, _ throws(JSONFault) in try readPart(&scanner, bytes) }
  }

  /// Adds a text to the pieces; anything else that stands there is stepped over.
  private mutating func readText(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    if let piece = try scanner.text(bytes) { text.append(piece) }
  }

  /// One item of the responses endpoint: messages hold the text, other kinds tell of the way there.
  private mutating func readOutput(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    var item = Self()
    var isMessage = false
    try scanner.eachNamed(bytes) { scanner, key throws(JSONFault) in
      if key.equals("type", bytes) {
        guard let kind = try scanner.text(bytes) else { return }
        isMessage = kind.equals("message", bytes)
        callsTools =
          callsTools || kind.equals("function_call", bytes) || kind.equals("custom_tool_call", bytes)
      } else if key.equals("content", bytes) {
        try item.readContent(&scanner, bytes)
      } else {
        try scanner.skipValue(bytes)
      }
    }
    guard isMessage else { return }
    text += item.text
    refusal = refusal ?? item.refusal
  }

  /// A part of a message; of a kind that is no text, such as a model's thoughts, nothing is taken.
  private mutating func readPart(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    var isText = false
    var piece: JSONText?
    try scanner.eachNamed(bytes) { scanner, key throws(JSONFault) in
      if key.equals("type", bytes) {
        guard let kind = try scanner.text(bytes) else { return }
        isText = kind.equals("output_text", bytes) || kind.equals("text", bytes)
      } else if key.equals("text", bytes) {
        piece = try scanner.text(bytes)
      } else if key.equals("refusal", bytes) {
        refusal = try scanner.text(bytes) ?? refusal
      } else {
        try scanner.skipValue(bytes)
      }
    }
    if isText, let piece { text.append(piece) }
  }

  /// Why an answer of the responses endpoint is incomplete, which is its reason to stop.
  private mutating func readIncompleteness(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws(JSONFault) {
    try scanner.eachNamed(bytes) { scanner, key throws(JSONFault) in
      if key.equals("reason", bytes) {
        finishReason = try scanner.text(bytes)
      } else {
        try scanner.skipValue(bytes)
      }
    }
  }

  /// The error of an answer; services put a `null` there where all is well.
  private mutating func readError(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    hasError = try scanner.peek(bytes) != .null
    try scanner.eachNamed(bytes) { scanner, key throws(JSONFault) in
      if key.equals("code", bytes) {
        errorCode = try scanner.text(bytes)
      } else if key.equals("message", bytes) {
        errorMessage = try scanner.text(bytes)
      } else {
        try scanner.skipValue(bytes)
      }
    }
  }
}
