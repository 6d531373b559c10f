/// The path that every request of a batch is sent to.
///
/// Any path can be written as a literal; those that OpenAI batches are named below.
public struct Endpoint: RawRepresentable, Hashable, Sendable, Codable, ExpressibleByStringLiteral {
  /// The path, beginning with `/v1/` at OpenAI and most look-alikes.
  public let rawValue: String

  /// An endpoint with this path.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// An endpoint with this path.
  public init(_ path: String) { rawValue = path }

  /// Makes one of a literal.
  public init(stringLiteral value: String) { rawValue = value }
}

extension Endpoint: CustomStringConvertible {
  /// What people are shown of it.
  public var description: String { rawValue }
}

extension Endpoint {
  /// Conversations: `/v1/chat/completions`.
  public static let chatCompletions: Self = "/v1/chat/completions"
  /// The newer text endpoint: `/v1/responses`.
  public static let responses: Self = "/v1/responses"
  /// Vectors of texts: `/v1/embeddings`.
  public static let embeddings: Self = "/v1/embeddings"
  /// Plain completion of a text: `/v1/completions`.
  public static let completions: Self = "/v1/completions"
  /// Moderation of texts and images: `/v1/moderations`.
  public static let moderations: Self = "/v1/moderations"
  /// New images: `/v1/images/generations`.
  public static let imageGenerations: Self = "/v1/images/generations"
  /// Changed images: `/v1/images/edits`.
  public static let imageEdits: Self = "/v1/images/edits"
  /// Videos: `/v1/videos`.
  public static let videos: Self = "/v1/videos"
}
