/// How the number formats of a workbook show a number, as far as it matters: as a day, a time or a number.
struct CellFormats: Sendable {
  /// For each style of cells what its numbers mean; `nil` where they are just numbers.
  private var dates: [DateFormat?] = []

  init() {}

  init(_ tags: WorkbookTags) throws(BatchError) {
    var tags = tags
    var codes: [Int: DateFormat?] = [:]
    var isInStyles = false
    while try tags.next() {
      if tags.scanner.opens("numFmt"), let id = tags.scanner.number("numFmtId") {
        codes[id] = tags.scanner.attribute("formatCode").flatMap { DateFormat(code: $0) }
      } else if tags.scanner.isNamed("cellXfs") {
        isInStyles = tags.scanner.kind == .opens
      } else if isInStyles, tags.scanner.opens("xf") {
        let id = tags.scanner.number("numFmtId") ?? 0
        dates.append(codes[id] ?? DateFormat(builtIn: id))
      }
    }
  }

  /// How the numbers of cells with this style are dates, if they are.
  func date(_ style: Int) -> DateFormat? { dates.indices.contains(style) ? dates[style] : nil }
}

/// What of a moment a number format shows.
struct DateFormat: Sendable, Hashable {
  var hasDay = false
  var hasTime = false
  /// Whether hours are counted on beyond 24.
  var isElapsed = false
  /// Whether parts of a second are shown.
  var hasFraction = false

  init(hasDay: Bool = false, hasTime: Bool = false, isElapsed: Bool = false, hasFraction: Bool = false) {
    self.hasDay = hasDay
    self.hasTime = hasTime
    self.isElapsed = isElapsed
    self.hasFraction = hasFraction
  }

  /// The formats that every spreadsheet knows by number; those of East Asia from 27 on are days.
  init?(builtIn id: Int) {
    switch id {
    case 14...17, 27...31, 36, 50...54, 57, 58: self.init(hasDay: true)
    case 18...21, 32...35, 55, 56: self.init(hasTime: true)
    case 22: self.init(hasDay: true, hasTime: true)
    case 45: self.init(hasTime: true)
    case 46: self.init(hasTime: true, isElapsed: true)
    case 47: self.init(hasTime: true, hasFraction: true)
    default: return nil
    }
  }

  /// Reads a format such as `yyyy-mm-dd hh:mm`; `nil` where it is no date's.
  init?(code: String) {
    var letters = FormatLetters(code)
    var last: Character?
    var minutesOrMonths = false
    while let letter = letters.next() {
      switch letter {
      case "y", "d": hasDay = true
      case "h", "s", "a":
        hasTime = true
        // An `m` beside hours or seconds is minutes.
        if letter == "s", last == "m" { minutesOrMonths = false }
      case "m":
        if last == "h" { hasTime = true } else if last != "m" { minutesOrMonths = true }
      default: break
      }
      last = letter
    }
    isElapsed = letters.isElapsed
    hasTime = hasTime || isElapsed
    hasDay = hasDay || (minutesOrMonths && !isElapsed)
    hasFraction = hasTime && letters.hasFraction
    if !hasDay, !hasTime { return nil }
  }
}

/// The letters of a number format that stand for parts of a moment; quoted text, colours and padding aside.
private struct FormatLetters {
  private var rest: Substring
  var isElapsed = false
  var hasFraction = false
  private var last: Character?

  init(_ code: String) { rest = code.lowercased()[...] }

  mutating func next() -> Character? {
    while let character = rest.popFirst() {
      switch character {
      case ";": return nil
      case "\"": skip(past: "\"")
      case "\\", "_", "*": _ = rest.popFirst()
      case "[":
        let inside = rest.prefix { $0 != "]" }
        skip(past: "]")
        if !inside.isEmpty,
          Set(inside).isSubset(of: ["h"]) || Set(inside).isSubset(of: ["m"])
            || Set(inside).isSubset(of: ["s"])
        {
          isElapsed = true
          last = inside.first
          return last
        }
      case ".": if last == "s", rest.first == "0" { hasFraction = true }
      case "a" where rest.hasPrefix("m/pm") || rest.hasPrefix("/p"):
        rest = rest.drop { $0.isLetter || $0 == "/" }
        return "a"
      case "y", "m", "d", "h", "s":
        last = character
        return character
      default: if character == "g", rest.hasPrefix("eneral") { rest = rest.dropFirst(6) }
      }
    }
    return nil
  }

  private mutating func skip(past end: Character) {
    while let character = rest.popFirst(), character != end {}
  }
}
