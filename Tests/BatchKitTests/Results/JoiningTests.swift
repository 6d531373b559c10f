import BatchKit
import Foundation
import Testing

@Suite struct `Rows meet their answers` {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  func results() throws -> BatchResults<Reply> {
    let path = scratch("output.jsonl")
    try DiskStore.shared.write(
      """
      {"custom_id":"r-3","response":{"status_code":200,"body":{"choices":[{"message":{"content":"three, \\"quoted\\"\\nand more"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":4}}}}
      {"custom_id":"r-1","response":{"status_code":200,"body":{"choices":[{"message":{"content":null},"finish_reason":"tool_calls"}]}}}
      {"custom_id":"r-2","response":{"status_code":400,"body":{"error":{"message":"Too long.","code":"c"}}}}

      """, to: path)
    return try BatchResults(contentsOf: path)
  }

  func table(_ text: String, _ name: String = "in.csv") throws -> Table {
    try DiskStore.shared.write(text, to: scratch(name))
    return try Table(path: scratch(name))
  }

  func enriched(_ joined: JoinedTable<Reply>) throws -> String {
    try joined.write(to: scratch("out.csv"))
    return try DiskStore.shared.text(scratch("out.csv"))
  }

  @Test func `a table keeps its columns and its order, and gains five columns`() throws {
    let table = try table("id,text\n1,one\n2,\"two, 2\"\n3,three\n4,four\n")
    let text = try enriched(try results().joined(to: table, by: "r-{{id}}"))
    #expect(
      text == """
        id,text,content,finish_reason,prompt_tokens,completion_tokens,error
        1,one,,tool_calls,,,
        2,"two, 2",,,,,Too long.
        3,three,"three, ""quoted""
        and more",stop,7,4,
        4,four,,,,,

        """)
  }

  @Test func `the file keeps the table's own line ends`() throws {
    let text = try enriched(try results().joined(to: try table("id\r\n3\r\n"), by: "r-{{ID}}"))
    #expect(text.hasPrefix("id,content,finish_reason,prompt_tokens,completion_tokens,error\r\n3,"))
  }

  @Test func `a column that is taken already gets a number`() throws {
    let text = try enriched(try results().joined(to: try table("id,content,Error\n9,x,y\n"), by: "r-{{id}}"))
    #expect(
      text.hasPrefix(
        "id,content,Error,content_2,finish_reason,prompt_tokens,completion_tokens,error_2\n9,x,y,,,,,\n"))
  }

  @Test func `rows without an id of their own meet by number`() throws {
    let path = scratch("numbered.jsonl")
    try DiskStore.shared.write(
      #"{"custom_id":"request-000002","response":{"status_code":200,"body":{"choices":[{"message":{"content":"two"}}]}}}"#,
      to: path)
    let joined = try BatchResults(contentsOf: path).joined(to: try table("a\nx\ny\n"))
    let texts: [String?] = joined.map { pair in pair.line?.text }
    #expect(texts == [nil, "two"])
  }

  @Test func `a column that is not there fails loudly, on writing and on walking`() throws {
    let table = try table("id\n3\n")
    let joined = try results().joined(to: table, by: "r-{{idd}}")
    let error = #expect(throws: BatchError.self) { try joined.write(to: scratch("out.csv")) }
    #expect(error?.message.contains("did you mean “id”?") == true)
    #expect(try DiskStore.shared.status(of: scratch("out.csv")) == nil)
    for pair in joined {
      guard case .failed(let error) = pair.outcome else {
        Issue.record("the row did not fail")
        continue
      }
      #expect(error.message.contains("idd"))
    }
  }

  @Test func `a broken row stops the export and leaves the older file as it was`() throws {
    try DiskStore.shared.write("older", to: scratch("out.csv"))
    let joined = try results().joined(to: try table("id,text\n1,a\n2\n"), by: "r-{{id}}")
    let error = #expect(throws: BatchError.self) { try joined.write(to: scratch("out.csv")) }
    #expect(error?.message.contains("Row 2 (line 3)") == true)
    #expect(try DiskStore.shared.text(scratch("out.csv")) == "older")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: scratch.path).allSatisfy { !$0.contains(".new") })
  }

  @Test(arguments: [
    ("in.csv", "id;text\n3;a,b\n", "out.csv", ";"), ("in.csv", "id;text\n3;a,b\n", "out.tsv", "\t"),
    ("in.tsv", "id\ttext\n3\ta;b\n", "out.CSV", ","), ("in.tsv", "id\ttext\n3\ta;b\n", "out.tab", "\t"),
    ("in.tsv", "id\ttext\n3\ta;b\n", "a.csv.d", "\t"),
  ]) func `the name decides on tabs, and keeps what it does not forbid`(
    input: String, text: String, output: String, delimiter: String
  ) throws {
    let results = try results()
    let joined = results.joined(to: try table(text, input), by: "r-{{id}}")
    #expect(try joined.write(to: scratch(output), columns: [.finishReason]).succeeded == 1)
    let lines = try DiskStore.shared.text(scratch(output)).split(separator: "\n")
    #expect(lines[0] == "id\(delimiter)text\(delimiter)finish_reason")
    #expect(lines[1].hasSuffix("\(delimiter)stop"))
    let fanned = results.joined(to: try Table(path: scratch(input)), by: "r-{{id}}", prompts: ["tone"])
    try fanned.write(to: scratch(output))
    #expect(
      try DiskStore.shared.text(scratch(output)).hasPrefix("id\(delimiter)text\(delimiter)tone\(delimiter)"))
  }

  @Test(arguments: [
    ("out.xlsx", "."), ("out.json", "."), ("a.csv.XLS", "."),
    ("out.jsonl", ", or write JSON Lines by writeJSONLines(to:)."),
  ]) func `a name that promises another format is refused, and nothing is written`(
    name: String, rest: String
  ) throws {
    try DiskStore.shared.write("older", to: scratch(name))
    let (results, table) = (try results(), try table("id,text\n1,a\n"))
    let error = #expect(throws: BatchError.self) { try results.joined(to: table).write(to: scratch(name)) }
    #expect(
      error?.message
        == "Joined rows are written as CSV, which \(scratch(name)) is not by its name; name it .csv "
        + "or .tsv\(rest)")
    #expect(throws: BatchError.self) {
      try results.joined(to: table, prompts: ["a"]).write(to: scratch(name))
    }
    #expect(try DiskStore.shared.text(scratch(name)) == "older")
  }

  @Test func `a device is written to, and stays a device`() throws {
    let joined = try results().joined(to: try table("id\n3\n"), by: "r-{{id}}")
    try joined.write(to: "/dev/null")
    let error = #expect(throws: BatchError.self) { try joined.write(to: "/dev/full") }
    #expect(error?.message.contains("disk is full") == true)
    for device in ["/dev/null", "/dev/full"] {
      #expect(try DiskStore.shared.status(of: device)?.isDevice == true)
    }
  }

  struct Person: Sendable {
    let id: Int
    let name: String
  }

  @Test func `values of one's own meet by key path and by closure`() throws {
    let people = [Person(id: 3, name: "Ada"), Person(id: 2, name: "Bob"), Person(id: 5, name: "Cid")]
    let results = try results()
    let joined = results.joined(to: people) { "r-\($0.id)" }
    #expect(joined.map(\.row.name) == ["Ada", "Bob", "Cid"])
    guard case .succeeded = joined[0].outcome, case .failed = joined[1].outcome,
      case .missing = joined[2].outcome
    else {
      Issue.record("the outcomes are \(joined.map(\.outcome))")
      return
    }
    #expect(results.joined(to: people, by: \.name).allSatisfy { $0.line == nil })
  }
}
