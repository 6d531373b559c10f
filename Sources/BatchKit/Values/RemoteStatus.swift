/// The status of a remote batch, kept word for word, whatever the service calls it.
///
/// Programs go by its ``meaning``; the word itself is for people and logs, and for what the library does not
/// know yet.
public struct RemoteStatus: RawRepresentable, Hashable, Sendable, Codable, ExpressibleByStringLiteral {
  /// The service's own word.
  public let rawValue: String

  /// Makes one of this word.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Makes one of a literal.
  public init(stringLiteral value: String) { rawValue = value }
}

extension RemoteStatus: CustomStringConvertible {
  /// What people are shown of it.
  public var description: String { rawValue }
}

extension RemoteStatus {
  /// What a status means to someone who waits.
  public enum Meaning: String, Sendable, Codable {
    /// The input file is being checked, or the batch waits for its turn.
    case validating
    /// Requests are being run.
    case running
    /// All is run; the result files are being made.
    case finalizing
    /// A cancel was asked for and is not yet done.
    case cancelling
    /// Over, with result files.
    case completed
    /// The input was refused as a whole.
    case failed
    /// The window closed; what was done by then is delivered.
    case expired
    /// Cancelled; what was done by then is delivered.
    case cancelled
    /// A word we don't know: taken as not over yet.
    case unknown
  }

  /// What the status means, read without regard to case and to the spellings seen in the field.
  public var meaning: Meaning {
    switch rawValue.lowercased() {
    case "validating", "queued", "scheduling", "created", "pending": .validating
    case "in_progress", "progress", "running": .running
    case "finalizing": .finalizing
    case "cancelling", "canceling", "cancellation_requested": .cancelling
    case "completed", "success", "ended": .completed
    case "failed": .failed
    case "expired", "timeout_exceeded": .expired
    case "cancelled", "canceled": .cancelled
    default: .unknown
    }
  }

  /// Whether nothing more will happen to the batch.
  public var isFinal: Bool {
    switch meaning {
    case .completed, .failed, .expired, .cancelled: true
    default: false
    }
  }
}
