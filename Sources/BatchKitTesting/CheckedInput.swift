import BatchKit
import Foundation

/// An input file that was found sound: where its lines stand and what they need.
///
/// It is handed on from the check to the run, so that the input is gone through once.
struct CheckedInput: Sendable {
  /// Where each line stands in the input, without its line feed.
  var lines: [Range<Int>] = []
  var model: String?
  /// The tokens of all prompts, by a rough count.
  var promptTokens = 0
}

/// The check of an input file, line by line, that collects everything there is to say against it.
///
/// The codes are those that a service gives in a batch's `errors`, each with its line, so that what a client
/// makes of them can be tested.
struct InputCheck {
  private let endpoint: Endpoint
  private let limits: EmulatorScript.Limits
  private var input = CheckedInput()
  private var problems: [RemoteProblem] = []
  /// The ids seen so far, to find one that is there twice.
  private var ids: Set<String> = []

  /// The sound input, or every problem with it.
  ///
  /// Broken lines are problems and not errors; what is thrown is that the file itself can't be read.
  ///
  /// - Parameters:
  ///   - body: The input file.
  ///   - endpoint: Where all its requests must go.
  ///   - limits: What the service takes.
  static func check(
    _ body: HTTPBody, endpoint: Endpoint, limits: EmulatorScript.Limits
  ) throws -> (input: CheckedInput, problems: [RemoteProblem]) {
    var check = Self(endpoint: endpoint, limits: limits)
    var lines = BodyLines(body)
    while let line = try lines.next() { check.take(line.bytes, at: line.range) }
    check.finish()
    return (check.input, check.problems)
  }

  private init(endpoint: Endpoint, limits: EmulatorScript.Limits) {
    self.endpoint = endpoint
    self.limits = limits
  }

  /// The line at hand, counted from 1: it was just noted.
  private var number: Int { input.lines.count }

  /// Notes what is wrong with the line at hand.
  private mutating func report(_ code: String, _ message: String, _ parameter: String? = nil) {
    problems.append(RemoteProblem(code: code, message: message, parameter: parameter, line: number))
  }

  /// Checks one line; what is wrong in it does not keep the rest from being checked.
  private mutating func take(_ bytes: [UInt8], at range: Range<Int>) {
    input.lines.append(range)
    // Our own reader passes over a byte-order mark; the service does not.
    guard !bytes.starts(with: [0xEF, 0xBB, 0xBF]), let line = parsed(bytes) else {
      return report("invalid_json_line", "This line is not parseable as valid JSON.")
    }
    checkEnvelope(line)
    guard line["body"].object != nil else { return }
    checkBody(line["body"])
    let request = ScriptedRequest(id: nil, endpoint: endpoint, body: line["body"])
    input.promptTokens += request.promptTokens
  }

  /// The object that a line holds; a line of any other JSON is as bad as none.
  private func parsed(_ bytes: [UInt8]) -> JSONValue? {
    do throws(JSONFault) {
      let value = try JSONValue.parse(bytes)
      if value.object != nil { return value }
    } catch { return nil }
    return nil
  }

  /// Checks what stands around the body. A value of the wrong type counts as missing.
  private mutating func checkEnvelope(_ line: JSONValue) {
    for key in ["custom_id", "method", "url"] where line[key].string?.isEmpty ?? true {
      report("missing_required_parameter", "Missing required parameter: '\(key)'.", key)
    }
    if line["body"].object == nil {
      report("missing_required_parameter", "Missing required parameter: 'body'.", "body")
    }
    if let id = line["custom_id"].string, !id.isEmpty, !ids.insert(id).inserted {
      report(
        "duplicate_custom_id", "The custom_id '\(id)' is used by another request of this file.", "custom_id")
    }
    if let method = line["method"].string, !method.isEmpty, method != "POST" {
      report("invalid_request", "Invalid method '\(method)'. Only 'POST' is supported.", "method")
    }
    if let url = line["url"].string, !url.isEmpty, url != endpoint.rawValue {
      report(
        "invalid_url", "The URL provided for this request does not match the batch endpoint.", "url")
    }
  }

  /// Checks the body as far as the service does before it runs anything.
  private mutating func checkBody(_ body: JSONValue) {
    checkModel(body["model"].string)
    let needed = Self.needed[endpoint]
    if let needed, body[needed].isNull {
      report("invalid_request", "\(needed.capitalized) parameter is required.", "body.\(needed)")
    }
    if body["stream"] == true {
      report(
        "streaming_unsupported", "Chat Completions: Streaming is not supported in the Batch API.",
        "body.stream")
    }
  }

  /// What a body can't do without, beside the model.
  private static let needed: [Endpoint: String] = [
    .chatCompletions: "messages", .responses: "input", .embeddings: "input", .moderations: "input",
    .completions: "prompt",
  ]

  /// Checks that there is a model, that it is offered, and that it is the model of the lines before.
  private mutating func checkModel(_ model: String?) {
    guard let model, !model.isEmpty else {
      // Moderation has a default model, the other endpoints none.
      if endpoint == .moderations { return }
      return report("invalid_request", "Model parameter is required.", "body.model")
    }
    if let offered = limits.models, !offered.contains(model) {
      // A model that there is not is no model for the other lines to agree with.
      return report(
        "model_not_found", "The provided model '\(model)' is not supported by the Batch API.", "body.model")
    }
    if let first = input.model, first != model {
      report(
        "model_mismatch",
        "The model '\(model)' differs from '\(first)', the model of the requests before it.",
        "body.model")
    }
    input.model = input.model ?? model
  }

  /// Says what concerns the file as a whole.
  private mutating func finish() {
    if input.lines.isEmpty {
      problems.append(RemoteProblem(code: "empty_file", message: "The input file is empty."))
    }
    if input.lines.count > limits.requests {
      problems.append(
        RemoteProblem(
          code: "too_many_tasks",
          message: "The file has \(input.lines.count) requests; the limit is \(limits.requests)."))
    }
  }
}
