import BatchKit
import Testing

private func reply(_ json: String) -> Reply { Reply(bytes: Array(json.utf8)) }

@Suite struct `An answer is read wherever its endpoint puts things` {
  @Test func `chat`() {
    let answer = reply(
      """
      {"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-5.4-mini-2026-03-17","choices":[
      {"index":0,"logprobs":{"content":[{"token":"{","bytes":[1]}]},"message":{"role":"assistant","annotations":[],
      "content":"Par\\u00eds \\ud83d\\ude00\\n","refusal":null},"finish_reason":"stop"},
      {"index":1,"message":{"content":"second"},"finish_reason":"length"}],
      "usage":{"prompt_tokens":12,"completion_tokens":34,"total_tokens":46,"prompt_tokens_details":{"cached_tokens":5,
      "audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":6}},"service_tier":"default"}
      """)
    #expect(answer.text == "París 😀\n")
    #expect(answer.finishReason == "stop" && answer.refusal == nil && answer.status == nil)
    #expect(answer.model == "gpt-5.4-mini-2026-03-17")
    #expect(answer.usage == TokenUsage(input: 12, output: 34, cached: 5, reasoning: 6))
    #expect(answer.raw["choices"][1]["message"]["content"].string == "second")
  }

  @Test func `responses, all texts of all messages and nothing else`() {
    let answer = reply(
      """
      {"id":"resp_1","object":"response","status":"completed","error":null,"incomplete_details":null,"model":"m",
      "output":[{"type":"reasoning","summary":[{"type":"summary_text","text":"no"}],"content":[{"type":"reasoning_text",
      "text":"no"}]},{"content":[{"type":"output_text","text":"one ","annotations":[{"text":"no"}]},
      {"text":"two","type":"output_text"}],"type":"message","role":"assistant"},
      {"type":"web_search_call","text":"no"},{"type":"message","content":[{"type":"output_text","text":" three"}]}],
      "text":{"format":{"type":"text"}},
      "usage":{"input_tokens":1,"input_tokens_details":{"cached_tokens":2},"output_tokens":3,
      "output_tokens_details":{"reasoning_tokens":4},"total_tokens":4}}
      """)
    #expect(answer.text == "one two three")
    #expect(answer.status == "completed" && answer.finishReason == "completed")
    #expect(answer.usage == TokenUsage(input: 1, output: 3, cached: 2, reasoning: 4))
  }

  @Test func `responses that stopped short or declined`() {
    let short = reply(
      #"{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[]}"#)
    #expect(short.finishReason == "max_output_tokens" && short.status == "incomplete" && short.text == nil)
    let declined = reply(
      #"{"status":"completed","output":[{"type":"message","content":[{"type":"refusal","refusal":"No."}]}]}"#)
    #expect(declined.refusal == "No." && declined.text == nil)
  }

  @Test func `plain completions, and contents in parts`() {
    #expect(reply(#"{"choices":[{"text":"hi","finish_reason":"stop"}]}"#).text == "hi")
    let parts =
      #"{"choices":[{"message":{"content":[{"type":"thinking","text":"no"},{"type":"text","text":"yes"}]}}]}"#
    #expect(reply(parts).text == "yes")
  }

  @Test(arguments: [
    "", "null", "[]", "{}", "\"x\"", "{\"choices\":null}", "{\"choices\":[]}", "{\"choices\":[null]}",
    "{\"choices\":[{\"message\":null}]}",
    "{\"choices\":[{\"message\":{\"content\":null}}],\"usage\":null,\"model\":7}",
    "{\"choices\":{\"a\":1}}", "{\"choices\":[{\"message\":{\"content\":\"cut",
    "{\"output\":[{\"type\":null,\"content\":3}]}",
    "{\"choices\":[{\"message\":{\"content\":7}}],\"usage\":[1]}", "{\"status\":null,\"error\":null}",
  ])
  func `what is missing, or of another kind, costs that field alone`(_ json: String) {
    let answer = reply(json)
    #expect(answer.text == nil && answer.usage == nil && answer.finishReason == nil && answer.model == nil)
  }

  @Test func `a usage of strange numbers is read as far as it goes`() {
    #expect(reply(#"{"usage":{"prompt_tokens":"7","completion_tokens":2.0}}"#).usage == TokenUsage(output: 2))
  }

  @Test func `damaged answers never trap`() {
    var dice = SplitMix(seed: 9)
    let sound = Array(
      #"{"choices":[{"message":{"content":"é😀"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}"#.utf8)
    for _ in 0..<1000 {
      let answer = Reply(bytes: dice.mutate(sound, times: Int.random(in: 1..<5, using: &dice)))
      if let text = answer.text {
        #expect(!text.isEmpty || answer.raw["choices"][0]["message"]["content"] == "")
      }
    }
  }
}

@Suite struct `An answer in words is one, or says why not` {
  private let chat = Chat(model: "m")

  private func failure(_ json: String) -> LineError.Kind? {
    do throws(LineError) {
      _ = try chat.output(of: reply(json))
      return nil
    } catch { return error.kind }
  }

  @Test(arguments: [
    (
      #"{"choices":[{"message":{"content":"","refusal":"I won't."},"finish_reason":"stop"}]}"#,
      LineError.Kind.refusal
    ),
    (#"{"choices":[{"message":{"content":"part"},"finish_reason":"content_filter"}]}"#, .filtered),
    (#"{"choices":[{"message":{"content":null},"finish_reason":"stop"}]}"#, .empty),
    (#"{"choices":[{"message":{"content":""},"finish_reason":"length"}]}"#, .truncated),
    (#"{"choices":[]}"#, .empty),
    (#"{"status":"failed","error":{"code":"server_error","message":"Boom."}}"#, .refused),
    (#"{"status":"cancelled","output":[]}"#, .refused),
    (#"{"status":"incomplete","incomplete_details":{"reason":"content_filter"},"output":[]}"#, .filtered),
  ])
  func `what is no answer is a failure of its kind`(_ json: String, _ kind: LineError.Kind) {
    #expect(failure(json) == kind)
  }

  @Test func `the service's own words are kept`() {
    #expect {
      try chat.output(of: reply(#"{"error":{"code":"server_error","message":"Boom."}}"#))
    } throws: {
      ($0 as? LineError)?.code == "server_error" && ($0 as? LineError)?.message == "Boom."
    }
  }

  @Test func `a text that was cut off is still a text`() throws {
    let cut = try chat.output(
      of: reply(#"{"choices":[{"message":{"content":"part"},"finish_reason":"length"}]}"#))
    #expect(cut.text == "part" && cut.isTruncated && cut.finishReason == "length")
    let whole = try chat.output(
      of: reply(#"{"choices":[{"message":{"content":"all"},"finish_reason":"stop"}]}"#))
    #expect(!whole.isTruncated && "\(whole)" == "all")
  }

  @Test func `a call of a tool is an answer without words`() throws {
    let call = try chat.output(
      of: reply(
        #"{"choices":[{"message":{"content":null,"tool_calls":[{"id":"c1"}]},"finish_reason":"tool_calls"}]}"#
      ))
    #expect(call.text == "" && call.toolCalls == [["id": "c1"]])
    let item = try chat.output(
      of: reply(#"{"status":"completed","output":[{"type":"function_call","name":"f"}]}"#))
    #expect(item.toolCalls.first?["name"] == "f")
    #expect(failure(#"{"choices":[{"message":{"content":null,"tool_calls":[]}}]}"#) == .empty)
  }
}

@Suite struct `A typed answer is decoded, or says why not` {
  struct Verdict: Codable, Sendable, Equatable {
    var label: String
    var scores: [Double]
  }

  private let request = Chat(model: "m").returning(Verdict.self, schema: ["type": "object"])

  private func decode(_ content: String, finish: String = "stop") throws(LineError) -> Verdict {
    let json: JSONValue = [
      "choices": [["message": ["content": .string(content)], "finish_reason": .string(finish)]]
    ]
    return try request.output(of: reply(json.description))
  }

  @Test(arguments: [
    #"{"label":"a","scores":[1,2.5]}"#, "```json\n{\"label\":\"a\",\"scores\":[1,2.5]}\n```",
    "  ```\n{\"label\":\"a\",\"scores\":[1,2.5]}```\n", "```{\"label\":\"a\",\"scores\":[1,2.5]}```",
    "```json {\"label\":\"a\",\"scores\":[1,2.5]} ```",
  ])
  func `JSON is decoded, with or without a fence`(_ content: String) throws {
    #expect(try decode(content) == Verdict(label: "a", scores: [1, 2.5]))
  }

  @Test(arguments: [
    (#"{"label":"a"}"#, "“scores” is missing."),
    (#"{"label":"a","scores":[1,"x"]}"#, "“scores[1]” is not of type Double."),
    (#"{"label":null,"scores":[]}"#, "“label” is null where String is wanted."),
    ("Sure! Here you go.", "it is no valid JSON."),
    ("[]", "“the whole” is not of type"),
    ("```", "it is no valid JSON."),
  ])
  func `what does not decode names the path`(_ content: String, _ message: String) {
    #expect { try decode(content) } throws: {
      ($0 as? LineError)?.kind == .undecodable && "\($0)".contains(message)
    }
  }

  @Test func `a cut-off, filtered or empty answer is not decoded`() {
    for (content, finish, kind) in [
      (#"{"label":"a","scores":[]}"#, "length", LineError.Kind.truncated),
      ("{}", "content_filter", .filtered),
      ("", "stop", .empty),
    ] {
      #expect { try decode(content, finish: finish) } throws: { ($0 as? LineError)?.kind == kind }
    }
  }
}

@Suite struct `A vector is read in either form` {
  @Test func `as numbers and as four bytes each`() throws {
    let embed = Embed(model: "e")
    let numbers = reply(#"{"data":[{"index":0,"embedding":[0.5,-1,2e-3]}],"usage":{"prompt_tokens":3}}"#)
    #expect(try embed.output(of: numbers).vector == [0.5, -1, 0.002])
    #expect(try embed.output(of: numbers).reply.usage?.input == 3)
    #expect(try embed.output(of: reply(#"{"data":[{"embedding":"AAAAPwAAgL8="}]}"#)).vector == [0.5, -1])
  }

  @Test(arguments: [
    "{}", #"{"data":[{"embedding":[]}]}"#, #"{"data":[{"embedding":[1,"x"]}]}"#,
    #"{"data":[{"embedding":"AAA="}]}"#,
  ])
  func `anything else is no vector`(_ json: String) {
    #expect { try Embed(model: "e").output(of: reply(json)) } throws: { ($0 as? LineError)?.kind == .empty }
  }
}
