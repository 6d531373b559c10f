/// Something wrong with a batch, found before anything was sent, told so that a person can mend it.
///
/// It is a value and not an error: all problems of a batch are found and told together, and a person decides
/// about the warnings.
public struct Problem: Sendable, Hashable {
  /// Whether it keeps the batch from being sent.
  public enum Severity: String, Sendable, Comparable {
    /// The service would refuse it: the batch is not sent.
    case error
    /// It may be meant, but look at it.
    case warning

    /// Whether the left one comes first.
    public static func < (left: Self, right: Self) -> Bool { left == .error && right == .warning }
  }

  /// Whether it keeps the batch from being sent.
  public var severity: Severity
  /// A word for the kind of problem, the service's own where it has one.
  public var code: String
  /// A sentence that says what is wrong and how to mend it.
  public var message: String
  /// The request it is about.
  public var id: CustomID?
  /// Where that request came from, such as `row 17 of reviews.csv`.
  public var place: String?

  /// A problem told in this sentence.
  public init(
    _ severity: Severity, _ code: String, _ message: String, id: CustomID? = nil, place: String? = nil
  ) {
    self.severity = severity
    self.code = code
    self.message = message
    self.id = id
    self.place = place
  }
}

extension Problem: CustomStringConvertible {
  /// What people are shown of it.
  public var description: String {
    let about = [place, id.map { "request \($0)" }].compactMap(\.self).joined(separator: ", ")
    return "\(severity.rawValue): " + (about.isEmpty ? "" : "\(about): ") + message
  }
}
