import BatchKit
import BatchKitTesting
import Testing

/// A request line made of these parts; a part that is `nil` is left out.
private func line(
  _ id: String? = #""a""#, method: String? = #""POST""#, url: String? = #""/v1/chat/completions""#,
  body: String? = #"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#, more: String = ""
) -> String {
  let parts = [("custom_id", id), ("method", method), ("url", url), ("body", body)]
  return "{" + parts.compactMap { key, value in value.map { "\"\(key)\":\($0)" } }.joined(separator: ",")
    + more + "}"
}

/// A line to chat with this in its body, beside the model.
private func chat(_ id: String, _ content: String, model: String = "m", _ more: String = "") -> String {
  line(
    "\"\(id)\"",
    body: "{\"model\":\"\(model)\",\"messages\":[{\"role\":\"user\",\"content\":\(content)}]\(more)}")
}

private func check(
  _ text: String, for limits: BatchLimits = .openAI, models: ModelRules = .builtIn,
  counter: any TokenCounter = ApproximateTokenCounter()
) throws -> FileCheck {
  let store = MemoryStore()
  try store.write(text, to: "/r.jsonl")
  return try BatchFile.check("/r.jsonl", for: limits, models: models, counter: counter, store: store)
}

@Suite struct `A request file is checked as the service will` {
  @Test func `printed, it tells what is in the file and then every problem, errors first`() throws {
    let text = [chat("a", "\"\""), chat("b", "\"Hi\""), chat("b", "\"Ho\"")].joined(separator: "\n")
    let check = try BatchKitTests.check(text)
    #expect(
      "\(check)" == """
        3 requests, \(text.utf8.count) bytes, about \(check.statistics.estimatedTokens) tokens to read; m: 3
        error: line 3 of /r.jsonl, request b: The id “b” was given to line 2 of /r.jsonl already; give every request \
        one of its own.
        warning: line 1 of /r.jsonl, request a: Nothing is asked: the prompt is empty; fill it in, or leave the \
        request out.
        """)
  }

  @Test func `a sound file is accepted, and what is in it is told`() throws {
    let text =
      [chat("a", "\"Hi\""), chat("b", "\"What is the capital of France?\"")].joined(separator: "\n") + "\n"
    let check = try BatchKitTests.check(text)
    #expect(check.problems == [] && check.isAccepted)
    #expect(check.statistics.requests == 2)
    #expect(check.statistics.bytes == text.utf8.count)
    #expect(check.statistics.longestLineNumber == 2)
    #expect(check.statistics.longestLine == chat("b", "\"What is the capital of France?\"").utf8.count)
    #expect(check.statistics.models == ["m": 2])
    #expect(check.statistics.endpoints == [.chatCompletions: 2])
    #expect(check.statistics.largestEstimate == 4 + 7)
    #expect(check.statistics.estimatedTokens == 4 + 1 + 4 + 7)
    #expect(check.statistics.description.hasPrefix("2 requests, \(text.utf8.count) bytes, about 16 tokens"))
    #expect(check.description == check.statistics.description)
  }

  @Test(arguments: [
    (line(nil), "missing_required_parameter", "The line has no “custom_id”; give it one."),
    (line("7"), "missing_required_parameter", "Its “custom_id” is no text; write it in quotes."),
    (line("null"), "missing_required_parameter", "The line has no “custom_id”; give it one."),
    (line(#""""#), "invalid_custom_id", "The id is empty; every request needs one of its own."),
    (line(method: nil), "missing_required_parameter", "The line has no “method”; give it one."),
    (line(method: #""GET""#), "invalid_method", "Its “method” is not “POST”, and no other can be batched."),
    (line(url: nil), "missing_required_parameter", "The line has no “url”; give it one."),
    (line(body: nil), "missing_required_parameter", "The line has no “body”; a request needs one."),
    (
      line(body: "[]"), "missing_required_parameter",
      "The line has no “body” that is an object; write the request into one."
    ),
    ("[1]", "invalid_json_line", "The line is no JSON object; write the request as one."),
    (
      #"{"custom_id":"a",}"#, "invalid_json_line",
      "The line is not JSON: something else was expected here, at column 18; mend it."
    ),
    (
      #"{"custom_id":"a"#, "invalid_json_line",
      "The line is not JSON: the text ends too early, at column 16; mend it."
    ),
    (
      line(body: #"{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}]}"#),
      "streaming_unsupported", "A batch can't stream its answers; leave “stream” out."
    ),
    (
      line(body: #"{"messages":[{"role":"user","content":"Hi"}]}"#), "invalid_request",
      "The body names no “model”, and the service needs one; name it."
    ),
    (
      line(body: #"{"model":"m","messages":[]}"#), "invalid_request",
      "The body has no “messages”, which /v1/chat/completions can't do without; write what is asked into it."
    ),
    (
      line(url: #""/v1/responses""#, body: #"{"model":"m"}"#), "invalid_request",
      "The body has no “input”, which /v1/responses can't do without; write what is asked into it."
    ),
    (
      line(url: #""https://api.openai.com/v1/chat/completions""#), "invalid_url",
      "Its “url” is a whole address, and must be the path of an endpoint; write one such as /v1/chat/completions."
    ),
  ]) func `one error in a line is told once, with line and remedy`(
    line: String, code: String, sentence: String
  ) throws {
    let check = try BatchKitTests.check(line + "\n")
    let errors = check.problems.filter { $0.severity == .error }
    #expect(errors.map(\.code) == [code], "\(errors)")
    #expect(errors.first?.message == sentence)
    #expect(errors.first?.place == "line 1 of /r.jsonl")
    #expect(!check.isAccepted)
  }

  @Test func `a line that is not UTF-8 is named with the place of the first bad byte`() throws {
    let store = MemoryStore()
    try store.replace("/r.jsonl", with: Array(chat("a", "\"é").utf8) + [0xFF] + Array("\"}]}}\n".utf8))
    let problems = try BatchFile.check("/r.jsonl", store: store).problems
    #expect(problems.map(\.code) == ["invalid_json_line"])
    let broken = MemoryStore()
    try broken.replace("/r.jsonl", with: Array(#"{"custom_id":"é"#.utf8) + [0xFF] + Array(#"","x":1}"#.utf8))
    let message = try BatchFile.check("/r.jsonl", store: broken).problems[0].message
    #expect(message == "The line is not JSON: the text is not valid UTF-8, at column 17; mend it.")
  }

  @Test func `the id of a line that breaks off is nobody's`() throws {
    let cut = String(chat("a", "\"1\"").dropLast(9))
    let problems = try check([chat("a", "\"1\""), cut, chat("b", "\"2\"")].joined(separator: "\n")).problems
    #expect(problems.map(\.code) == ["invalid_json_line"])
    #expect(problems[0].place == "line 2 of /r.jsonl")
  }

  @Test func `a thousand damaged files are told of just as a slower reading finds them`() throws {
    var dice = SplitMix(seed: 11)
    let sound = Array(
      (["a", "b", "c"].map { chat($0, "\"Hi \\u00e9 {{x}} é😀\"", ",\"stream\":false") }.joined(
        separator: "\n")
        + "\n").utf8)
    for round in 0..<1000 {
      let bytes = dice.mutate(sound, times: 1 + round % 8)
      let store = MemoryStore()
      try store.replace("/r.jsonl", with: bytes)
      let check = try BatchFile.check("/r.jsonl", store: store)
      let truth = SlowReading(bytes)
      let named = check.problems.filter { $0.code == "invalid_json_line" }.compactMap(\.place)
      #expect(named == truth.broken.map { "line \($0) of /r.jsonl" }, "round \(round)")
      #expect(check.problems.count { $0.code == "duplicate_custom_id" } == truth.doubles, "round \(round)")
      #expect(check.statistics.requests == truth.requests, "round \(round)")
    }
  }

  /// What is wrong with the lines of a file, found by making a value of each.
  struct SlowReading {
    private(set) var broken: [Int] = []
    private(set) var requests = 0
    private var ids: [String] = []
    var doubles: Int { ids.count - Set(ids).count }

    init(_ bytes: [UInt8]) {
      for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
        let line = line.last == 0x0D ? Array(line.dropLast()) : Array(line)
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
        requests += 1
        guard let value = try? JSONValue(parsing: line), value.object != nil else {
          broken.append(number + 1)
          continue
        }
        if let id = value["custom_id"].string { ids.append(id) }
      }
    }
  }

  @Test func `ids given twice name both lines, however they are spelled`() throws {
    let lines = [
      chat("a", "\"1\""), chat("b", "\"2\""), chat("\\u0061", "\"3\""), chat("caf\u{E9}", "\"4\""),
      chat("cafe\\u0301", "\"5\""), chat("b", "\"6\""),
    ]
    let problems = try check(lines.joined(separator: "\n")).problems
    #expect(
      problems.map(\.description)
        == [(3, "a", 1), (5, "café", 4), (6, "b", 2)].map { line, id, first in
          "error: line \(line) of /r.jsonl, request \(id): The id “\(id)” was given to line \(first) of /r.jsonl already; "
            + "give every request one of its own."
        })
  }

  @Test func `one endpoint and one model for all`() throws {
    let lines = [
      chat("a", "\"1\""), chat("b", "\"2\"", model: "n"),
      line("\"c\"", url: "\"/v1/embeddings\"", body: #"{"model":"m","input":"x"}"#),
    ]
    let problems = try check(lines.joined(separator: "\n")).problems.filter { $0.severity == .error }
    #expect(Array(problems.map(\.code).prefix(2)) == ["model_mismatch", "invalid_url"])
    #expect(
      problems[0].message
        == "It asks n, and line 1 of /r.jsonl asks m; put the requests of each model into a file of their own."
    )
    let mixed = BatchLimits(requests: 5, bytes: 10_000, mixesModels: true)
    #expect(try check(lines[0] + "\n" + lines[1], for: mixed).isAccepted)
  }

  @Test func `limits of a file, of a line and of an id`() throws {
    var limits = BatchLimits(requests: 2, bytes: 300)
    (limits.lineBytes, limits.idLength) = (150, 3)
    let lines = [
      chat("a", "\"1\""), chat("b", "\"2\""), chat("long", "\"\(String(repeating: "x", count: 60))\""),
    ]
    let codes = try check(lines.joined(separator: "\n"), for: limits).problems.map(\.code)
    #expect(codes == ["line_too_long", "invalid_custom_id", "too_many_tasks", "file_too_large"])
  }

  @Test func `the limits of OpenAI are those that it publishes`() {
    let limits = BatchLimits.openAI
    #expect((limits.requests, limits.bytes, limits.embeddedTexts) == (50_000, 200_000_000, 50_000))
    #expect(!limits.mixesModels)
    #expect(limits.endpoints?.count == 8)
  }

  @Test(arguments: [
    ("/v1/embeddings", #"{"model":"m"}"#, "no “input”"),
    ("/v1/embeddings", #"{"model":"m","input":[]}"#, "no “input”"),
    ("/v1/embeddings", #"{"input":"x"}"#, "no “model”"),
    ("/v1/embeddings", #"{"model":"m","input":"x"}"#, ""),
    ("/v1/completions", #"{"model":"m"}"#, "no “prompt”"),
    ("/v1/completions", #"{"model":"m","prompt":["x",[1]]}"#, ""),
    ("/v1/moderations", "{}", "no “input”"), ("/v1/moderations", #"{"input":"x"}"#, ""),
    ("/v1/responses", #"{"input":"x"}"#, "no “model”"),
    ("/v1/responses", #"{"model":"m","prompt":{"id":"p"}}"#, ""),
    ("/v1/images/generations", #"{"prompt":"x"}"#, ""), ("/v1/videos", #"{"prompt":"x"}"#, ""),
    ("/v1/chat/completions", #"{"model":"m","messages":null}"#, "no “messages”"),
    ("/v1/chat/completions", #"{"model":7,"messages":[{"role":"user","content":"x"}]}"#, "no “model”"),
  ]) func `each endpoint has what it can't do without`(url: String, body: String, word: String) throws {
    let problems = try check(line(url: "\"\(url)\"", body: body)).problems
    #expect(problems.map(\.code) == (word.isEmpty ? [] : ["invalid_request"]), "\(problems)")
    #expect(word.isEmpty || problems.first?.message.contains(word) ?? false)
  }

  @Test(arguments: [("/v1/chat/completion", "/v1/chat/completions"), ("/v2/embeddings", "/v1/embeddings")])
  func `an endpoint that can't be batched is doubted, with the one that is meant`(
    url: String, meant: String
  ) throws {
    let found = try check(line(url: "\"\(url)\""))
    #expect(found.isAccepted && found.problems.map(\.code) == ["invalid_url"], "\(found.problems)")
    #expect(found.problems[0].message.contains("whether \(meant) is meant"), "\(found.problems)")
  }

  @Test func `embedded texts are counted over all requests`() throws {
    func embed(_ id: String, _ input: String) -> String {
      line("\"\(id)\"", url: "\"/v1/embeddings\"", body: "{\"model\":\"m\",\"input\":\(input)}")
    }
    let limits = BatchLimits(requests: 10, bytes: 10_000, embeddedTexts: 4)
    let sound = try check(
      [embed("a", "[\"x\",\"y\"]"), embed("b", "[1,2,3]"), embed("c", "\"z\"")].joined(separator: "\n"),
      for: limits)
    #expect(sound.isAccepted && sound.statistics.embeddedTexts == 4)
    let full = try check(
      [embed("a", "[\"x\",\"y\"]"), embed("b", "[[1],[2],[3]]")].joined(separator: "\n"), for: limits)
    #expect(
      full.problems.map(\.message) == [
        "The requests want 5 texts embedded, and one batch may want 4; divide the file."
      ])
    #expect(try check(embed("a", "[\"x\",\" \"]")).problems.map(\.code) == ["empty_prompt"])
  }

  @Test(arguments: [
    ("\u{FEFF}" + chat("a", "\"1\""), "error", "invalid_json_line"),
    (chat("a", "\"1\"") + "\n\n  \n", "warning", "blank_line"), ("", "error", "empty_file"),
    ("\n", "error", "empty_file"), (line(more: ",\"priority\":1"), "warning", "unknown_parameter"),
  ]) func `what concerns the file as a whole`(text: String, severity: String, code: String) throws {
    let first = try check(text).problems.first
    #expect(first?.severity.rawValue == severity && first?.code == code, "\(String(describing: first))")
  }

  @Test func `errors come before warnings, long lists are cut, and the totals are true`() throws {
    var lines = [chat("warned", "\"\"")]
    lines += (0..<1500).map { line("\"\($0)\"", method: "\"PUT\"") }
    let check = try BatchKitTests.check(lines.joined(separator: "\n"))
    #expect(check.errorCount == 1500 && check.warningCount == 1)
    #expect(check.problems.count == 1002)
    #expect(check.problems[1000].severity == .warning)
    #expect(check.problems[1001].message == "There are 1500 errors and 1 warnings in all; 1001 are listed.")
  }

  @Test func `a doubt that many requests share is told once, with their number`() throws {
    let lines = (1...5).map { chat("\($0)", "\"Hello {{name}}\"", model: "gpt-5-mini", ",\"temperature\":0") }
    let check = try BatchKitTests.check(lines.joined(separator: "\n"))
    #expect(
      check.problems.map(\.description) == [
        "warning: line 1 of /r.jsonl, request 1: “{{name}}” stands in its text, as if a column had not been filled in; "
          + "see whether it is meant. The same goes for 4 more requests.",
        "warning: line 1 of /r.jsonl, request 1: gpt-5-mini refuses “temperature”, as far as we know; leave it out. The "
          + "same goes for 4 more requests.",
      ])
    #expect(check.isAccepted)
  }

  @Test func `a schema is judged once for all requests that have it`() throws {
    func shaped(_ id: String, _ schema: String, strict: Bool = true) -> String {
      chat(
        id, "\"Hi\"", model: "m",
        ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\",\"strict\":\(strict),\"schema\":\(schema)}}"
      )
    }
    let open = #"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"#
    let closed = #"{"type":"object","properties":{},"required":[],"additionalProperties":false}"#
    let check = try BatchKitTests.check(
      (1...3).map { shaped("\($0)", open) }.joined(separator: "\n") + "\n" + shaped("4", closed))
    #expect(check.problems.map(\.code) == ["invalid_schema"])
    #expect(check.problems[0].place == "line 1 of /r.jsonl")
    #expect(check.statistics.schemas == 2)
    #expect(try BatchKitTests.check(shaped("1", open, strict: false)).isAccepted)
  }

  @Test(arguments: [
    ("fine_name-1", true), (String(repeating: "n", count: 64), true),
    (String(repeating: "n", count: 65), false), ("", false), ("two words", false), ("größe", false),
  ]) func `the name of a schema is letters, digits, hyphens and underscores, 64 at most`(
    name: String, isSound: Bool
  ) throws {
    let format =
      ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"\(name)\",\"strict\":true,"
      + "\"schema\":{\"type\":\"object\",\"properties\":{},\"required\":[],\"additionalProperties\":false}}}"
    let found = try check(chat("a", "\"Hi\"", format)).problems
    #expect(found.map(\.code) == (isSound ? [] : ["invalid_schema"]), "\(found)")
  }

  @Test(arguments: [
    (#""""#, ["empty_prompt"]), (#"" \n\t ""#, ["empty_prompt"]), ("null", ["empty_prompt"]),
    ("[]", ["empty_prompt"]),
    (#"[{"type":"text","text":""}]"#, ["empty_prompt"]), (#"[{"type":"text","text":"x"}]"#, []),
    (#"[{"type":"image_url","image_url":{"url":"https://example.org/a.png"}}]"#, []), (#""x""#, []),
    (#""{{a}} {{}} {{b\n}} {{{c} {{d""#, ["unfilled_placeholder"]),
  ]) func `a prompt says something, and has its columns filled in`(content: String, codes: [String]) throws {
    #expect(try check(chat("a", content)).problems.map(\.code) == codes)
  }

  @Test(arguments: [
    ("gpt-4o-mini", #","max_tokens":9,"temperature":0.7,"logprobs":true"#, []),
    ("gpt-5.4-mini", #","max_completion_tokens":9"#, []),
    ("gpt-5.4-mini", #","max_tokens":9,"temperature":1"#, ["max_tokens", "temperature"]),
    ("gpt-5.4-mini", #","reasoning_effort":"none","temperature":1"#, []),
    ("ft:o3-mini:me::x", #","top_p":1"#, ["top_p"]), ("openai/o1", #","logit_bias":{}"#, ["logit_bias"]),
    ("never-heard-of", #","max_tokens":9,"temperature":1"#, []),
    ("m", #","max_output_tokens":9"#, ["max_output_tokens"]),
    ("whisper-1", "", ["batch"]), ("m", #","response_format":{"type":"json_object"}"#, ["“JSON”"]),
  ]) func `what a family of models refuses is a warning`(
    model: String, parameters: String, words: [String]
  ) throws {
    let check = try BatchKitTests.check(chat("a", "\"Hi\"", model: model, parameters))
    #expect(check.isAccepted)
    #expect(check.problems.count == words.count, "\(check.problems)")
    for (problem, word) in zip(check.problems, words) { #expect(problem.message.contains(word)) }
  }

  struct Letters: TokenCounter { func count(of text: String) -> Int { text.count } }

  @Test func `a request longer than its model can read is a warning that calls itself an estimate`() throws {
    let rules = ModelRules.none.adding(.init("tiny*", contextTokens: 20))
    let lines = [
      chat("a", "\"123456789\"", model: "tiny-1"),
      chat("b", "\"1234567890\\u00e9\\u00e91234567\"", model: "tiny-1"),
      chat("c", "\"12345678901234567890\"", model: "tiny-1"),
    ]
    let check = try BatchKitTests.check(lines.joined(separator: "\n"), models: rules, counter: Letters())
    #expect(
      check.problems.map(\.message) == [
        "By an estimate it has 23 tokens to read, and tiny-1 takes 20; shorten it if that is so. The same goes for 1 more "
          + "request."
      ])
    #expect(check.statistics.estimatedTokens == 13 + 23 + 24)
    #expect(
      try BatchKitTests.check(lines[2].replacing("tiny", with: "other"), models: rules).problems.isEmpty)
  }
}

/// A body for the responses endpoint, and whether it says anything to the model.
private let conversations: [(body: String, saysSomething: Bool)] = [
  (#""input":"Hi""#, true), (#""input":"  \n ""#, false), (#""input":null"#, false), (#""input":[]"#, false),
  (#""input":[{"role":"user","content":"Hi"}]"#, true), (#""input":[{"role":"user","content":""}]"#, false),
  (#""input":[{"role":"system","content":"Be brief."}]"#, false),
  (#""input":[{"role":"user","content":[{"type":"input_text","text":"Hi"}]}]"#, true),
  (#""input":[{"role":"user","content":[{"type":"input_image","image_url":"https://e.org/i.png"}]}]"#, true),
  (#""input":[{"type":"message","role":"user","content":7}]"#, false),
  (#""input":[{"type":"function_call_output","call_id":"c","output":"12"}]"#, true),
  (#""prompt":{"id":"pmpt_1"}"#, true), (#""instructions":"Be brief.","input":"Hi""#, true),
]

@Suite struct `What is said to a model is found wherever it stands` {
  @Test(arguments: conversations)
  func `an empty conversation is told, any other is not`(body: String, saysSomething: Bool) throws {
    let check = try BatchKitTests.check(
      line(url: #""/v1/responses""#, body: "{\"model\":\"m\",\(body)}"))
    #expect(
      check.problems.contains { $0.message.contains("Nothing is asked") || $0.severity == .error }
        == !saysSomething)
  }

  @Test func `tools and schemas count as tokens to read`() throws {
    func tokens(_ more: String) throws -> Int {
      try BatchKitTests.check(chat("a", "\"Hi\"", more)).statistics.estimatedTokens
    }
    let plain = try tokens("")
    let tools =
      #","tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object"}}}]"#
    #expect(try tokens(tools) > plain + 10)
    #expect(try tokens(#","functions":[{"name":"weather","parameters":{"type":"object"}}]"#) > plain + 10)
    let schema =
      #"{"type":"object","properties":{"label":{"type":"string"}},"required":["label"],"additionalProperties":false}"#
    let format =
      #","response_format":{"type":"json_schema","json_schema":{"name":"v","strict":true,"schema":\#(schema)}}"#
    #expect(try tokens(format) > plain + 10)
  }

  @Test(arguments: [
    (#","temperature":0.2,"reasoning":{"effort":"none"}"#, false),
    (#","temperature":0.2,"reasoning":{"effort":"low"}"#, true),
    (#","temperature":0.2"#, true),
    (#","temperature":0.2,"reasoning":{"effort":null,"summary":"auto"}"#, true),
  ])
  func `a model that is to reason takes no temperature, by either spelling of that`(
    more: String, isTold: Bool
  ) throws {
    let check = try BatchKitTests.check(
      line(url: #""/v1/responses""#, body: "{\"model\":\"gpt-5.4-mini\",\"input\":\"Hi\"\(more)}"))
    #expect(check.problems.contains { $0.message.contains("temperature") } == isTold, "\(check)")
  }
}
