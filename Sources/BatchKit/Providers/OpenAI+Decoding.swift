import Foundation

extension RemoteBatch {
  /// A batch object as OpenAI and its look-alikes write it: any field may be missing, null or of a cousin
  /// type.
  ///
  /// Only the id and the status are required: without them nothing can be waited for. All else is taken where
  /// it is there, since an answer that is refused for a missing field would leave a batch that was paid for
  /// out of reach.
  init?(openAI json: JSONValue) {
    // Together wraps the answer to a create.
    let body = json["job"].object == nil ? json : json["job"]
    guard let id = body["id"].nonEmpty, let status = body["status"].nonEmpty else { return nil }
    self.init(id: id, status: RemoteStatus(rawValue: status))
    endpoint = body["endpoint"].nonEmpty
    model = body["model"].nonEmpty ?? body["model_id"].nonEmpty
    inputFileID = body["input_file_id"].nonEmpty
    results = [
      body["output_file_id"].nonEmpty.map { ResultFile(.output, id: $0) },
      body["error_file_id"].nonEmpty.map { ResultFile(.errors, id: $0) },
    ].compactMap(\.self)
    counts = RequestCounts(openAI: body["request_counts"])
    createdAt = body["created_at"].date
    startedAt = body["in_progress_at"].date
    finalizingAt = body["finalizing_at"].date
    expiresAt = body["expires_at"].date ?? body["job_deadline"].date
    endedAt =
      ["completed_at", "failed_at", "expired_at", "cancelled_at"].lazy.compactMap { body[$0].date }.first
    problems = Self.problems(in: body)
    usage = TokenUsage(openAI: body["usage"])
    metadata = (body["metadata"].object?.dictionary ?? [:]).compactMapValues(\.string)
  }

  /// Why the input was refused: a list of reasons with their lines, as OpenAI has it, or one text.
  private static func problems(in body: JSONValue) -> [RemoteProblem] {
    if let text = body["errors"].nonEmpty ?? body["error"].nonEmpty { return [RemoteProblem(message: text)] }
    let listed = body["errors"]["data"].array ?? body["errors"].array ?? []
    return listed.map { entry in
      RemoteProblem(
        code: entry["code"].string, message: entry["message"].string ?? entry.description,
        parameter: entry["param"].string, line: entry["line"].int)
    }
  }
}

extension RequestCounts {
  /// The counts of requests; a number that is missing is zero, and no object at all means that none are
  /// known.
  fileprivate init?(openAI json: JSONValue) {
    guard json.object != nil else { return nil }
    self.init(
      total: json["total"].int ?? 0, completed: json["completed"].int ?? 0, failed: json["failed"].int ?? 0)
  }
}

extension TokenUsage {
  /// Tokens by the names of the newer endpoints, else by those of the older ones.
  fileprivate init?(openAI json: JSONValue) {
    guard json.object != nil else { return nil }
    self.init(
      input: json["input_tokens"].int ?? json["prompt_tokens"].int ?? 0,
      output: json["output_tokens"].int ?? json["completion_tokens"].int ?? 0,
      cached: json["input_tokens_details"]["cached_tokens"].int
        ?? json["prompt_tokens_details"]["cached_tokens"].int ?? 0,
      reasoning: json["output_tokens_details"]["reasoning_tokens"].int
        ?? json["completion_tokens_details"]["reasoning_tokens"].int ?? 0)
  }
}

extension RemoteFile {
  /// A file object; `nil` for what has no id.
  init?(openAI json: JSONValue) {
    guard let id = json["id"].nonEmpty else { return nil }
    self.init(id: id, filename: json["filename"].string, bytes: json["bytes"].int)
  }
}

extension JSONValue {
  /// The text, unless there is none or it is empty, which Azure writes for "not there".
  fileprivate var nonEmpty: String? { string.flatMap { $0.isEmpty ? nil : $0 } }

  /// A moment: Unix seconds as a number or as its text, or ISO 8601 with any number of fractional digits.
  fileprivate var date: Date? {
    if let seconds = double ?? string.flatMap(Double.init) {
      return seconds > 0 ? Date(timeIntervalSince1970: seconds) : nil
    }
    guard let text = nonEmpty else { return nil }
    return try? Date(text.replacing(/\.\d+/, with: ""), strategy: .iso8601)
  }
}
