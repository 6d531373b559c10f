/// Splits bytes that come in pieces of any size into lines, and knows where each line stands.
///
/// Only LF ends a line, as JSON Lines has it: CR and the Unicode line separators may stand inside one. A CR
/// before the LF, a byte-order mark in front and a missing last LF do no harm. Blank lines are lines too.
package struct JSONLines {
  /// The bytes of the line, without its end.
  package private(set) var line: [UInt8] = []
  /// The offset of the first of them, counted from the start of the text.
  package private(set) var offset = 0
  /// The number of the line, counted from 1.
  package private(set) var number = 0

  private var nextOffset = 0
  private var isOpen = false

  package init() {}

  /// Moves `position` past the next line and fills ``line``; `false` where it needs more bytes.
  package mutating func next(_ bytes: Span<UInt8>, _ position: inout Int) -> Bool {
    guard position < bytes.count else { return false }
    open()
    let end = bytes.firstIndex(of: 0x0A, from: position)
    line.append(bytes, position..<end)
    let next = min(end &+ 1, bytes.count)
    nextOffset &+= next &- position
    position = next
    guard end < bytes.count else { return false }
    close()
    return true
  }

  /// Ends the text; `true` where a last line had no LF.
  package mutating func finish() -> Bool {
    guard isOpen else { return false }
    close()
    return true
  }

  /// Hands over the line that was filled last, and takes `other` for the next.
  package mutating func exchange(with other: inout [UInt8]) { swap(&line, &other) }

  private mutating func open() {
    guard !isOpen else { return }
    isOpen = true
    line.removeAll(keepingCapacity: true)
    offset = nextOffset
    number &+= 1
  }

  private mutating func close() {
    isOpen = false
    if line.last == 0x0D { line.removeLast() }
    if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) {
      line.removeFirst(3)
      offset &+= 3
    }
  }
}
