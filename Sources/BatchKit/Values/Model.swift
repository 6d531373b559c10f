/// The name of a model, as its provider spells it.
///
/// The library knows no list of models: such lists rot, and a model that appears tomorrow works today.
public struct Model: RawRepresentable, Hashable, Sendable, Codable, ExpressibleByStringInterpolation {
  /// The name as the provider spells it.
  public let rawValue: String

  /// A model with this name.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// A model with this name.
  public init(_ name: String) { rawValue = name }

  /// Makes one of a literal.
  public init(stringLiteral value: String) { rawValue = value }
}

extension Model: CustomStringConvertible {
  /// What people are shown of it.
  public var description: String { rawValue }
}
