/// Reading that takes what an answer holds and steps over what it should hold and doesn't.
///
/// Services send `null`, or another kind of value, where the documents promise a text or an object. That
/// costs the one field and never the answer.
extension JSONScanner {
  /// Moves past a value, calling `body` at each of its members where it is an object.
  mutating func eachField(
    _ bytes: Span<UInt8>, _ body: (inout Self, String) throws(JSONFault) -> Void
  ) throws(JSONFault) {
    guard try peek(bytes) == .object else {
      try skipValue(bytes)
      return
    }
    try eachMember(bytes) { scanner, key throws(JSONFault) in
      try body(&scanner, key.decoded(bytes))
    }
  }

  /// Moves past a value, calling `body` at each of its elements where it is an array.
  mutating func eachItem(
    _ bytes: Span<UInt8>, _ body: (inout Self, Int) throws(JSONFault) -> Void
  ) throws(JSONFault) {
    guard try peek(bytes) == .array else {
      try skipValue(bytes)
      return
    }
    try eachElement(bytes, body)
  }

  /// Moves past a value and returns its text, where it is one.
  mutating func text(_ bytes: Span<UInt8>) throws(JSONFault) -> JSONText? {
    if try peek(bytes) == .string { return try string(bytes) }
    try skipValue(bytes)
    return nil
  }

  /// Moves past a value and returns its whole number, where it is one.
  mutating func count(_ bytes: Span<UInt8>) throws(JSONFault) -> Int? {
    guard try peek(bytes) == .number else {
      try skipValue(bytes)
      return nil
    }
    let digits = try number(bytes)
    return JSONNumber(literal: try JSONText(range: digits, hasEscapes: false).decoded(bytes)).int
  }

  /// Moves past a value and tells whether it is anything but `null` and the empty list.
  mutating func isSomething(_ bytes: Span<UInt8>) throws(JSONFault) -> Bool {
    let kind = try peek(bytes)
    let range = try skipValue(bytes)
    return kind != .null && !(kind == .array && range.count == 2)
  }

  /// Moves past a usage object, in the words of either endpoint.
  mutating func usage(_ bytes: Span<UInt8>) throws(JSONFault) -> TokenUsage? {
    guard try peek(bytes) == .object else {
      try skipValue(bytes)
      return nil
    }
    var usage = TokenUsage()
    try eachField(bytes) { scanner, key throws(JSONFault) in
      switch key {
      case "prompt_tokens", "input_tokens": usage.input = try scanner.count(bytes) ?? usage.input
      case "completion_tokens", "output_tokens": usage.output = try scanner.count(bytes) ?? usage.output
      case "prompt_tokens_details", "input_tokens_details", "completion_tokens_details",
        "output_tokens_details":
        try scanner.eachField(bytes) { scanner, key throws(JSONFault) in
          switch key {
          case "cached_tokens": usage.cached = try scanner.count(bytes) ?? usage.cached
          case "reasoning_tokens": usage.reasoning = try scanner.count(bytes) ?? usage.reasoning
          default: try scanner.skipValue(bytes)
          }
        }
      default: try scanner.skipValue(bytes)
      }
    }
    return usage
  }
}
