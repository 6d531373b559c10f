import BatchKit
import Foundation

/// The work on one batch: its requests, run in an order of their own, their answers written as they come.
///
/// Services answer in no order at all; here it is shuffled by the seed, which also decides who is left over
/// when a batch is cancelled or expires halfway.
///
/// Of the input only the places of its lines are in memory; each line is read when it has its turn, and
/// answers go to spools. So a batch of a million requests needs memory for their places and their ids only.
struct BatchRun: Sendable {
  /// The tokens of all prompts, which count against the limit of what may be enqueued.
  let promptTokens: Int
  private let input: HTTPBody
  private let endpoint: Endpoint
  /// The lines in the order of their turn: the line's number from 1, and its place in the input.
  private let turns: [(line: Int, range: Range<Int>)]
  private var next = 0
  /// The videos that were made, and when each is forgotten.
  private(set) var videos: [String: Date] = [:]
  /// The run's own, so that what other batches do in between changes nothing about it.
  private var random: SplitMix
  /// The two result files as they grow: answers with success, and all others.
  private var output: Spool.Writer
  private var errors: Spool.Writer

  init(_ input: CheckedInput, body: HTTPBody, endpoint: Endpoint, seed: UInt64, spool: Spool) {
    self.input = body
    self.endpoint = endpoint
    promptTokens = input.promptTokens
    random = SplitMix(seed: seed)
    turns = input.lines.enumerated().map { ($0.offset + 1, $0.element) }.shuffled(using: &random)
    output = spool.writer()
    errors = spool.writer()
  }

  /// Runs requests until this share of all is done.
  ///
  /// It stands still where that share is reached already.
  ///
  /// - Parameters:
  ///   - share: How much of all requests shall be done, 0 to 1.
  ///   - date: When this happens, which answers bear as their date.
  ///   - script: What answers.
  ///   - record: The books of the batch, in which each request is noted as it is run.
  mutating func proceed(
    to share: Double, at date: Date, by script: EmulatorScript, noting record: inout BatchRecord
  ) throws {
    let goal = min(turns.count, Int((share * Double(turns.count)).rounded(.down)))
    while next < goal {
      let request = try takeTurn()
      let reply = script.reply(to: request)
      let created = Int(date.timeIntervalSince1970)
      let answer = EndpointAnswer(to: request, with: reply, name: random.name(), created: created)
      guard let id = request.id else { continue }
      record.note(id, answer)
      if endpoint == .videos { note(answer) }
      if script.dropped.contains(id) { continue }
      try write(answer, of: id)
      if script.duplicated.contains(id) { try write(answer, of: id) }
    }
  }

  private mutating func note(_ answer: EndpointAnswer) {
    guard case .answered(_, let body, _) = answer, let id = body["id"].string,
      let end = body["expires_at"].double
    else { return }
    videos[id] = Date(timeIntervalSince1970: end)
  }

  /// Gives up what has not had its turn, for this reason, and returns the two files; `nil` for an empty one.
  mutating func finish(
    leftOver failure: ScriptedFailure
  ) throws -> (output: HTTPBody?, errors: HTTPBody?) {
    while next < turns.count {
      guard let id = try takeTurn().id else { continue }
      try write(.unanswered(failure), of: id)
    }
    let files = (try output.finish(), try errors.finish())
    return (files.0.length > 0 ? files.0 : nil, files.1.length > 0 ? files.1 : nil)
  }

  /// The request whose turn it is, read afresh from the input.
  private mutating func takeTurn() throws -> ScriptedRequest {
    let turn = turns[next]
    next += 1
    let line = try JSONValue(parsing: input.bytes(in: turn.range))
    return ScriptedRequest(
      id: line["custom_id"].string.map { CustomID($0) }, endpoint: endpoint, line: turn.line,
      body: line["body"])
  }

  /// Writes the line of an answer into the file where it belongs.
  ///
  /// A failure with a status of its own is a whole response in the file of errors; one without has only an
  /// error, as the service has it.
  private mutating func write(_ answer: EndpointAnswer, of id: CustomID) throws {
    let line: JSONValue
    switch answer {
    case .answered(let status, let body, _):
      let response: JSONValue = [
        "status_code": .number(JSONNumber(status)), "request_id": .string(random.name()), "body": body,
      ]
      line = resultLine(id, response: response, error: nil)
    case .unanswered(let failure):
      line = resultLine(
        id, response: nil, error: ["code": .string(failure.code), "message": .string(failure.message)])
    }
    let bytes = JSONWriter.bytes(of: line) + [0x0A]
    if answer.isPaid { try output.append(bytes) } else { try errors.append(bytes) }
  }

  /// One line of a result file; one of the two values is always `null`.
  private mutating func resultLine(_ id: CustomID, response: JSONValue, error: JSONValue) -> JSONValue {
    [
      "id": .string("batch_req_\(random.name())"), "custom_id": .string(id.rawValue), "response": response,
      "error": error,
    ]
  }
}
