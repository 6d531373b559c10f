import Foundation

extension JSONSchema {
  /// Reads the schema off a type, by what the type asks for when it is decoded.
  ///
  /// Properties come in the order in which they are decoded, which is that of their declaration unless the
  /// type says otherwise, and under the names of their coding keys. Optional ones may be null. Whatever can't
  /// be read off, such as a dictionary or an enumeration that doesn't list its cases, is among the
  /// ``problems``, with its place and a remedy.
  ///
  /// ```swift
  /// struct Review: Codable, Sendable {
  ///   enum Mood: String, Codable, CaseIterable { case good, bad, mixed }
  ///   var mood: Mood
  ///   var stars: Int
  ///   var quote: String?
  /// }
  /// print(JSONSchema(for: Review.self))
  /// ```
  /// No macro and no reflection is needed: the type decodes itself from made-up values, and what it asks for
  /// is noted. What was read off is then tried, with other values and with made-up answers, so that a type
  /// that only seems to fit is found before it costs anything.
  /// - Parameter type: The type that answers are decoded into.
  public init<Value: Decodable>(for type: Value.Type) {
    let probe = SchemaProbe(usesSecondValues: false)
    let shape = probe.shape(of: type)
    self = SchemaRendering.schema(shape, names: probe.names)
    faults = probe.faults.map(\.problem)
    isIncomplete = !faults.isEmpty
    if isIncomplete { return }
    checkAgainstOtherValues(type)
    if faults.isEmpty { checkSamples(type) }
  }

  /// Finds types that ask for other things when they are given other values.
  ///
  /// The schema would be that of one of its branches only, and answers of the others would not decode.
  private mutating func checkAgainstOtherValues<Value: Decodable>(_ type: Value.Type) {
    let probe = SchemaProbe(usesSecondValues: true)
    let shape = probe.shape(of: type)
    let other = SchemaRendering.schema(shape, names: probe.names)
    if let fault = probe.faults.first {
      faults.append(
        .doubtfulSchema("Some answers that fit the schema may not decode. \(fault.problem.message)"))
    } else if other.json != json {
      faults.append(
        .schema(
          "No schema can be read off \(type): what its init(from:) decodes depends on the values it finds; "
            + "use a struct with optional properties, or give the schema yourself with returning(_:schema:).")
      )
    }
  }

  /// Finds types that refuse what fits their schema, by two made-up answers.
  ///
  /// It is a warning: a type may have good reasons to refuse a text of no meaning, and take every real
  /// answer.
  private mutating func checkSamples<Value: Decodable>(_ type: Value.Type) {
    for isSparse in [false, true] {
      let sample = sample(isSparse: isSparse)
      do {
        _ = try decode(type, from: JSONWriter.bytes(of: sample))
      } catch {
        faults.append(
          .doubtfulSchema(
            "Some answers that fit the schema may not decode: \(type) refused the made-up answer "
              + "\(sample.description.prefix(200)). Let its init(from:) take what its properties can hold, "
              + "or give the schema yourself with returning(_:schema:)."))
        return
      }
    }
  }

  /// Decodes an answer of this schema; one that was wrapped is unwrapped.
  ///
  /// - Throws: `DecodingError`, or what the type's own initializer throws.
  package func decode<Value: Decodable>(_ type: Value.Type, from json: [UInt8]) throws -> Value {
    if isWrapped { return try AnswerDecoder.decode(WrappedAnswer<Value>.self, from: json).value }
    return try AnswerDecoder.decode(type, from: json)
  }
}

/// An answer that is no object by itself.
private struct WrappedAnswer<Value: Decodable>: Decodable {
  let value: Value
}

extension Date {
  /// Reads a date with or without a time of day; a time without a zone is taken as universal time.
  ///
  /// Foundation's own parsers want one exact form; models write all that RFC 3339 allows, and a date alone.
  ///
  /// - Returns: `nil` for a text that is no date.
  package init?(rfc3339 text: String) {
    var digits = DateDigits(text)
    guard let year = digits.number(4), digits.take("-"), let month = digits.number(2), digits.take("-"),
      let day = digits.number(2), (1...12).contains(month),
      (1...Self.length(ofMonth: month, in: year)).contains(day)
    else { return nil }
    var seconds = Double(Self.days(year, month, day)) * 86_400
    if !digits.isAtEnd {
      guard digits.take("T") || digits.take("t") || digits.take(" "), let time = digits.time(),
        let zone = digits.zone(), digits.isAtEnd
      else { return nil }
      seconds += time - zone
    }
    self.init(timeIntervalSince1970: seconds)
  }

  /// How many days a month has: a date beyond it is none, and no early day of the next month.
  private static func length(ofMonth month: Int, in year: Int) -> Int {
    month == 12 ? 31 : days(year, month + 1, 1) - days(year, month, 1)
  }

  /// The days from 1970 to a date of the Gregorian calendar, by counting years from March.
  ///
  /// With the year begun in March, the leap day is the last of its year, and months have their days in a
  /// fixed rhythm.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month > 2 ? year : year - 1
    let leaps = shifted / 4 - shifted / 100 + shifted / 400
    let sinceMarch = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return shifted * 365 + leaps + sinceMarch - 719_468
  }
}

/// The text of a date, read from front to back.
///
/// Each reading moves on only where it finds what it looks for.
private struct DateDigits {
  private var rest: Substring.UTF8View

  init(_ text: String) { rest = Substring(text).utf8 }

  /// Whether all of it was read.
  var isAtEnd: Bool { rest.isEmpty }

  /// Moves past a character, if it is the next.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard let first = rest.first, first == UInt8(ascii: character) else { return false }
    rest = rest.dropFirst()
    return true
  }

  /// A number of just so many digits.
  mutating func number(_ count: Int) -> Int? {
    let digits = rest.prefix(count)
    guard digits.count == count, digits.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }) else { return nil }
    rest = rest.dropFirst(count)
    return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  /// Seconds since midnight.
  ///
  /// Seconds may be missing, and have a fraction; a leap second is taken.
  mutating func time() -> Double? {
    guard let hour = number(2), take(":"), let minute = number(2), hour < 24, minute < 60 else { return nil }
    guard take(":") else { return Double(hour * 3600 + minute * 60) }
    guard let second = number(2), second <= 60 else { return nil }
    var fraction = 0.0
    if take(".") {
      let digits = rest.prefix { $0 &- UInt8(ascii: "0") < 10 }
      guard !digits.isEmpty, let value = Double("0." + String(decoding: digits, as: UTF8.self)) else {
        return nil
      }
      fraction = value
      rest = rest.dropFirst(digits.count)
    }
    return Double(hour * 3600 + minute * 60 + second) + fraction
  }

  /// Seconds that the zone is ahead of universal time.
  ///
  /// A text that ends here has no zone, and stands for universal time.
  mutating func zone() -> Double? {
    if isAtEnd || take("Z") || take("z") { return 0 }
    let sign = take("+") ? 1 : take("-") ? -1 : 0
    guard sign != 0, let hours = number(2) else { return nil }
    _ = take(":")
    guard let minutes = number(2), hours < 24, minutes < 60 else { return nil }
    return Double(sign * (hours * 3600 + minutes * 60))
  }
}
