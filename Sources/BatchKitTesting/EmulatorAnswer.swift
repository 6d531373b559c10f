package import BatchKit
import Foundation

/// What the emulator answers to one request, and what happens to the answer on its way.
package struct EmulatorAnswer: Sendable {
  /// What happens to an answer on its way.
  package enum Fault: Sendable, Hashable {
    /// The connection breaks before a byte of it is sent.
    case lost
    /// The connection breaks after so many bytes of the body.
    case cut(after: Int)
  }

  package var status: Int
  package var headers: HTTPHeaders
  package var body: HTTPBody
  package var fault: Fault?

  package init(status: Int = 200, _ json: JSONValue) {
    self.status = status
    headers = ["Content-Type": "application/json"]
    body = .bytes(JSONWriter.bytes(of: json))
  }

  /// The bytes of a file.
  package init(content: HTTPBody, fileName: String) {
    status = 200
    headers = [
      "Content-Type": "application/octet-stream",
      "Content-Disposition": "attachment; filename=\"\(fileName.filter { $0 != "\"" && !$0.isNewline })\"",
    ]
    body = content
  }

  /// The answer with what this fault makes of it, where it acts on answers at all.
  func struck(by fault: EmulatorFault?) -> Self {
    var answer = self
    switch fault?.kind {
    case .statusAfterActing(let status): answer = Refusal.fault(status, retryAfter: nil).answer
    case .resetAfterActing, .resetBeforeActing: answer.fault = .lost
    case .truncatedBody: answer.fault = .cut(after: body.length / 2)
    case .status(let status, let retryAfter): answer = Refusal.fault(status, retryAfter: retryAfter).answer
    case nil: break
    }
    return answer
  }
}

/// An answer that says no.
struct Refusal: Error, Sendable {
  var answer: EmulatorAnswer

  init(
    _ status: Int, _ message: String, type: String = "invalid_request_error", parameter: String? = nil,
    code: String? = nil
  ) {
    answer = EmulatorAnswer(
      status: status, .failure(message: message, type: type, parameter: parameter, code: code))
  }

  /// The service disturbed on purpose.
  static func fault(_ status: Int, retryAfter: Duration?) -> Self {
    var refusal =
      status == 429
      ? Self(429, ScriptedFailure.rateLimit.message, type: "rate_limit_error", code: "rate_limit_exceeded")
      : Self(status, "The server had an error while processing your request.", type: "server_error")
    refusal.answer.headers["Retry-After"] = retryAfter.map { "\(Int($0.seconds.rounded(.up)))" }
    return refusal
  }

  /// A parameter that must be there and isn't.
  static func missing(_ parameter: String) -> Self {
    Self(
      400, "Missing required parameter: '\(parameter)'.", parameter: parameter,
      code: "missing_required_parameter")
  }

  /// A parameter that takes other values.
  static func invalidValue(_ parameter: String, _ value: JSONValue, supported: [String]) -> Self {
    Self(
      400,
      "Invalid value: \(value.description.replacing("\"", with: "'")). Supported values are: "
        + supported.map { "'\($0)'" }.joined(separator: ", ") + ".",
      parameter: parameter, code: "invalid_value")
  }

  /// A value of the wrong JSON type.
  static func invalidType(_ parameter: String, expected: String) -> Self {
    Self(
      400, "Invalid type for '\(parameter)': expected \(expected).", parameter: parameter,
      code: "invalid_type")
  }

  /// A file that is not there, in the words of a batch that needs it.
  static func fileNotFound(_ id: String) -> Self {
    Self(400, RemoteProblem.fileNotFound(id).message, parameter: "file_id")
  }
}

extension RemoteProblem {
  /// The input file of a batch is not there, or no longer.
  static func fileNotFound(_ id: String) -> Self {
    Self(
      code: "invalid_request",
      message: "Cannot find file \(id), or organization org-emulator does not have access to it.",
      parameter: "file_id")
  }
}
