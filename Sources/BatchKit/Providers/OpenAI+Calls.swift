public import Foundation

extension OpenAI {
  /// Throws where the key or the address can't be used.
  ///
  /// It makes up a request and throws it away, so that what would stop the first call stops the program
  /// before any work.
  public func checkSettings() throws { _ = try request("GET", ["batches"]) }

  /// Uploads the requests of a part, and returns the id of the file.
  public func upload(_ part: PartUpload, through http: HTTPExchange) async throws -> String {
    var form = Multipart()
    form.add("purpose", "batch")
    if let seconds = lifetime(part.lifetime) {
      form.add("expires_after[anchor]", "created_at")
      form.add("expires_after[seconds]", String(seconds))
    }
    form.add("file", part.lines, named: part.filename)
    var request = try request("POST", ["files"])
    request.headers["Content-Type"] = form.contentType
    request.body = form.body
    let deed = "upload the requests"
    let answer = try await answer(to: request, doing: deed, through: http)
    guard let id = try json(answer, doing: deed)["id"].string, !id.isEmpty else {
      throw unreadable(answer, doing: deed)
    }
    return id
  }

  /// Creates a remote batch, once.
  ///
  /// A success that can't be read is no refusal: the batch is there, only its id is not known, and the client
  /// looks for it.
  public func create(_ order: BatchOrder, through http: HTTPExchange) async throws -> RemoteBatch {
    var request = try request("POST", ["batches"])
    request.headers["Content-Type"] = "application/json"
    request.body = .bytes(JSONWriter.bytes(of: body(of: order)))
    let deed = "create the batch"
    let answer = try await http.send(request, .once)
    guard answer.isSuccess else {
      throw Self.refusal(answer, doing: deed, secret: try secret(), now: http.clock.now)
    }
    return try batch(answer, doing: deed)
  }

  /// The seconds that a lifetime comes to within what OpenAI takes: an hour to 30 days.
  ///
  /// What is asked for beyond either end becomes that end, since a refusal would be no use to anyone. `nil`
  /// where no end is asked for, or the server may not know the field.
  private func lifetime(_ duration: Duration?) -> Int? {
    guard expiresFiles, let duration else { return nil }
    return Int(min(max(duration.seconds, 3600), 2_592_000))
  }

  /// The order as OpenAI writes it. The window is the only one there is.
  private func body(of order: BatchOrder) -> JSONValue {
    var body: JSONValue = [
      "input_file_id": .string(order.inputFileID), "endpoint": .string(order.endpoint.rawValue),
      "completion_window": "24h",
      "metadata": .object(JSONObject(order.metadata.map { ($0.key, .string($0.value)) })),
    ]
    if let seconds = lifetime(order.resultLifetime) {
      body["output_expires_after"] = ["anchor": "created_at", "seconds": .number(JSONNumber(seconds))]
    }
    return body
  }

  /// Only a 429 and an error that the service itself wrote prove that no batch came of a create. A time-out
  /// (408), a conflict (409) or a failure behind the service's door (5xx) may each hide a batch that exists.
  ///
  /// A refusal passes where a limit or a queue is full, or where the file that was just uploaded is not found
  /// yet: some servers take a moment to see it.
  private static func refusal(
    _ response: HTTPResponse, doing deed: String, secret: String?, now: Date
  ) -> any Error {
    let error = BatchError.refused(response, doing: deed, secret: secret)
    let answer = ServiceAnswer(response)
    let isCertain =
      response.status == 429
      || (400..<500).contains(response.status) && ![408, 409].contains(response.status) && answer.isParsed
    guard isCertain else { return error }
    let isFileNotThereYet =
      answer.parameter?.contains("file_id") == true || answer.message?.contains("Cannot find file") == true
    let passes =
      !answer.isOutOfQuota
      && (response.status == 429 || isFileNotThereYet || answer.code == "token_limit_exceeded")
    return CreateRefusal(
      error, passes: passes, retryAfter: RetryPolicy.askedDelay(response.headers, now: now),
      isAboutInput: response.status != 429 && isFileNotThereYet)
  }

  /// Returns what the service says about a batch now.
  public func retrieve(_ id: String, through http: HTTPExchange) async throws -> RemoteBatch {
    let deed = "look at batch \(id)"
    return try batch(
      try await answer(to: request("GET", ["batches", id]), doing: deed, through: http), doing: deed)
  }

  /// Asks the service to stop a batch.
  ///
  /// A conflict says that the batch has ended meanwhile; then how it ended is the answer.
  public func cancel(_ id: String, through http: HTTPExchange) async throws -> RemoteBatch {
    let deed = "cancel batch \(id)"
    let response = try await answered(doing: deed) {
      try await http.send(try request("POST", ["batches", id, "cancel"]), .retryingUnlessConflict)
    }
    if response.status == 409 { return try await retrieve(id, through: http) }
    return try batch(try checked(response, doing: deed), doing: deed)
  }

  /// Returns one page of the account's batches.
  ///
  /// Entries without an id are left out, since nothing can be done with them; the next page begins after them
  /// all the same.
  ///
  /// - Throws: ``BatchError`` of the code `unsupported` where the list goes on and can't be followed.
  public func batches(after cursor: String?, through http: HTTPExchange) async throws -> Page<RemoteBatch> {
    let deed = "list the batches"
    let body = try await list(["batches"], limit: 100, after: cursor, doing: deed, through: http)
    let batches = Self.elements(of: body).compactMap { RemoteBatch(openAI: $0) }
    return Page(batches, next: try Self.next(after: body, atMost: 100, doing: deed))
  }

  /// Returns one page of the uploaded batch inputs.
  ///
  /// Ten thousand to a page, the most that OpenAI gives: accounts that batch a lot have many.
  public func files(after cursor: String?, through http: HTTPExchange) async throws -> Page<RemoteFile> {
    let deed = "list the files"
    let body = try await list(["files"], limit: 10_000, after: cursor, doing: deed, through: http)
    let files = Self.elements(of: body).compactMap { RemoteFile(openAI: $0) }
    return Page(files, next: try Self.next(after: body, atMost: 10_000, doing: deed))
  }

  /// Where the next page begins, `nil` only where this one is the last.
  ///
  /// It is the id of the last entry as it stands, whether the entry could be read or not, else what the
  /// service calls the last. Some servers don't say whether there is more: then a full page may not be the
  /// last.
  ///
  /// - Throws: ``BatchError`` of the code `unsupported` where there is more and no way to ask for it. To take
  ///   such a page for the last would prove of a batch that it does not exist, and have it paid again.
  private static func next(after body: JSONValue, atMost limit: Int, doing deed: String) throws -> String? {
    let entries = elements(of: body)
    guard body["has_more"].bool ?? (entries.count >= limit) else { return nil }
    let ids = [entries.last?["id"].string, body["last_id"].string].compactMap(\.self)
    if let id = ids.first(where: { !$0.isEmpty }) { return id }
    throw BatchError(
      .unsupported,
      "Could not \(deed) to the end: the service says that there are more, and not where they begin.")
  }

  /// One page of a list as JSON, whatever shape the server wraps it in.
  private func list(
    _ path: [String], limit: Int, after cursor: String?, doing deed: String, through http: HTTPExchange
  ) async throws -> JSONValue {
    var query = [("limit", String(limit))]
    if path == ["files"] { query.append(("purpose", "batch")) }
    if let cursor { query.append(("after", cursor)) }
    return try json(
      try await answer(to: request("GET", path, query: query), doing: deed, through: http), doing: deed)
  }

  /// A list under `data` as OpenAI has it, under `value`, or as the whole answer.
  private static func elements(of body: JSONValue) -> [JSONValue] {
    body.array ?? body["data"].array ?? body["value"].array ?? []
  }

  /// Fetches a body piece by piece.
  ///
  /// The length is asked for first, of the file object: the content may come without one, and then it looks
  /// whole wherever its connection ended.
  public func download(
    _ file: ResultFile, through http: HTTPExchange,
    into receive: @escaping @Sendable () throws -> @Sendable (Data) throws -> Void
  ) async throws -> Int? {
    let deed = "download the \(file.kind.rawValue) file \(file.id)"
    let size = try await size(of: file.id, doing: deed, through: http)
    var request = try request("GET", ["files", file.id, "content"])
    request.headers["Accept"] = "application/binary"
    let response = try await answered(doing: deed) { [request] in
      try await http.download(request, into: receive)
    }
    _ = try checked(response, doing: deed)
    return size
  }

  /// Fetches a video piece by piece; the service keeps it for a day.
  public func download(
    video: String, through http: HTTPExchange,
    into receive: @escaping @Sendable () throws -> @Sendable (Data) throws -> Void
  ) async throws -> Int? {
    let deed = "fetch the video \(video)"
    let request = try request("GET", ["videos", video, "content"])
    let response = try await answered(doing: deed) { try await http.download(request, into: receive) }
    return try checked(response, doing: deed).headers["Content-Length"].flatMap { Int($0) }
  }

  /// The length that the file object states; some servers have no such object for results.
  private func size(of file: String, doing deed: String, through http: HTTPExchange) async throws -> Int? {
    let response = try await answered(doing: deed) {
      try await http.send(try request("GET", ["files", file]))
    }
    if [404, 405, 501].contains(response.status) { return nil }
    return try json(try checked(response, doing: deed), doing: deed)["bytes"].int
  }

  /// Deletes a file; one that is gone is no failure.
  public func delete(file: String, through http: HTTPExchange) async throws {
    let deed = "delete file \(file)"
    let response = try await answered(doing: deed) {
      try await http.send(try request("DELETE", ["files", file]))
    }
    if response.status != 404 { _ = try checked(response, doing: deed) }
  }
}

extension OpenAI {
  /// Makes a call that may be repeated, and throws unless it succeeds.
  private func answer(
    to request: HTTPRequest, doing deed: String, through http: HTTPExchange
  ) async throws -> HTTPResponse {
    try checked(try await answered(doing: deed) { try await http.send(request) }, doing: deed)
  }

  /// Makes a call, and turns a failure without an answer into an error that says what was being done.
  private func answered(
    doing deed: String, _ call: () async throws -> HTTPResponse
  ) async throws -> HTTPResponse {
    do {
      return try await call()
    } catch let failure as HTTPFailure {
      throw BatchError.unanswered(failure, doing: deed)
    }
  }

  /// The answer, if it is a success.
  private func checked(_ response: HTTPResponse, doing deed: String) throws -> HTTPResponse {
    guard response.isSuccess else { throw BatchError.refused(response, doing: deed, secret: try secret()) }
    return response
  }

  /// The body as JSON. A success that is none, such as the page of a gateway, is an error.
  private func json(_ response: HTTPResponse, doing deed: String) throws -> JSONValue {
    guard let value = try? JSONValue(parsing: Array(response.body)) else {
      throw unreadable(response, doing: deed)
    }
    return value
  }

  private func batch(_ response: HTTPResponse, doing deed: String) throws -> RemoteBatch {
    guard let batch = RemoteBatch(openAI: try json(response, doing: deed)) else {
      throw unreadable(response, doing: deed)
    }
    return batch
  }

  /// The sentence for a success that is not understood; mostly the address is that of something else.
  private func unreadable(_ response: HTTPResponse, doing deed: String) -> BatchError {
    BatchError(
      .unreadableAnswer,
      "Could not \(deed): the answer has not the shape of OpenAI's; "
        + "check that the base URL is a batch service.",
      status: response.status, requestID: ServiceAnswer(response).requestID)
  }
}
