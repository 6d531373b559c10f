/// How the number formats of a workbook show a number, as far as it matters: as a day, a time or a number.
///
/// A sheet stores a day as a plain number, 46082 for 1 March 2026; only the number format of the cell's style
/// says that it is one. So the styles are read before the sheet, down to one question for each: which parts
/// of a moment are shown.
struct CellFormats: Sendable {
  /// For each style of cells what its numbers mean; `nil` where they are just numbers.
  private var dates: [DateFormat?] = []

  /// No formats, for a workbook without a list of styles: every number is just a number.
  init() {}

  /// Reads the list of styles. Formats come first in it, by ids of their own; then `cellXfs`, the styles in
  /// the order by which cells name them. `xf` stands also elsewhere in the list, for the named styles, which
  /// no cell refers to.
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
  ///
  /// A style that the list does not have is taken for one of numbers.
  func date(_ style: Int) -> DateFormat? { dates.indices.contains(style) ? dates[style] : nil }
}

/// What of a moment a number format shows.
///
/// Only this much of a format is kept. How its author orders and parts day and month is dropped on purpose:
/// the same day reads the same in every sheet, as ISO 8601 writes it.
package struct DateFormat: Sendable, Hashable {
  package var hasDay = false
  package var hasTime = false
  /// Whether hours are counted on beyond 24.
  ///
  /// It is so for a duration, such as `[h]:mm`: 30 hours are `30:00:00`, not `06:00:00` of the next day.
  package var isElapsed = false
  /// Whether parts of a second are shown.
  package var hasFraction = false
  /// Whether a zero is a moment too.
  ///
  /// It is none under `[=0]"-";dd/mm/yyyy`, where the sheet shows no day for it either.
  package var hasZero = true

  package init(
    hasDay: Bool = false, hasTime: Bool = false, isElapsed: Bool = false, hasFraction: Bool = false,
    hasZero: Bool = true
  ) {
    self.hasZero = hasZero
    self.hasDay = hasDay
    self.hasTime = hasTime
    self.isElapsed = isElapsed
    self.hasFraction = hasFraction
  }

  /// The formats that every spreadsheet knows by number; those of East Asia from 27 on are days.
  ///
  /// A file names these without spelling them out, and how they look depends on the language of the program
  /// that shows them. `nil` where the number is no date's.
  package init?(builtIn id: Int) {
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
  ///
  /// The one doubtful letter is `m`, a month or a minute by what stands beside it. A format without any
  /// letter of a moment, such as `0.00` or `General`, gives `nil`.
  package init?(code: String) {
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
      // The second `m` of `mm` says nothing new.
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
    hasZero = !letters.leavesOutZero
    if !hasDay, !hasTime { return nil }
  }
}

/// The letters of a number format that stand for parts of a moment; quoted text, colours and padding aside.
///
/// It stops at the first semicolon: the sections after it are for negative numbers, zero and text, and no
/// moment is any of these. But where the first section has a condition, as the zero shown as a dash in
/// `[=0]"-";dd/mm/yyyy`, and shows no moment, all others are for the section after it.
private struct FormatLetters {
  private var rest: Substring
  /// Whether letters in brackets, such as `[h]`, were among them.
  var isElapsed = false
  /// Whether digits after the point of the seconds, as in `ss.00`, were among them.
  var hasFraction = false
  private var last: Character?
  /// Whether a section that shows no moment is there for zero alone.
  var leavesOutZero = false
  /// For which numbers the section at hand is, if not for all.
  private var condition: Substring?

  init(_ code: String) { rest = code.lowercased()[...] }

  /// Returns the next letter that stands for a part of a moment, in lower case; `nil` after the last of the
  /// first section. `AM/PM` comes as one `a`, so that its `m` is taken for no month.
  mutating func next() -> Character? {
    while let character = rest.popFirst() {
      switch character {
      case ";":
        guard let passed = condition, last == nil else { return nil }
        leavesOutZero = leavesOutZero || passed == "=0"
        condition = nil
      case "\"": skip(past: "\"")
      // An escape, a space as wide as a character, a character to fill with: the next one is only shown.
      case "\\", "_", "*": _ = rest.popFirst()
      case "[":
        let inside = rest.prefix { $0 != "]" }
        skip(past: "]")
        if let sign = inside.first, "=<>".contains(sign) { condition = inside }
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
