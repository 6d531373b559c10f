/// The digits of a number as a file writes it, cut to the fifteen that a spreadsheet shows.
///
/// It works on the digits themselves: sums such as 0.1 + 0.2 are stored as 0.30000000000000004, and their
/// last digits are noise that nobody sees in the sheet.
///
/// A `Double` would not do: to print one and to cut it are two roundings, and neither is that of a
/// spreadsheet. The value is 0.d₁d₂d₃… times ten to the power of `point`.
package struct CellNumber {
  private static let shownDigits = 15
  private static let zero = UInt8(ascii: "0")

  private var isNegative = false
  /// The digits as ASCII, without zeros at either end; none at all for zero.
  private var digits: [UInt8] = []
  /// How many of the digits stand before the point.
  private var point = 0

  /// Reads a number such as `-1.5E-3`; `nil` where the text is something else.
  init?(_ text: ArraySlice<UInt8>) {
    var rest = text
    isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    let mantissa = rest.prefix { $0 | 0x20 != UInt8(ascii: "e") }
    let whole = mantissa.prefix { $0 != UInt8(ascii: ".") }
    let fraction = mantissa.dropFirst(whole.count + 1)
    digits = Array(whole + fraction)
    guard !digits.isEmpty, digits.allSatisfy({ $0 &- Self.zero < 10 }) else { return nil }
    guard let exponent = Self.exponent(rest.dropFirst(mantissa.count)) else { return nil }
    let leading = digits.prefix { $0 == Self.zero }.count
    digits.removeFirst(leading)
    point = whole.count - leading + exponent
    round()
  }

  /// The power of ten behind an `E`; 0 where there is none, `nil` where what stands there is no number.
  private static func exponent(_ text: ArraySlice<UInt8>) -> Int? {
    if text.isEmpty { return 0 }
    let sign = text.dropFirst().first
    let hasSign = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
    // The letter, a sign and five digits: no number is smaller or larger than those say.
    guard text.count <= 7, let size = Array(text.dropFirst(hasSign ? 2 : 1)).withSpan({ decimal($0) }) else {
      return nil
    }
    return sign == UInt8(ascii: "-") ? -size : size
  }

  /// Cuts the digits to those that are shown, half up, and drops the zeros that leaves at their end.
  private mutating func round() {
    if digits.count > Self.shownDigits {
      let goesUp = digits[Self.shownDigits] >= UInt8(ascii: "5")
      digits.removeLast(digits.count - Self.shownDigits)
      if goesUp { increase() }
    }
    while digits.last == Self.zero { digits.removeLast() }
  }

  /// Adds one to the last digit and carries: 9.99 becomes 10.0, with a digit more before the point.
  private mutating func increase() {
    for place in digits.indices.reversed() {
      if digits[place] < UInt8(ascii: "9") { return digits[place] += 1 }
      digits[place] = Self.zero
    }
    digits.insert(UInt8(ascii: "1"), at: 0)
    point += 1
  }

  /// Appends the number without an exponent where that stays readable.
  ///
  /// The bounds are those within which a reader can still count the zeros: 21 digits before the point, nine
  /// zeros after it. Beyond them the number is written as a spreadsheet does, `1.5E-12`.
  func append(to output: inout [UInt8]) {
    guard !digits.isEmpty else { return output.append(Self.zero) }
    if isNegative { output.append(UInt8(ascii: "-")) }
    if point > 21 || point < -9 {
      appendDigits(split: 1, to: &output)
      let exponent = point - 1
      let size = String(abs(exponent))
      output.append(contentsOf: "E\(exponent < 0 ? "-" : "+")\(size.count < 2 ? "0" : "")\(size)".utf8)
    } else {
      appendDigits(split: point, to: &output)
    }
  }

  /// Appends the digits with the point after `split` of them; zeros fill what is missing before and after the
  /// point.
  private func appendDigits(split: Int, to output: inout [UInt8]) {
    output.append(contentsOf: split > 0 ? digits.prefix(split) : [Self.zero])
    output.append(contentsOf: repeatElement(Self.zero, count: max(0, split - digits.count)))
    guard digits.count > split else { return }
    output.append(UInt8(ascii: "."))
    output.append(contentsOf: repeatElement(Self.zero, count: max(0, -split)))
    output.append(contentsOf: digits.dropFirst(max(0, split)))
  }

  /// Appends `text` as a number in a sheet is seen.
  ///
  /// What is no number at all is appended as it stands: a file from another program may hold a word there,
  /// and the word is worth more than an error.
  package static func append(_ text: ArraySlice<UInt8>, to output: inout [UInt8]) {
    // A whole number is shown as it is written: nearly all are short, and a long one is somebody's id.
    let unsigned = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
    let isWhole = unsigned.allSatisfy { $0 &- zero < 10 } && unsigned.first != zero
    guard !isWhole, let number = CellNumber(text) else { return output.append(contentsOf: text) }
    number.append(to: &output)
  }
}

/// A day or time that a sheet stores as a number of days.
///
/// It counts in whole milliseconds, since the fraction of a day that a sheet stores is rarely exact: 13:45
/// comes as 0.57291666666666663. Rounded to the unit that is shown, it is 13:45:00 again.
package struct CellMoment {
  /// The milliseconds of a day.
  private static let dayLength = 86_400_000
  /// The days of 1900 and later up to the year 9999.
  private static let days = 0..<2_958_466

  /// Whole days since the start of the workbook's count, which is day 0.
  private let day: Int
  /// What is left of the day.
  private let millisecond: Int
  /// Which of the two counts the workbook uses; they are 1462 days apart.
  private let countsFrom1904: Bool

  /// The moment so many days after the start; `nil` where a spreadsheet shows none.
  ///
  /// A negative number, and one after the year 9999, is shown as `####` or as a number; here it stays a
  /// number.
  ///
  /// - Parameters:
  ///   - days: The number in the cell.
  ///   - format: What of it is shown, by which it is rounded: to seconds, or to milliseconds where parts of a
  ///     second or no time are shown.
  ///   - countsFrom1904: Whether the workbook counts from 1904.
  package init?(_ days: Double, _ format: DateFormat, countsFrom1904: Bool) {
    guard days >= 0, days < Double(Self.days.upperBound), days > 0 || format.hasZero else { return nil }
    let unit = format.hasFraction || !format.hasTime ? 1 : 1000
    let units = (days * Double(Self.dayLength / unit)).rounded()
    let milliseconds = Int(units) * unit
    (day, millisecond) = milliseconds.quotientAndRemainder(dividingBy: Self.dayLength)
    self.countsFrom1904 = countsFrom1904
    guard Self.days.contains(day) else { return nil }
  }

  /// The moment as ISO 8601 writes it, with what the format shows of it.
  ///
  /// So `2026-03-01`, `13:45:00` or `2026-03-01 13:45:00`: texts that sort as the moments do, and that every
  /// model and every program reads the same way. No zone is added, for the sheet has none.
  package func text(_ format: DateFormat) -> String {
    let date = format.hasDay ? dateText : ""
    guard format.hasTime else { return date }
    return date + (date.isEmpty ? "" : " ") + timeText(format)
  }

  /// The time of day or, where hours are counted on, the whole duration in hours, minutes and seconds.
  private func timeText(_ format: DateFormat) -> String {
    let seconds = millisecond / 1000
    let hours = seconds / 3600 + (format.isElapsed ? day * 24 : 0)
    let time = "\(padded(hours)):\(padded(seconds / 60 % 60)):\(padded(seconds % 60))"
    return format.hasFraction ? "\(time).\(padded(millisecond % 1000, 3))" : time
  }

  /// The day of either count. The one of 1900 has two days that never were, which files hold all the same and
  /// spreadsheets show: day 0 and day 60.
  private var dateText: String {
    if countsFrom1904 { return civil(day - 24_107) }
    // Spreadsheets hold on to a 29 February 1900 that never was.
    switch day {
    case 0: return "1900-01-00"
    case 60: return "1900-02-29"
    default: return civil(day - (day < 60 ? 25_568 : 25_569))
    }
  }

  /// The date so many days after 1 January 1970, counted in eras of 400 years that begin in March.
  ///
  /// By arithmetic alone: a calendar of Foundation brings a zone and a locale into it. A year that begins in
  /// March ends in its leap day, so that no month before needs to know of it.
  private func civil(_ days: Int) -> String {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let year = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let isNextYear = month >= 10
    return
      "\(padded(year + era * 400 + (isNextYear ? 1 : 0), 4))-\(padded(isNextYear ? month - 9 : month + 3))-"
      + padded(day)
  }

  /// The number with zeros in front up to `width` digits, and with all its own digits where it has more.
  private func padded(_ number: Int, _ width: Int = 2) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
