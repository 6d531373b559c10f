import BatchKit
import BatchKitTesting
import Testing

@Suite struct `A batch is checked by the rules of files` {
  @Test func `a cell that is empty, and one with a column in it, are doubts with their rows`() throws {
    let table = try Table(
      columns: ["id", "text"], rows: [["1", "x"], ["2", ""], ["3", "{{oops}}"], ["4", " "]])
    var batch = Batch(Chat(model: "gpt-4o"))
    batch.add(contentsOf: table, id: "{{id}}", prompt: "{{text}}")
    #expect(
      batch.problems().map(\.description) == [
        "warning: row 2 of the table, request 2: Nothing is asked: the prompt is empty; fill it in, or leave the request "
          + "out. The same goes for 1 more request.",
        "warning: row 3 of the table, request 3: “{{oops}}” stands in its text, as if a column had not been filled in; "
          + "see whether it is meant.",
      ])
  }

  @Test func `a template without a model, and one whose schema is wrong`() throws {
    var batch = Batch(
      try RequestTemplate(
        parsing: #"""
          {"messages": [{"role": "user", "content": "{{t}}"}], "response_format": {"type": "json_schema", "json_schema":
            {"name": "s", "strict": true, "schema": {"type": "array", "items": {"type": "string"}}}}}
          """#))
    batch.add(contentsOf: try Table(columns: ["t"], rows: [["x"], ["y"]]))
    let problems = batch.problems()
    #expect(problems.map(\.code) == ["invalid_request", "invalid_schema", "invalid_request"])
    #expect(problems.map(\.place) == ["row 1 of the table", "row 1 of the table", "row 2 of the table"])
  }

  @Test func `a model's parameters are doubted by the table that is given`() throws {
    var batch = Batch(Chat(model: "gpt-5-mini").temperature(0))
    batch.add("a", "x")
    #expect(batch.problems().map(\.code) == ["unsupported_parameter"])
    #expect(batch.problems(models: .none).isEmpty)
  }

  @Test func `what was said of the settings is not said again of each request`() {
    var batch = Batch(
      Chat(model: "m").parameter(
        "response_format",
        ["type": "json_schema", "json_schema": ["name": "s", "strict": true, "schema": ["type": "string"]]]))
    batch.add("a", "x")
    batch.add("b", "y")
    #expect(batch.problems().map(\.code) == ["invalid_schema"])
  }

  @Test func `lines of a file that ask other models are divided, which is told once`() throws {
    let store = MemoryStore()
    let lines = ["m", "n", "n"].enumerated().map { number, model in
      "{\"custom_id\":\"\(number)\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":{\"model\":\"\(model)\",\"input\":\"x\"}}"
    }
    try store.write(lines.joined(separator: "\n"), to: "/r.jsonl")
    let batch = try Batch(path: "/r.jsonl", store: store)
    #expect(
      batch.problems().map(\.description) == [
        "warning: line 2 of /r.jsonl, request 1: Its model is not m as in the first line; it is sent in a part of its "
          + "own. The same goes for 1 more request."
      ])
  }
}

@Suite struct `Settings come from the columns of a table` {
  private let table = """
    id,question,model,temperature,effort
    1,Why?,gpt-4o,0.5,
    2,How?,,,low
    3,Who?,gpt-4o-mini,,high

    """

  private func trials() throws -> Table {
    let store = MemoryStore()
    try store.write(table, to: "/trials.csv")
    return try Table(path: "/trials.csv", store: store)
  }

  @Test func `a row sets what it fills in, and leaves the rest as it is`() throws {
    var batch = Batch(Chat(model: "gpt-4.1").temperature(1))
    batch.add(
      contentsOf: try trials(), id: "t-{{id}}", prompt: "{{question}}",
      overriding: [
        "temperature": "{{temperature | number}}", "model": "{{model}}", "reasoning_effort": "{{effort}}",
      ])
    func line(_ id: String, _ model: String, _ question: String, _ rest: String) -> String {
      """
      {"custom_id":"\(id)","method":"POST","url":"/v1/chat/completions","body":{"model":"\(model)","messages":[{"role":\
      "user","content":"\(question)"}],\(rest)}}

      """
    }
    #expect(
      try rendered(batch)
        == line("t-1", "gpt-4o", "Why?", #""temperature":0.5"#)
        + line("t-2", "gpt-4.1", "How?", #""temperature":1,"reasoning_effort":"low""#)
        + line("t-3", "gpt-4o-mini", "Who?", #""temperature":1,"reasoning_effort":"high""#))
  }

  @Test func `a column that is not there, and a cell of the wrong kind, are told`() throws {
    var batch = Batch(Responses(model: "m"))
    batch.add(
      contentsOf: try trials(), id: "{{id}}", prompt: "{{question}}", overriding: ["model": "{{modell}}"])
    #expect(batch.problems().map(\.code) == ["invalid_template"])
    var other = Batch(Responses(model: "m"))
    other.add(
      contentsOf: try trials(), id: "{{id}}", prompt: "{{question}}",
      overriding: ["top_p": "{{model | number}}"])
    #expect(other.problems().map(\.place) == ["row 1 of /trials.csv", "row 3 of /trials.csv"])
  }
}
