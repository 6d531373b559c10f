extension ResultLine {
  /// The body as JSON of its own.
  func reply(_ bytes: Span<UInt8>) -> Reply? {
    guard let body else { return nil }
    if body.isText {
      let text = try? JSONText(range: body.range, hasEscapes: true).decoded(bytes)
      return text.map { Reply(bytes: Array($0.utf8)) }
    }
    return Reply(bytes: bytes.withUnsafeBufferPointer { Array($0) }, body: body.range, facts: facts)
  }

  /// Why the line is no answer; `nil` where it is one.
  func failure(_ bytes: Span<UInt8>, reply: Reply?) -> LineError? {
    if let fault {
      return LineError(
        .unreadable, message: "The line can't be read: \(fault.reason.rawValue).", status: status)
    }
    if isSuccess { return nil }
    if let error { return Self.failure(describedBy: Self.value(bytes, error), status: status) }
    if isIncompleteResponse, let reply { return Self.incompleteness(of: reply, status: status) }
    if let reply, !(200..<300).contains(status ?? 200) {
      let body = reply.raw
      return Self.failure(describedBy: body["error"].isNull ? body : body["error"], status: status)
    }
    return LineError(.empty, message: "The line has neither an answer nor an error.", status: status)
  }

  private static func value(_ bytes: Span<UInt8>, _ range: Range<Int>) -> JSONValue {
    let json = bytes.extracting(range).withUnsafeBufferPointer { Array($0) }
    // The line was scanned as JSON to its end; only text that is no UTF-8 can still fail here.
    return (try? JSONValue.parse(json)) ?? .null
  }

  /// Errors come as an object, as an object within an object, or as a plain text.
  private static func failure(describedBy error: JSONValue, status: Int?) -> LineError {
    if !error["error"].isNull { return failure(describedBy: error["error"], status: status) }
    let code = error["code"].string ?? error["code"].int.map(String.init) ?? error["type"].string
    let message = error["message"].string ?? error["detail"].string ?? error.string ?? "The request failed."
    let kind: LineError.Kind
    switch code {
    case "batch_expired": kind = .expired
    case "batch_cancelled", "batch_canceled": kind = .cancelled
    case LineError.Kind.leftOut.rawValue: kind = .leftOut
    case LineError.Kind.undecodable.rawValue: kind = .undecodable
    case "content_filter", "content_policy_violation": kind = .filtered
    default: kind = .refused
    }
    return LineError(
      kind, code: code ?? status.map { "status_\($0)" }, message: message, status: status,
      isWorthRetrying: kind == .refused ? heals(code, status) : nil)
  }

  private static func heals(_ code: String?, _ status: Int?) -> Bool {
    let passing = [
      "rate_limit_exceeded", "request_timeout", "server_error", "timeout", "batch_failed", "overloaded",
    ]
    if let code, passing.contains(code) { return true }
    if code == "insufficient_quota" { return false }
    return status.map { [408, 409, 429].contains($0) || $0 >= 500 || $0 < 100 } ?? false
  }

  private static func incompleteness(of reply: Reply, status: Int?) -> LineError {
    if let failure = reply.failure {
      return LineError(
        .refused, code: failure.code, message: failure.message ?? "The request failed.", status: status,
        isWorthRetrying: heals(failure.code, nil))
    }
    switch reply.finishReason {
    case "max_output_tokens", "length":
      return LineError(
        .truncated, message: "The answer was cut off at the token limit; raise it.", status: status)
    case "content_filter":
      return LineError(.filtered, message: "A content filter withheld the answer.", status: status)
    case let reason:
      return LineError(
        .empty, code: reason, message: "The answer did not complete (\(reason ?? "no reason given")).",
        status: status)
    }
  }
}
