import BatchKit
import Testing

@Suite struct `A cell reads as a person sees it` {
  @Test(arguments: [
    ("12", "12"), ("0", "0"), ("-7", "-7"), ("12.0", "12"), ("-0.0", "0"), ("1.50", "1.5"), (".5", "0.5"),
    ("0.30000000000000004", "0.3"), ("0.10000000000000001", "0.1"), ("2.9999999999999996", "3"),
    ("1.1000000000000001", "1.1"), ("9999999999999999.5", "10000000000000000"), ("1E3", "1000"),
    ("1.5E-3", "0.0015"), ("1e20", "100000000000000000000"), ("1E+22", "1E+22"), ("-1.25E-12", "-1.25E-12"),
    ("1.5e300", "1.5E+300"), ("123456789012345", "123456789012345"), ("0.000000001", "0.000000001"),
    ("12345678901234567890", "12345678901234567890"), ("007", "7"), ("", ""), ("abc", "abc"), ("-", "-"),
    ("1e", "1e"), ("1.2.3", "1.2.3"), ("1e99999999999", "1e99999999999"), ("NaN", "NaN"), ("+5", "5"),
  ])
  func `numbers without the noise of their last digits`(_ stored: String, _ seen: String) {
    var text: [UInt8] = []
    CellNumber.append(Array(stored.utf8)[...], to: &text)
    #expect(String(decoding: text, as: UTF8.self) == seen)
  }

  @Test(arguments: [
    (1.0, false, "1900-01-01"), (59, false, "1900-02-28"), (60, false, "1900-02-29"),
    (61, false, "1900-03-01"),
    (0, false, "1900-01-00"), (45_352, false, "2024-03-01"), (45_351, false, "2024-02-29"),
    (2_958_465, false, "9999-12-31"), (45_352.9999999, false, "2024-03-01"), (36_526, false, "2000-01-01"),
    (0, true, "1904-01-01"), (43_890, true, "2024-03-01"), (59, true, "1904-02-29"),
  ])
  func `days, with the one that never was`(_ days: Double, _ from1904: Bool, _ text: String) {
    let format = DateFormat(hasDay: true)
    #expect(CellMoment(days, format, countsFrom1904: from1904)?.text(format) == text)
  }

  @Test(arguments: [
    (45_352.5, DateFormat(hasDay: true, hasTime: true), "2024-03-01 12:00:00"),
    (45_352.573263888889, DateFormat(hasDay: true, hasTime: true), "2024-03-01 13:45:30"),
    (0.75, DateFormat(hasTime: true), "18:00:00"), (1.75, DateFormat(hasTime: true), "18:00:00"),
    (1.75, DateFormat(hasTime: true, isElapsed: true), "42:00:00"),
    (0.5000014467592593, DateFormat(hasTime: true, hasFraction: true), "12:00:00.125"),
    (45_351.999999999, DateFormat(hasDay: true, hasTime: true), "2024-03-01 00:00:00"),
  ])
  func `moments, as much of them as is shown`(_ days: Double, _ format: DateFormat, _ text: String) {
    #expect(CellMoment(days, format, countsFrom1904: false)?.text(format) == text)
  }

  @Test func `a zero that has a section of its own is a number`() {
    let format = DateFormat(hasDay: true, hasZero: false)
    #expect(CellMoment(0, format, countsFrom1904: false) == nil)
    #expect(CellMoment(1, format, countsFrom1904: false)?.text(format) == "1900-01-01")
  }

  @Test(arguments: [-1, 2_958_466, 1e300, .nan, .infinity, -.infinity])
  func `what no calendar has is a number`(_ days: Double) {
    #expect(CellMoment(days, DateFormat(hasDay: true), countsFrom1904: false) == nil)
  }

  @Test(
    arguments: [
      ("yyyy-mm-dd", DateFormat(hasDay: true)), ("d/m/yy h:mm", DateFormat(hasDay: true, hasTime: true)),
      ("mm:ss", DateFormat(hasTime: true)), ("mmm", DateFormat(hasDay: true)),
      ("h:mm AM/PM", DateFormat(hasTime: true)),
      ("[h]:mm:ss", DateFormat(hasTime: true, isElapsed: true)),
      ("mm:ss.000", DateFormat(hasTime: true, hasFraction: true)),
      ("[=0]?;[<4.5][hh]:mm:ss;[hh]:mm", DateFormat(hasTime: true, isElapsed: true, hasZero: false)),
      ("[=0]\"-\";dd/mm/yyyy", DateFormat(hasDay: true, hasZero: false)),
      ("[<1]h:mm;0.00", DateFormat(hasTime: true)),
      ("[<1]0.00;[<5]0.0;yyyy", DateFormat(hasDay: true)), ("[>=100]0;0.00;\"day\"", nil), ("0;yyyy;h", nil),
      ("[$-409]d mmm yyyy;@", DateFormat(hasDay: true)), ("[Red]dd/mm", DateFormat(hasDay: true)),
      ("General", nil), ("0.00", nil), ("#,##0 \"days\"", nil), ("0\\d", nil), ("[Red]0.00;[Blue]-0", nil),
      ("0.00E+00", nil), ("@", nil), ("_-* #,##0_-", nil), ("", nil), ("\"unclosed d", nil), ("[", nil),
    ] as [(String, DateFormat?)])
  func `the format tells what is a date`(_ code: String, _ format: DateFormat?) {
    #expect(DateFormat(code: code) == format)
  }

  @Test(arguments: [("A1", 0), ("Z9", 25), ("AA1", 26), ("XFD1048576", 16_383), ("B", 1)])
  func `columns go by letters`(_ reference: String, _ place: Int) {
    #expect(Array(reference.utf8).withSpan { SheetColumn.place($0) } == place)
    #expect(SheetColumn.letters(place) == reference.prefix { $0.isLetter })
  }

  @Test(arguments: ["", "1", "a1", "XFE1", "ZZZZZZZZZZZZZZ1"])
  func `other letters are no column`(_ reference: String) {
    #expect(Array(reference.utf8).withSpan { SheetColumn.place($0) } == nil)
  }
}
