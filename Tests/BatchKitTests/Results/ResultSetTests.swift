import BatchKit
import Foundation
import Testing

@Suite struct `Result files are read for what they hold` {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  func results(_ output: String, errors: String? = nil) throws -> BatchResults<Reply> {
    let path = scratch("output-\(UUID()).jsonl")
    try DiskStore.shared.write(output, to: path)
    guard let errors else { return try BatchResults(contentsOf: path) }
    let second = path + ".errors"
    try DiskStore.shared.write(errors, to: second)
    return try BatchResults(contentsOf: path, errors: second)
  }

  func line(_ id: String, _ text: String = "hi", status: Int = 200) -> String {
    """
    {"id":"r","custom_id":"\(id)","response":{"status_code":\(status),"request_id":"q","body":{"object":\
    "chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"\(text)"},"finish_reason":\
    "stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}},"error":null}
    """
  }

  @Test func `an answer is read field by field`() throws {
    let results = try results(line("a", #"caf\u00e9 \"x\"\n"#) + "\n")
    let row = try #require(results["a"])
    #expect(row.text == "café \"x\"\n")
    #expect(row.finishReason == "stop")
    #expect(row.usage == TokenUsage(input: 3, output: 2))
    #expect(row.raw["choices"][0]["index"].int == 0)
    #expect(row.error == nil)
    #expect(results["b"] == nil)
    #expect(results.usage.total == 5)
  }

  @Test(arguments: [
    ("CRLF", "\r\n", "\r\n"), ("no newline at the end", "\n", ""),
    ("blank lines between", "\n\n  \n", "\n\n"),
  ])
  func `lines end in any of the usual ways`(name: String, between: String, end: String) throws {
    let results = try results(line("a") + between + line("b") + end)
    #expect(results.map(\.id) == ["a", "b"])
    #expect(results.reconciliation.isComplete)
  }

  @Test func `a byte-order mark and line separators inside a text do no harm`() throws {
    let results = try results("\u{FEFF}" + line("a", "x\u{2028}y\u{85}z") + "\n" + line("b"))
    #expect(results.map(\.id) == ["a", "b"])
    #expect(results["a"]?.text == "x\u{2028}y\u{85}z")
  }

  @Test(arguments: [
    (
      #"{"custom_id":"a","response":null,"error":{"code":"batch_expired","message":"Too late."}}"#,
      "batch_expired",
      "Too late.", true
    ),
    (
      #"{"custom_id":"a","response":null,"error":{"code":"batch_cancelled","message":"Stopped."}}"#,
      "batch_cancelled", "Stopped.", true
    ),
    (
      #"{"custom_id":"a","response":{"status_code":400,"body":{"error":{"message":"Too long.","code":"context_length_exceeded"}}},"error":null}"#,
      "context_length_exceeded", "Too long.", false
    ),
    (
      #"{"custom_id":"a","response":{"status_code":429,"body":{"error":{"message":"Slow.","code":"rate_limit_exceeded"}}},"error":null}"#,
      "rate_limit_exceeded", "Slow.", true
    ),
    (
      #"{"custom_id":"a","response":{"status_code":503,"body":{"message":"Down."}},"error":null}"#,
      "status_503",
      "Down.", true
    ),
    (
      #"{"custom_id":"a","response":{"status_code":0,"body":{}},"error":null}"#, "status_0",
      "The request failed.", true
    ),
    (
      #"{"custom_id":"a","response":{"status_code":400,"body":null},"error":"plain words"}"#, "status_400",
      "plain words", false
    ),
    (#"{"custom_id":"a","error":{"error":{"message":"Nested.","code":400}}}"#, "400", "Nested.", false),
    (#"{"custom_id":"a","error":{"type":"server_error","message":"Oops."}}"#, "server_error", "Oops.", true),
    (
      #"{"custom_id":"a","response":null,"error":null}"#, "empty",
      "The line has neither an answer nor an error.", true
    ),
    (#"{"custom_id":"a"}"#, "empty", "The line has neither an answer nor an error.", true),
    (
      #"{"custom_id":"a","response":{"status_code":200,"body":{"object":"response","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[]}}}"#,
      "truncated", "The answer was cut off at the token limit; raise it.", false
    ),
    (
      #"{"custom_id":"a","response":{"status_code":200,"body":{"object":"response","status":"failed","error":{"code":"server_error","message":"Broke."}}}}"#,
      "server_error", "Broke.", true
    ),
  ])
  func `a failed row says why`(json: String, code: String, message: String, heals: Bool) throws {
    let results = try results(json + "\n")
    let error = try #require(results["a"]?.error)
    #expect((error.code, error.message, error.isWorthRetrying) == (code, message, heals))
    #expect(results.reconciliation.failed == 1)
    #expect(results.failed.map(\.id) == ["a"])
    #expect(Array(results.succeeded).isEmpty)
  }

  @Test func `a body that is JSON within a string is read as one`() throws {
    let body =
      #"{\"object\":\"chat.completion\",\"choices\":[{\"message\":{\"content\":\"a\\nb\"},\"finish_reason\":\"stop\"}]}"#
    let results = try results(#"{"custom_id":"a","response":{"status_code":200,"body":"\#(body)"}}"#)
    #expect(results["a"]?.text == "a\nb")
  }

  @Test(arguments: [3, 20, 40, 80, 150])
  func `a last line that was cut off is a failed row as long as its id is there`(kept: Int) throws {
    let results = try results(line("whole") + "\n" + String(line("cut").prefix(kept)))
    #expect(results["whole"]?.value != nil)
    let reconciliation = results.reconciliation
    if kept >= 40 {
      #expect(results["cut"]?.error?.kind == .unreadable)
      #expect(reconciliation.failed == 1 && reconciliation.nameless == 0)
    } else {
      #expect(reconciliation.nameless == 1 && !reconciliation.isComplete)
    }
  }

  @Test func `a damaged line in the middle costs one row`() throws {
    let results = try results(
      [line("a"), #"{"custom_id":"b","response":{"status_code":2x0}}"#, line("c")].joined(separator: "\n"))
    #expect(results.map(\.id) == ["a", "b", "c"])
    #expect(results["b"]?.error?.kind == .unreadable)
    #expect(results["c"]?.value != nil)
  }

  @Test func `of two answers to one id the first success wins, and the other is named`() throws {
    let failure = #"{"custom_id":"a","response":null,"error":{"code":"x","message":"y"}}"#
    let results = try results(
      [failure, line("a", "one"), line("a", "two")].joined(separator: "\n"), errors: failure)
    #expect(results.count == 1)
    #expect(results["a"]?.text == "one")
    #expect(results.duplicates == ["a", "a", "a"])
    #expect(
      results.reconciliation.description
        == "1 answered = 1 succeeded + 0 failed + 0 missing; besides: 3 duplicate")
  }

  @Test func `failures are grouped by what went wrong`() throws {
    func failure(_ id: Int, _ code: String, _ status: Int) -> String {
      #"{"custom_id":"\#(id)","response":{"status_code":\#(status),"body":{"error":{"code":"\#(code)","message":"m"}}}}"#
    }
    let lines = (1...7).map { failure($0, "rate_limit_exceeded", 429) } + [failure(8, "content_filter", 400)]
    let results = try results(lines.joined(separator: "\n"))
    #expect(results.failures.summary == "7 x rate_limit_exceeded (worth retrying), 1 x content_filter")
    #expect(results.failures.groups[0].ids == ["1", "2", "3", "4", "5"])
  }

  @Test func `a missing file is one sentence that names it`() {
    let error = #expect(throws: BatchError.self) { try BatchResults(contentsOf: "/no/such.jsonl") }
    #expect(error?.code == .unreadableFile)
    #expect(error?.message.contains("/no/such.jsonl") == true)
  }

  struct Verdict: Codable, Sendable, Equatable {
    var label: String
    var score: Double
  }

  @Test func `a typed row decodes on its own, and says where it does not`() throws {
    let path = scratch("typed.jsonl")
    let good = line("good", #"```json\n{\"label\":\"praise\",\"score\":0.5}\n```"#)
    let bad = line("bad", #"{\"label\":\"praise\",\"score\":\"high\"}"#)
    try DiskStore.shared.write("\(good)\n\(bad)\n", to: path)
    let results = try BatchResults(contentsOf: path, as: Verdict.self)
    #expect(results["good"]?.value == Verdict(label: "praise", score: 0.5))
    #expect(results["bad"]?.error?.kind == .undecodable)
    #expect(results["bad"]?.error?.message.contains("score") == true)
    #expect(results.reconciliation.succeeded == 2)
    #expect(results.succeeded.count == 1)
  }
}
