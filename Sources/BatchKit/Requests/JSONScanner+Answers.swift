/// Reading that takes what an answer holds and steps over what it should hold and doesn't.
///
/// Services send `null`, or another kind of value, where the documents promise a text or an object. That
/// costs the one field and never the answer.
extension JSONScanner {
  /// Moves past a value, calling `body` at each of its members where it is an object.
  @inline(__always)
  mutating func eachNamed(
    _ bytes: Span<UInt8>, _ body: (inout Self, JSONText) throws(JSONFault) -> Void
  ) throws(JSONFault) {
    guard try peek(bytes) == .object else {
      try skipValue(bytes)
      return
    }
    try eachMember(bytes, body)
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

  /// Moves past a value and tells whether it is anything but `null` and the empty list.
  mutating func isSomething(_ bytes: Span<UInt8>) throws(JSONFault) -> Bool {
    let kind = try peek(bytes)
    let range = try skipValue(bytes)
    return kind != .null && !(kind == .array && range.count == 2)
  }

  /// Moves past a usage object, in the words of either endpoint.
  mutating func tokenUsage(_ bytes: Span<UInt8>) throws(JSONFault) -> TokenUsage? {
    guard try peek(bytes) == .object else {
      try skipValue(bytes)
      return nil
    }
    var usage = TokenUsage()
    try eachMember(bytes) { scanner, key throws(JSONFault) in
      if key.equals("prompt_tokens", bytes) || key.equals("input_tokens", bytes) {
        usage.input = try scanner.wholeNumber(bytes) ?? usage.input
      } else if key.equals("completion_tokens", bytes) || key.equals("output_tokens", bytes) {
        usage.output = try scanner.wholeNumber(bytes) ?? usage.output
      } else if key.equals("total_tokens", bytes) {
        try scanner.skipValue(bytes)
      } else {
        try scanner.readDetails(of: &usage, bytes)
      }
    }
    return usage
  }

  /// The cached and reasoning tokens, which stand in an object of their own beneath either count.
  private mutating func readDetails(of usage: inout TokenUsage, _ bytes: Span<UInt8>) throws(JSONFault) {
    try eachNamed(bytes) { scanner, key throws(JSONFault) in
      if key.equals("cached_tokens", bytes) {
        usage.cached = try scanner.wholeNumber(bytes) ?? usage.cached
      } else if key.equals("reasoning_tokens", bytes) {
        usage.reasoning = try scanner.wholeNumber(bytes) ?? usage.reasoning
      } else {
        try scanner.skipValue(bytes)
      }
    }
  }

  /// Moves past a value and returns its whole number, where it is one that fits.
  mutating func wholeNumber(_ bytes: Span<UInt8>) throws(JSONFault) -> Int? {
    guard try peek(bytes) == .number else {
      try skipValue(bytes)
      return nil
    }
    let digits = try number(bytes)
    if let value = bytes.smallNumber(digits) { return value }
    return JSONNumber(literal: try JSONText(range: digits, hasEscapes: false).decoded(bytes)).int
  }
}
