import BatchKit
import BatchKitTesting
import Foundation
import Testing

private struct Verdict: Codable, Sendable, Equatable {
  enum Label: String, Codable, CaseIterable, Sendable { case praise, complaint, question }
  var label: Label
  var confidence: Double
  var reason: String?
}

private func answer(_ content: String) -> Reply {
  let json: JSONValue = ["choices": [["message": ["content": .string(content)], "finish_reason": "stop"]]]
  return Reply(bytes: Array(json.description.utf8))
}

@Suite struct `A type is all that structured output needs` {
  @Test func `in the shape of chat`() throws {
    let classify = Chat(model: "gpt-5.4-mini").system("Classify the review.").returning(Verdict.self) {
      $0.describing("confidence", "How sure, 0 to 1", range: 0...1)
    }
    var batch = Batch(classify)
    batch.add("a", "Great lamp!")
    #expect(
      try rendered(batch) == """
        {"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-5.4-mini","messages":\
        [{"role":"system","content":"Classify the review."},{"role":"user","content":"Great lamp!"}],\
        "response_format":{"type":"json_schema","json_schema":{"name":"Verdict","schema":{"type":"object",\
        "properties":{"label":{"type":"string","enum":["praise","complaint","question"]},"confidence":\
        {"type":"number","minimum":0,"maximum":1,"description":"How sure, 0 to 1"},"reason":{"type":["string","null"]}},\
        "required":["label","confidence","reason"],"additionalProperties":false},"strict":true}}}}

        """)
    #expect(batch.problems() == [])
    let verdict = try classify.output(of: answer(#"{"label":"praise","confidence":0.9,"reason":null}"#))
    #expect(verdict == Verdict(label: .praise, confidence: 0.9))
  }

  @Test func `in the shape of responses, beside what else is said of texts`() throws {
    let classify = Responses(model: "m").verbosity(.low).returning(Verdict.self, name: "verdict")
    #expect(
      try classify.body(for: "x").description == """
        {"model":"m","input":"x","text":{"verbosity":"low","format":{"type":"json_schema","name":"verdict","schema":\
        {"type":"object","properties":{"label":{"type":"string","enum":["praise","complaint","question"]},\
        "confidence":{"type":"number"},"reason":{"type":["string","null"]}},"required":["label","confidence",\
        "reason"],"additionalProperties":false},"strict":true}}}
        """)
    #expect(classify.problems.isEmpty)
  }

  @Test func `lists and choices are wrapped and unwrapped`() throws {
    let words = Chat(model: "m").returning([String].self)
    #expect(
      try words.body(for: "x")["response_format"]["json_schema"].description == """
        {"name":"Array_String_","schema":{"type":"object","properties":{"value":{"type":"array","items":\
        {"type":"string"}}},"required":["value"],"additionalProperties":false},"strict":true}
        """)
    #expect(try words.output(of: answer(#"{"value":["a","b"]}"#)) == ["a", "b"])
    let label = Chat(model: "m").returning(Verdict.Label.self)
    #expect(try label.output(of: answer(#"{"value":"question"}"#)) == .question)
    #expect { try words.output(of: answer(#"["a"]"#)) } throws: { ($0 as? LineError)?.kind == .undecodable }
    #expect(words.problems.isEmpty && label.problems.isEmpty)
  }

  @Test func `a type that can't be read off keeps the batch from being sent`() {
    struct Counts: Codable, Sendable { var counts: [String: Int] }
    var batch = Batch(Chat(model: "m").returning(Counts.self) { $0.describing("cuonts", "…") })
    batch.add("a", "x")
    let messages = batch.problems().filter { $0.severity == .error }.map(\.message)
    #expect(messages.contains { $0.contains("“counts” (Dictionary<String, Int>)") })
    #expect(
      messages.contains { $0.contains("no property “cuonts”") && $0.contains("Did you mean “counts”?") })
  }

  @Test func `a problem of the schema outlives the settings that follow`() {
    let request = Responses(model: "m").returning(Verdict.self) { $0.describing("lable", "…") }
    #expect(request.problems.count == 1 && request.verbosity(.low).reasoningEffort(.low).problems.count == 1)
    #expect(Chat(model: "m").returning(Verdict.self, name: "a b").temperature(1).problems.count == 1)
  }

  @Test func `a schema in a file`() throws {
    let scratch = try Scratch()
    let schema = JSONSchema(for: Verdict.self)
    try DiskStore.shared.replace(scratch("schema.json"), with: Array(schema.description.utf8))
    #expect(try JSONSchema(path: scratch("schema.json")) == schema)
    try DiskStore.shared.replace(scratch("broken.json"), with: Array("{".utf8))
    #expect { try JSONSchema(path: scratch("broken.json")) } throws: {
      "\($0)".contains("broken.json is not JSON") && "\($0)".contains("line 1, column 2")
    }
    #expect(throws: BatchError.self) { try JSONSchema(path: scratch("gone.json")) }
  }

  @Test func `a fine-tuned model is warned of what it refuses`() {
    let chat = Chat(model: "ft:gpt-4o:acme").returning(Verdict.self) {
      $0.describing("confidence", range: 0...1)
    }
    #expect(chat.problems.map(\.severity) == [.warning])
    #expect(chat.problems.first?.message.contains("“minimum”, “maximum”") == true)
    #expect(chat.model("gpt-5.4").problems.isEmpty)
  }

  @Test func `made-up answers of the emulator decode`() async throws {
    let stage = Stage(.echo)
    var batch = Batch(Chat(model: "m").returning([Verdict].self))
    for number in 1...3 { batch.add(CustomID("\(number)"), "Rate it.") }
    let results = try await stage.client.run(batch)
    #expect(results.succeeded.count == 3 && results.failed.count == 0)
  }
}

@Suite struct `A template returns a type` {
  private let body: JSONValue = [
    "model": "m", "messages": [["role": "user", "content": "Rate: {{text}}"]],
  ]

  private func table() throws -> Table {
    try Table(
      columns: ["id", "text", "age", "done", "tags"], rows: [["1", "fine", "42", "Yes", #"["a", {"b":1}]"#]])
  }

  private func template(with schema: JSONSchema) -> RequestTemplate {
    var body = body
    body["response_format"] = [
      "type": "json_schema", "json_schema": ["name": "v", "schema": schema.json, "strict": true],
    ]
    return RequestTemplate(.chatCompletions, body: body)
  }

  @Test func `whose schema is put where there is none`() throws {
    let typed = RequestTemplate(.chatCompletions, body: body).returning(Verdict.self) {
      $0.describing("reason", "Not {{text}}")
    }
    var batch = Batch(typed)
    batch.add(contentsOf: try table(), id: "{{id}}")
    #expect(
      try rendered(batch) == """
        {"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user",\
        "content":"Rate: fine"}],"response_format":{"type":"json_schema","json_schema":{"name":"Verdict","schema":\
        {"type":"object","properties":{"label":{"type":"string","enum":["praise","complaint","question"]},\
        "confidence":{"type":"number"},"reason":{"type":["string","null"],"description":"Not {{text}}"}},\
        "required":["label","confidence","reason"],"additionalProperties":false},"strict":true}}}}

        """)
    #expect(batch.problems().isEmpty)
    let verdict = try typed.output(of: answer(#"{"label":"praise","confidence":1,"reason":null}"#))
    #expect(verdict.label == .praise)
    let responses = RequestTemplate(.responses, body: ["model": "m", "input": "x"]).returning([Int].self)
    #expect(responses.template.body["text"]["format"]["name"] == "Array_Int_")
    #expect(RequestTemplate(.embeddings, body: ["input": "x"]).returning([Int].self).problems.count == 1)
  }

  @Test func `that goes with its own schema`() throws {
    let own = JSONSchema(for: Verdict.self).describing("confidence", "Sure?", range: 0...1)
    let typed = template(with: own).returning(Verdict.self)
    #expect(typed.problems.isEmpty)
    #expect(typed.template.body["response_format"]["json_schema"]["schema"] == own.json)
    #expect(template(with: JSONSchema(for: [Int].self)).returning([Int].self).problems.isEmpty)
    let reordered: JSONSchema = .object([
      "reason": .any(of: .string, ["type": "null"]), "confidence": .number,
      "label": .choice(of: "question", "praise", "complaint"),
    ])
    #expect(template(with: reordered).returning(Verdict.self).problems.isEmpty)
  }

  @Test(arguments: [
    (JSONSchema.object(["label": .string]), Problem.Severity.error, "“confidence” is only in the type"),
    (.object(["label": .choice(of: "good")]), .error, "“confidence” is only in the type"),
    (
      .object(["label": .choice(of: "praise"), "confidence": .number, "reason": .string.orNull]), .warning,
      "“label” has other values"
    ),
    (
      .object([
        "label": .choice(of: "praise", "complaint", "question"), "confidence": .integer, "reason": .string,
      ]), .warning, "“confidence” is integer there and number in the type"
    ),
    (
      .object([
        "label": .choice(of: "praise", "complaint", "question"), "confidence": .number,
        "reason": .string.orNull, "extra": .string,
      ]), .warning, "“extra” is only there"
    ),
  ])
  func `that doesn't is told where`(_ schema: JSONSchema, _ severity: Problem.Severity, _ difference: String)
  {
    let problems = template(with: schema).returning(Verdict.self).problems
    #expect(problems.map(\.severity) == [severity])
    #expect(problems.first?.message.contains(difference) == true, "\(problems)")
  }

  @Test func `that contains itself is compared as far as it goes`() {
    struct Tree: Codable, Sendable {
      var name: String
      var left: [Tree]
      var right: [Tree]
    }
    let own = JSONSchema(for: Tree.self)
    #expect(template(with: own).returning(Tree.self).problems.isEmpty)
    let other: JSONSchema = .object([
      "name": .string, "left": .array(of: .reference("T")), "right": .array(of: .reference("T")),
    ]).defining("T", own)
    let problems = template(with: other).returning(Tree.self).problems
    #expect(problems.filter { $0.severity == .error }.isEmpty, "\(problems)")
  }

  @Test func `cells become numbers, truths and JSON where that is asked for`() throws {
    let typed = RequestTemplate(
      .chatCompletions,
      body: [
        "a": "{{age|number}}", "b": "{{ Done | boolean }}", "c": "{{tags | JSON}}", "d": "{{age}}",
        "e": "is {{age}}", "f": ["{{age | number}}"],
      ])
    var batch = Batch(typed)
    batch.add(contentsOf: try table(), id: "{{id}}")
    let odd = try Table(
      columns: ["id", "age", "done", "tags"], rows: [["2", " ", "0", ""], ["3", "-1.50e3", "no", "{}"]])
    batch.add(contentsOf: odd, id: "{{id}}")
    #expect(
      try rendered(batch) == """
        {"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{"a":42,"b":true,"c":["a",{"b":1}],"d":"42",\
        "e":"is 42","f":[42]}}
        {"custom_id":"2","method":"POST","url":"/v1/chat/completions","body":{"a":null,"b":false,"c":null,"d":" ",\
        "e":"is  ","f":[null]}}
        {"custom_id":"3","method":"POST","url":"/v1/chat/completions","body":{"a":-1.50e3,"b":false,"c":{},"d":"-1.50e3",\
        "e":"is -1.50e3","f":[-1.50e3]}}

        """)
  }

  @Test(arguments: [
    ("{{x | number}}", "1,5", "“1,5” in the column “x” is not a number"),
    ("{{x | number}}", "\"1\"", "is not a number"),
    ("{{x | number}}", "0x1F", "is not a number"), ("{{x | number}}", "NaN", "is not a number"),
    ("{{x | boolean}}", "maybe", "is not a boolean"), ("{{x | json}}", "{a: 1}", "is not JSON"),
    ("{{x | json}}", "1} , {", "is not JSON"), ("{{y | json}}", "1", "y"), ("{{x | date}}", "1", "x | date"),
  ])
  func `a cell of another kind is a problem of its row`(_ text: String, _ cell: String, _ message: String)
    throws
  {
    var batch = Batch(RequestTemplate(.chatCompletions, body: ["v": .string(text)]))
    batch.add(contentsOf: try Table(columns: ["x"], rows: [[cell]]))
    #expect(
      batch.problems().contains { $0.severity == .error && $0.message.contains(message) },
      "\(batch.problems())")
  }

  @Test func `a column that is named so keeps its name`() throws {
    var batch = Batch(RequestTemplate(.chatCompletions, body: ["v": "{{x | number}}"]))
    batch.add(contentsOf: try Table(columns: ["x | number", "x"], rows: [["seven", "8"]]), id: "a")
    #expect(try rendered(batch).contains(#""body":{"v":"seven"}"#))
  }
}
