import Foundation

/// What an answer of a service says when it is not a success, read from any of the shapes seen in the field.
///
/// Every field may be missing, and a body that is no JSON at all, such as a gateway's page, leaves all but
/// the status and the request's id empty.
package struct ServiceAnswer {
  package let status: Int
  package let message: String?
  /// The service's own word for the failure, such as `rate_limit_exceeded`; its type where it gives no code.
  package let code: String?
  /// Which parameter of the request it is about.
  package let parameter: String?
  /// By it the service's support finds the call.
  package let requestID: String?

  /// No more than the first megabyte of the body is looked at.
  package init(_ response: HTTPResponse) {
    status = response.status
    requestID = response.headers["x-request-id"] ?? response.headers["request-id"]
    let body =
      response.isSuccess ? .null : (try? JSONValue(parsing: Array(response.body.prefix(1 << 20)))) ?? .null
    let error = Self.error(in: body)
    message =
      error["message"].string ?? error["detail"].string ?? error.string ?? error["detail"][0]["msg"].string
    code = error["code"].string ?? error["code"].int.map(String.init) ?? error["type"].string
    parameter = error["param"].string
  }

  /// OpenAI says `error`, Azure's eager regions `errors.data`, FastAPI servers `detail`, some nothing of the
  /// kind.
  private static func error(in body: JSONValue) -> JSONValue {
    let first = body["errors"]["data"][0]
    if !first.isNull { return first }
    return body["error"].isNull ? body : body["error"]
  }

  /// Whether the body was an error that the service itself wrote, and not a page of some gateway on the way.
  ///
  /// A refusal in the service's own words is definite: it acted on nothing. A gateway's is not, for what lies
  /// behind it may have acted all the same.
  package var isParsed: Bool { message != nil || code != nil }

  /// Whether the account can't pay: waiting does not help.
  ///
  /// It comes with status 429 as an ordinary limit does, and only the code tells them apart.
  package var isOutOfQuota: Bool {
    guard let code else { return false }
    return [
      "insufficient_quota", "billing_not_active", "billing_hard_limit_reached",
      "organization_spend_limit_exceeded", "project_spend_limit_exceeded",
    ].contains(code)
  }
}

extension BatchError {
  /// The failure that an answer of the service means for what we were doing, as in "upload the requests".
  ///
  /// A refused key is told in our own words, since services quote part of it; elsewhere `secret` is blotted
  /// out.
  /// - Parameters:
  ///   - response: The answer, which is not a success.
  ///   - deed: What was being done, in the words that follow “could not”.
  ///   - secret: The key that was sent along.
  package static func refused(_ response: HTTPResponse, doing deed: String, secret: String?) -> BatchError {
    let answer = ServiceAnswer(response)
    let said = answer.message.map { ": " + blotted($0, secret) } ?? "."
    func error(_ code: Code, _ sentence: String) -> BatchError {
      BatchError(
        code, sentence, status: answer.status, requestID: answer.requestID,
        serverCode: answer.code.map { blotted($0, secret) })
    }
    if answer.isOutOfQuota {
      return error(
        .quotaExceeded, "Could not \(deed): the account can't pay for more; add credit and run it again.")
    }
    switch answer.status {
    case 401:
      return error(
        .unauthorized, "Could not \(deed): the service did not accept the API key; check it and its project.")
    case 403: return error(.unauthorized, "Could not \(deed): the key is not allowed to\(said)")
    case 429:
      return error(.rateLimited, "Could not \(deed): the service asks for patience\(said) Try again later.")
    case 300..<400:
      return error(
        .refused, "Could not \(deed): the service moved to another address; set it as the base URL.")
    case 500...: return error(.unreachable, "Could not \(deed): the service failed (\(answer.status))\(said)")
    default: return error(.refused, "Could not \(deed): the service refused it (\(answer.status))\(said)")
    }
  }

  /// The text with a word in place of every copy of the secret.
  private static func blotted(_ text: String, _ secret: String?) -> String {
    guard let secret, !secret.isEmpty else { return text }
    return text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "[key]")
  }

  /// No answer came at all.
  ///
  /// The failure stays its cause, so that whoever handles the error can still ask how far the request came.
  package static func unanswered(_ failure: HTTPFailure, doing deed: String) -> BatchError {
    let said = failure.message.hasSuffix(".") ? failure.message : "\(failure.message)."
    return BatchError(
      .unreachable,
      "Could not \(deed): \(said) Check the network and the base URL, then run it again.", cause: failure)
  }
}
