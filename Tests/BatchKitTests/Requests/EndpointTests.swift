import BatchKit
import BatchKitTesting
import Foundation
import Testing

private func reply(_ json: String) -> Reply { Reply(bytes: Array(json.utf8)) }

private func kind(_ body: () throws -> Void) -> LineError.Kind? {
  do {
    try body()
    return nil
  } catch { return (error as? LineError)?.kind }
}

@Suite struct `Every endpoint has its own request` {
  @Test func `all settings of chat`() throws {
    let tool = Tool.function("look_up", "Looks up a word.", parameters: .object(["word": .string]))
    let request = Chat(model: "m").safetyIdentifier("s").promptCacheKey("k").store(false).serviceTier(.flex)
      .parallelToolCalls(false).toolChoice(.function("look_up")).tools(
        tool, .custom("free"), .json(["type": "x"])
      )
      .speech(voice: "alloy").reasoningEffort("low").verbosity(.high).logprobs(top: 5)
      .logitBias([7: -100, 12: 1.5]).choices(2).message(.assistant("Ready."))
    #expect(
      try request.body(for: "Hi").description == """
        {"model":"m","messages":[{"role":"assistant","content":"Ready."},{"role":"user","content":"Hi"}],"n":2,\
        "logit_bias":{"7":-100,"12":1.5},"logprobs":true,"top_logprobs":5,"reasoning_effort":"low",\
        "verbosity":"high","modalities":["text","audio"],"audio":{"voice":"alloy","format":"mp3"},\
        "tools":[{"type":"function","function":{"name":"look_up","description":"Looks up a word.","parameters":\
        {"type":"object","properties":{"word":{"type":"string"}},"required":["word"],\
        "additionalProperties":false},"strict":true}},{"type":"custom","custom":{"name":"free"}},{"type":"x"}],\
        "tool_choice":{"type":"function","function":{"name":"look_up"}},"parallel_tool_calls":false,\
        "service_tier":"flex","store":false,"prompt_cache_key":"k","safety_identifier":"s"}
        """)
    #expect(request.problems.isEmpty)
    #expect(try Chat(model: "m").toolChoice(.required).body(for: "x")["tool_choice"] == "required")
  }

  @Test func `all settings of responses`() throws {
    struct Word: Codable, Sendable { var word: String }
    let request = Responses(model: "m").truncation(.auto).include(.encryptedReasoning).logprobs(top: 2)
      .tools(
        .function("look_up", taking: Word.self), .webSearch, .fileSearch(stores: "vs_1"), .codeInterpreter
      )
      .toolChoice(.function("look_up")).maxToolCalls(3).verbosity(.low).reasoningSummary(.auto)
      .reasoningEffort(.high).store(true).prompt(id: "pmpt_1", version: "2", variables: ["city": "Paris"])
    #expect(
      try request.body(for: "Hi").description == """
        {"model":"m","input":"Hi","prompt":{"id":"pmpt_1","version":"2","variables":{"city":"Paris"}},\
        "top_logprobs":2,"reasoning":{"effort":"high","summary":"auto"},"text":{"verbosity":"low"},\
        "tools":[{"type":"function","name":"look_up","parameters":{"type":"object","properties":{"word":\
        {"type":"string"}},"required":["word"],"additionalProperties":false},"strict":true},{"type":"web_search"},\
        {"type":"file_search","vector_store_ids":["vs_1"]},{"type":"code_interpreter","container":{"type":"auto"}}],\
        "tool_choice":{"type":"function","name":"look_up"},"max_tool_calls":3,\
        "include":["reasoning.encrypted_content","message.output_text.logprobs"],"truncation":"auto","store":true}
        """)
    #expect(try Responses(model: "m").prompt(id: "p").body(for: "x")["prompt"] == ["id": "p"])
  }

  @Test func `a tool whose parameters can't be read off is a problem`() {
    struct Counts: Decodable { var counts: [String: Int] }
    for problems in [
      Chat(model: "m").tools(.function("f", taking: Counts.self)).problems,
      Responses(model: "m").tools(.function("f", taking: Counts.self)).problems,
    ] {
      #expect(problems.first?.message.contains("“counts”") == true)
    }
    #expect(Chat(model: "m").tools(.function("f", taking: Counts.self)).tools([]).problems.isEmpty)
  }

  @Test func `completions, moderations, images and videos`() throws {
    let complete = Complete(model: "base").stop(".").maxTokens(5).temperature(0).echo().suffix("end").seed(1)
      .choices(2).logprobs(top: 3).frequencyPenalty(1).presencePenalty(2)
    #expect(
      try complete.body(for: "Once").description == """
        {"model":"base","prompt":"Once","suffix":"end","max_tokens":5,"temperature":0,"n":2,"stop":["."],"seed":1,\
        "frequency_penalty":1,"presence_penalty":2,"logprobs":3,"echo":true}
        """)
    #expect(try Moderate().body(for: "x").description == #"{"model":"omni-moderation-latest","input":"x"}"#)
    #expect(
      try Moderate(model: "o").body(for: [Message(.user, [.text("x"), .image(url: "https://y")])]).description
        == #"{"model":"o","input":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"https://y"}}]}"#
    )
    let images = Images(model: "i").size("1024x1024").quality("low").background("transparent")
      .outputFormat("webp").count(2).safetyIdentifier("s")
    #expect(
      try images.body(for: "A cat").description == """
        {"model":"i","prompt":"A cat","n":2,"size":"1024x1024","quality":"low","background":"transparent",\
        "output_format":"webp","safety_identifier":"s"}
        """)
    let edit: Prompt = [
      Message(.user, [.text("Add a hat"), .image(url: "https://x"), .image(fileID: "file-1")])
    ]
    #expect(
      try Images.edits(model: "i").body(for: edit).description == """
        {"model":"i","prompt":"Add a hat","images":[{"image_url":"https://x"},{"file_id":"file-1"}]}
        """)
    let film: Prompt = [Message(.user, [.text("It moves"), .image(fileID: "file-1")])]
    #expect(
      try Videos(model: "v").seconds(8).size("1280x720").body(for: film).description == """
        {"model":"v","prompt":"It moves","input_reference":{"file_id":"file-1"},"seconds":"8","size":"1280x720"}
        """)
    #expect(
      [
        complete.endpoint, Moderate().endpoint, images.endpoint, Images.edits(model: "i").endpoint,
        Videos(model: "v").endpoint,
      ]
        == [.completions, .moderations, .imageGenerations, .imageEdits, .videos])
  }

  @Test func `an input that the endpoint can't take is refused in a sentence`() {
    let two: Prompt = [.user("a"), .user("b")]
    let pair: Prompt = [Message(.user, [.text("a"), .image(url: "x"), .image(url: "y")])]
    let bodies: [(String, () throws -> JSONValue)] = [
      ("takes a single text", { try Complete(model: "m").body(for: two) }),
      ("takes a single text", { try Embed(model: "m").body(for: two) }),
      ("no vector of an empty text", { try Embed(model: "m").body(for: "") }),
      ("one message with one text", { try Images(model: "m").body(for: two) }),
      ("use Images.edits", { try Images(model: "m").body(for: pair) }),
      ("needs an image", { try Images.edits(model: "m").body(for: "x") }),
      ("one image at most", { try Videos(model: "m").body(for: pair) }),
      ("is no image", { try Videos(model: "m").body(for: [Message(.user, [.text("a"), .file(id: "f")])]) }),
    ]
    for (sentence, body) in bodies {
      #expect { try body() } throws: { ($0 as? BatchError)?.message.contains(sentence) == true }
    }
  }

  @Test func `rows of a table become requests of any endpoint`() throws {
    let table = try Table(columns: ["id", "text"], rows: [["1", "a \"b\""]])
    var batch = Batch(Embed(model: "e", dimensions: 2).encoding(.base64))
    batch.add(contentsOf: table, id: "{{id}}", prompt: "{{text}}")
    #expect(
      try rendered(batch) == """
        {"custom_id":"1","method":"POST","url":"/v1/embeddings","body":{"model":"e","input":"a \\"b\\"","dimensions":2,\
        "encoding_format":"base64"}}

        """)
  }
}

@Suite struct `Every endpoint has its own answer` {
  @Test func `several choices`() throws {
    let json = #"{"choices":[{"text":"a","finish_reason":"stop"},{"text":"b"}]}"#
    #expect(try Complete(model: "m").output(of: reply(json)).choices == ["a", "b"])
    let chat = #"{"choices":[{"message":{"content":"a"}},{"message":{"content":"b"}}]}"#
    #expect(try Chat(model: "m").output(of: reply(chat)).choices == ["a", "b"])
  }

  @Test func `a judgement`() throws {
    let json = """
      {"id":"modr-1","model":"omni","results":[{"flagged":true,"categories":{"hate":false,"violence":true,\
      "self-harm/intent":true,"illicit":null},"category_scores":{"hate":0.1,"violence":0.75,"self-harm/intent":0.9},\
      "category_applied_input_types":{"violence":["text","image"]}}]}
      """
    let moderation = try Moderate().output(of: reply(json))
    #expect(
      moderation.isFlagged && moderation.categories["hate"] == false
        && moderation.categories["illicit"] == nil)
    #expect(moderation.flaggedCategories == ["self-harm/intent", "violence"])
    #expect(
      moderation.scores["violence"] == 0.75 && moderation.inputTypes == ["violence": ["text", "image"]])
    #expect(moderation.reply.model == "omni")
    #expect(kind { _ = try Moderate().output(of: reply(#"{"results":[]}"#)) } == .empty)
  }

  @Test func `images`() throws {
    let json =
      #"{"created":1,"data":[{"b64_json":"AQI=","revised_prompt":"A cat."},{"url":"https://x/y"},{}]}"#
    let images = try Images(model: "i").output(of: reply(json)).images
    #expect(images.count == 2 && images[0].data == Data([1, 2]) && images[0].revisedPrompt == "A cat.")
    #expect(images[1].url?.absoluteString == "https://x/y" && images[1].data == nil)
    #expect(kind { _ = try Images(model: "i").output(of: reply(#"{"data":[]}"#)) } == .empty)
  }

  @Test func `videos`() throws {
    let json = """
      {"id":"video_1","object":"video","status":"completed","progress":100,"seconds":"8","size":"1280x720",\
      "expires_at":1700000000,"error":null}
      """
    let video = try Videos(model: "v").output(of: reply(json))
    #expect(
      video.id == "video_1" && video.status == "completed" && video.progress == 100 && video.seconds == 8)
    #expect(video.size == "1280x720" && video.expiresAt == Date(timeIntervalSince1970: 1_700_000_000))
    let failed = #"{"id":"v","status":"failed","error":{"code":"moderation_blocked","message":"No."}}"#
    #expect(kind { _ = try Videos(model: "v").output(of: reply(failed)) } == .refused)
    #expect(kind { _ = try Videos(model: "v").output(of: reply("{}")) } == .empty)
  }

  @Test func `vectors, digit by digit as the standard library reads them`() throws {
    var dice = SplitMix(seed: 5)
    let values = (0..<500).map { index -> Float in
      index % 5 == 0
        ? Float(bitPattern: .random(in: 1..<0x7F00_0000, using: &dice)) : .random(in: -1...1, using: &dice)
    }
    let numbers = values.map { "\($0)" }.joined(separator: ",")
    let json =
      #"{"object":"list","data":[{"object":"embedding","embedding":[\#(numbers)],"index":0}],"model":"e"}"#
    #expect(try Embed(model: "e").output(of: reply(json)).vector == values)
    let bytes = values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    let packed = #"{"data":[{"embedding":"\#(Data(bytes).base64EncodedString())"}]}"#
    #expect(try Embed(model: "e").output(of: reply(packed)).vector == values)
    let spelled = reply(
      #"{"data":[{"embedding":[-0,1E2,0.00000000000000000000000000012,123456789012345678901]}]}"#)
    #expect(try Embed(model: "e").output(of: spelled).vector == [0, 100, 1.2e-28, 1.2345679e20])
  }

  @Test func `from the emulator, whichever endpoint is asked`() async throws {
    func values<Request: BatchRequest>(_ request: Request) async throws -> [Request.Output]
    where Request.Input == Prompt {
      var batch = Batch(request)
      batch.add("a", "A cat in a hat")
      return try await Stage(.echo).client.run(batch).compactMap(\.value)
    }
    #expect(try await values(Chat(model: "m")).first?.text == "A cat in a hat")
    #expect(try await values(Responses(model: "m")).first?.text == "A cat in a hat")
    #expect(try await values(Complete(model: "m")).first?.text == "A cat in a hat")
    #expect(try await values(Embed(model: "m", dimensions: 3)).first?.vector.count == 3)
    #expect(try await values(Embed(model: "m").encoding(.base64)).first?.vector.count == 8)
    #expect(try await values(Moderate()).first?.isFlagged == false)
    #expect(try await values(Images(model: "m")).first?.images.count == 1)
    #expect(try await values(Videos(model: "m").seconds(8)).first?.seconds == 8)
  }
}
