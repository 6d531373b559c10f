public import Foundation

/// A batch service: how its calls look on the wire, and nothing else.
///
/// A provider keeps no state and decides nothing: what is sent, when, and whether it is sent again is the
/// client's business. It translates the shared words of this protocol into the calls of its service and back.
///
/// Make one for a service whose calls look otherwise; for a server that speaks OpenAI's own,
/// ``BatchProvider/compatible(at:apiKey:limits:expiresFiles:)`` is enough. It is a value, is called from many
/// tasks at once, and is made anew by every program that goes on with a job: what has to be remembered is in
/// the job's folder.
public protocol BatchProvider: Sendable {
  /// Whom the calls reach, and on whose account.
  ///
  /// A job is tied to it: with another identity it is not gone on with, since its batches are not there.
  var identity: ProviderIdentity { get }

  /// What one remote batch may hold.
  ///
  /// Requests beyond them are divided over several batches before any of them is sent.
  var limits: BatchLimits { get }

  /// Throws what is known to be wrong before any call, such as a missing key, so that no job is begun in
  /// vain.
  ///
  /// It makes no call, so it can't tell whether a key is good; only that there is one, and an address to send
  /// it to.
  func checkSettings() throws

  /// Puts the requests of one part where the service can read them, and returns the id of that file.
  ///
  /// It may be called again after a failure: a file that nobody makes a batch of costs nothing.
  ///
  /// - Parameters:
  ///   - part: The lines, and the name by which the file is found again.
  ///   - http: What the call goes through.
  /// - Returns: The id of the file at the service.
  /// - Throws: ``BatchError`` where it could not be uploaded.
  func upload(_ part: PartUpload, through http: HTTPExchange) async throws -> String

  /// Starts a remote batch. It is the only call that costs money, and must go out once at most.
  ///
  /// - Throws: ``HTTPFailure`` where no answer came, ``CreateRefusal`` where the service refused for certain,
  ///   and ``BatchError`` where its answer leaves open whether the batch exists.
  ///
  /// The three ways out are what keeps a batch from being paid for twice: the client sends an order again
  /// only after a ``CreateRefusal``. In doubt throw no refusal but an error with its status; the client then
  /// looks for the batch itself.
  ///
  /// - Parameters:
  ///   - order: What to make a batch of.
  ///   - http: What the call goes through, with ``HTTPExchange/Patience/once``.
  /// - Returns: The batch as the service answered.
  func create(_ order: BatchOrder, through http: HTTPExchange) async throws -> RemoteBatch

  /// What the service says about a batch now.
  func retrieve(_ batch: String, through http: HTTPExchange) async throws -> RemoteBatch

  /// Asks the service to stop a batch; one that is over already stays as it is.
  ///
  /// What it returns may still be at work: a service takes minutes to stop, and what was answered by then is
  /// delivered and paid for.
  ///
  /// - Parameters:
  ///   - batch: The id that the service gave it.
  ///   - http: What the call goes through.
  /// - Returns: The batch as it is after the call.
  func cancel(_ batch: String, through http: HTTPExchange) async throws -> RemoteBatch

  /// One page of the account's batches, in whatever order the service has.
  ///
  /// All pages together must be all batches of the account. By them the client judges that a batch does not
  /// exist, after a create without an answer.
  ///
  /// - Parameters:
  ///   - cursor: The ``Page/next`` of the page before; `nil` for the first.
  ///   - http: What the call goes through.
  /// - Returns: The page, with `nil` for ``Page/next`` only where there are no more.
  func batches(after cursor: String?, through http: HTTPExchange) async throws -> Page<RemoteBatch>

  /// One page of the account's uploaded batch inputs.
  ///
  /// Among them the client finds uploads of its own that no batch came of, by the token in their names, and
  /// deletes them.
  ///
  /// - Parameters:
  ///   - cursor: The ``Page/next`` of the page before; `nil` for the first.
  ///   - http: What the call goes through.
  /// - Returns: The page.
  func files(after cursor: String?, through http: HTTPExchange) async throws -> Page<RemoteFile>

  /// Fetches a result file piece by piece and returns its true length, where the service knows it.
  ///
  /// A result file counts only when its length is proved right, so the true length is worth a call of its own
  /// where the download itself does not state it.
  ///
  /// - Parameters:
  ///   - file: Which file of a batch to fetch.
  ///   - http: What the call goes through; its `download` begins anew after a broken connection.
  ///   - receive: Makes what is handed the pieces, in order, once for each try.
  /// - Returns: The length of the file, or `nil` where the service doesn't tell.
  func download(
    _ file: ResultFile, through http: HTTPExchange,
    into receive: @escaping @Sendable () throws -> @Sendable (Data) throws -> Void
  ) async throws -> Int?

  /// Fetches a video that an answer names, piece by piece, and returns its length where that is known.
  ///
  /// A provider that doesn't have such a call need not write it.
  ///
  /// - Parameters:
  ///   - video: The id that the answer gave it.
  ///   - http: What the call goes through.
  ///   - receive: Makes what is handed the pieces, in order, once for each try.
  /// - Returns: The length of the video, or `nil` where the service doesn't tell.
  func download(
    video: String, through http: HTTPExchange,
    into receive: @escaping @Sendable () throws -> @Sendable (Data) throws -> Void
  ) async throws -> Int?

  /// Deletes a file; one that is gone already is no failure.
  func delete(file: String, through http: HTTPExchange) async throws
}

extension BatchProvider {
  /// Throws ``BatchError`` of the code `unsupported`, unless a provider knows how.
  public func download(
    video: String, through http: HTTPExchange,
    into receive: @escaping @Sendable () throws -> @Sendable (Data) throws -> Void
  ) async throws -> Int? {
    throw BatchError(.unsupported, "The service has no call that fetches videos.")
  }

  /// Finds nothing wrong, unless a provider knows better.
  public func checkSettings() throws {}
}

/// The requests of one part, on their way to the service.
///
/// The client makes one for each try; a provider only reads it.
public struct PartUpload: Sendable {
  /// The lines, as the body of an upload.
  ///
  /// They lie on the disk and are streamed from there, however many they are.
  public let lines: HTTPBody
  /// The name of the file, which carries a token so that an upload whose answer was lost can be found.
  public let filename: String
  /// How long the service may keep the file; a provider whose service can't be asked passes over it.
  public let lifetime: Duration?

  /// A part of these lines.
  /// - Parameters:
  ///   - lines: The requests as JSON Lines.
  ///   - filename: The name to upload them under.
  ///   - lifetime: How long the service may keep the file; no end is asked for if `nil`.
  public init(lines: HTTPBody, filename: String, lifetime: Duration?) {
    self.lines = lines
    self.filename = filename
    self.lifetime = lifetime
  }
}

/// What a remote batch is created from.
///
/// It names all that the service is told, so that what is paid for can be read off one value.
public struct BatchOrder: Sendable {
  /// The uploaded file it reads.
  public let inputFileID: String
  /// The endpoint its requests go to.
  public let endpoint: Endpoint
  /// Labels to find it by.
  ///
  /// Those of the library begin with `batchkit_`. By the token among them a batch is found whose create got
  /// no answer, so a service that keeps labels should get all of them.
  public let metadata: [(key: String, value: String)]
  /// How long the service may keep the result files; passed over where it can't be asked.
  public let resultLifetime: Duration?

  /// An order of these parts.
  /// - Parameters:
  ///   - inputFileID: The uploaded file it reads.
  ///   - endpoint: The endpoint its requests go to.
  ///   - metadata: Labels to find it by.
  ///   - resultLifetime: How long the service may keep the result files.
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
///
/// Throw it only where the service said so itself. After a time-out, a broken connection or a failure behind
/// the service's door the batch may exist all the same.
public struct CreateRefusal: Error, Sendable {
  /// The refusal as an error for the user.
  public let error: BatchError
  /// How long the service asks to wait, where it says that waiting helps.
  public let retryAfter: Duration?
  /// Whether the refusal is one that passes by itself.
  ///
  /// If so the client waits and asks again, though not for ever; if not, it throws ``error``.
  public let passes: Bool
  /// Whether what the service misses is the uploaded file.
  ///
  /// Right after an upload that is often a matter of seconds. Of a file that was not uploaded just now it is
  /// soon believed.
  public let isAboutInput: Bool

  /// A refusal.
  /// - Parameters:
  ///   - error: The refusal as an error for the user.
  ///   - passes: Whether waiting helps, as it does with a full queue and not with an unknown model.
  ///   - retryAfter: How long the service asks to wait.
  ///   - isAboutInput: Whether what the service misses is the uploaded file.
  public init(
    _ error: BatchError, passes: Bool, retryAfter: Duration? = nil, isAboutInput: Bool = false
  ) {
    self.isAboutInput = isAboutInput
    self.error = error
    self.passes = passes
    self.retryAfter = retryAfter
  }
}

/// One page of a list.
///
/// ```swift
/// Page(batches, next: hasMore ? batches.last?.id : nil)
/// ```
public struct Page<Element: Sendable>: Sendable {
  /// What is on it.
  public let elements: [Element]
  /// Where the next page begins, or `nil` on the last.
  ///
  /// A word for the service alone to understand. A page that names a next one and brings nothing new is taken
  /// for a list that can't be seen to its end.
  public let next: String?

  /// A page of these elements.
  public init(_ elements: [Element], next: String?) {
    self.elements = elements
    self.next = next
  }
}

/// An uploaded file, as its service lists it.
///
/// The client knows an upload of its own by the token in its name.
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
