public import Foundation

/// A batch service: how its calls look on the wire, and nothing else.
///
/// A provider keeps no state and decides nothing: what is sent, when, and whether it is sent again is the
/// client's business. It translates the shared words of this protocol into the calls of its service and back.
public protocol BatchProvider: Sendable {
  /// Whom the calls reach, and on whose account.
  var identity: ProviderIdentity { get }

  /// What one remote batch may hold.
  var limits: BatchLimits { get }

  /// Throws what is known to be wrong before any call, such as a missing key, so that no job is begun in
  /// vain.
  func checkSettings() throws

  /// Puts the requests of one part where the service can read them, and returns the id of that file.
  func upload(_ part: PartUpload, through http: HTTPExchange) async throws -> String

  /// Starts a remote batch. It is the only call that costs money, and must go out once at most.
  ///
  /// - Throws: ``HTTPFailure`` where no answer came, ``CreateRefusal`` where the service refused for certain,
  ///   and ``BatchError`` where its answer leaves open whether the batch exists.
  func create(_ order: BatchOrder, through http: HTTPExchange) async throws -> RemoteBatch

  /// What the service says about a batch now.
  func retrieve(_ batch: String, through http: HTTPExchange) async throws -> RemoteBatch

  /// Asks the service to stop a batch; one that is over already stays as it is.
  func cancel(_ batch: String, through http: HTTPExchange) async throws -> RemoteBatch

  /// One page of the account's batches, in whatever order the service has.
  func batches(after cursor: String?, through http: HTTPExchange) async throws -> Page<RemoteBatch>

  /// One page of the account's uploaded batch inputs.
  func files(after cursor: String?, through http: HTTPExchange) async throws -> Page<RemoteFile>

  /// Fetches a result file piece by piece and returns its true length, where the service knows it.
  func download(
    _ file: ResultFile, through http: HTTPExchange,
    into receive: @escaping @Sendable () throws -> @Sendable (Data) throws -> Void
  ) async throws -> Int?

  /// Deletes a file; one that is gone already is no failure.
  func delete(file: String, through http: HTTPExchange) async throws
}

extension BatchProvider {
  /// Finds nothing wrong, unless a provider knows better.
  public func checkSettings() throws {}
}

/// The requests of one part, on their way to the service.
public struct PartUpload: Sendable {
  /// The lines, as the body of an upload.
  public let lines: HTTPBody
  /// The name of the file, which carries a token so that an upload whose answer was lost can be found.
  public let filename: String
  /// How long the service may keep the file; a provider whose service can't be asked passes over it.
  public let lifetime: Duration?

  /// A part of these lines.
  public init(lines: HTTPBody, filename: String, lifetime: Duration?) {
    self.lines = lines
    self.filename = filename
    self.lifetime = lifetime
  }
}

/// What a remote batch is created from.
public struct BatchOrder: Sendable {
  /// The uploaded file it reads.
  public let inputFileID: String
  /// The endpoint its requests go to.
  public let endpoint: Endpoint
  /// Labels to find it by.
  public let metadata: [(key: String, value: String)]
  /// How long the service may keep the result files; passed over where it can't be asked.
  public let resultLifetime: Duration?

  /// An order of these parts.
  public init(
    inputFileID: String, endpoint: Endpoint, metadata: [(key: String, value: String)],
    resultLifetime: Duration?
  ) {
    self.inputFileID = inputFileID
    self.endpoint = endpoint
    self.metadata = metadata
    self.resultLifetime = resultLifetime
  }
}

/// A create that the service refused for certain: no batch came of it, so it may be sent again.
public struct CreateRefusal: Error, Sendable {
  /// The refusal as an error for the user.
  public let error: BatchError
  /// How long the service asks to wait, where it says that waiting helps.
  public let retryAfter: Duration?
  /// Whether the refusal is one that passes by itself.
  public let passes: Bool

  /// A refusal.
  public init(_ error: BatchError, passes: Bool, retryAfter: Duration? = nil) {
    self.error = error
    self.passes = passes
    self.retryAfter = retryAfter
  }
}

/// One page of a list.
public struct Page<Element: Sendable>: Sendable {
  /// What is on it.
  public let elements: [Element]
  /// Where the next page begins, or `nil` on the last.
  public let next: String?

  /// A page of these elements.
  public init(_ elements: [Element], next: String?) {
    self.elements = elements
    self.next = next
  }
}

/// An uploaded file, as its service lists it.
public struct RemoteFile: Sendable, Hashable {
  /// Its id.
  public let id: String
  /// The name it was uploaded under.
  public let filename: String?
  /// Its length, where the service tells.
  public let bytes: Int?

  /// A file of these marks.
  public init(id: String, filename: String?, bytes: Int?) {
    self.id = id
    self.filename = filename
    self.bytes = bytes
  }
}
