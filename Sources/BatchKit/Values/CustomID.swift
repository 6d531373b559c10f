/// The name of one request within a batch, by which its answer finds its way home.
///
/// Write it as a literal (`"paris"`, `"review-\(row.id)"`) or make it from a string of your own.
///
/// It must be the only one of its name in a batch, since results come back in any order and nothing else ties
/// an answer to its request.
public struct CustomID: RawRepresentable, Hashable, Sendable, Codable, ExpressibleByStringInterpolation {
  /// The text that travels with the request.
  public let rawValue: String

  /// An id with this text.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// An id with this text.
  public init(_ text: String) { rawValue = text }

  /// Makes one of a literal.
  public init(stringLiteral value: String) { rawValue = value }
}

extension CustomID: CustomStringConvertible, Comparable {
  /// What people are shown of it.
  public var description: String { rawValue }

  /// Whether the left one comes first.
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
