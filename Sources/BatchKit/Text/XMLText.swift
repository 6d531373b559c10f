/// Appends text of XML with its escapes undone and its line ends made LF; `false` where an escape is unknown.
package func appendUnescaped(_ raw: Span<UInt8>, to output: inout [UInt8]) -> Bool {
  var index = 0
  while index < raw.count {
    let next = raw.firstIndex(of: UInt8(ascii: "&"), 0x0D, 0x0D, from: index)
    output.append(raw, index..<next)
    guard next < raw.count else { break }
    if raw[next] == 0x0D {
      output.append(0x0A)
      index = next &+ 1
      if index < raw.count, raw[index] == 0x0A { index &+= 1 }
    } else {
      guard let after = appendEntity(raw, at: next, to: &output) else { return false }
      index = after
    }
  }
  return true
}

/// Appends the character of the entity at `start` and returns where to go on.
private func appendEntity(_ raw: Span<UInt8>, at start: Int, to output: inout [UInt8]) -> Int? {
  // The longest that is sound is `&#x0010FFFF;` with a few more zeros.
  let end = min(raw.count, start + 16)
  var close = start + 1
  while close < end, raw[close] != UInt8(ascii: ";") { close += 1 }
  guard close < end else { return nil }
  let name = raw.extracting((start + 1)..<close).withUnsafeBufferPointer {
    String(decoding: $0, as: UTF8.self)
  }
  guard let scalar = entities[name] ?? numbered(name) else { return nil }
  output.append(contentsOf: String(scalar).utf8)
  return close + 1
}

private let entities: [String: Unicode.Scalar] = [
  "lt": "<", "gt": ">", "amp": "&", "quot": "\"", "apos": "'",
]

private func numbered(_ name: String) -> Unicode.Scalar? {
  guard name.first == "#" else { return nil }
  let digits = name.dropFirst()
  let isHexadecimal = digits.first == "x"
  let number = UInt32(isHexadecimal ? digits.dropFirst() : digits, radix: isHexadecimal ? 16 : 10)
  return number.flatMap { Unicode.Scalar($0) }
}

/// Undoes the escapes by which workbooks write characters that XML can't hold: `_x000D_` is a CR.
package func undoWorkbookEscapes(_ text: inout [UInt8], from start: Int) {
  let isMarked = text.withSpan { $0.firstIndex(of: UInt8(ascii: "_"), from: start) < $0.count }
  guard isMarked else { return }
  var plain: [UInt8] = []
  var index = start
  while index < text.count {
    if text[index] == UInt8(ascii: "_"), let scalar = workbookEscape(text[index...].prefix(7)) {
      plain.append(contentsOf: String(scalar).utf8)
      index += 7
    } else {
      plain.append(text[index])
      index += 1
    }
  }
  text.replaceSubrange(start..., with: plain)
}

private func workbookEscape(_ text: ArraySlice<UInt8>) -> Unicode.Scalar? {
  guard text.count == 7, text[text.startIndex + 1] == UInt8(ascii: "x"), text.last == UInt8(ascii: "_") else {
    return nil
  }
  let digits = text.dropFirst(2).dropLast()
  guard digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }) else { return nil }
  return UInt32(String(decoding: digits, as: UTF8.self), radix: 16).flatMap { Unicode.Scalar($0) }
}
