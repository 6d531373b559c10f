public import Foundation

/// A JSON number as it was written, so that no digit of a large one is lost.
public struct JSONNumber: Sendable {
  /// The number's own text.
  public let literal: String

  package init(literal: String) { self.literal = literal }

  /// A whole number.
  public init(_ value: some BinaryInteger) { literal = String(value) }

  /// A number with a fraction; whole values are written without one.
  ///
  /// JSON has no word for infinity or not-a-number: such a value is written as its Swift name, which every check
  /// of a batch reports before anything is sent.
  public init(_ value: Double) {
    if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 {
      literal = String(whole)
    } else {
      literal = value.description
    }
  }

  /// A decimal number.
  public init(_ value: Decimal) { literal = value.description }

  /// The number as a whole one, where it is one and fits.
  public var int: Int? {
    if let value = Int(literal) { return value }
    return Double(literal).flatMap { Int(exactly: $0) }
  }

  /// The nearest floating-point number.
  public var double: Double? { Double(literal) }

  /// The number with all its decimal digits, up to 38.
  public var decimal: Decimal? { Decimal(string: literal, locale: Locale(identifier: "en_US_POSIX")) }
}

extension JSONNumber: Hashable {
  /// Equal when the same number is meant: `1`, `1.0` and `1e0` are.
  public static func == (left: Self, right: Self) -> Bool {
    if left.literal == right.literal { return true }
    if let a = Int(left.literal), let b = Int(right.literal) { return a == b }
    guard let a = left.decimal, let b = right.decimal else { return false }
    return a == b
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(double) }
}

extension JSONNumber: CustomStringConvertible {
  public var description: String { literal }
}
