import Foundation

extension BatchRegistry {
  /// A job as it lies on this disk, to be read without key, address or network.
  ///
  /// ```swift
  /// let job = try await BatchRegistry.standard.job("reviews-september", as: classify)
  /// for (id, verdict) in try job.results().succeeded { print(id, verdict.label) }
  /// ```
  /// Its status is what was last known; ``BatchJob/results()``, ``BatchJob/report()`` and
  /// ``BatchJob/verify()`` work as ever. What would have to ask the service fails and says so: for that, open
  /// the job with a ``BatchClient``.
  ///
  /// - Parameters:
  ///   - nameOrID: Its name, its id, or the id of one of its remote batches.
  ///   - request: The prototype its batch was made with, which says what its answers become.
  /// - Throws: ``BatchError`` where nothing goes by that, or its journal can't be read.
  public func job<Request: BatchRequest>(
    _ nameOrID: String, as request: Request
  ) async throws -> BatchJob<Request> {
    let found: RegistryEntry?
    if let named = try await entry(named: nameOrID) {
      found = named
    } else {
      found = try await entry(id: nameOrID)
    }
    guard let found else { throw BatchError.unknown("“\(nameOrID)”") }
    let state = try state(of: found.id)
    let client = BatchClient(
      AbsentService(identity: state.card.identity), transport: AbsentNetwork(), registry: self)
    return BatchJob(JobEngine(state, of: client), request: request)
  }

  /// How many requests of a job are done, failed and there in all, as its journal last knew.
  package func counts(of entry: RegistryEntry) throws(BatchError) -> RequestCounts {
    BatchStatus(try state(of: entry.id), now: entry.updated).counts
  }

  /// What the journal of a job says.
  ///
  /// - Throws: ``BatchError`` where the journal lost lines: a job of which less is known than was sent must
  ///   not go on.
  func state(of job: String) throws(BatchError) -> JobState {
    let path = "\(folder(for: job))/journal.jsonl"
    let records = try Journal<JobRecord>(at: path, in: store).entries()
    guard let state = JobState(records) else { throw .damagedJob(path) }
    return state
  }
}

/// The service of a job that is only read: it has the job's identity, and refuses every call.
///
/// The code that reads jobs asks for a client; with this in it there is no second way of reading them, and no
/// way at all to reach anything.
private struct AbsentService: BatchProvider {
  let identity: ProviderIdentity
  let limits = BatchLimits.openAI

  func checkSettings() throws { throw BatchError.onlyRead }
  func upload(_ part: PartUpload, through http: HTTPExchange) async throws -> String {
    throw BatchError.onlyRead
  }
  func create(_ order: BatchOrder, through http: HTTPExchange) async throws -> RemoteBatch {
    throw BatchError.onlyRead
  }
  func retrieve(_ batch: String, through http: HTTPExchange) async throws -> RemoteBatch {
    throw BatchError.onlyRead
  }
  func cancel(_ batch: String, through http: HTTPExchange) async throws -> RemoteBatch {
    throw BatchError.onlyRead
  }
  func batches(after cursor: String?, through http: HTTPExchange) async throws -> Page<RemoteBatch> {
    throw BatchError.onlyRead
  }
  func files(after cursor: String?, through http: HTTPExchange) async throws -> Page<RemoteFile> {
    throw BatchError.onlyRead
  }
  func download(
    _ file: ResultFile, through http: HTTPExchange,
    into receive: @escaping @Sendable () throws -> @Sendable (Data) throws -> Void
  ) async throws -> Int? { throw BatchError.onlyRead }
  func delete(file: String, through http: HTTPExchange) async throws { throw BatchError.onlyRead }
}

/// A network that leads nowhere.
private struct AbsentNetwork: HTTPTransport {
  func send(_ request: HTTPRequest) async throws -> HTTPResponse { throw BatchError.onlyRead }
  func download(
    _ request: HTTPRequest, into receive: @escaping @Sendable (Data) throws -> Void
  ) async throws -> HTTPResponse { throw BatchError.onlyRead }
}

extension BatchError {
  fileprivate static var onlyRead: BatchError {
    BatchError(
      .unsupported,
      "This job was opened from the registry alone, to be read; open it with a client to ask its service.")
  }
}
