/// The values of a JSON text in the order in which they begin, each with the place of the next beside it.
///
/// That is all a decoder asks for: sixteen bytes a value, and nothing built that is not wanted.
struct JSONTape: Sendable {
  /// One value, or the key in front of one.
  struct Node: Sendable {
    enum Kind: UInt8 { case null, no, yes, number, string, escapedString, array, object }

    let kind: Kind
    /// Where it begins in the bytes; of a string, its text.
    let start: UInt32
    /// Where it ends in the bytes; of an array or object, how many elements or members it has.
    fileprivate(set) var end: UInt32
    /// The node after it and all that is in it.
    fileprivate(set) var next: UInt32
  }

  let bytes: [UInt8]
  /// The value itself comes first; the last node is a `null` that stands for what is not there.
  private(set) var nodes: [Node] = []

  /// Reads the one value that `bytes` hold.
  init(_ bytes: [UInt8]) throws(JSONFault) {
    self.bytes = bytes
    guard bytes.count < Int(UInt32.max) else { throw JSONFault(.tooDeep, at: 0) }
    nodes.reserveCapacity(16)
    try bytes.withSpan { span throws(JSONFault) in
      var scanner = JSONScanner(at: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
      try read(&scanner, span)
      try scanner.finish(span)
    }
    append(.null, 0..<0)
  }

  /// The node that stands for what is not there.
  var nothing: Int { nodes.count - 1 }

  /// Keeps what is open in a list rather than on the stack.
  private mutating func read(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    var open: [Int] = []
    repeat {
      if try readValue(&scanner, bytes, depth: open.count) {
        open.append(nodes.count - 1)
        if nodes[nodes.count - 1].kind == .object { try readKey(&scanner, bytes) }
        continue
      }
      while let innermost = open.last {
        nodes[innermost].end &+= 1
        let isObject = nodes[innermost].kind == .object
        if scanner.take(UInt8(ascii: ","), bytes) {
          if isObject { try readKey(&scanner, bytes) }
          break
        }
        try scanner.expect(UInt8(ascii: isObject ? "}" : "]"), bytes)
        nodes[innermost].next = UInt32(nodes.count)
        open.removeLast()
      }
    } while !open.isEmpty
  }

  /// Reads a value, or only the opening of an array or object that holds something, and tells which it was.
  private mutating func readValue(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>, depth: Int
  ) throws(JSONFault) -> Bool {
    let kind = try scanner.peek(bytes)
    let start = scanner.position
    switch kind {
    case .string: append(try scanner.string(bytes))
    case .number: append(.number, try scanner.number(bytes))
    case .bool:
      let isTrue = try scanner.bool(bytes)
      append(isTrue ? .yes : .no, start..<scanner.position)
    case .null:
      try scanner.literal("null", bytes)
      append(.null, start..<scanner.position)
    case .array, .object:
      guard depth < JSONScanner.deepest else { throw JSONFault(.tooDeep, at: start) }
      scanner.position &+= 1
      nodes.append(
        Node(
          kind: kind == .object ? .object : .array, start: UInt32(start), end: 0,
          next: UInt32(nodes.count + 1)))
      return !scanner.take(UInt8(ascii: kind == .object ? "}" : "]"), bytes)
    }
    return false
  }

  private mutating func readKey(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONFault) {
    append(try scanner.string(bytes))
    try scanner.expect(UInt8(ascii: ":"), bytes)
  }

  private mutating func append(_ text: JSONText) {
    append(text.hasEscapes ? .escapedString : .string, text.range)
  }

  private mutating func append(_ kind: Node.Kind, _ range: Range<Int>) {
    nodes.append(
      Node(
        kind: kind, start: UInt32(range.lowerBound), end: UInt32(range.upperBound),
        next: UInt32(nodes.count + 1)))
  }
}

extension JSONTape {
  /// The text of a string or number, or `nil` where it is no UTF-8.
  func text(of node: Int) -> String? {
    let found = nodes[node]
    let text = JSONText(range: range(of: found), hasEscapes: found.kind == .escapedString)
    return try? bytes.withSpan { span throws(JSONFault) in try text.decoded(span) }
  }

  private func range(of node: Node) -> Range<Int> { Int(node.start)..<Int(node.end) }

  /// The values in an array, or the members' values in an object, in order.
  func children(of node: Int) -> [Int] {
    let isObject = nodes[node].kind == .object
    guard isObject || nodes[node].kind == .array else { return [] }
    var place = node + 1
    return (0..<nodes[node].end).map { _ in
      let child = isObject ? place + 1 : place
      place = Int(nodes[child].next)
      return child
    }
  }

  /// The value under a key; of several under one key the last, as everywhere in the library.
  func member(_ key: String, of object: Int) -> Int? {
    var key = key
    return key.withUTF8 { wanted in
      bytes.withUnsafeBufferPointer { bytes in
        var found: Int?
        var place = object + 1
        for _ in 0..<nodes[object].end {
          if isKey(nodes[place], wanted, bytes) { found = place + 1 }
          place = Int(nodes[place + 1].next)
        }
        return found
      }
    }
  }

  private func isKey(
    _ node: Node, _ wanted: UnsafeBufferPointer<UInt8>, _ bytes: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    let range = range(of: node)
    if node.kind == .escapedString {
      var text: [UInt8] = []
      bytes.span.extracting(range).unescape(into: &text)
      return text.elementsEqual(wanted)
    }
    guard range.count == wanted.count else { return false }
    for index in wanted.indices where bytes[range.lowerBound &+ index] != wanted[index] { return false }
    return true
  }

  /// The number that a node of digits spells, where it is whole and short.
  func smallNumber(_ node: Int) -> Int? {
    let found = nodes[node]
    return bytes.withSpan { span in
      guard span[Int(found.start)] == UInt8(ascii: "-") else { return span.smallNumber(range(of: found)) }
      return span.smallNumber((Int(found.start) + 1)..<Int(found.end)).map { -$0 }
    }
  }

  /// The number that a node of digits spells, where few digits say it exactly: both its digits as a whole
  /// number and its power of ten are then exact, and dividing one by the other rounds once, as it must.
  func shortFraction(_ node: Int) -> Double? {
    let found = nodes[node]
    return bytes.withSpan { span in
      var (digits, scale, count) = (0, -1, 0)
      let isNegative = span[Int(found.start)] == UInt8(ascii: "-")
      for place in (Int(found.start) + (isNegative ? 1 : 0))..<Int(found.end) {
        let digit = span[place] &- UInt8(ascii: "0")
        if span[place] == UInt8(ascii: "."), scale < 0 {
          scale = 0
        } else {
          guard digit < 10, count < 15 else { return nil }
          digits = digits &* 10 &+ Int(digit)
          count &+= 1
          if scale >= 0 { scale &+= 1 }
        }
      }
      let value = Double(digits) / Self.powersOfTen[max(0, scale)]
      return isNegative ? -value : value
    }
  }

  /// Whether a number has any digit but zeros in front of its exponent.
  func hasDigits(_ node: Int) -> Bool {
    bytes[range(of: nodes[node])].prefix { $0 | 0x20 != UInt8(ascii: "e") }.contains {
      (UInt8(ascii: "1")...UInt8(ascii: "9")).contains($0)
    }
  }

  private static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]

  /// The beginning of a value as it stands, for messages.
  func snippet(_ node: Int) -> String {
    guard node < nothing else { return "nothing" }
    let isString = [.string, .escapedString].contains(nodes[node].kind)
    let start = Int(nodes[node].start) - (isString ? 1 : 0)
    let end =
      [.array, .object].contains(nodes[node].kind) ? bytes.count : Int(nodes[node].end) + (isString ? 1 : 0)
    let shown = bytes[start..<min(end, start + 40)]
    return String(decoding: shown, as: UTF8.self) + (shown.endIndex < end ? "…" : "")
  }
}
