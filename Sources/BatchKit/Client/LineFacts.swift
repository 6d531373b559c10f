/// What the division into parts has to know of a request line.
///
/// It is read of every line that is written into a part, with one pass and no value made of what is passed
/// over.
struct LineFacts {
  /// The model it asks, where it names one.
  var model: String?
  /// How many texts it has embedded: as many as its `input` has, where that is a list, and 0 for a request
  /// that goes anywhere but to the embeddings.
  ///
  /// The messages of a conversation are called `input` too, and no service counts those.
  var inputs: Int { isEmbedding ? texts : 0 }
  /// How many elements its `input` has, where that is a list of texts, and 1 otherwise.
  private var texts = 1
  /// Whether it goes to the embeddings, by what the line itself says.
  private var isEmbedding = false

  /// Reads the facts off a rendered line; of one that is no JSON, nothing is known, and the checks say so.
  init(_ line: [UInt8]) {
    var facts = Self()
    line.withSpan { bytes in
      var scanner = JSONScanner()
      do throws(JSONFault) { try facts.read(&scanner, bytes) } catch { facts = Self() }
    }
    self = facts
  }

  /// Nothing known.
  private init() {}

  /// Looks for the body of the line and where it goes.
  private mutating func read(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    try scanner.eachMember(bytes) { scanner, key throws(JSONFault) in
      if key.equals("url", bytes), try scanner.peek(bytes) == .string {
        let url = try scanner.string(bytes)
        let wanted: StaticString = "/v1/embeddings"
        isEmbedding =
          url.hasEscapes ? try url.decoded(bytes) == "\(wanted)" : url.equals(wanted, bytes)
        return
      }
      guard key.equals("body", bytes), try scanner.peek(bytes) == .object else {
        try scanner.skipValue(bytes)
        return
      }
      try readBody(&scanner, bytes)
    }
  }

  /// Notes the model and the number of inputs.
  private mutating func readBody(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    try scanner.eachMember(bytes) { scanner, key throws(JSONFault) in
      if key.equals("model", bytes), try scanner.peek(bytes) == .string {
        model = try scanner.string(bytes).decoded(bytes)
      } else if key.equals("input", bytes), try scanner.peek(bytes) == .array {
        texts = try Self.texts(&scanner, bytes)
      } else {
        try scanner.skipValue(bytes)
      }
    }
  }

  /// An array of texts, or of arrays of tokens, is as many inputs; an array of numbers is one text in tokens.
  private static func texts(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) -> Int {
    var count = 0
    var isTokens = false
    try scanner.eachElement(bytes) { scanner, _ throws(JSONFault) in
      count += 1
      if try scanner.peek(bytes) == .number { isTokens = true }
      try scanner.skipValue(bytes)
    }
    return isTokens ? 1 : count
  }
}
