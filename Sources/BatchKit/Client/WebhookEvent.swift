public import Foundation

/// The service's word that a remote batch is over, sent by itself to an address of yours, and proved genuine.
///
/// OpenAI posts it as soon as a batch ends, so nobody needs to ask meanwhile. Your server hands over the body
/// and the header fields as they came, and answers 200 when this did not throw; anything else makes the
/// service send the event again:
/// ```swift
/// let event = try WebhookEvent(verifying: body, headers: headers)
/// if let job = try await client.receive(event, as: judging.request) {
///   print(try job.results().reconciliation)
/// }
/// ```
/// An event names a batch and says nothing of its answers: those are fetched from the service itself, so not
/// even a forged event could bring in a wrong one.
public struct WebhookEvent: Sendable, Hashable, Identifiable {
  /// The id of the event, the same when it is delivered more than once.
  public let id: String
  /// What happened.
  public let kind: Kind
  /// The id of the remote batch that it happened to.
  public let batch: String
  /// When it happened.
  public let created: Date

  /// What a ``WebhookEvent`` tells; services may send words that are not among these.
  public struct Kind: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The word itself.
    public let rawValue: String

    /// Makes one of this word.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// What people are shown of it.
    public var description: String { rawValue }

    /// The batch is done.
    public static let batchCompleted = Self(rawValue: "batch.completed")
    /// The input did not pass the service's check.
    public static let batchFailed = Self(rawValue: "batch.failed")
    /// The window closed before all was done.
    public static let batchExpired = Self(rawValue: "batch.expired")
    /// The batch was cancelled.
    public static let batchCancelled = Self(rawValue: "batch.cancelled")
  }
}

extension WebhookEvent {
  /// The event in a request that the service sent, once its signature and its time are proved right.
  ///
  /// - Parameters:
  ///   - body: the body, byte for byte as it came; one that was decoded and written again no longer fits.
  ///   - headers: the header fields, among them `webhook-id`, `webhook-timestamp` and `webhook-signature`.
  ///   - secret: the signing secret, as the service shows it when the webhook is set up (`whsec_…`).
  ///   - tolerance: how far the time of the request may be from the clock, either way; an older request may
  ///     be one that somebody recorded and sends again.
  ///   - clock: what time it is.
  /// - Throws: ``BatchError`` of the code `invalid_webhook` where it is not genuine, too old, or tells of no
  ///   batch. It never shows the secret, nor the signature that would have been right.
  public init(
    verifying body: Data, headers: HTTPHeaders, secret: APIKey = .environment("OPENAI_WEBHOOK_SECRET"),
    tolerance: Duration = .seconds(300), clock: some BatchClock = .system
  ) throws {
    try self.init(
      verifying: body, headers: headers, secret: secret, tolerance: tolerance, clock: clock,
      credentials: Credentials())
  }

  /// The same, with the place given where secrets are looked for.
  ///
  /// The signature is checked before the time and the content: of what is not genuine nothing is believed,
  /// and nothing is said.
  package init(
    verifying body: Data, headers: HTTPHeaders, secret: APIKey, tolerance: Duration = .seconds(300),
    clock: some BatchClock, credentials: Credentials
  ) throws {
    guard let text = try credentials.text(of: secret) else {
      throw BatchError.webhook("without its signing secret it can't be proved genuine; give the secret")
    }
    let request = try SignedRequest(body, headers)
    guard request.isSigned(with: try SignedRequest.key(of: text)) else {
      throw BatchError.webhook(
        "its signature is not that of the secret; check that it is the secret of this webhook, and hand the "
          + "body over byte for byte")
    }
    let age = clock.now.timeIntervalSince(request.date)
    guard abs(age) <= tolerance.seconds else {
      throw BatchError.webhook(
        "its time is \(Int(abs(age).rounded())) s \(age > 0 ? "behind" : "ahead of") the clock, and "
          + "\(Int(tolerance.seconds)) s are allowed; set the clock right")
    }
    try self.init(body, sentAs: request.id)
  }

  /// Reads the event of a body that was proved genuine.
  private init(_ body: Data, sentAs id: String) throws {
    guard let json = try? JSONValue(parsing: Array(body)), let type = json["type"].string,
      let batch = json["data"]["id"].string, type.hasPrefix("batch."), !batch.isEmpty
    else { throw BatchError.webhook("it tells of no batch; let the webhook send events of batches alone") }
    self.id = json["id"].string ?? id
    kind = Kind(rawValue: type)
    self.batch = batch
    created = Date(timeIntervalSince1970: json["created_at"].double ?? 0)
  }
}

/// A request of the service with what its signature is made of.
///
/// This is the scheme of Standard Webhooks: HMAC-SHA-256 over id, time and body, joined by full stops. The
/// time is signed too, so an old request can't be given a new one.
private struct SignedRequest {
  let id: String
  let timestamp: String
  let date: Date
  let signatures: [[UInt8]]
  let body: [UInt8]

  init(_ body: Data, _ headers: HTTPHeaders) throws {
    func field(_ name: String) throws -> String {
      guard let value = headers[name]?.trimmingCharacters(in: .whitespaces), !value.isEmpty else {
        throw BatchError.webhook("the header field \(name) is missing; hand over the header as it came")
      }
      return value
    }
    id = try field("webhook-id")
    timestamp = try field("webhook-timestamp")
    guard let seconds = Int64(timestamp) else {
      throw BatchError.webhook("its webhook-timestamp is no number of seconds")
    }
    date = Date(timeIntervalSince1970: Double(seconds))
    self.body = Array(body)
    // Several signatures stand side by side while a secret is being replaced.
    signatures = try field("webhook-signature").split(separator: " ").compactMap { entry in
      entry.hasPrefix("v1,") ? Data(base64Encoded: String(entry.dropFirst(3))).map(Array.init) : nil
    }
  }

  /// The bytes of a signing secret: base64 behind `whsec_`, else the text itself.
  ///
  /// - Throws: ``BatchError`` where what looks like base64 is none: a secret that was copied in part would
  ///   refuse every event with a reason that misleads.
  static func key(of secret: String) throws -> [UInt8] {
    guard secret.hasPrefix("whsec_") else { return Array(secret.utf8) }
    guard let key = Data(base64Encoded: String(secret.dropFirst(6))), !key.isEmpty else {
      throw BatchError.webhook("what stands behind whsec_ in the secret is not base64; copy the secret whole")
    }
    return Array(key)
  }

  /// Every signature is compared, also when one was right: the time it takes tells nothing.
  ///
  /// - Parameter key: the bytes of the secret.
  func isSigned(with key: [UInt8]) -> Bool {
    let right = HMAC.sha256(of: Array("\(id).\(timestamp).".utf8) + body, key: key)
    return signatures.reduce(false) { HMAC.areEqual($1, right) || $0 }
  }
}

extension BatchClient {
  /// Does for the job of an event what waiting would have done: looks at it once, fetches what is ready,
  /// closes it when it is over, and sends parts that were held back until now.
  ///
  /// No other job is looked at. An event that comes twice costs nothing the second time; one of a batch that
  /// this registry does not know is none of ours.
  ///
  /// - Parameters:
  ///   - event: what the service sent.
  ///   - request: the prototype its batch was made with, which says what its answers become.
  /// - Returns: the job, whose results can be read so far as it is done; `nil` where it is none of ours.
  public func receive<Request: BatchRequest>(
    _ event: WebhookEvent, as request: Request
  ) async throws -> BatchJob<Request>? {
    guard let entry = try await registry.entries.first(where: { $0.batches.contains(event.batch) }) else {
      return nil
    }
    let job = BatchJob(JobEngine(try state(of: entry.id), of: self), request: request)
    try await job.poll()
    return job
  }
}

extension BatchError {
  fileprivate static func webhook(_ what: String) -> BatchError {
    BatchError(.invalidWebhook, "The webhook's request was not accepted: \(what).")
  }
}
