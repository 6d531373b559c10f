/// Why a text is not the XML that a workbook is made of.
package enum TagFault: Error, Hashable {
  /// The text ends inside a tag, or with elements open.
  case endsEarly
  /// A tag can't be read, or closes what is not open.
  case badTag
  /// An `&` begins nothing that is known.
  case badEntity
  /// The text brings its own grammar, which workbooks never do and attacks like to.
  case hasGrammar
  /// A tag, or the text between two, is too long to be meant, or elements nest too deeply.
  case tooLarge
}

/// Finds tags in XML, and the text between them, in bytes that come in pieces of any size.
///
/// It checks what a reader could be misled by: that tags are whole, that each closes what it should, and that
/// nothing is open at the end. Names are told without their prefix. Comments and instructions are passed
/// over; raw text comes as plain text.
package struct TagScanner {
  /// What a tag does.
  package enum Kind { case opens, closes, isEmpty }

  private enum State { case text, tagStart, tag, quoted(UInt8), bang, comment, cdata, instruction }

  /// The most bytes of one tag or of one text.
  private static let longest = 64 << 20
  private static let deepest = 256

  private var state = State.text
  private var rawText: [UInt8] = []
  private var tag: [UInt8] = []
  private var nameRange = 0..<0
  private var attributes: [(name: Range<Int>, value: Range<Int>)] = []
  /// The names of the open elements, one after the other, and where each ends.
  private var openNames: [UInt8] = []
  private var openEnds: [Int] = []
  private var tokenIsDone = false

  /// What the last tag does.
  package private(set) var kind = Kind.opens
  /// How many elements are open, the last tag's own counted while it opens one.
  package var depth: Int { openEnds.count }
  /// Whether any element was there at all.
  package private(set) var hasRoot = false
  /// Why the text can't be read on.
  package private(set) var fault: TagFault?

  package init() {}

  /// Moves `position` past the next tag; `false` where it needs more bytes. A fault ends the reading.
  package mutating func next(_ bytes: Span<UInt8>, _ position: inout Int) -> Bool {
    if tokenIsDone {
      rawText.removeAll(keepingCapacity: true)
      tag.removeAll(keepingCapacity: true)
      tokenIsDone = false
    }
    while fault == nil, position < bytes.count {
      switch state {
      case .text: takeText(bytes, &position)
      case .tagStart: startTag(bytes[position])
      case .tag:
        takeTag(bytes, &position)
        if tokenIsDone { return true }
      case .quoted(let quote): takeQuoted(quote, bytes, &position)
      case .bang: takeBang(bytes[position], &position)
      case .comment: skip(to: "-->", .text, bytes, &position)
      case .instruction: skip(to: "?>", .text, bytes, &position)
      case .cdata: takeRaw(bytes[position], &position)
      }
      if max(tag.count, rawText.count) > Self.longest { fault = .tooLarge }
    }
    return fault != nil
  }

  /// Ends the text, and tells what is missing.
  package mutating func finish() {
    if fault == nil, !isWhole { fault = .endsEarly }
  }

  private var isWhole: Bool { if case .text = state { depth == 0 && hasRoot } else { false } }

  private mutating func takeText(_ bytes: Span<UInt8>, _ position: inout Int) {
    let end = bytes.firstIndex(of: UInt8(ascii: "<"), from: position)
    rawText.append(bytes, position..<end)
    position = end
    guard end < bytes.count else { return }
    position &+= 1
    state = .tagStart
  }

  private mutating func startTag(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "!"): state = .bang
    case UInt8(ascii: "?"): state = .instruction
    default: state = .tag
    }
  }

  private mutating func takeTag(_ bytes: Span<UInt8>, _ position: inout Int) {
    let end = bytes.firstIndex(of: UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"), from: position)
    tag.append(bytes, position..<end)
    position = end
    guard end < bytes.count else { return }
    position &+= 1
    if bytes[end] == UInt8(ascii: ">") {
      state = .text
      endTag()
    } else {
      tag.append(bytes[end])
      state = .quoted(bytes[end])
    }
  }

  private mutating func takeQuoted(_ quote: UInt8, _ bytes: Span<UInt8>, _ position: inout Int) {
    let end = bytes.firstIndex(of: quote, from: position)
    let next = min(end &+ 1, bytes.count)
    tag.append(bytes, position..<next)
    position = next
    if end < next { state = .tag }
  }

  private mutating func takeBang(_ byte: UInt8, _ position: inout Int) {
    tag.append(byte)
    position &+= 1
    if tag.elementsEqual("!--".utf8) {
      tag.removeAll(keepingCapacity: true)
      state = .comment
    } else if tag.elementsEqual("![CDATA[".utf8) {
      tag.removeAll(keepingCapacity: true)
      state = .cdata
    } else if !"!--".utf8.starts(with: tag), !"![CDATA[".utf8.starts(with: tag) {
      fault = "!DOCTYPE".utf8.starts(with: tag) ? .hasGrammar : .badTag
    }
  }

  /// Passes over everything up to `end`, of which `tag` keeps the part that was met.
  private mutating func skip(
    to end: StaticString, _ next: State, _ bytes: Span<UInt8>, _ position: inout Int
  ) {
    while position < bytes.count {
      tag.append(bytes[position])
      position &+= 1
      if tag.count > end.utf8CodeUnitCount { tag.removeFirst() }
      if end.withUTF8Buffer({ tag.elementsEqual($0) }) {
        tag.removeAll(keepingCapacity: true)
        return state = next
      }
    }
  }

  /// Takes raw text as the plain text that means the same.
  private mutating func takeRaw(_ byte: UInt8, _ position: inout Int) {
    position &+= 1
    if byte == UInt8(ascii: "&") {
      rawText.append(contentsOf: "&amp;".utf8)
    } else {
      rawText.append(byte)
    }
    guard byte == UInt8(ascii: ">"), rawText.suffix(3).elementsEqual("]]>".utf8) else { return }
    rawText.removeLast(3)
    state = .text
  }
}

extension TagScanner {
  /// Whether the last tag's name is `name`.
  package func isNamed(_ name: StaticString) -> Bool {
    guard nameRange.count == name.utf8CodeUnitCount else { return false }
    return name.withUTF8Buffer { wanted in
      tag.withUnsafeBufferPointer { tag in
        for index in 0..<wanted.count where tag[nameRange.lowerBound &+ index] != wanted[index] {
          return false
        }
        return true
      }
    }
  }

  /// Whether the last tag opens an element of this name, be it empty.
  package func opens(_ name: StaticString) -> Bool { kind != .closes && isNamed(name) }

  /// Whether the last tag closes an element of this name, be it empty.
  package func closes(_ name: StaticString) -> Bool { kind != .opens && isNamed(name) }

  /// Appends the text between the last tag and the one before it.
  package mutating func appendText(to output: inout [UInt8]) {
    rawText.withSpan { raw in
      if !appendUnescaped(raw, 0..<raw.count, to: &output), fault == nil { fault = .badEntity }
    }
  }

  /// Runs `body` with the bytes of an attribute as they are written, or returns `nil` where it has none.
  package func withAttribute<Result>(
    _ name: StaticString, _ body: (ArraySlice<UInt8>) -> Result
  ) -> Result? {
    for attribute in attributes where attribute.name.count == name.utf8CodeUnitCount {
      if name.withUTF8Buffer({ tag[attribute.name].elementsEqual($0) }) { return body(tag[attribute.value]) }
    }
    return nil
  }

  /// The text of an attribute of the last tag.
  package func attribute(_ name: StaticString) -> String? {
    withAttribute(name) { value in
      var text: [UInt8] = []
      Array(value).withSpan { _ = appendUnescaped($0, 0..<$0.count, to: &text) }
      return String(decoding: text, as: UTF8.self)
    }
  }

  /// The number that an attribute of the last tag is, where it is one.
  package func number(_ name: StaticString) -> Int? { withAttribute(name) { decimal($0) } ?? nil }

  /// Reads the tag that was taken whole.
  private mutating func endTag() {
    tokenIsDone = true
    attributes.removeAll(keepingCapacity: true)
    let closes = tag.first == UInt8(ascii: "/")
    let isEmpty = !closes && tag.last == UInt8(ascii: "/")
    kind = closes ? .closes : isEmpty ? .isEmpty : .opens
    var scan = TagParts(tag, from: closes ? 1 : 0, to: isEmpty ? tag.count - 1 : tag.count)
    guard let name = scan.name() else { return fault = .badTag }
    nameRange = scan.local(name)
    while let attribute = scan.attribute() { attributes.append(attribute) }
    guard scan.isAtEnd, !closes || attributes.isEmpty else { return fault = .badTag }
    hasRoot = true
    switch kind {
    case .opens: open(name)
    case .closes: close(name)
    case .isEmpty: break
    }
  }

  private mutating func open(_ name: Range<Int>) {
    guard depth < Self.deepest else { return fault = .tooLarge }
    openNames.append(contentsOf: tag[name])
    openEnds.append(openNames.count)
  }

  private mutating func close(_ name: Range<Int>) {
    guard openEnds.popLast() != nil else { return fault = .badTag }
    let start = openEnds.last ?? 0
    guard openNames[start...].elementsEqual(tag[name]) else { return fault = .badTag }
    openNames.removeLast(openNames.count - start)
  }
}

/// Takes a tag apart into its name and attributes.
private struct TagParts {
  let tag: [UInt8]
  var position: Int
  let end: Int
  /// Whether what looked like an attribute was none.
  private(set) var isBroken = false

  init(_ tag: [UInt8], from position: Int, to end: Int) {
    self.tag = tag
    self.position = position
    self.end = end
  }

  mutating func name() -> Range<Int>? {
    let start = position
    while position < end, !isSpace(tag[position]), tag[position] != UInt8(ascii: "=") { position &+= 1 }
    return start < position ? start..<position : nil
  }

  /// The name without its prefix.
  func local(_ name: Range<Int>) -> Range<Int> {
    guard let colon = tag[name].firstIndex(of: UInt8(ascii: ":")) else { return name }
    return colon + 1..<name.upperBound
  }

  mutating func attribute() -> (name: Range<Int>, value: Range<Int>)? {
    let start = position
    skipSpace()
    guard position > start, let name = name() else { return nil }
    isBroken = true
    skipSpace()
    guard position < end, tag[position] == UInt8(ascii: "=") else { return nil }
    position &+= 1
    skipSpace()
    guard position < end, tag[position] == UInt8(ascii: "\"") || tag[position] == UInt8(ascii: "'"),
      let close = tag[(position + 1)..<end].firstIndex(of: tag[position])
    else { return nil }
    defer { position = close + 1 }
    isBroken = false
    return (local(name), position + 1..<close)
  }

  /// Whether all was taken.
  var isAtEnd: Bool { position == end && !isBroken }

  private mutating func skipSpace() { while position < end, isSpace(tag[position]) { position &+= 1 } }
}

/// Whether XML and JSON take the byte for space.
func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

/// The number that these digits write.
package func decimal(_ digits: some Sequence<UInt8>) -> Int? {
  var number: Int?
  for digit in digits {
    guard digit &- UInt8(ascii: "0") < 10, (number ?? 0) < 1 << 50 else { return nil }
    number = (number ?? 0) * 10 + Int(digit - UInt8(ascii: "0"))
  }
  return number
}
