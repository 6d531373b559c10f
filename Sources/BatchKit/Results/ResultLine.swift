/// The outline of one line of a result file: whose it is, how it went, and where its body stands.
///
/// It is read in one pass that builds nothing, and from a broken line as far as it goes: a line that was
/// cut off in its middle still tells whose answer is lost.
package struct ResultLine {
  /// The text of the id.
  var id: JSONText?
  /// The HTTP status of this one request.
  var status: Int?
  /// Where the body stands, and whether it is JSON within a string, as some servers write it.
  var body: (range: Range<Int>, isText: Bool)?
  /// Where the error stands, if it is more than `null`.
  var error: Range<Int>?
  /// Where the fields of the body stand, were they asked for and is the body an object.
  var facts = ReplyFacts()
  /// Whether the body is one of the responses endpoint, and one that did not complete.
  var isIncompleteResponse = false
  /// Why the line can't be read to its end.
  var fault: JSONFault?

  /// Nothing read yet.
  init() {}

  /// The outline of the line that `bytes` hold.
  ///
  /// - Parameter readsAnswer: whether the fields of the body are found on the way.
  package init(_ bytes: Span<UInt8>, readsAnswer: Bool = false) {
    var scanner = JSONScanner()
    do throws(JSONFault) {
      try read(&scanner, bytes, readsAnswer)
      try scanner.finish(bytes)
    } catch { fault = error }
  }

  /// Whether the line is an answer: a status of success, no error, and a body.
  package var isSuccess: Bool {
    fault == nil && error == nil && body != nil && !isIncompleteResponse
      && (200..<300).contains(status ?? 200)
  }

  private mutating func read(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>, _ readsAnswer: Bool
  ) throws(JSONFault) {
    try scanner.eachMember(bytes) { scanner, key throws(JSONFault) in
      if key.equals("custom_id", bytes), try scanner.peek(bytes) == .string {
        id = try scanner.string(bytes)
      } else if key.equals("response", bytes), try scanner.peek(bytes) == .object {
        try readResponse(&scanner, bytes, readsAnswer)
      } else if key.equals("error", bytes), try scanner.peek(bytes) != .null {
        error = try scanner.skipValue(bytes)
      } else {
        try scanner.skipValue(bytes)
      }
    }
  }

  private mutating func readResponse(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>, _ readsAnswer: Bool
  ) throws(JSONFault) {
    try scanner.eachMember(bytes) { scanner, key throws(JSONFault) in
      if key.equals("status_code", bytes), try scanner.peek(bytes) == .number {
        status = try scanner.wholeNumber(bytes) ?? 0
      } else if key.equals("body", bytes), try scanner.peek(bytes) == .object {
        let start = scanner.position
        if readsAnswer { try readAnswer(&scanner, bytes) } else { try readStatus(&scanner, bytes) }
        body = (start..<scanner.position, false)
      } else if key.equals("body", bytes), try scanner.peek(bytes) == .string {
        body = (try scanner.string(bytes).range, true)
      } else {
        try scanner.skipValue(bytes)
      }
    }
  }

  private mutating func readAnswer(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    if body != nil { facts = ReplyFacts() }
    try facts.readAnswer(&scanner, bytes)
    isIncompleteResponse = facts.isIncompleteResponse(bytes)
  }

  /// A responses body may say 200 and yet be incomplete, failed or cancelled; other bodies have no such
  /// status.
  private mutating func readStatus(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    var isResponse = false
    var isComplete = true
    try scanner.eachMember(bytes) { scanner, key throws(JSONFault) in
      if key.equals("object", bytes), try scanner.peek(bytes) == .string {
        isResponse = try scanner.string(bytes).equals("response", bytes)
      } else if key.equals("status", bytes), try scanner.peek(bytes) == .string {
        isComplete = try scanner.string(bytes).equals("completed", bytes)
      } else {
        try scanner.skipValue(bytes)
      }
    }
    isIncompleteResponse = isResponse && !isComplete
  }

  /// The id, unescaped, where the line has one that can be read.
  func customID(_ bytes: Span<UInt8>) -> CustomID? {
    guard let id, let text = try? id.decoded(bytes) else { return nil }
    return CustomID(text)
  }
}
