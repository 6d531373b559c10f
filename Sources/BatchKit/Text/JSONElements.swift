/// What is wrong with the outside of a JSON array.
package enum JSONArrayFault: Error, Hashable {
  /// The text is something else.
  case noArray
  /// The text ends before the array does.
  case endsEarly
  /// Something follows the array.
  case trailingBytes
  /// An element is too long to be meant.
  case endlessElement
}

/// Splits a JSON array that comes in pieces of any size into the bytes of its elements.
///
/// It follows quotes and brackets only; whether an element is sound is for its reader to find.
package struct JSONElements {
  private enum State { case start, element, string, escape, end }

  /// The bytes of the element, with the space around it.
  package private(set) var element: [UInt8] = []
  /// The line, counted from 1, on which the element begins.
  package private(set) var elementLine = 1
  /// Why the array can't be read on.
  package private(set) var fault: JSONArrayFault?

  private let longest: Int
  private var state = State.start
  private var depth = 0
  private var count = 0
  private var line = 1
  private var isBlank = true
  private var isDone = false
  private var markLength = 0

  package init(longest: Int = CSVParser.longestRecord) { self.longest = longest }

  /// Moves `position` past the next element; `false` where it needs more bytes. A fault ends the reading.
  package mutating func next(_ bytes: Span<UInt8>, _ position: inout Int) -> Bool {
    if isDone { beginElement() }
    while fault == nil, !isDone, position < bytes.count {
      let byte = bytes[position]
      position &+= 1
      if byte == 0x0A { line &+= 1 }
      switch state {
      case .start: begin(byte)
      case .element: takeOutside(byte)
      case .string: takeString(byte)
      case .escape:
        element.append(byte)
        state = .string
      case .end: if !isSpace(byte) { fault = .trailingBytes }
      }
      if element.count > longest { fault = .endlessElement }
    }
    return isDone || fault != nil
  }

  /// Ends the text, and tells what is missing.
  package mutating func finish() {
    if case .end = state { return }
    if fault == nil { fault = .endsEarly }
  }

  private mutating func beginElement() {
    element.removeAll(keepingCapacity: true)
    isDone = false
    isBlank = true
    elementLine = line
  }

  private mutating func begin(_ byte: UInt8) {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    if markLength < mark.count, byte == mark[markLength] {
      markLength += 1
    } else if byte == UInt8(ascii: "[") {
      state = .element
    } else if !isSpace(byte) {
      fault = .noArray
    }
  }

  private mutating func takeOutside(_ byte: UInt8) {
    if isBlank, !isSpace(byte) {
      elementLine = line
      isBlank = false
    }
    switch byte {
    case UInt8(ascii: "\""): state = .string
    case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
    case UInt8(ascii: "]") where depth == 0:
      state = .end
      // Nothing between the brackets is no element; nothing after a comma is one that is not sound.
      isDone = count > 0 || !element.allSatisfy(isSpace)
      return
    case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
    case UInt8(ascii: ",") where depth <= 0:
      count += 1
      isDone = true
      return
    default: break
    }
    element.append(byte)
  }

  private mutating func takeString(_ byte: UInt8) {
    element.append(byte)
    if byte == UInt8(ascii: "\"") { state = .element }
    if byte == UInt8(ascii: "\\") { state = .escape }
  }
}
