import BatchKit
import Foundation

/// The whole service as a value: a request and a date go in, an answer comes out, and nothing else happens.
///
/// It has no clock: whatever should have happened between two requests is caught up with when the later one
/// comes.
///
/// So every test of it is a table of requests and dates, and the same ones give the same answers. Whoever
/// holds it keeps it under a lock; its time never runs back.
struct EmulatorService: Sendable {
  let script: EmulatorScript
  let key: String?
  /// Where large uploads and results are kept.
  let spool: Spool
  var random: SplitMix
  /// The latest date that any request came at.
  var now = Date.distantPast

  var files: [String: StoredFile] = [:]
  /// The ids of files and batches in the order in which they were made.
  var fileOrder: [String] = []
  var batches: [String: EmulatedBatch] = [:]
  var batchOrder: [(id: String, created: Date)] = []
  /// Batches that are not over yet.
  var unfinished: [String] = []
  /// Creates whose answer was lost, and that take effect later all the same.
  var lateCreates: [(due: Date, order: BatchOrder)] = []
  /// The videos that batches made, and when each is forgotten.
  var videos: [String: Date] = [:]
  /// When the next file expires, so that not every request has to look at all files.
  var nextExpiry = Date.distantFuture

  /// How often each call was made.
  var calls: [EmulatorCall: Int] = [:]
  /// How often each of the script's injections has struck.
  var struck: [Int]
  var faults: [EmulatorFault: Int] = [:]
  var brokenCreates = 0
  var failedBatches = 0
  /// What was run outside of batches.
  var directRecord = BatchRecord()
  var mostUnfinished = 0

  init(script: EmulatorScript, key: String?, spool: Spool) {
    self.script = script
    self.key = key
    self.spool = spool
    random = SplitMix(seed: script.seed)
    struck = script.injections.map { _ in 0 }
  }

  /// The endpoints that batches can be made for, and that answer directly.
  static let endpoints: [Endpoint] = [
    .responses, .chatCompletions, .embeddings, .completions, .moderations, .imageGenerations, .imageEdits,
    .videos,
  ]

  /// Answers a request; `upload` is what was made of its body on the way here, where it carries a file.
  ///
  /// A call is counted, and a fault drawn for it, before it is known whether it is let in: faults strike
  /// anybody.
  ///
  /// - Parameters:
  ///   - request: What was asked.
  ///   - route: What it asks for, read off it before.
  ///   - upload: The file it carries, or why it was refused.
  ///   - date: When it came.
  mutating func answer(
    _ request: HTTPRequest, _ route: EmulatorRoute, upload: Result<Upload, Refusal>?, now date: Date
  ) throws -> EmulatorAnswer {
    catchUp(to: date)
    calls[route.call, default: 0] += 1
    let fault = strike(route.call)
    var answer: EmulatorAnswer
    switch fault?.kind {
    case .status, .resetBeforeActing: answer = EmulatorAnswer(.null)
    default: answer = try act(on: request, route, upload)
    }
    answer = answer.struck(by: fault)
    answer.headers["x-request-id"] = "req_\(random.name())"
    return answer
  }

  /// Does what is asked, and makes an answer of a refusal.
  ///
  /// What is thrown on is no refusal but a failure of the emulator itself.
  private mutating func act(
    on request: HTTPRequest, _ route: EmulatorRoute, _ upload: Result<Upload, Refusal>?
  ) throws -> EmulatorAnswer {
    do {
      try Self.admit(request, key: key)
      return try perform(request, route, upload)
    } catch let refusal as Refusal {
      return refusal.answer
    }
  }

  /// Hands the request to the call it is for.
  private mutating func perform(
    _ request: HTTPRequest, _ route: EmulatorRoute, _ upload: Result<Upload, Refusal>?
  ) throws -> EmulatorAnswer {
    switch route.call {
    case .uploadFile: try store(upload?.get())
    case .listFiles: try listFiles(route)
    case .retrieveFile: EmulatorAnswer(try file(route.id).json)
    case .downloadFile: try content(of: route.id)
    case .downloadVideo: try content(ofVideo: route.id)
    case .deleteFile: try deleteFile(route.id)
    case .createBatch: try createBatch(request)
    case .listBatches: try listBatches(route)
    case .retrieveBatch: try retrieveBatch(route.id)
    case .cancelBatch: try cancelBatch(route.id)
    case .runDirectly: try runDirectly(request, on: route.endpoint)
    case .unknown:
      throw Refusal(404, "Invalid URL (\(request.method) \(request.url.path))")
    }
  }

  /// Lets nobody in who has not the key, and shows of a wrong one no more than its length.
  ///
  /// It is asked for an upload before its file is read, so that nobody without the key fills the disk.
  static func admit(_ request: HTTPRequest, key: String?) throws(Refusal) {
    guard let key else { return }
    let bearer = request.headers["Authorization"].flatMap { field in
      field.lowercased().hasPrefix("bearer ") ? String(field.dropFirst(7)) : nil
    }
    guard let offered = bearer ?? request.headers["api-key"], !offered.isEmpty else {
      throw Refusal(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using "
          + "Bearer auth (i.e. Authorization: Bearer YOUR_KEY).")
    }
    guard offered == key else {
      let mask = String(repeating: "*", count: min(offered.count, 40))
      throw Refusal(401, "Incorrect API key provided: \(mask).", code: "invalid_api_key")
    }
  }

  /// The fault that the script strikes into this call, if any.
  ///
  /// An injection that has struck as often as it may is passed over; so is one whose dice say no, and then
  /// the next is asked.
  private mutating func strike(_ call: EmulatorCall) -> EmulatorFault? {
    for (index, injection) in script.injections.enumerated() {
      guard injection.calls.isEmpty || injection.calls.contains(call), struck[index] < injection.first
      else { continue }
      guard injection.probability >= 1 || random.happens(injection.probability) else { continue }
      struck[index] += 1
      guard let fault = injection.faults.randomElement(using: &random) else { return nil }
      faults[fault, default: 0] += 1
      return fault
    }
    return nil
  }

  /// Answers a request that goes to an endpoint itself, at once.
  ///
  /// It is run by the same rules as a line of a batch, and noted apart from all batches.
  private mutating func runDirectly(
    _ request: HTTPRequest, on endpoint: Endpoint?
  ) throws -> EmulatorAnswer {
    let body = try json(of: request)
    let scripted = ScriptedRequest(id: nil, endpoint: endpoint ?? .chatCompletions, body: body)
    let reply = script.reply(to: scripted)
    let answer = EndpointAnswer(
      to: scripted, with: reply, name: random.name(), created: Int(now.timeIntervalSince1970))
    directRecord.note("direct-\(directRecord.executed.count + 1)", answer)
    switch answer {
    case .answered(let status, let body, _): return EmulatorAnswer(status: status, body)
    // Without a batch around it, a request that nobody answers is one that took too long.
    case .unanswered(let failure): return EmulatorAnswer(status: 504, failure.body)
    }
  }

  /// The JSON object that a request carries.
  ///
  /// Refused where it is no object, or longer than 64 MB, which no call of the service needs.
  func json(of request: HTTPRequest) throws -> JSONValue {
    let limit = 64 << 20
    guard request.body.length <= limit else { throw Refusal(413, "The request body is too large.") }
    let bytes = try request.body.bytes(in: 0..<request.body.length)
    do throws(JSONFault) {
      let value = try JSONValue.parse(bytes)
      if value.object != nil { return value }
    } catch {
      throw Refusal(400, "We could not parse the JSON body of your request: \(error.reason.rawValue).")
    }
    throw Refusal(400, "We could not parse the JSON body of your request: it is no object.")
  }
}
