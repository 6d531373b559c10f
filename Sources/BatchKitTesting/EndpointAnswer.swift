import BatchKit
import Foundation

/// What one request came to: an HTTP answer with its price, or none.
///
/// Batches and direct calls both end in it: a batch writes it into a line, a direct call sends it.
enum EndpointAnswer: Sendable {
  /// An answer of the endpoint, be it an error with a status.
  case answered(status: Int, body: JSONValue, usage: TokenUsage)
  /// No answer of any endpoint: the request failed on the way there.
  case unanswered(ScriptedFailure)

  /// Whether the request is paid for: it got an answer, of whatever use.
  var isPaid: Bool {
    if case .answered(let status, _, _) = self { (200..<300).contains(status) } else { false }
  }

  /// The tokens of the answer.
  var usage: TokenUsage {
    if case .answered(_, _, let usage) = self { usage } else { TokenUsage() }
  }

  /// The answer of the request's endpoint in the words of `reply`.
  /// - Parameters:
  ///   - request: What was asked.
  ///   - reply: What the script says to it.
  ///   - name: What makes the ids in the answer differ from all others.
  ///   - created: The date of the answer, in seconds since 1970.
  init(to request: ScriptedRequest, with reply: ScriptedReply, name: String, created: Int) {
    switch reply.content {
    case .failure(let failure):
      guard let status = failure.status else {
        self = .unanswered(failure)
        return
      }
      self = .answered(status: status, body: failure.body, usage: TokenUsage())
    case .body(let body):
      self = .answered(status: 200, body: body, usage: Answering.usage(in: body))
    default:
      let answering = Answering(request: request, reply: reply, name: name, created: created)
      self = .answered(status: 200, body: answering.body, usage: answering.usage)
    }
  }
}

/// The bodies of good answers, endpoint by endpoint.
///
/// The shapes are those of the service, with fields that hardly anybody reads: a client must not stumble over
/// them.
private struct Answering {
  let request: ScriptedRequest
  let reply: ScriptedReply
  let name: String
  let created: Int

  /// What the answer says.
  ///
  /// Empty where a verdict or the filter takes its place.
  var text: String {
    switch reply.content {
    case .text(let text), .truncated(let text), .refusal(let text): text
    default: ""
    }
  }

  /// What the answer costs; vectors and verdicts write nothing.
  var usage: TokenUsage {
    switch request.endpoint {
    case .embeddings, .moderations: TokenUsage(input: request.promptTokens)
    default: TokenUsage(input: request.promptTokens, output: ScriptedRequest.tokens(in: text))
    }
  }

  private var model: JSONValue { .nullable(request.model?.rawValue) }

  /// The body in the shape of the endpoint; one that has no shape here answers as a conversation.
  var body: JSONValue {
    switch request.endpoint {
    case .responses: response
    case .embeddings: embeddings
    case .completions: completion
    case .moderations: moderation
    case .imageGenerations, .imageEdits:
      ["created": number(created), "data": [["url": "https://example.org/image.png"]]]
    case .videos: video
    default: chat
    }
  }

  /// A job that is done at once: in a batch nobody polls for a video.
  private var video: JSONValue {
    [
      "id": .string("video_\(name)"), "object": "video", "model": model, "status": "completed",
      "progress": 100,
      "created_at": number(created), "completed_at": number(created), "expires_at": number(created + 86_400),
      "seconds": .nullable(request.body["seconds"].string ?? "4"),
      "size": .nullable(request.body["size"].string ?? "720x1280"), "prompt": request.body["prompt"],
      "error": nil,
    ]
  }

  /// The usage that a body made by the script states itself.
  static func usage(in body: JSONValue) -> TokenUsage {
    let usage = body["usage"]
    return TokenUsage(
      input: usage["prompt_tokens"].int ?? usage["input_tokens"].int ?? 0,
      output: usage["completion_tokens"].int ?? usage["output_tokens"].int ?? 0)
  }

  private func number(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }

  // MARK: Texts

  /// As many choices as were asked for, all alike.
  private var chat: JSONValue {
    let choices = (0..<max(1, min(128, request.body["n"].int ?? 1))).map { index -> JSONValue in
      [
        "index": number(index), "message": message, "logprobs": nil, "finish_reason": .string(finishReason),
      ]
    }
    return [
      "id": .string("chatcmpl-\(name)"), "object": "chat.completion", "created": number(created),
      "model": model, "choices": .array(choices), "usage": chatUsage, "system_fingerprint": "fp_emulated",
    ]
  }

  /// The message; its content is `null` where the model declined.
  private var message: JSONValue {
    switch reply.content {
    case .refusal(let words): ["role": "assistant", "content": nil, "refusal": .string(words)]
    case .filtered: ["role": "assistant", "content": "", "refusal": nil]
    default: ["role": "assistant", "content": .string(text), "refusal": nil]
    }
  }

  /// Why the answer ends, in the words of the chat endpoint.
  private var finishReason: String {
    switch reply.content {
    case .truncated: "length"
    case .filtered: "content_filter"
    default: "stop"
    }
  }

  private var chatUsage: JSONValue {
    [
      "prompt_tokens": number(usage.input), "completion_tokens": number(usage.output),
      "total_tokens": number(usage.total), "prompt_tokens_details": ["cached_tokens": 0],
      "completion_tokens_details": ["reasoning_tokens": 0],
    ]
  }

  /// The old endpoint: a text, and no roles.
  private var completion: JSONValue {
    [
      "id": .string("cmpl-\(name)"), "object": "text_completion", "created": number(created), "model": model,
      "choices": [
        ["text": .string(text), "index": 0, "logprobs": nil, "finish_reason": .string(finishReason)]
      ],
      "usage": [
        "prompt_tokens": number(usage.input), "completion_tokens": number(usage.output),
        "total_tokens": number(usage.total),
      ],
    ]
  }

  // MARK: Responses

  /// What was asked for is told back with the answer, as the endpoint does it.
  private var response: JSONValue {
    let incomplete: JSONValue =
      switch reply.content {
      case .truncated: ["reason": "max_output_tokens"]
      case .filtered: ["reason": "content_filter"]
      default: nil
      }
    let status: JSONValue = incomplete.isNull ? "completed" : "incomplete"
    return [
      "id": .string("resp_\(name)"), "object": "response", "created_at": number(created), "status": status,
      "background": false, "error": nil, "incomplete_details": incomplete,
      "instructions": request.body["instructions"], "max_output_tokens": request.body["max_output_tokens"],
      "model": model, "output": .array(output(status: status)), "parallel_tool_calls": true,
      "previous_response_id": nil, "temperature": request.body["temperature"], "tool_choice": "auto",
      "tools": [],
      "top_p": request.body["top_p"], "usage": responseUsage, "metadata": [:],
    ]
  }

  /// The items of a response; none where the filter withheld all.
  private func output(status: JSONValue) -> [JSONValue] {
    let part: JSONValue
    switch reply.content {
    case .filtered: return []
    case .refusal(let words): part = ["type": "refusal", "refusal": .string(words)]
    default: part = ["type": "output_text", "text": .string(text), "annotations": [], "logprobs": []]
    }
    return [
      [
        "id": .string("msg_\(name)"), "type": "message", "status": status, "role": "assistant",
        "content": [part],
      ]
    ]
  }

  private var responseUsage: JSONValue {
    [
      "input_tokens": number(usage.input),
      "input_tokens_details": ["cached_tokens": 0, "cache_write_tokens": 0],
      "output_tokens": number(usage.output), "output_tokens_details": ["reasoning_tokens": 0],
      "total_tokens": number(usage.total),
    ]
  }

  // MARK: Vectors and verdicts

  /// One vector for each input; a list of numbers is one input, given as tokens.
  private var embeddings: JSONValue {
    let inputs = request.body["input"]
    let isMany = inputs.array.map { $0.first?.int == nil } ?? false
    let texts = isMany ? inputs.array ?? [] : [inputs]
    let data = texts.enumerated().map { index, text -> JSONValue in
      ["object": "embedding", "index": number(index), "embedding": vector(of: text)]
    }
    return [
      "object": "list", "data": .array(data), "model": model,
      "usage": ["prompt_tokens": number(usage.input), "total_tokens": number(usage.input)],
    ]
  }

  /// A small vector that is the same for the same input, in the encoding that was asked for.
  ///
  /// Its numbers are drawn from a hash of the input and have few digits, so that they pass through JSON and
  /// base64 unchanged.
  private func vector(of input: JSONValue) -> JSONValue {
    let seed = JSONWriter.bytes(of: input).reduce(UInt64(14_695_981_039_346_656_037)) {
      ($0 ^ UInt64($1)) &* 1_099_511_628_211
    }
    var random = SplitMix(seed: seed)
    let size = max(1, min(4096, request.body["dimensions"].int ?? 8))
    let values = (0..<size).map { _ in (Float.random(in: -1...1, using: &random) * 1024).rounded() / 1024 }
    guard request.body["encoding_format"].string == "base64" else {
      return .array(values.map { .number(JSONNumber(Double($0))) })
    }
    let bytes = values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    return .string(Data(bytes).base64EncodedString())
  }

  private static let categories = [
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent",
    "self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence",
    "violence/graphic",
  ]

  /// One verdict for each input; nothing is ever flagged.
  private var moderation: JSONValue {
    func each(_ value: JSONValue) -> JSONValue {
      .object(JSONObject(Self.categories.map { ($0, value) }))
    }
    let result: JSONValue = [
      "flagged": false, "categories": each(false), "category_scores": each(0.01),
      "category_applied_input_types": each(["text"]),
    ]
    let count = request.body["input"].array?.count ?? 1
    return [
      "id": .string("modr-\(name)"), "model": model,
      "results": .array(Array(repeating: result, count: max(1, count))),
    ]
  }
}
