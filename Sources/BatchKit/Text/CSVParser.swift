/// What is wrong with one record of a CSV text.
package enum CSVFault: Error, Hashable {
  /// Text stands between the closing quote of a field and the next delimiter.
  case textAfterQuote(line: Int)
  /// The text ends inside a quoted field that began at this line.
  case unclosedQuote(line: Int)
  /// The record that began at this line is too long to be meant.
  case endlessRecord(line: Int)

  /// Whether nothing after it can be read.
  package var isFatal: Bool { if case .textAfterQuote = self { false } else { true } }
}

/// Reads records of CSV (RFC 4180) from bytes that come in pieces of any size.
///
/// Lines end with LF, CRLF or CR. A byte-order mark is passed over, and so is a line with nothing on it; a
/// record of one empty field is written `""`. A quote inside a field that did not begin with one is an
/// ordinary character.
package struct CSVParser {
  /// What the bytes taken so far leave open.
  private enum State { case textStart, recordStart, fieldStart, plain, quoted, quoteInQuoted }

  /// How lines end.
  package enum Newline: String, Sendable { case lf = "\n", crlf = "\r\n", cr = "\r" }

  private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
  private static let quote = UInt8(ascii: "\"")
  private static let lf: UInt8 = 0x0A
  private static let cr: UInt8 = 0x0D

  /// The length beyond which a record is taken for an unclosed quote rather than read into memory.
  package static let longestRecord = 64 << 20

  private let delimiter: UInt8
  private let longestRecord: Int
  private var state = State.textStart
  private var markLength = 0
  private var mayTakeLineFeed = false
  private var isNewlineSettled = false
  private var quoteLine = 1
  private var line = 1

  /// The line, counted from 1, at which the last record began.
  package private(set) var recordLine = 1
  /// Where in the text the last record stands, without the end of its last line.
  package private(set) var record = 0..<0
  /// How many bytes the pieces before this one had.
  private var passed = 0
  /// What is wrong with the last record.
  package private(set) var fault: CSVFault?
  /// How the first line ended; known for sure once the record after it was asked for.
  package private(set) var newline: Newline?
  /// Whether the text begins with a byte-order mark.
  package private(set) var hasMark = false

  package init(delimiter: UInt8 = UInt8(ascii: ","), longestRecord: Int = Self.longestRecord) {
    self.delimiter = delimiter
    self.longestRecord = longestRecord
  }

  /// A parser of a text from `offset` on, where a record begins; lines are counted from there.
  package init(delimiter: UInt8, resumingAt offset: Int) {
    self.init(delimiter: delimiter)
    state = .recordStart
    passed = offset
  }

  /// Moves `position` to the end of the next record and fills `fields`; `false` where it needs more bytes.
  package mutating func next(
    _ bytes: Span<UInt8>, _ position: inout Int, into fields: inout Fields
  ) -> Bool {
    while position < bytes.count {
      switch state {
      case .textStart: startText(bytes[position], &position, &fields)
      case .recordStart: startRecord(bytes[position], &position, &fields)
      case .fieldStart: startField(bytes[position], &position)
      case .plain: if takePlain(bytes, &position, &fields) { return true }
      case .quoted: takeQuoted(bytes, &position, &fields)
      case .quoteInQuoted: if takeAfterQuote(bytes[position], &position, &fields) { return true }
      }
      if fields.bytes.count > longestRecord {
        fault = .endlessRecord(line: recordLine)
        return true
      }
    }
    passed &+= bytes.count
    return false
  }

  /// Ends the text; `true` where that completes one more record.
  package mutating func finish(into fields: inout Fields) -> Bool {
    switch state {
    case .textStart where markLength > 0: begin(&fields, with: Self.mark.prefix(markLength))
    case .textStart, .recordStart: return false
    case .quoted: fault = .unclosedQuote(line: quoteLine)
    case .fieldStart, .plain, .quoteInQuoted: break
    }
    fields.endField()
    record = record.lowerBound..<passed
    state = .recordStart
    return true
  }

  private mutating func startText(_ byte: UInt8, _ position: inout Int, _ fields: inout Fields) {
    if byte == Self.mark[markLength] {
      position &+= 1
      markLength &+= 1
      hasMark = markLength == Self.mark.count
      if hasMark { state = .recordStart }
    } else if markLength > 0 {
      begin(&fields, with: Self.mark.prefix(markLength))
    } else {
      state = .recordStart
    }
  }

  private mutating func startRecord(_ byte: UInt8, _ position: inout Int, _ fields: inout Fields) {
    let endsPair = mayTakeLineFeed && byte == Self.lf
    mayTakeLineFeed = false
    if endsPair {
      position &+= 1
      if !isNewlineSettled { newline = .crlf }
    } else if byte == Self.lf || byte == Self.cr {
      position &+= 1
      endLine(byte)
      return
    } else {
      begin(&fields, with: [])
      record = (passed &+ position)..<(passed &+ position)
      state = .fieldStart
    }
    isNewlineSettled = newline != nil
  }

  private mutating func begin(_ fields: inout Fields, with text: ArraySlice<UInt8>) {
    fields.clear()
    fields.append(text)
    fault = nil
    recordLine = line
    state = .plain
  }

  private mutating func startField(_ byte: UInt8, _ position: inout Int) {
    guard byte == Self.quote else { return state = .plain }
    position &+= 1
    quoteLine = line
    state = .quoted
  }

  private mutating func takePlain(
    _ bytes: Span<UInt8>, _ position: inout Int, _ fields: inout Fields
  ) -> Bool {
    let end = bytes.firstIndex(of: delimiter, Self.lf, Self.cr, from: position)
    fields.append(bytes, position..<end)
    position = end
    return end < bytes.count && endField(bytes[end], &position, &fields)
  }

  private mutating func takeQuoted(
    _ bytes: Span<UInt8>, _ position: inout Int, _ fields: inout Fields
  ) {
    let end = bytes.firstIndex(of: Self.quote, Self.lf, Self.lf, from: position)
    fields.append(bytes, position..<end)
    position = end
    guard end < bytes.count else { return }
    position &+= 1
    if bytes[end] == Self.quote {
      state = .quoteInQuoted
    } else {
      fields.append(Self.lf)
      line &+= 1
    }
  }

  private mutating func takeAfterQuote(
    _ byte: UInt8, _ position: inout Int, _ fields: inout Fields
  ) -> Bool {
    switch byte {
    case Self.quote:
      fields.append(byte)
      position &+= 1
      state = .quoted
      return false
    case delimiter, Self.lf, Self.cr:
      return endField(byte, &position, &fields)
    default:
      fault = .textAfterQuote(line: line)
      state = .plain
      return false
    }
  }

  /// Ends a field at a delimiter or at the end of a line, and tells whether that ends the record.
  private mutating func endField(
    _ byte: UInt8, _ position: inout Int, _ fields: inout Fields
  ) -> Bool {
    fields.endField()
    position &+= 1
    if byte == delimiter {
      state = .fieldStart
      return false
    }
    record = record.lowerBound..<(passed &+ position &- 1)
    endLine(byte)
    state = .recordStart
    return true
  }

  private mutating func endLine(_ byte: UInt8) {
    line &+= 1
    mayTakeLineFeed = byte == Self.cr
    if newline == nil { newline = byte == Self.cr ? .cr : .lf }
  }
}
