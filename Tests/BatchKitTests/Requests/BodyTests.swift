import BatchKit
import Testing

@Suite struct `Settings become the body in one order` {
  @Test func `chat`() throws {
    let request = Chat(model: "gpt-5.4-mini").seed(7).metadata(["b": "2", "a": "1"]).stop("\n", "END").system(
      "Be brief."
    )
    .maxTokens(20).parameter("logit_bias", ["50256": -100]).topP(0.9).temperature(0).verbosity("low")
    .reasoningEffort("minimal").frequencyPenalty(0.5).presencePenalty(-0.5).parameter("user", "u")
    let body = try request.body(for: "Hi")
    #expect(
      body.description == """
        {"model":"gpt-5.4-mini","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}],\
        "temperature":0,"top_p":0.9,"max_completion_tokens":20,"stop":["\\n","END"],"seed":7,"frequency_penalty":0.5,\
        "presence_penalty":-0.5,"logit_bias":{"50256":-100},"reasoning_effort":"minimal","verbosity":"low",\
        "metadata":{"a":"1","b":"2"},"user":"u"}
        """)
  }

  @Test func `responses`() throws {
    let request = Responses(model: "gpt-5.4").instructions("Be brief.").maxOutputTokens(9).verbosity("low")
      .reasoningEffort("low").temperature(1).topP(0.5).metadata(["k": "v"])
    #expect(
      try request.body(for: "Hi").description == """
        {"model":"gpt-5.4","input":"Hi","instructions":"Be brief.","temperature":1,"top_p":0.5,"max_output_tokens":9,\
        "reasoning":{"effort":"low"},"text":{"verbosity":"low"},"metadata":{"k":"v"}}
        """)
    #expect(
      try Responses(model: "m").body(for: [
        .developer("x"), .user("y"), Message(.assistant, [.text("a"), .text("b")]),
      ])["input"]
      .description == """
        [{"role":"developer","content":"x"},{"role":"user","content":"y"},{"role":"assistant","content":\
        [{"type":"output_text","text":"a"},{"type":"output_text","text":"b"}]}]
        """)
  }

  @Test func `embeddings and raw requests`() throws {
    #expect(
      try Embed(model: "text-embedding-3-small", dimensions: 3).parameter("encoding_format", "float").body(
        for: "x"
      ).description
        == #"{"model":"text-embedding-3-small","input":"x","dimensions":3,"encoding_format":"float"}"#)
    let raw = RawRequest(.moderations, model: "omni")
    #expect(raw.body(for: ["input": "x"]).description == #"{"input":"x","model":"omni"}"#)
    #expect(raw.body(for: ["model": "other", "input": "x"])["model"] == "other")
    #expect(raw.endpoint.rawValue == "/v1/moderations")
  }

  @Test func `a parameter with the name of a setting takes its place, and the last word counts`() throws {
    let request = Chat(model: "m").temperature(1).parameter("temperature", 0.5).parameter("model", "other")
    #expect(try request.body(for: "x").description.hasPrefix(#"{"model":"other","messages":"#))
    #expect(try request.body(for: "x").object?.keys == ["model", "messages", "temperature"])
    #expect(try request.body(for: "x")["temperature"] == 0.5 && request.model == "other")
    #expect(try request.temperature(0.25).body(for: "x")["temperature"] == 0.25)
    #expect(try request.model("third").body(for: "x")["model"] == "third")
  }

  @Test func `a setting makes a copy and leaves the original`() throws {
    let plain = Chat(model: "m")
    _ = plain.temperature(1).system("x")
    #expect(
      try plain.body(for: "x")["temperature"].isNull && plain.body(for: "x")["messages"].array?.count == 1)
  }

  @Test func `messages of parts keep them in order`() throws {
    let message = Message(
      .user, [.text("What is this?"), .json(["type": "image_url", "image_url": ["url": "https://x/y"]])])
    #expect(
      try Chat(model: "m").body(for: [message])["messages"][0]["content"].description == """
        [{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"https://x/y"}}]
        """)
  }

  @Test func `a schema is sent strict, in the words of its endpoint`() throws {
    struct Verdict: Codable, Sendable { var label: String }
    let schema: JSONSchema = [
      "type": "object", "properties": ["label": ["type": "string"]], "required": ["label"],
      "additionalProperties": false,
    ]
    let chat = Chat(model: "m").temperature(0).returning(Verdict.self, schema: schema)
    #expect(
      try chat.body(for: "x")["response_format"].description == """
        {"type":"json_schema","json_schema":{"name":"Verdict","schema":{"type":"object","properties":{"label":\
        {"type":"string"}},"required":["label"],"additionalProperties":false},"strict":true}}
        """)
    #expect(try chat.body(for: "x")["temperature"] == 0 && chat.problems.isEmpty)
    let responses = Responses(model: "m").verbosity("low").returning(Verdict.self, schema: schema, name: "v")
    #expect(
      try responses.body(for: "x")["text"].object?.keys == ["verbosity", "format"]
        && responses.body(for: "x")["text"]["format"].object?.keys == ["type", "name", "schema", "strict"])
  }

  @Test func `settings the service would refuse are problems`() throws {
    #expect(Chat(model: "m").problems.isEmpty)
    #expect(Chat(model: "m").parameter("stream", true).problems.map(\.code) == ["streaming_unsupported"])
    #expect(Chat(model: "m").parameter("stream", false).problems.isEmpty)
    let many = Dictionary(uniqueKeysWithValues: (0..<17).map { ("k\($0)", "v") })
    #expect(Chat(model: "m").metadata(many).problems.count == 1)
    let long = [String(repeating: "k", count: 65): "v", "k": String(repeating: "v", count: 513)]
    #expect(
      Responses(model: "m").metadata(long).problems.map(\.code) == ["invalid_metadata", "invalid_metadata"])
    let schema: JSONSchema = ["type": "array", "items": ["type": "integer"]]
    #expect(Chat(model: "m").returning([Int].self, schema: schema).problems.count == 1)
    #expect(Chat(model: "m").returning([Int].self, schema: schema, name: "my ints").problems.count == 2)
  }
}
