public import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The network, by way of Foundation's `URLSession`.
///
/// On Linux the convenient calls of `URLSession` can hang or end the program: when a task is cancelled as
/// its answer arrives, when a server asks for Basic authentication, when a kept connection closes as a body
/// is sent on it, when a disk is full. So everything here goes through delegates and plain tasks, a request
/// that must not be sent twice gets a connection of its own, and no redirect is followed: it would carry the
/// key to another host.
///
/// One thing stays out of reach: up to Swift 6.3, Foundation on Linux ends the program when a connection
/// breaks within the header lines of an answer.
///
/// It is the default of every client, as `.urlSession`. It takes the proxy and the certificates of the system
/// as `URLSession` finds them.
public struct URLSessionTransport: HTTPTransport {
  fileprivate static let shared = Self()

  private let session = SharedSession()
  /// Where bodies with files in them are gathered. It needs room for the largest upload.
  private let spoolFolder: URL

  /// A transport with connections of its own.
  public init() { self.init(spoolFolder: FileManager.default.temporaryDirectory) }

  /// A transport that gathers large bodies in this folder before they are sent.
  package init(spoolFolder: URL) { self.spoolFolder = spoolFolder }

  /// Sends a request and returns the whole answer.
  ///
  /// An answer of more than 256 MB is an error: what may be that large is downloaded instead.
  ///
  /// - Parameter request: What to send.
  /// - Returns: The answer, whatever its status.
  /// - Throws: ``HTTPFailure`` where there was no answer, ``BatchError`` where the request can't be sent as
  ///   it stands.
  public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    try await carryOut(request, receive: nil)
  }

  /// Sends a request and hands on the body of a success as it arrives.
  ///
  /// A success that was compressed on the way, or is shorter than it said, is a failure.
  ///
  /// - Parameters:
  ///   - request: What to send.
  ///   - receive: Is handed the pieces in order; what it throws ends the transfer and is thrown on.
  /// - Returns: The answer, without the body where it was a success.
  /// - Throws: ``HTTPFailure`` where there was no answer, or not all of it.
  public func download(
    _ request: HTTPRequest, into receive: @escaping @Sendable (Data) throws -> Void
  ) async throws -> HTTPResponse {
    try await carryOut(request, receive: receive)
  }

  /// Checks the request and binds it to the Swift task: the cancel of the one is the cancel of the other.
  private func carryOut(
    _ request: HTTPRequest, receive: (@Sendable (Data) throws -> Void)?
  ) async throws -> HTTPResponse {
    try request.checkFields()
    let exchange = Exchange(request, spoolFolder: spoolFolder, session: session, receive: receive)
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { exchange.begin($0) }
    } onCancel: {
      exchange.cancel()
    }
  }
}

extension HTTPTransport where Self == URLSessionTransport {
  /// The network, over connections that everything in the process shares.
  ///
  /// Share it: connections that are kept spare each call the greeting of TLS.
  public static var urlSession: Self { .shared }
}

/// The session whose connections are kept and used again: only for requests that may be sent twice, since
/// libcurl does so by itself when a kept connection turns out to be closed.
private final class SharedSession: Sendable {
  private let session = Locked<URLSession?>(nil)

  deinit { session.current?.finishTasksAndInvalidate() }

  /// The shared session for what may be sent twice, else one of its own, which closes after its one task.
  func session(for request: HTTPRequest) -> URLSession {
    let isRepeatable = ["GET", "HEAD"].contains(request.method) && request.body.length == 0
    guard isRepeatable else { return Self.open(forOneTask: true) }
    return session.withLock { session in
      let opened = session ?? Self.open(forOneTask: false)
      session = opened
      return opened
    }
  }

  /// A session that keeps nothing: no cache, no cookies, no credentials, on no disk.
  private static func open(forOneTask: Bool) -> URLSession {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.urlCache = nil
    configuration.urlCredentialStorage = nil
    configuration.httpCookieStorage = nil
    configuration.httpShouldSetCookies = false
    configuration.httpCookieAcceptPolicy = .never
    configuration.httpMaximumConnectionsPerHost = 32
    let delegate = SessionDelegate(isForOneTask: forOneTask)
    return URLSession(configuration: configuration, delegate: delegate, delegateQueue: nil)
  }
}

/// Hands each event of a session to the exchange that it belongs to.
///
/// Sessions know tasks by number; so do the exchanges here, under a lock, since events come on the session's
/// queue.
private final class SessionDelegate: NSObject, URLSessionDataDelegate, Sendable {
  private let exchanges = Locked<[Int: Exchange]>([:])
  private let isForOneTask: Bool

  init(isForOneTask: Bool) { self.isForOneTask = isForOneTask }

  /// To be called before the task begins, so that no event finds nobody.
  func adopt(_ exchange: Exchange, of task: URLSessionTask) {
    exchanges.withLock { $0[task.taskIdentifier] = exchange }
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    exchanges.current[dataTask.taskIdentifier]?.take(data, from: dataTask)
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, didSendBodyData bytesSent: Int64, totalBytesSent: Int64,
    totalBytesExpectedToSend: Int64
  ) {
    exchanges.current[task.taskIdentifier]?.sent(Int(clamping: totalBytesSent))
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    completionHandler(nil)
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, didReceive challenge: URLAuthenticationChallenge,
    completionHandler: @escaping @Sendable (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
  ) {
    // A question about the server's own certificate comes without an answer, and is the system's to judge.
    guard let refusal = challenge.failureResponse as? HTTPURLResponse else {
      return completionHandler(.performDefaultHandling, nil)
    }
    exchanges.current[task.taskIdentifier]?.settle(for: refusal)
    completionHandler(.rejectProtectionSpace, nil)
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    exchanges.withLock { $0.removeValue(forKey: task.taskIdentifier) }?.complete(task, error)
    if isForOneTask { session.finishTasksAndInvalidate() }
  }
}

/// One request on its way, until it has its answer or its failure.
private final class Exchange: Sendable {
  /// All that changes, under one lock. The continuation is taken out when it is resumed, so it is resumed
  /// once however many ends meet.
  private struct State: Sendable {
    var continuation: CheckedContinuation<HTTPResponse, any Error>?
    var task: URLSessionTask?
    var upload: SpooledBody?
    var isCancelled = false
    /// Whether the session has the task, or is about to; from then on it tells the end.
    var isLaunched = false
    /// How it ends, where we end it before the session does.
    var verdict: Verdict?
    var body = Data()
    var received = 0
  }

  private enum Verdict: Sendable {
    case failure(any Error)
    /// What there is of this answer is enough.
    case answer(HTTPURLResponse)

    var isFailure: Bool {
      if case .failure = self { true } else { false }
    }
  }

  /// Tasks are started and cancelled on queues of their own: a cancel from within a Swift task's own
  /// cancellation can lock up with the session's queue. Two queues, so that a cancel never waits for the
  /// start of other requests.
  private static let starting = DispatchQueue(label: "batchkit.transport.starting")
  private static let cancelling = DispatchQueue(label: "batchkit.transport.cancelling")
  /// Gathering a large body blocks its thread for seconds, which no thread of Swift's own may be.
  private static let spooling = DispatchQueue(label: "batchkit.transport.spooling")

  /// The most that is kept of an answer that is no success, in bytes.
  private static let mostOfRefusal = 1 << 20
  /// The most that is kept of one that is, where nobody receives it piece by piece.
  private static let mostInMemory = 256 << 20

  private let request: HTTPRequest
  private let spoolFolder: URL
  private let session: SharedSession
  private let receive: (@Sendable (Data) throws -> Void)?
  private let state = Locked(State())

  init(
    _ request: HTTPRequest, spoolFolder: URL, session: SharedSession,
    receive: (@Sendable (Data) throws -> Void)?
  ) {
    self.request = request
    self.spoolFolder = spoolFolder
    self.session = session
    self.receive = receive
  }

  // MARK: Beginning

  /// Starts the request, by way of a file where its body is not in memory. It returns at once.
  func begin(_ continuation: CheckedContinuation<HTTPResponse, any Error>) {
    state.withLock { $0.continuation = continuation }
    if request.body.isInMemory || request.body.length == 0 {
      Self.starting.async { self.launch() }
    } else {
      Self.spooling.async { self.spool() }
    }
  }

  /// Gathers the body, and starts the request behind it. Bodies are gathered one after the other.
  private func spool() {
    do {
      let upload = try SpooledBody(request.body, in: spoolFolder) {
        if state.current.isCancelled { throw CancellationError() }
      }
      state.withLock { $0.upload = upload }
      Self.starting.async { self.launch() }
    } catch {
      finish(.failure(error))
    }
  }

  /// Hands the request to a session, unless it was cancelled before. A cancel that comes between the two
  /// finds no task; so it is looked for once more when the task is known.
  private func launch() {
    let isWanted = state.withLock { state in
      state.isLaunched = !state.isCancelled
      return state.isLaunched
    }
    guard isWanted else { return finish(.failure(CancellationError())) }
    do {
      let session = session.session(for: request)
      let task = try task(in: session)
      (session.delegate as? SessionDelegate)?.adopt(self, of: task)
      task.resume()
      let isTooLate = state.withLock { state in
        state.task = task
        return state.isCancelled
      }
      if isTooLate { Self.cancelling.async { task.cancel() } }
    } catch {
      finish(.failure(error))
    }
  }

  /// Ends the request at once where nothing was sent yet; else the session has the last word, and soon.
  func cancel() {
    let (task, isLaunched) = state.withLock { state in
      state.isCancelled = true
      return (state.task, state.isLaunched)
    }
    Self.cancelling.async {
      task?.cancel()
      if !isLaunched { self.finish(.failure(CancellationError())) }
    }
  }

  /// The task for the request, with a body from memory, from the gathered file, or none.
  private func task(in session: URLSession) throws -> URLSessionTask {
    var urlRequest = URLRequest(url: request.url, cachePolicy: .reloadIgnoringLocalCacheData)
    // Set here and not above: on Linux the initializer's own limit is not heeded.
    urlRequest.timeoutInterval = max(1, request.idleLimit.seconds.rounded(.up))
    urlRequest.httpMethod = request.method
    urlRequest.httpShouldHandleCookies = false
    for (name, value) in request.fieldsToSend { urlRequest.setValue(value, forHTTPHeaderField: name) }
    if let upload = state.current.upload { return uploadTask(of: upload, in: session, urlRequest) }
    guard request.hasBody else { return session.dataTask(with: urlRequest) }
    return session.uploadTask(with: urlRequest, from: try request.body.wholeInMemory())
  }

  private func uploadTask(
    of upload: SpooledBody, in session: URLSession, _ urlRequest: URLRequest
  ) -> URLSessionTask {
    #if canImport(FoundationNetworking)
      // An upload "from file" reads ahead by itself here, and ends the program when that read comes in after
      // the transfer's end. A stream doesn't, but goes in chunks unless its length is stated and libcurl is
      // told, by a blank field that it leaves out, that there is no other framing.
      var urlRequest = urlRequest
      urlRequest.httpBodyStream = InputStream(url: upload.file)
      urlRequest.setValue(String(request.body.length), forHTTPHeaderField: "Content-Length")
      urlRequest.setValue(" ", forHTTPHeaderField: "Transfer-Encoding")
      return session.dataTask(with: urlRequest)
    #else
      return session.uploadTask(with: urlRequest, fromFile: upload.file)
    #endif
  }

  // MARK: Arriving

  /// Takes a piece of the answer as it arrives. The session calls it for one piece after the other; what
  /// `receive` throws cancels the task and is what the request ends with.
  func take(_ data: Data, from task: URLSessionTask) {
    let isOver = state.withLock { state in
      state.received += data.count
      return state.isCancelled || state.verdict?.isFailure == true
    }
    guard !isOver else { return }
    let response = task.response as? HTTPURLResponse
    do {
      guard let response, response.isSuccess else { return keepRefusal(data, response, task) }
      guard let receive else { return try keep(data) }
      try response.checkUncompressed()
      try receive(data)
    } catch {
      end(task, .failure(error))
    }
  }

  /// Adds to the body that is returned.
  private func keep(_ data: Data) throws {
    try state.withLock { state in
      guard state.body.count + data.count <= Self.mostInMemory else { throw HTTPFailure.endlessAnswer }
      state.body.append(data)
    }
  }

  /// Keeps the beginning of an answer that is no success; one without end must not hold us up.
  private func keepRefusal(_ data: Data, _ response: HTTPURLResponse?, _ task: URLSessionTask) {
    let isFull = state.withLock { state in
      state.body.append(data.prefix(Self.mostOfRefusal - state.body.count))
      return state.body.count == Self.mostOfRefusal
    }
    if isFull, let response { end(task, .answer(response)) }
  }

  /// Tells who asked how much of the body has gone out.
  func sent(_ count: Int) { request.progress?(count) }

  /// Takes a refusal for the answer, whatever the session makes of our having no other key.
  func settle(for refusal: HTTPURLResponse) {
    state.withLock { $0.verdict = $0.verdict ?? .answer(refusal) }
  }

  /// Breaks the task off and notes with what; the session still reports its end, and that is where it is
  /// told.
  private func end(_ task: URLSessionTask, _ verdict: Verdict) {
    state.withLock { $0.verdict = verdict }
    Self.cancelling.async { task.cancel() }
  }

  // MARK: Ending

  /// The last event of a task.
  func complete(_ task: URLSessionTask, _ error: (any Error)?) {
    finish(Result { try answer(of: task, error) })
  }

  /// What the whole came to. Our own verdict comes first, since the session only sees that we cancelled.
  private func answer(of task: URLSessionTask, _ error: (any Error)?) throws -> HTTPResponse {
    let state = state.current
    switch state.verdict {
    case .failure(let failure): throw failure
    case .answer(let response): return HTTPResponse(response, state.body)
    case nil: break
    }
    if let error {
      // An answer that arrived whole is given even to a cancelled task: it may be the only word of what was
      // paid.
      if state.isCancelled { throw CancellationError() }
      throw HTTPFailure(error, of: request, isUnderWay: task.response != nil || task.countOfBytesSent > 0)
    }
    guard let response = task.response as? HTTPURLResponse else { throw HTTPFailure.noAnswer(to: request) }
    try response.checkComplete(received: state.received, method: request.method)
    if receive != nil, response.isSuccess { try response.checkUncompressed() }
    return HTTPResponse(response, state.body)
  }

  /// Tells the end once, and lets everything go that the request held. It may be called again, without
  /// effect.
  private func finish(_ result: Result<HTTPResponse, any Error>) {
    let ended = state.withLock { state in
      let ended = state
      state = State()
      state.isCancelled = ended.isCancelled
      state.isLaunched = ended.isLaunched
      return ended
    }
    ended.upload?.remove()
    ended.continuation?.resume(with: result)
  }
}

extension HTTPResponse {
  /// Names that differ by case alone are one field here, as HTTP has it, though the system may keep both.
  fileprivate init(_ response: HTTPURLResponse, _ body: Data) {
    self.init(status: response.statusCode, body: body)
    let fields = response.allHeaderFields.map { (name: "\($0.key)", value: "\($0.value)") }
    for field in fields.sorted(by: { $0.name < $1.name }) { headers[field.name] = field.value }
  }
}

extension HTTPURLResponse {
  fileprivate var isSuccess: Bool { (200..<300).contains(statusCode) }

  /// How the body was packed on its way; `identity` where it wasn't.
  private var encoding: String {
    value(forHTTPHeaderField: "Content-Encoding")?.lowercased() ?? "identity"
  }

  /// Refuses what would be unpacked on the way: a compressed body that was cut short looks whole afterwards.
  fileprivate func checkUncompressed() throws(HTTPFailure) {
    if encoding != "identity" { throw .compressed }
  }

  /// Compares what arrived of a success to what was promised, since not every system does.
  ///
  /// An answer without a length, and one whose length counts packed bytes, can't be compared.
  fileprivate func checkComplete(received: Int, method: String) throws(HTTPFailure) {
    guard isSuccess, statusCode != 204, method != "HEAD", encoding == "identity",
      let length = value(forHTTPHeaderField: "Content-Length").flatMap({ Int($0) })
    else { return }
    if received != length { throw .cutShort(after: received, of: length) }
  }
}
