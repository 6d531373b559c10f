/// What parts the fields of a CSV text, told by its first line: whichever of comma, semicolon, bar and tab
/// stands there most often outside quotes, in this order where two stand there equally often.
package func likelyDelimiter(of text: [UInt8]) -> UInt8 {
  let candidates = [",", ";", "|", "\t"].map { (mark: Unicode.Scalar) in UInt8(ascii: mark) }
  var counts = [Int](repeating: 0, count: candidates.count)
  var isQuoted = false
  var mayOpenQuote = true
  var lineIsBlank = true
  for byte in text.starts(with: [0xEF, 0xBB, 0xBF]) ? text.dropFirst(3) : text[...] {
    if byte == UInt8(ascii: "\"") {
      // A quote closes what it opened; one in the middle of plain text is text.
      if isQuoted || mayOpenQuote { isQuoted.toggle() }
      lineIsBlank = false
      continue
    }
    if isQuoted { continue }
    let endsLine = byte == 0x0A || byte == 0x0D
    if endsLine, !lineIsBlank { break }
    let place = candidates.firstIndex(of: byte)
    if let place { counts[place] += 1 }
    mayOpenQuote = place != nil || endsLine
    lineIsBlank = endsLine
  }
  let most = counts.max() ?? 0
  return counts.firstIndex(of: most).map { candidates[$0] } ?? candidates[0]
}
