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
  private var rawText = ByteStore()
  private var tag = ByteStore()
  private var parts = TagParts()
  /// The full names of the open elements, each as one number.
  private var open: [UInt64] = []
  private var hasRoot = false
  private var tagIsDone = false

  /// What the last tag does.
  package private(set) var kind = Kind.opens
  /// Why the text can't be read on.
  package private(set) var fault: TagFault?

  package init() {}

  /// Moves `position` past the next tag; `false` where it needs more bytes. A fault ends the reading.
  package mutating func next(_ bytes: Span<UInt8>, _ position: inout Int) -> Bool {
    if tagIsDone {
      rawText.clear()
      tag.clear()
      tagIsDone = false
    }
    while fault == nil, position < bytes.count {
      switch state {
      case .text: takeText(bytes, &position)
      case .tagStart: startTag(bytes[position])
      case .tag:
        takeTag(bytes, &position)
        if tagIsDone { return true }
      case .quoted(let quote): takeQuoted(quote, bytes, &position)
      case .bang: takeBang(bytes[position], &position)
      case .comment: skip(to: "-->", bytes, &position)
      case .instruction: skip(to: "?>", bytes, &position)
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

  private var isWhole: Bool { if case .text = state { open.isEmpty && hasRoot } else { false } }

  private mutating func takeText(_ bytes: Span<UInt8>, _ position: inout Int) {
    let start = position
    if bytes[start] != UInt8(ascii: "<") {
      position = bytes.firstIndex(of: UInt8(ascii: "<"), from: start)
      rawText.append(bytes, start..<position)
      guard position < bytes.count else { return }
    }
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
    let start = position
    // Tags are short, and most have no quotes: a step by step search is the quickest here.
    while position < bytes.count, bytes[position] != UInt8(ascii: ">"), !isQuote(bytes[position]) {
      position &+= 1
    }
    guard position < bytes.count else { return tag.append(bytes, start..<position) }
    let end = bytes[position]
    position &+= 1
    if end == UInt8(ascii: ">") {
      tag.append(bytes, start..<(position &- 1))
      state = .text
      endTag()
    } else {
      tag.append(bytes, start..<position)
      state = .quoted(end)
    }
  }

  private mutating func takeQuoted(_ quote: UInt8, _ bytes: Span<UInt8>, _ position: inout Int) {
    let start = position
    while position < bytes.count, bytes[position] != quote { position &+= 1 }
    if position < bytes.count {
      position &+= 1
      state = .tag
    }
    tag.append(bytes, start..<position)
  }

  private mutating func takeBang(_ byte: UInt8, _ position: inout Int) {
    tag.append(byte)
    position &+= 1
    if tag.reads("!--", 0..<tag.count) {
      tag.clear()
      state = .comment
    } else if tag.reads("![CDATA[", 0..<tag.count) {
      tag.clear()
      state = .cdata
    } else if !tag.begins("!--"), !tag.begins("![CDATA[") {
      fault = tag.begins("!DOCTYPE") ? .hasGrammar : .badTag
    }
  }

  /// Passes over everything up to `end`.
  private mutating func skip(to end: StaticString, _ bytes: Span<UInt8>, _ position: inout Int) {
    while position < bytes.count {
      tag.append(bytes[position])
      position &+= 1
      if tag.ends(with: end) {
        tag.clear()
        return state = .text
      }
      // What is passed over is not kept, but for a beginning of the end.
      if tag.count > 256 { tag.keepLast(end.utf8CodeUnitCount) }
    }
  }

  /// Takes raw text as the plain text that means the same.
  private mutating func takeRaw(_ byte: UInt8, _ position: inout Int) {
    position &+= 1
    if byte == UInt8(ascii: "&") {
      for byte in "&amp;".utf8 { rawText.append(byte) }
    } else {
      rawText.append(byte)
    }
    guard byte == UInt8(ascii: ">"), rawText.ends(with: "]]>") else { return }
    rawText.removeLast(3)
    state = .text
  }

  /// Reads the tag that was taken whole.
  private mutating func endTag() {
    tagIsDone = true
    hasRoot = true
    guard tag.withSpan({ parts.read($0) }) else { return fault = .badTag }
    kind = parts.kind
    switch kind {
    case .opens where open.count == Self.deepest: fault = .tooLarge
    case .opens: open.append(parts.fullName)
    case .closes where open.popLast() != parts.fullName: fault = .badTag
    case .closes, .isEmpty: break
    }
  }
}

extension TagScanner {
  /// Whether the last tag's name is `name`.
  @inline(__always)
  package func isNamed(_ name: StaticString) -> Bool { tag.reads(name, parts.name) }

  /// Whether the last tag opens an element of this name, be it empty.
  package func opens(_ name: StaticString) -> Bool { kind != .closes && isNamed(name) }

  /// Whether the last tag closes an element of this name, be it empty.
  package func closes(_ name: StaticString) -> Bool { kind != .opens && isNamed(name) }

  /// Appends the text between the last tag and the one before it.
  package mutating func appendText(to output: inout [UInt8]) {
    let isSound = rawText.withSpan { appendUnescaped($0, to: &output) }
    if !isSound, fault == nil { fault = .badEntity }
  }

  /// Runs `body` with the bytes of an attribute as they are written, or returns `nil` where it has none.
  package func withAttribute<Result>(_ name: StaticString, _ body: (Span<UInt8>) -> Result) -> Result? {
    for index in 0..<parts.attributeCount {
      let attribute = parts.attributes[index]
      if tag.reads(name, attribute.name) { return tag.withSpan { body($0.extracting(attribute.value)) } }
    }
    return nil
  }

  /// The text of an attribute of the last tag.
  package func attribute(_ name: StaticString) -> String? {
    withAttribute(name) { value in
      var text: [UInt8] = []
      // An escape nobody knows leaves what stands before it: no name in a workbook has one.
      _ = appendUnescaped(value, to: &text)
      return String(decoding: text, as: UTF8.self)
    }
  }

  /// The number that an attribute of the last tag is, where it is one.
  package func number(_ name: StaticString) -> Int? { withAttribute(name) { decimal($0) } ?? nil }
}

/// A tag taken apart: where in it its name and attributes stand.
private struct TagParts {
  private(set) var kind = TagScanner.Kind.opens
  /// The name without its prefix.
  private(set) var name = 0..<0
  /// The name with its prefix, as one number: equal names have equal ones, others hardly ever.
  private(set) var fullName: UInt64 = 0
  /// Room for attributes, of which the first so many are the tag's; names are without prefix.
  private(set) var attributes: [(name: Range<Int>, value: Range<Int>)] = []
  private(set) var attributeCount = 0

  /// Takes a tag apart; `false` where it is none.
  mutating func read(_ tag: Span<UInt8>) -> Bool {
    let closes = !tag.isEmpty && tag[0] == UInt8(ascii: "/")
    let isEmpty = !closes && !tag.isEmpty && tag[tag.count &- 1] == UInt8(ascii: "/")
    kind = closes ? .closes : isEmpty ? .isEmpty : .opens
    let end = isEmpty ? tag.count &- 1 : tag.count
    var position = closes ? 1 : 0
    attributeCount = 0
    guard let full = takeName(tag, &position, end) else { return false }
    name = local(full, tag)
    fullName = 0xCBF2_9CE4_8422_2325
    for index in full { fullName = (fullName ^ UInt64(tag[index])) &* 0x100_0000_01B3 }
    while position < end {
      let start = position
      skipSpace(tag, &position, end)
      if position == end { break }
      guard !closes, position > start, takeAttribute(tag, &position, end) else { return false }
    }
    return true
  }

  private func takeName(_ tag: Span<UInt8>, _ position: inout Int, _ end: Int) -> Range<Int>? {
    let start = position
    while position < end, !isSpace(tag[position]), tag[position] != UInt8(ascii: "=") { position &+= 1 }
    return start < position ? start..<position : nil
  }

  private func local(_ name: Range<Int>, _ tag: Span<UInt8>) -> Range<Int> {
    for index in name where tag[index] == UInt8(ascii: ":") { return index &+ 1..<name.upperBound }
    return name
  }

  private mutating func takeAttribute(_ tag: Span<UInt8>, _ position: inout Int, _ end: Int) -> Bool {
    guard let name = takeName(tag, &position, end) else { return false }
    skipSpace(tag, &position, end)
    guard position < end, tag[position] == UInt8(ascii: "=") else { return false }
    position &+= 1
    skipSpace(tag, &position, end)
    guard position < end, isQuote(tag[position]) else { return false }
    let start = position &+ 1
    var close = start
    while close < end, tag[close] != tag[position] { close &+= 1 }
    guard close < end else { return false }
    position = close &+ 1
    let attribute = (local(name, tag), start..<close)
    if attributeCount < attributes.count {
      attributes[attributeCount] = attribute
    } else {
      attributes.append(attribute)
    }
    attributeCount &+= 1
    return true
  }

  private func skipSpace(_ tag: Span<UInt8>, _ position: inout Int, _ end: Int) {
    while position < end, isSpace(tag[position]) { position &+= 1 }
  }
}

@inline(__always)
private func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }

/// Whether XML and JSON take the byte for space.
@inline(__always)
func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

/// The number that these digits write; `nil` where they are none.
package func decimal(_ digits: Span<UInt8>) -> Int? {
  // Fifteen digits are more than anything in a workbook is counted by.
  guard !digits.isEmpty, digits.count <= 15 else { return nil }
  var number = 0
  for index in 0..<digits.count {
    let digit = digits[index] &- UInt8(ascii: "0")
    guard digit < 10 else { return nil }
    number = number &* 10 &+ Int(digit)
  }
  return number
}
