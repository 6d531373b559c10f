/// Where in a line, of requests or of results, the id stands, and what the answer says of its price.
///
/// Lines are handed on to other ids by copying every byte but those of the id: an answer is never taken apart
/// and written anew, so nothing of it can get lost on the way.
struct LineOutline {
  /// The text of the id, between its quotes.
  let id: JSONText
  /// Where the tokens stand that the answer used up, where they do.
  private(set) var usage: Range<Int>?
  /// Where the whole response stands.
  private(set) var response: Range<Int>?

  /// The outline of a line, or `nil` where it is no JSON or has no id.
  ///
  /// Members that are of another kind than they should be are stepped over; the last `custom_id` counts,
  /// should there be two. The body is looked at only for its `usage`, so a line costs one pass.
  init?(_ line: [UInt8]) {
    var id: JSONText?
    var usage: Range<Int>?
    var response: Range<Int>?
    let isSound = line.withSpan { bytes in
      var scanner = JSONScanner()
      do throws(JSONFault) {
        try scanner.eachMember(bytes) { scanner, key throws(JSONFault) in
          if key.equals("custom_id", bytes), try scanner.peek(bytes) == .string {
            id = try scanner.string(bytes)
          } else if key.equals("response", bytes), try scanner.peek(bytes) == .object {
            let start = scanner.position
            try Self.readResponse(&scanner, bytes, &usage)
            response = start..<scanner.position
          } else {
            try scanner.skipValue(bytes)
          }
        }
        return true
      } catch { return false }
    }
    guard isSound, let id else { return nil }
    self.id = id
    self.usage = usage
    self.response = response
  }

  /// Notes where the usage of the body stands, and moves past the response.
  private static func readResponse(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>, _ usage: inout Range<Int>?
  ) throws(JSONFault) {
    try scanner.eachMember(bytes) { scanner, key throws(JSONFault) in
      guard key.equals("body", bytes), try scanner.peek(bytes) == .object else {
        try scanner.skipValue(bytes)
        return
      }
      try scanner.eachMember(bytes) { scanner, key throws(JSONFault) in
        let place = try scanner.skipValue(bytes)
        if key.equals("usage", bytes) { usage = place }
      }
    }
  }

  /// The id as it stands in the line, its escapes included.
  func rawID(in line: [UInt8]) -> ArraySlice<UInt8> { line[id.range] }

  /// Whether two lines are the same in every byte but those of their ids.
  ///
  /// It is asked of two requests before one answer serves both: nothing less than the same bytes will do.
  static func areTwins(_ one: [UInt8], _ two: [UInt8]) -> Bool {
    guard let first = Self(one), let second = Self(two) else { return false }
    return one[..<first.id.range.lowerBound] == two[..<second.id.range.lowerBound]
      && one[first.id.range.upperBound...] == two[second.id.range.upperBound...]
  }

  /// The line under another id, which is written as it stands in its own line.
  ///
  /// What was used up is left out unless told otherwise: it was used up for one line, and must not be added
  /// up for two.
  /// - Parameter texts: pieces of the answer, each with what stands there instead.
  func line(
    _ line: [UInt8], renamed rawID: ArraySlice<UInt8>, keepsUsage: Bool = false,
    texts: [(place: Range<Int>, text: ArraySlice<UInt8>)] = []
  ) -> [UInt8] {
    var edits = texts + [(place: id.range, text: rawID)]
    if let usage, !keepsUsage { edits.append((usage, Array("null".utf8)[...])) }
    var copy: [UInt8] = []
    var start = 0
    // The pieces don't overlap, so in the order of their places one walk copies the line.
    for edit in edits.sorted(by: { $0.place.lowerBound < $1.place.lowerBound }) {
      copy += line[start..<edit.place.lowerBound]
      copy += edit.text
      start = edit.place.upperBound
    }
    return copy + line[start...]
  }
}
