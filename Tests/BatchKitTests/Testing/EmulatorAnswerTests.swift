import BatchKit
import BatchKitTesting
import Foundation
import Testing

struct `The emulator's answers` {
  /// What `script` answers to one request on `endpoint`.
  private func body(
    _ endpoint: Endpoint, _ request: JSONValue, _ script: EmulatorScript = .echo
  ) throws -> JSONValue {
    let talk = Talk(script.completing(after: 1))
    var body = request
    body["model"] = "m"
    let line: JSONValue = [
      "custom_id": "one", "method": "POST", "url": .string(endpoint.rawValue), "body": body,
    ]
    let batch = try talk.batch(talk.make(line.description, endpoint: endpoint))
    #expect(batch["status"] == "completed")
    return try talk.lines(batch["output_file_id"])[0]["response"]["body"]
  }

  private let hello: JSONValue = ["messages": [["role": "user", "content": "Hello there"]]]

  @Test func `chat echoes the last user message, parts joined`() throws {
    let request: JSONValue = [
      "n": 2,
      "messages": [
        ["role": "user", "content": "first"], ["role": "assistant", "content": "no"],
        ["role": "user", "content": [["type": "text", "text": "a"], ["type": "text", "text": "b"]]],
      ],
    ]
    let body = try body(.chatCompletions, request)
    #expect(body["choices"].array!.count == 2)
    #expect(body["choices"][1]["message"]["content"] == "a\nb")
    #expect(body["choices"][0]["finish_reason"] == "stop")
    let usage = body["usage"]
    #expect(usage["total_tokens"].int == usage["prompt_tokens"].int! + usage["completion_tokens"].int!)
  }

  @Test(
    arguments: [
      ["input": "Hello"], ["input": [["role": "user", "content": "Hello"]]],
      ["input": [["role": "user", "content": [["type": "input_text", "text": "Hello"]]]]],
    ] as [JSONValue])
  func `responses echo whatever form the input has`(request: JSONValue) throws {
    let body = try body(.responses, request)
    #expect(body["status"] == "completed")
    #expect(body["output"][0]["content"][0]["text"] == "Hello")
  }

  @Test func `embeddings are one vector for each input, the same for the same`() throws {
    let body = try body(.embeddings, ["input": ["a", "b", "a"], "dimensions": 3])
    let vectors = body["data"].array!.map { $0["embedding"] }
    #expect(vectors.allSatisfy { $0.array?.count == 3 })
    #expect(vectors[0] == vectors[2] && vectors[0] != vectors[1])
    #expect(try self.body(.embeddings, ["input": [1, 2, 3]])["data"].array!.count == 1)
    let packed = try self.body(.embeddings, ["input": "a", "encoding_format": "base64"])
    #expect(Data(base64Encoded: packed["data"][0]["embedding"].string!)?.count == 8 * 4)
  }

  @Test func `completions and moderations have the shape of their own`() throws {
    #expect(try body(.completions, ["prompt": "Once"])["choices"][0]["text"] == "Once")
    #expect(try body(.moderations, ["input": ["a", "b"]])["results"].array!.count == 2)
  }

  @Test func `a refusal, a cut and a filter look as they do in the field`() throws {
    let refused = try body(.chatCompletions, hello, .echo.refusing("one"))["choices"][0]
    #expect(refused["message"]["content"].isNull && refused["message"]["refusal"].string != nil)
    let cut = try body(.chatCompletions, hello, .echo.truncating("one"))["choices"][0]
    #expect(cut["finish_reason"] == "length" && cut["message"]["content"] == "Hello")
    let filtered = try body(.chatCompletions, hello, .echo.answering("one", with: .filtered))["choices"][0]
    #expect(filtered["finish_reason"] == "content_filter")
    let input: JSONValue = ["input": "Hello there"]
    let incomplete = try body(.responses, input, .echo.truncating("one"))
    #expect(incomplete["status"] == "incomplete")
    #expect(incomplete["incomplete_details"]["reason"] == "max_output_tokens")
    let part = try body(.responses, input, .echo.refusing("one"))["output"][0]["content"][0]
    #expect(part["type"] == "refusal")
  }

  @Test func `the rule said last holds, and nil leaves it to those before`() throws {
    let script = EmulatorScript.echo.answering("one", with: "first")
      .answering { $0.prompt == "Hello there" ? "second" : nil }.answering { _ in nil }
    #expect(try body(.chatCompletions, hello, script)["choices"][0]["message"]["content"] == "second")
    let own = EmulatorScript.echo.answering("one", with: .body(["usage": ["prompt_tokens": 7]]))
    #expect(try body(.chatCompletions, hello, own) == ["usage": ["prompt_tokens": 7]])
  }

  @Test func `a request for JSON is answered in its schema`() throws {
    let schema: JSONValue = [
      "type": "object",
      "properties": [
        "label": ["type": "string", "enum": ["praise", "complaint"]], "sure": ["type": "boolean"],
        "score": ["type": "number", "minimum": 0.25], "count": ["type": "integer"],
        "note": ["anyOf": [["type": "string"], ["type": "null"]]],
        "day": ["type": "string", "format": "date"],
        "tree": ["$ref": "#/$defs/Tree"], "tags": ["type": "array", "items": ["type": ["string", "null"]]],
      ],
      "$defs": ["Tree": ["type": "object", "properties": ["next": ["$ref": "#/$defs/Tree"]]]],
    ]
    var request = hello
    request["response_format"] = ["type": "json_schema", "json_schema": ["schema": schema]]
    let text = try body(.chatCompletions, request)["choices"][0]["message"]["content"].string!
    let value = try JSONValue(parsing: text)
    #expect(["praise", "complaint"].contains(value["label"].string))
    #expect(value["sure"] == true && value["score"] == 0.25 && value["count"] == 1)
    #expect(
      value["note"] == "Hello there" && value["day"] == "2026-01-01" && value["tags"] == ["Hello there"])
    #expect(value["tree"]["next"].object != nil)
    let format: JSONValue = ["input": "x", "text": ["format": ["type": "json_schema", "schema": schema]]]
    let part = try body(.responses, format)["output"][0]["content"][0]["text"].string!
    #expect(try JSONValue(parsing: part)["sure"] == true)
  }
}

@Suite struct `An answer is scripted as a value` {
  private struct Verdict: Codable, Sendable, Equatable {
    var label: String
    var score: Double
  }

  @Test func `a typed request gets it back`() async throws {
    let wanted = Verdict(label: "praise / \"loud\"\n", score: 0.25)
    let stage = Stage(.echo.answering { _ in .json(wanted) })
    let batch = Batch(Chat(model: "gpt-5.4-mini").returning(Verdict.self)).adding("a", "Well?")
    let results = try await stage.client.run(batch)
    #expect(results["a"]?.value == wanted)
    #expect(results["a"]?.text == #"{"label":"praise / \"loud\"\n","score":0.25}"#)
  }

  @Test func `one that can't be encoded fails its row and says why`() async throws {
    let stage = Stage(.echo.answering { _ in .json(Verdict(label: "x", score: .nan)) })
    let results = try await stage.client.run(Stage.batch(2))
    #expect(results.failed.map(\.error.code) == ["unencodable", "unencodable"])
  }
}
