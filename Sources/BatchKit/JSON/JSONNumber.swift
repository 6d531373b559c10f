public import Foundation

/// A JSON number as it was written, so that no digit of a large one is lost.
///
/// A request may carry an id of twenty digits or a price, and an answer may bring one back; a `Double` would
/// change both. So the text is kept, and read as whatever number is wanted when it is.
public struct JSONNumber: Sendable {
  /// The number's own text.
  public let literal: String

  /// A number whose text was checked already.
  package init(literal: String) { self.literal = literal }

  /// A whole number.
  public init(_ value: some BinaryInteger) { literal = String(value) }

  /// A number with a fraction; whole values are written without one.
  ///
  /// JSON has no word for infinity or not-a-number: such a value is written as its Swift name, which every
  /// check of a batch reports before anything is sent.
  public init(_ value: Double) {
    if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 {
      literal = String(whole)
    } else {
      literal = value.description
    }
  }

  /// A decimal number.
  ///
  /// No digit is lost on the way, and no sixteenth one made up.
  public init(_ value: Decimal) { literal = value.description }

  /// The number as a whole one, where it is one and fits.
  ///
  /// A number written with a fraction of nothing but zeros, or an exponent, is a whole one too.
  public var int: Int? {
    if let value = Int(literal) { return value }
    // By way of a floating-point number the last digits of a large one would be lost.
    let halves = literal.split(separator: ".", omittingEmptySubsequences: false)
    if halves.count == 2, halves[1].allSatisfy({ $0 == "0" }) { return Int(halves[0]) }
    return Double(literal).flatMap { Int(exactly: $0) }
  }

  /// The nearest floating-point number.
  public var double: Double? { Double(literal) }

  /// The number with all its decimal digits, up to 38.
  public var decimal: Decimal? { Decimal(string: literal, locale: Locale(identifier: "en_US_POSIX")) }
}

extension JSONNumber {
  /// Whether the text is a number at all, and not the name of an infinity or of no number.
  package var isFinite: Bool { literal.utf8.last.map { $0 &- UInt8(ascii: "0") < 10 } ?? false }

  /// The digits without zeros at either end, the power of ten of the last of them, and the sign.
  ///
  /// Compared as such, no digit of a long number is lost and no huge exponent overflows.
  private var canonical: (digits: Substring.UTF8View, exponent: Int, isNegative: Bool)? {
    let parts = literal.lowercased().split(separator: "e", maxSplits: 1)
    guard isFinite, let mantissa = parts.first else { return nil }
    let written = parts.count == 2 ? Int(parts[1]) : 0
    // A larger one could overflow in the sum below; such a number is equal to its own text alone.
    guard let written, written.magnitude < 1 << 60 else { return nil }
    let halves = mantissa.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
    let digits = halves.joined()[...]
    let fraction = halves.count == 2 ? halves[1].count : 0
    let trimmed = digits.reversed().drop { $0 == "0" }.count
    let significant = digits.prefix(trimmed).drop { $0 == "0" }
    guard !significant.isEmpty else { return (significant.utf8, 0, false) }
    return (significant.utf8, written - fraction + digits.count - trimmed, mantissa.hasPrefix("-"))
  }
}

extension JSONNumber: Hashable {
  /// Equal when the same number is meant: `1`, `1.0` and `1e0` are.
  public static func == (left: Self, right: Self) -> Bool {
    if left.literal == right.literal { return true }
    guard let a = left.canonical, let b = right.canonical else { return false }
    return a.exponent == b.exponent && a.isNegative == b.isNegative && a.digits.elementsEqual(b.digits)
  }

  /// Feeds to a hasher what is the same for two ways to write one number.
  public func hash(into hasher: inout Hasher) {
    guard let canonical else { return hasher.combine(literal) }
    hasher.combine(canonical.exponent)
    hasher.combine(canonical.digits.count)
    hasher.combine(canonical.digits.first)
  }
}

extension JSONNumber: CustomStringConvertible {
  /// The value as text.
  public var description: String { literal }
}
