/// What one remote batch may hold.
///
/// A batch that is submitted is divided so that no part breaks a limit. A file that goes to the service as it
/// is has to keep them by itself, which ``BatchFile/check(_:for:models:counter:)`` tells.
///
/// For a service that is not among those below, say what it documents:
/// ```swift
/// var limits = BatchLimits(requests: 10_000, bytes: 50_000_000)
/// limits.idLength = 128
/// ```
public struct BatchLimits: Sendable, Hashable {
  /// The most requests.
  public var requests: Int
  /// The most bytes of its input file.
  public var bytes: Int
  /// The most texts that all its requests together may want embedded.
  public var embeddedTexts: Int
  /// Whether its requests may ask different models.
  public var mixesModels: Bool
  /// The most bytes of one request, where there is such a limit.
  public var lineBytes: Int?
  /// The most characters of an id, where there is such a limit.
  public var idLength: Int?
  /// The endpoints that can be batched, where they are known.
  public var endpoints: Set<Endpoint>?

  /// These limits, by default with one model to a batch.
  public init(requests: Int, bytes: Int, embeddedTexts: Int = 50_000, mixesModels: Bool = false) {
    self.requests = requests
    self.bytes = bytes
    self.embeddedTexts = embeddedTexts
    self.mixesModels = mixesModels
  }
}

extension BatchLimits {
  /// What OpenAI takes: 50,000 requests, and 200 MB counted the smaller way.
  public static let openAI = with(BatchLimits(requests: 50_000, bytes: 200_000_000)) {
    $0.endpoints = [
      .chatCompletions, .responses, .embeddings, .completions, .moderations, .imageGenerations, .imageEdits,
      .videos,
    ]
  }

  /// What Azure OpenAI takes: 100,000 requests in 200 MB.
  public static let azureOpenAI = with(BatchLimits(requests: 100_000, bytes: 200_000_000)) {
    $0.endpoints = [.chatCompletions, .responses, "/chat/completions", "/responses"]
  }

  /// What Together takes: 50,000 requests in 100 MB, with ids of 64 characters.
  public static let together = with(BatchLimits(requests: 50_000, bytes: 100_000_000)) { $0.idLength = 64 }

  /// What DashScope (Alibaba Model Studio) takes: 50,000 requests of up to 6 MB in 500 MB.
  public static let dashScope = with(BatchLimits(requests: 50_000, bytes: 500_000_000)) {
    $0.lineBytes = 6_000_000
  }

  private static func with(_ limits: Self, _ edit: (inout Self) -> Void) -> Self {
    var limits = limits
    edit(&limits)
    return limits
  }
}
