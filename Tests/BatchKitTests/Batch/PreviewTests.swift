import BatchKit
import BatchKitTesting
import Testing

@Suite struct `A preview shows a row beside what it becomes` {
  private func batch(_ cell: String = "It hums.") throws -> Batch<RequestTemplate> {
    let template = try RequestTemplate(
      parsing:
        #"{"model": "m", "temperature": 0.5, "stop": [], "messages": [{"role": "user", "content": "{{text}}"}]}"#
    )
    var batch = Batch(template)
    batch.add(
      contentsOf: try Table(columns: ["id", "text"], rows: [["1", cell], ["2", "two"], ["3", "three"]]),
      id: "r-{{id}}")
    return batch
  }

  @Test func `the row stands above the indented request`() throws {
    #expect(
      try batch().preview(rows: 1).description == """
        row 1 of the table → r-1
          id    1
          text  It hums.

          {
            "custom_id": "r-1",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {
              "model": "m",
              "temperature": 0.5,
              "stop": [],
              "messages": [
                {
                  "role": "user",
                  "content": "It hums."
                }
              ]
            }
          }

        """)
  }

  @Test(arguments: [(0, 0), (1, 1), (3, 3), (9, 3)]) func `as many rows as asked for, or as there are`(
    rows: Int, count: Int
  ) throws {
    #expect(try batch().preview(rows: rows).samples.count == count)
  }

  @Test func `requests without a table come alone`() throws {
    var batch = Batch(Chat(model: "m"))
    batch.add("a", "Hello")
    let sample = try #require(try batch.preview().samples.first)
    #expect(sample.cells.isEmpty)
    #expect(sample.request["body"]["messages"][0]["content"] == "Hello")
  }

  @Test func `each of several tables keeps its own cells`() throws {
    var batch = try batch()
    batch.add(contentsOf: try Table(columns: ["text", "id"], rows: [["other", "9"]]), id: "s-{{id}}")
    let samples = try batch.preview(rows: 10).samples
    #expect(samples.map(\.id) == ["r-1", "r-2", "r-3", "s-9"])
    #expect(samples[3].cells.map(\.text) == ["other", "9"])
  }

  @Test func `a column that is not there is told instead`() throws {
    var batch = Batch(Chat(model: "m"))
    batch.add(contentsOf: try Table(columns: ["text"], rows: [["x"]]), id: "r", prompt: "{{txt}}")
    #expect(throws: BatchError.self) { try batch.preview() }
  }

  @Test func `colours end where they begin, and none stand in plain text`() throws {
    let preview = try batch().preview(rows: 1)
    let colored = preview.text(colored: true)
    #expect(colored.contains("\u{1B}[36m\"model\"\u{1B}[0m: \u{1B}[32m\"m\"\u{1B}[0m"))
    let plain = colored.replacing(/\u{1B}\[[0-9]+m/, with: "")
    #expect(plain == preview.description)
  }

  @Test(arguments: ["\u{1B}[2J", "\u{07}", "a\u{202E}b", "\u{9B}31m", "\u{2028}"])
  func `no cell gives orders to the terminal`(cell: String) throws {
    let text = try batch(cell).preview(rows: 1).text(colored: false)
    #expect(
      !text.unicodeScalars.contains { cell.unicodeScalars.contains($0) && $0.value > 0x7A || $0.value < 0x0A }
    )
    #expect(!text.unicodeScalars.contains("\u{1B}"))
    let json = text.drop { $0 != "{" }
    #expect(try JSONValue(parsing: String(json))["body"]["messages"][0]["content"].string == cell)
  }
}

@Suite struct `A request file is sent line by line as it is` {
  private func problems(_ text: String) throws -> [String] {
    let store = try stored(text)
    return try Batch(path: "/requests.jsonl", store: store).problems().map(\.description)
  }

  private func stored(_ text: String) throws -> MemoryStore {
    let store = MemoryStore()
    try store.write(text, to: "/requests.jsonl")
    return store
  }

  private static let good =
    #"{"custom_id": "a",  "method":"POST","url":"/v1/embeddings","body":{"model":"m","input":"x"}}"#

  @Test func `bytes stay as they are, blank lines and a lost last end aside`() throws {
    let other = Self.good.replacing("\"a\"", with: "\"b\"")
    let store = try stored("\u{FEFF}\(Self.good)\r\n\n  \n\(other)")
    let batch = try Batch(path: "/requests.jsonl", store: store)
    try batch.write(to: "/copy.jsonl", store: store)
    #expect(try store.text("/copy.jsonl") == "\(Self.good)\n\(other)\n")
    #expect(batch.endpoint == .embeddings)
    #expect(batch.request.model == "m")
    #expect(try batch.count == 2)
  }

  @Test(arguments: [
    ("{\"", "line 2 of /requests.jsonl: The line is not JSON"),
    (good, "was given to line 1 of /requests.jsonl already"),
    (#"{"method":"POST","url":"/v1/embeddings","body":{"model":"m"}}"#, "The line has no “custom_id”"),
    (
      #"{"custom_id":"b","method":"GET","url":"/v1/embeddings","body":{"model":"m"}}"#,
      "Its “method” is not “POST”"
    ),
    (
      #"{"custom_id":"b","method":"POST","url":"/v1/x","body":{"model":"m"}}"#,
      "Its “url” is not /v1/embeddings"
    ),
    (#"{"custom_id":"b","method":"POST","url":"/v1/embeddings","body":[]}"#, "The line has no “body”"),
    (
      #"{"custom_id":"b","method":"POST","url":"/v1/embeddings","body":{"model":"m","stream":true}}"#,
      "request b"
    ),
    ("[1,2]", "The line is no JSON object"),
  ]) func `what the service would refuse is told with its line`(line: String, sentence: String) throws {
    let found = try problems(Self.good + "\n" + line + "\n")
    #expect(
      found.contains { $0.hasPrefix("error: line 2 of /requests.jsonl") && $0.contains(sentence) }, "\(found)"
    )
  }

  @Test func `another model is a warning, for its lines go into a part of their own`() throws {
    let found = try problems(
      Self.good + "\n" + Self.good.replacing("\"a\"", with: "\"b\"").replacing("\"m\"", with: "\"n\""))
    #expect(found.count == 1)
    #expect(found[0].hasPrefix("warning: line 2 of /requests.jsonl, request b: Its model is not m"))
  }

  @Test(arguments: ["", "\n \n", "{}\n", "hello\n"]) func `what is no request file is not taken for one`(
    text: String
  ) throws {
    let store = try stored(text)
    #expect(throws: BatchError.self) { try Batch(path: "/requests.jsonl", store: store) }
  }
}
