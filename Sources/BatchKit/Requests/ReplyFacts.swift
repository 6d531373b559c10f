/// Where the usual fields of an answer stand in its bytes.
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

  /// Reads the fields; of bytes that are no JSON those before the fault, but no text, which may be cut off.
  init(of bytes: [UInt8]) {
    var facts = Self.none
    bytes.withSpan { span in
      var scanner = JSONScanner()
      do throws(JSONFault) {
        try facts.readAnswer(&scanner, span)
        try scanner.finish(span)
      } catch { facts.text = [] }
    }
    self = facts
  }

  private static let none = Self()
  private init() {}

  private mutating func readAnswer(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    try scanner.eachField(bytes) { scanner, key throws(JSONFault) in
      switch key {
      case "choices":
        try scanner.eachItem(bytes) { scanner, index throws(JSONFault) in
          if index == 0 { try readChoice(&scanner, bytes) } else { try scanner.skipValue(bytes) }
        }
      case "output":
        try scanner.eachItem(bytes) { scanner, _ throws(JSONFault) in try readOutput(&scanner, bytes) }
      case "usage": usage = try scanner.usage(bytes)
      case "model": model = try scanner.text(bytes)
      case "status": status = try scanner.text(bytes)
      case "incomplete_details": try readIncompleteness(&scanner, bytes)
      case "error": try readError(&scanner, bytes)
      default: try scanner.skipValue(bytes)
      }
    }
  }

  /// A choice of the chat endpoint, or of plain completions, whose text stands right in it.
  private mutating func readChoice(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    try scanner.eachField(bytes) { scanner, key throws(JSONFault) in
      switch key {
      case "finish_reason": finishReason = try scanner.text(bytes)
      case "text": try readText(&scanner, bytes)
      case "message":
        try scanner.eachField(bytes) { scanner, key throws(JSONFault) in
          switch key {
          case "content": try readContent(&scanner, bytes)
          case "refusal": refusal = try scanner.text(bytes)
          case "tool_calls", "function_call":
            callsTools = try scanner.isSomething(bytes) || callsTools
          default: try scanner.skipValue(bytes)
          }
        }
      default: try scanner.skipValue(bytes)
      }
    }
  }

  /// The content of a message: a text, or a list of parts of which some are text.
  private mutating func readContent(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    guard try scanner.peek(bytes) == .array else { return try readText(&scanner, bytes) }
    try scanner.eachItem(bytes) { scanner, _ throws(JSONFault) in try readPart(&scanner, bytes) }
  }

  private mutating func readText(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    if let piece = try scanner.text(bytes) { text.append(piece) }
  }

  /// One item of the responses endpoint: messages hold the text, other kinds tell of the way there.
  private mutating func readOutput(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    var item = Self()
    var isMessage = false
    try scanner.eachField(bytes) { scanner, key throws(JSONFault) in
      switch key {
      case "type":
        guard let kind = try scanner.text(bytes) else { return }
        isMessage = kind.equals("message", bytes)
        callsTools =
          callsTools || kind.equals("function_call", bytes) || kind.equals("custom_tool_call", bytes)
      case "content": try item.readContent(&scanner, bytes)
      default: try scanner.skipValue(bytes)
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
    try scanner.eachField(bytes) { scanner, key throws(JSONFault) in
      switch key {
      case "type":
        guard let kind = try scanner.text(bytes) else { return }
        isText = kind.equals("output_text", bytes) || kind.equals("text", bytes)
      case "text": piece = try scanner.text(bytes)
      case "refusal": refusal = try scanner.text(bytes) ?? refusal
      default: try scanner.skipValue(bytes)
      }
    }
    if isText, let piece { text.append(piece) }
  }

  private mutating func readIncompleteness(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>
  ) throws(JSONFault) {
    try scanner.eachField(bytes) { scanner, key throws(JSONFault) in
      if key == "reason" {
        finishReason = try scanner.text(bytes)
      } else {
        try scanner.skipValue(bytes)
      }
    }
  }

  private mutating func readError(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    hasError = try scanner.peek(bytes) != .null
    try scanner.eachField(bytes) { scanner, key throws(JSONFault) in
      switch key {
      case "code": errorCode = try scanner.text(bytes)
      case "message": errorMessage = try scanner.text(bytes)
      default: try scanner.skipValue(bytes)
      }
    }
  }
}
