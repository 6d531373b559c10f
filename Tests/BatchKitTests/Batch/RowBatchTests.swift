import BatchKit
import Foundation
import Testing

private let hostile = [
  "say \"hi\"", "back\\slash", "line\nbreak\r\n", "{{id}}", "\u{1}\u{1F}\u{7F}", "\u{2028}\u{85}", "😀é中",
  "\"}],\"x\":[{",
  "", "\\u0041", "{{{{id}}", "\u{FEFF}",
]

private func hostileTable() throws -> Table {
  try Table(columns: ["id", "text"], rows: hostile.enumerated().map { ["\($0)", $1] })
}

@Suite struct `Rows become requests` {
  @Test func `by a prompt, by messages, and by number`() throws {
    let table = try Table(
      columns: ["id", "product", "text"], rows: [["1", "Lamp", "so \"so\"\n"], ["2", "Chair", "{{id}}"]])
    var batch = Batch(Chat(model: "m"))
    batch.add(contentsOf: table, id: "review-{{id}}", prompt: "{{product}}: {{text}}")
    batch.add(
      contentsOf: table, id: "r-{{ID}}", messages: [.system("You know {{product}}."), .user("{{text}}")])
    batch.add(contentsOf: table, prompt: "{{text}}")
    #expect(
      try rendered(batch) == """
        {"custom_id":"review-1","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":\
        [{"role":"user","content":"Lamp: so \\"so\\"\\n"}]}}
        {"custom_id":"review-2","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":\
        [{"role":"user","content":"Chair: {{id}}"}]}}
        {"custom_id":"r-1","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":\
        [{"role":"system","content":"You know Lamp."},{"role":"user","content":"so \\"so\\"\\n"}]}}
        {"custom_id":"r-2","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":\
        [{"role":"system","content":"You know Chair."},{"role":"user","content":"{{id}}"}]}}
        {"custom_id":"request-000001","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":\
        [{"role":"user","content":"so \\"so\\"\\n"}]}}
        {"custom_id":"request-000002","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":\
        [{"role":"user","content":"{{id}}"}]}}

        """)
    #expect(batch.problems().map(\.code) == ["unfilled_placeholder"])
    var places: [String?] = []
    try batch.render { places.append($0.place) }
    #expect(places[1] == "row 2 of the table")
  }

  @Test func `whatever a cell holds, every line is sound JSON with the cell in it`() throws {
    let template = RequestTemplate(
      .chatCompletions, body: ["model": "m", "messages": [["role": "user", "content": "<{{text}}>"]]])
    var filled = Batch(template)
    filled.add(contentsOf: try hostileTable(), id: "{{id}}-{{text}}")
    var chat = Batch(Chat(model: "m"))
    chat.add(contentsOf: try hostileTable(), id: "{{id}}-{{text}}", prompt: "<{{text}}>")
    #expect(try rendered(filled) == rendered(chat))
    var number = 0
    try filled.render { line in
      #expect(line.bytes.firstIndex(of: 0x0A) == line.bytes.count - 1)
      let value = try JSONValue(parsing: line.bytes)
      #expect(value["body"]["messages"][0]["content"].string == "<\(hostile[number])>")
      #expect(value["custom_id"].string == "\(number)-\(hostile[number])")
      number += 1
    }
    #expect(number == hostile.count)
  }

  @Test func `parts of a message are filled at any depth`() throws {
    let table = try Table(columns: ["url"], rows: [["https://x/\"y\""]])
    var batch = Batch(Chat(model: "m"))
    let image = Message.Part.json(["type": "image_url", "image_url": ["url": "{{url}}"]])
    batch.add(contentsOf: table, id: "a", messages: [Message(.user, [.text("Look at {{url}}"), image])])
    #expect(try rendered(batch).contains(#"{"type":"image_url","image_url":{"url":"https://x/\"y\""}}"#))
  }
}

@Suite struct `A request template is JSON with columns in it` {
  private let table: Table
  init() throws { table = try Table(columns: ["id", "text"], rows: [["1", "a \"b\""]]) }

  @Test func `a body is filled in any text at any depth and nowhere else`() throws {
    let template = try RequestTemplate(
      parsing: """
        { "model": "m", "seed": 12345678901234567890, "{{id}}": [], "x": {}, "none": null, "on": true,
          "messages": [{"role": "user", "content": [{"type": "text", "text": "{{ID}}\\n\\"{{text}}\\" {{{{x}}"}]}] }
        """)
    var batch = Batch(template)
    batch.add(contentsOf: table)
    #expect(
      try rendered(batch) == #"""
        {"custom_id":"request-000001","method":"POST","url":"/v1/chat/completions","body":{"model":"m",\#
        "seed":12345678901234567890,"{{id}}":[],"x":{},"none":null,"on":true,"messages":[{"role":"user","content":\#
        [{"type":"text","text":"1\n\"a \"b\"\" {{x}}"}]}]}}

        """#)
  }

  @Test func `a whole line brings its endpoint and its id`() throws {
    let line =
      #"{"custom_id":"row-{{id}}","method":"POST","url":"/v1/embeddings","body":{"model":"e","input":"{{text}}"}}"#
    var batch = Batch(try RequestTemplate(parsing: line))
    batch.add(contentsOf: table)
    batch.add(contentsOf: table, id: "own-{{id}}")
    #expect(
      try rendered(batch) == """
        {"custom_id":"row-1","method":"POST","url":"/v1/embeddings","body":{"model":"e","input":"a \\"b\\""}}
        {"custom_id":"own-1","method":"POST","url":"/v1/embeddings","body":{"model":"e","input":"a \\"b\\""}}

        """)
  }

  @Test(arguments: [
    (#"{"messages":[]}"#, Endpoint.chatCompletions), (#"{"input":"x"}"#, .responses),
    (#"{"prompt":"x"}"#, .completions),
    (#"{"custom_id":"a","body":{"messages":[]}}"#, .chatCompletions),
    (#"{"url":"/v1/x","body":{}}"#, "/v1/x"),
  ])
  func `the endpoint is told by the line or by the body`(_ json: String, _ endpoint: Endpoint) throws {
    #expect(try RequestTemplate(parsing: json).endpoint == endpoint)
    #expect(try RequestTemplate(parsing: json, endpoint: .embeddings).endpoint == .embeddings)
  }

  @Test(arguments: [
    ("{\"messages\": [}", "The template is not JSON: something else was expected here at line 1, column 15."),
    ("[1]", "is no JSON object"), ("{\"model\":\"m\"}", "does not tell its endpoint"), ("", "is not JSON"),
  ])
  func `what is no template is refused`(_ json: String, _ message: String) {
    #expect { try RequestTemplate(parsing: json) } throws: { "\($0)".contains(message) }
  }

  @Test func `it is saved and loaded without losing a digit or the order of keys`() throws {
    let template = try RequestTemplate(
      parsing: #"{"custom_id":"r-{{id}}","url":"/v1/x","body":{"z":1.10,"a":12345678901234567890}}"#)
    let loaded = try JSONDecoder().decode(RequestTemplate.self, from: JSONEncoder().encode(template))
    #expect(loaded.body.description == template.body.description)
    #expect(loaded.endpoint == template.endpoint && loaded.id == template.id)
  }

  @Test func `it is read from a file, and a fault in it is told with its path`() throws {
    let scratch = try Scratch()
    try DiskStore.shared.write(#"{"model":"m{{id}}","messages":[]}"#, to: scratch("t.json"))
    try DiskStore.shared.write("{", to: scratch("bad.json"))
    let template = try RequestTemplate(path: scratch("t.json"))
    #expect(template.model == nil)
    let row = try #require(table.first { _ in true })
    #expect(try template.body(for: row)["model"] == "m1")
    #expect { try RequestTemplate(path: scratch("bad.json")) } throws: {
      "\($0)".hasPrefix(scratch("bad.json"))
    }
  }

  @Test func `a row that fills in that it streams is told once, with its place`() throws {
    let body: JSONValue = [
      "model": "m", "messages": [["role": "user", "content": "Hi"]], "stream": "{{live | boolean}}",
    ]
    var batch = Batch(RequestTemplate(.chatCompletions, body: body))
    batch.add(
      contentsOf: try Table(columns: ["id", "live"], rows: [["1", "no"], ["2", "yes"]]), id: "{{id}}")
    let problems = batch.problems()
    #expect(problems.map(\.code) == ["streaming_unsupported"])
    #expect(problems.first?.place == "row 2 of the table" && problems.first?.id == "2", "\(problems)")
  }

  @Test func `an unknown column or a streaming body is a problem`() throws {
    var batch = Batch(try RequestTemplate(parsing: #"{"stream":true,"messages":["{{nope}}"]}"#))
    batch.add(contentsOf: table)
    #expect(batch.problems().map(\.code) == ["streaming_unsupported", "invalid_template"])
  }

  @Test func `damaged templates never trap`() throws {
    var dice = SplitMix(seed: 10)
    let sound = Array(#"{"custom_id":"{{id}}","url":"/v1/x","body":{"a":["{{text}}",1,{"b":"{{{{"}]}}"#.utf8)
    for _ in 0..<1000 {
      let json = String(
        decoding: dice.mutate(sound, times: Int.random(in: 1..<5, using: &dice)), as: UTF8.self)
      guard let template = try? RequestTemplate(parsing: json) else { continue }
      var batch = Batch(template)
      batch.add(contentsOf: table)
      if batch.problems().isEmpty {
        try batch.render { line in
          let value = try JSONValue(parsing: line.bytes)
          #expect(value["body"].object != nil)
        }
      }
    }
  }
}

@Suite struct `A table of a million cells flows through` {
  @Test func `a file is never held whole`() throws {
    let scratch = try Scratch()
    let rows = (0..<20_000).map { "\($0),Lamp,\"text \($0), with \"\"quotes\"\"\"\n" }.joined()
    try DiskStore.shared.write("id,product,text\n" + rows, to: scratch("big.csv"))
    var batch = Batch(
      try RequestTemplate(parsing: #"{"messages":[{"role":"user","content":"{{product}}: {{text}}"}]}"#))
    batch.add(contentsOf: try Table(path: scratch("big.csv")), id: "r-{{id}}")
    #expect(try batch.count == 20_000)
    try batch.write(to: scratch("out.jsonl"))
    var reader = LineReader(try DiskStore.shared.open(scratch("out.jsonl")))
    var number = 0
    while try reader.next() {
      if number % 997 == 0 {
        let value = try JSONValue(parsing: reader.line)
        #expect(value["custom_id"].string == "r-\(number)")
        #expect(
          value["body"]["messages"][0]["content"].string == "Lamp: text \(number), with \"quotes\"")
      }
      number += 1
    }
    #expect(number == 20_000)
  }
}
