package import BatchKit
import Foundation

/// What the emulator answers to one request, and what happens to the answer on its way.
///
/// The fault is only noted here; each face acts it out by its own means: in memory by throwing, on the wire
/// by a reset.
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
  /// It may lie in a file, as results of a large batch do.
  package var body: HTTPBody
  package var fault: Fault?

  /// An answer of JSON, as all calls give but the download.
  package init(status: Int = 200, _ json: JSONValue) {
    self.status = status
    headers = ["Content-Type": "application/json"]
    body = .bytes(JSONWriter.bytes(of: json))
  }

  /// The bytes of a file.
  ///
  /// Quotes and line ends are dropped from the name, which comes from whoever uploaded the file and is to
  /// stand in a header.
  package init(content: HTTPBody, fileName: String) {
    status = 200
    headers = [
      "Content-Type": "application/octet-stream",
      "Content-Disposition": "attachment; filename=\"\(fileName.filter { $0 != "\"" && !$0.isNewline })\"",
    ]
    body = content
  }

  /// The answer with what this fault makes of it, where it acts on answers at all.
  ///
  /// A fault that strikes before anything is done takes the place of an empty answer, one that strikes after
  /// it that of the true one.
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
///
/// It is thrown wherever a request turns out to be one that the service would not take, and caught at one
/// place.
struct Refusal: Error, Sendable {
  var answer: EmulatorAnswer

  /// - Parameters:
  ///   - status: The HTTP status.
  ///   - message: The service's sentence.
  ///   - type: The service's word for the class of the error.
  ///   - parameter: The parameter that is at fault.
  ///   - code: The service's code.
  init(
    _ status: Int, _ message: String, type: String = "invalid_request_error", parameter: String? = nil,
    code: String? = nil
  ) {
    answer = EmulatorAnswer(
      status: status, .failure(message: message, type: type, parameter: parameter, code: code))
  }

  /// The service disturbed on purpose.
  ///
  /// Status 429 comes in the words of a rate limit, everything else in those of a server that broke down.
  /// Waits are told in whole seconds, as the header has them.
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
  ///
  /// It is what a service says for a moment after an upload too, so a client must take it for something that
  /// may pass.
  static func fileNotFound(_ id: String) -> Self {
    Self(400, RemoteProblem.fileNotFound(id).message, parameter: "file_id")
  }
}

extension RemoteProblem {
  /// The input file of a batch is not there, or no longer.
  ///
  /// The same sentence, when the check of a batch finds it out.
  static func fileNotFound(_ id: String) -> Self {
    Self(
      code: "invalid_request",
      message: "Cannot find file \(id), or organization org-emulator does not have access to it.",
      parameter: "file_id")
  }
}
