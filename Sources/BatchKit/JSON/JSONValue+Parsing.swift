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
  /// Moves past one value and builds it, from a list of what is open rather than by recursion.
  ///
  /// A hostile answer can be nested a million deep, and recursion would end the process; here it ends with a
  /// fault at the limit.
  package mutating func value(_ bytes: Span<UInt8>) throws(JSONFault) -> JSONValue {
    var open: [OpenValue] = []
    while true {
      guard var value = try scalarOrEmpty(bytes, &open) else { continue }
      while let innermost = open.indices.last {
        open[innermost].put(value)
        if take(UInt8(ascii: ","), bytes) {
          if open[innermost].isObject { open[innermost].key = try key(bytes) }
          break
        }
        try expect(UInt8(ascii: open[innermost].isObject ? "}" : "]"), bytes)
        value = open.removeLast().closed
      }
      if open.isEmpty { return value }
    }
  }

  /// The value that follows, or `nil` after moving into an array or object that holds something.
  private mutating func scalarOrEmpty(
    _ bytes: Span<UInt8>, _ open: inout [OpenValue]
  ) throws(JSONFault) -> JSONValue? {
    let kind = try peek(bytes)
    switch kind {
    case .string: return .string(try string(bytes).decoded(bytes))
    case .number:
      let digits = try number(bytes)
      return .number(JSONNumber(literal: try JSONText(range: digits, hasEscapes: false).decoded(bytes)))
    case .bool: return .bool(try bool(bytes))
    case .null:
      try literal("null", bytes)
      return .null
    case .array, .object:
      guard open.count < Self.deepest else { throw JSONFault(.tooDeep, at: position) }
      position &+= 1
      let isObject = kind == .object
      if take(UInt8(ascii: isObject ? "}" : "]"), bytes) { return isObject ? .object([:]) : .array([]) }
      open.append(OpenValue(isObject: isObject, key: isObject ? try key(bytes) : ""))
      return nil
    }
  }

  /// The name of the member that follows, and past its colon.
  private mutating func key(_ bytes: Span<UInt8>) throws(JSONFault) -> String {
    let key = try string(bytes).decoded(bytes)
    try expect(UInt8(ascii: ":"), bytes)
    return key
  }
}

/// An array or object whose end was not reached yet.
private struct OpenValue {
  let isObject: Bool
  /// The key of the member that is being read.
  var key: String
  private var elements: [JSONValue] = []
  private var pairs: [(String, JSONValue)] = []

  init(isObject: Bool, key: String) {
    self.isObject = isObject
    self.key = key
  }

  /// Adds what was read last.
  mutating func put(_ value: JSONValue) {
    if isObject { pairs.append((key, value)) } else { elements.append(value) }
  }

  /// The value, now that its end was reached. Of two members of one name the last counts.
  var closed: JSONValue { isObject ? .object(JSONObject(pairs)) : .array(elements) }
}

extension Array where Element == UInt8 {
  /// Runs `body` with a span over the bytes; `Array.span` itself asks for a newer macOS than we support.
  package func withSpan<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withUnsafeBufferPointer { buffer throws(Failure) in try body(buffer.span) }
  }
}
