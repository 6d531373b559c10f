extension JSONValue {
  /// Reads the one JSON value that `text` holds.
  ///
  /// - Throws: ``BatchError`` with the line and column at which it stops to be JSON.
  public init(parsing text: String) throws(BatchError) {
    try self.init(parsing: Array(text.utf8))
  }

  /// Reads the one JSON value that `bytes` hold; a byte-order mark in front is passed over.
  ///
  /// - Throws: ``BatchError`` with the line and column at which they stop to be JSON.
  public init(parsing bytes: [UInt8]) throws(BatchError) {
    do throws(JSONFault) {
      self = try Self.parse(bytes)
    } catch {
      let place = error.place(in: bytes)
      throw BatchError(
        .invalidJSON,
        "This is not JSON: \(error.reason.rawValue) at line \(place.line), column \(place.column).")
    }
  }

  /// The value, or the fault with its byte, for callers that have a better sentence of their own.
  package static func parse(_ bytes: [UInt8]) throws(JSONFault) -> JSONValue {
    try bytes.withSpan { span throws(JSONFault) in
      var scanner = JSONScanner(at: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
      let value = try scanner.value(span)
      try scanner.finish(span)
      return value
    }
  }
}

extension JSONScanner {
  /// Moves past one value and builds it.
  package mutating func value(_ bytes: Span<UInt8>, depth: Int = 0) throws(JSONFault) -> JSONValue {
    switch try peek(bytes) {
    case .string: return .string(try string(bytes).decoded(bytes))
    case .number:
      let digits = try number(bytes)
      return .number(JSONNumber(literal: try JSONText(range: digits, hasEscapes: false).decoded(bytes)))
    case .bool: return .bool(try bool(bytes))
    case .null:
      try literal("null", bytes)
      return .null
    case .array:
      guard depth < Self.deepest else { throw JSONFault(.tooDeep, at: position) }
      return .array(try elements(bytes, depth: depth))
    case .object:
      guard depth < Self.deepest else { throw JSONFault(.tooDeep, at: position) }
      return .object(try members(bytes, depth: depth))
    }
  }

  private mutating func elements(_ bytes: Span<UInt8>, depth: Int) throws(JSONFault) -> [JSONValue] {
    var elements: [JSONValue] = []
    try eachElement(bytes) { scanner, _ throws(JSONFault) in
      elements.append(try scanner.value(bytes, depth: depth + 1))
    }
    return elements
  }

  private mutating func members(_ bytes: Span<UInt8>, depth: Int) throws(JSONFault) -> JSONObject {
    var pairs: [(String, JSONValue)] = []
    try eachMember(bytes) { scanner, key throws(JSONFault) in
      pairs.append((try key.decoded(bytes), try scanner.value(bytes, depth: depth + 1)))
    }
    return JSONObject(pairs)
  }
}

extension Array where Element == UInt8 {
  /// Runs `body` with a span over the bytes; `Array.span` itself asks for a newer macOS than we support.
  package func withSpan<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withUnsafeBufferPointer { buffer throws(Failure) in try body(buffer.span) }
  }
}
