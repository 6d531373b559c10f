import BatchKit
import Foundation
import Testing

/// The lines of a batch as one text.
func rendered<Request>(_ batch: Batch<Request>) throws -> String {
  var text = ""
  try batch.render { text += String(decoding: $0.bytes, as: UTF8.self) }
  return text
}

/// Values of a user's own.
private struct Person: Sendable {
  let id: Int
  let name: String
}

/// Rows that come once only.
private struct OnceOnly: Sequence, IteratorProtocol {
  var left = 3
  mutating func next() -> Person? {
    left -= 1
    return left < 0 ? nil : Person(id: left, name: "n\(left)")
  }
}

@Suite struct `A batch is written as it was added` {
  @Test func `request by request`() throws {
    var batch = Batch(Chat(model: "gpt-5.4-mini").system("Answer in one word."))
    batch.add("paris", "What is the capital of France?")
    batch.add("rome", "What is the capital of \("Italy")?")
    batch.add("poem", "Rhyme with orange.") { $0.maxTokens(20).parameter("verbosity", "low") }
    batch.add("What is the capital of Peru?")
    #expect(
      try rendered(batch) == """
        {"custom_id":"paris","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-5.4-mini","messages":\
        [{"role":"system","content":"Answer in one word."},{"role":"user","content":"What is the capital of France?"}]}}
        {"custom_id":"rome","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-5.4-mini","messages":\
        [{"role":"system","content":"Answer in one word."},{"role":"user","content":"What is the capital of Italy?"}]}}
        {"custom_id":"poem","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-5.4-mini","messages":\
        [{"role":"system","content":"Answer in one word."},{"role":"user","content":"Rhyme with orange."}],\
        "max_completion_tokens":20,"verbosity":"low"}}
        {"custom_id":"request-0004","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-5.4-mini",\
        "messages":[{"role":"system","content":"Answer in one word."},{"role":"user","content":\
        "What is the capital of Peru?"}]}}

        """)
    #expect(batch.problems().isEmpty)
    #expect(try batch.count == 4)
    #expect(try rendered(batch) == rendered(batch))
  }

  @Test func `what adds returns a copy, and what is a plain string needs no ceremony`() throws {
    let name = ["gpt"].joined()
    let empty = Batch(Chat(model: name))
    let (key, text, uuid) = (["k"].joined(), ["t"].joined(), UUID())
    let batch = empty.adding("a", "x").adding(key, text).adding("b", "y") { $0.seed(1) }.adding("z")
    #expect(empty.isEmpty && !batch.isEmpty)
    var more = batch
    more.add(uuid, text)
    more.add(7, text) { $0.seed(2) }
    more.add(text)
    var ids: [String] = []
    try more.render { ids.append($0.id.rawValue) }
    #expect(ids == ["a", "k", "b", "request-0004", uuid.uuidString, "7", "request-0007"])
    #expect(try batch.count == 4)
  }

  @Test func `values of one's own`() throws {
    let people = [Person(id: 1, name: "Ada"), Person(id: 2, name: "Grace")]
    var letters = Batch(Chat(model: "m"))
    letters.add(contentsOf: people, id: \.id) { "Write a birthday note to \($0.name)." }
    letters.add(contentsOf: people, id: \.name) { $0.name }
    letters.add(contentsOf: OnceOnly(), id: \.name) { Prompt("Hello \($0.name)") }
    letters.add(contentsOf: ["one", "two"])
    var seen: [String] = []
    try letters.render { line in
      let value = try JSONValue(parsing: line.bytes)
      seen.append("\(line.id) \(value["body"]["messages"][0]["content"].string ?? "")")
    }
    #expect(
      seen == [
        "1 Write a birthday note to Ada.", "2 Write a birthday note to Grace.", "Ada Ada", "Grace Grace",
        "n2 Hello n2", "n1 Hello n1", "n0 Hello n0", "request-0008 one", "request-0009 two",
      ])
    #expect(letters.problems().isEmpty)
    #expect(try letters.count == 9)
  }

  @Test func `other endpoints`() throws {
    var vectors = Batch(Embed(model: "e"))
    vectors.add("a", "text")
    var raw = Batch(RawRequest(.moderations))
    raw.add("b", ["input": "x"])
    #expect(
      try rendered(vectors) + rendered(raw) == """
        {"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{"model":"e","input":"text"}}
        {"custom_id":"b","method":"POST","url":"/v1/moderations","body":{"input":"x"}}

        """)
  }

  @Test(arguments: [
    "\"", "\\", "\n\r\t", "\0\u{1F}", "\u{2028}\u{2029}", "😀é", "{{x}}", "\u{FEFF}", "</script>", "",
  ])
  func `whatever a prompt or an id holds, each line is one line of sound JSON`(_ hostile: String) throws {
    var batch = Batch(Chat(model: "m").system(hostile))
    batch.add(CustomID("id \(hostile)"), Prompt(hostile))
    var lines = 0
    try batch.render { line in
      lines += 1
      #expect(line.bytes.firstIndex(of: 0x0A) == line.bytes.count - 1)
      let value = try JSONValue(parsing: line.bytes)
      #expect(value["custom_id"].string == "id \(hostile)")
      #expect(value["body"]["messages"][1]["content"].string == hostile)
    }
    #expect(lines == 1)
  }

  @Test func `adding a hundred thousand requests takes no square of that`() throws {
    var batch = Batch(Embed(model: "e"))
    let time = ContinuousClock().measure { for number in 0..<100_000 { batch.add("\(number)", "x") } }
    #expect(try batch.count == 100_000)
    #expect(time < .seconds(20))
  }
}

@Suite struct `Everything wrong with a batch is told at once` {
  @Test func `doubled ids, with both places`() throws {
    let table = try Table(
      columns: ["id", "text"], rows: [["a", "1"], ["b", "2"], ["a", "3"], ["a", "4"], ["x", "5"]])
    var batch = Batch(Chat(model: "m"))
    batch.add("x", "y")
    batch.add(contentsOf: table, id: "{{id}}", prompt: "{{text}}")
    #expect(
      batch.problems().map(\.description) == [
        "error: row 3 of the table, request a: The id “a” was given to row 1 of the table already; give every request one "
          + "of its own.",
        "error: row 4 of the table, request a: The id “a” was given to row 1 of the table already; give every request one "
          + "of its own.",
        "error: row 5 of the table, request x: The id “x” was given to request number 1 already; give every request one "
          + "of its own.",
      ])
  }

  @Test func `two spellings of one letter make one id`() {
    var batch = Batch(Embed(model: "e"))
    batch.add("caf\u{E9}", "1")
    batch.add("cafe\u{301}", "2")
    #expect(batch.problems().map(\.code) == ["duplicate_custom_id"])
  }

  @Test func `an empty batch, an empty id, an infinite number, a streaming body, a body that is none`() {
    #expect(Batch(Chat(model: "m")).problems().map(\.code) == ["empty_file"])
    var batch = Batch(RawRequest("/v1/x"))
    batch.add("", ["a": 1])
    batch.add("inf", ["a": [.number(JSONNumber(Double.infinity))]])
    batch.add("nan", ["a": .number(JSONNumber(Double.nan))])
    batch.add("stream", ["stream": true])
    batch.add("list", [1])
    #expect(
      batch.problems().map(\.code)
        == [
          "invalid_custom_id", "invalid_number", "invalid_number", "streaming_unsupported", "invalid_request",
        ])
  }

  @Test func `settings, also those of one request`() {
    var batch = Batch(Chat(model: "m").parameter("stream", true))
    batch.add("a", "x")
    batch.add("b", "x") { $0.parameter("stream", false).metadata([String(repeating: "k", count: 65): "v"]) }
    let problems = batch.problems()
    #expect(problems.map(\.code) == ["streaming_unsupported", "invalid_metadata", "streaming_unsupported"])
    #expect(problems.map(\.id) == [nil, "b", "a"])
  }

  @Test func `every unknown column, and no row is gone through for it`() throws {
    let table = try Table(columns: ["id", "text"], rows: [["1", "x"]])
    var batch = Batch(Chat(model: "m"))
    batch.add(contentsOf: table, id: "{{idd}}", prompt: "{{txt}}")
    batch.add(contentsOf: table, id: "ok-{{id}}", messages: [.system("{{nope}}"), .user("{{text}}")])
    #expect(batch.problems().map(\.code) == ["invalid_template", "invalid_template", "invalid_template"])
    #expect(batch.problems()[1].message.contains("did you mean “text”?"))
    #expect { try rendered(batch) } throws: { "\($0)".contains("no column “idd”") }
  }

  @Test func `rows that are damaged, without losing sight of the others`() throws {
    let table = try Table(columns: ["a", "b"], rows: [["1", "x"], ["2"], ["3", "y", "z"], ["4", "w"]])
    var batch = Batch(Chat(model: "m"))
    batch.add(contentsOf: table, id: "{{a}}", prompt: "{{b}}")
    #expect(batch.problems().map(\.code) == ["invalid_table", "invalid_table"])
    #expect(
      batch.problems()[1].message.hasPrefix("Row 3 (line 3) of the table has 3 cells where the header has 2"))
    #expect(try batch.count == 4)
  }

  @Test func `a closure that fails is the problem of its element`() {
    struct Unusable: Error, CustomStringConvertible { var description: String { "No such person." } }
    var batch = Batch(Chat(model: "m"))
    batch.add(contentsOf: [1, 2, 3], id: \.self) { number -> Prompt in
      if number == 2 { throw Unusable() }
      return "Number \(number)"
    }
    #expect(batch.problems().map(\.description) == ["error: element 2, request 2: No such person."])
  }

  @Test func `very many problems are counted, and the first are listed`() throws {
    let table = try Table(columns: ["a", "b"], rows: Array(repeating: ["x"], count: 1500))
    var batch = Batch(Chat(model: "m"))
    batch.add(contentsOf: table, id: "{{a}}", prompt: "{{b}}")
    let problems = batch.problems()
    #expect(problems.count == 1001)
    #expect(problems.last?.message == "There are 1500 errors and 0 warnings in all; 1000 are listed.")
  }
}

@Suite struct `A request file appears when it is complete` {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test func `what is written is what is rendered`() throws {
    var batch = Batch(Embed(model: "e"))
    for number in 0..<5000 { batch.add("\(number)", String(repeating: "x", count: 100)) }
    try batch.write(to: scratch("out.jsonl"))
    #expect(try DiskStore.shared.text(scratch("out.jsonl")) == rendered(batch))
    #expect(try DiskStore.shared.names(in: scratch.path) == ["out.jsonl"])
    try batch.write(to: scratch("out.jsonl"))
    #expect(try DiskStore.shared.status(of: scratch("out.jsonl"))?.permissions != 0o600)
  }

  @Test func `a batch with errors leaves what was there, and says what is wrong`() throws {
    try DiskStore.shared.write("before", to: scratch("out.jsonl"))
    var batch = Batch(Embed(model: "e"))
    for _ in 0..<6 { batch.add("same", "x") }
    #expect {
      try batch.write(to: scratch("out.jsonl"))
    } throws: {
      "\($0)".hasPrefix(
        "The batch can't be sent. request number 2, request same: The id “same” was given to request number 1 already;"
      )
        && "\($0)".hasSuffix("And 2 more; problems() lists them.")
    }
    #expect(try DiskStore.shared.text(scratch("out.jsonl")) == "before")
    #expect(try DiskStore.shared.names(in: scratch.path) == ["out.jsonl"])
  }

  @Test func `a folder that is not there is told`() {
    var batch = Batch(Embed(model: "e"))
    batch.add("a", "x")
    #expect { try batch.write(to: scratch("none/out.jsonl")) } throws: {
      ($0 as? BatchError)?.code == .unwritableFile
    }
  }
}
