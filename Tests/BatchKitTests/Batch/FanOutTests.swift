import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite struct `Several prompts about a row come back to that row` {
  let scratch: Scratch
  let table: Table

  init() throws {
    scratch = try Scratch()
    try DiskStore.shared.write(
      "id,text,tone\n1,\"good, \"\"really\"\"\",x\n2,bad,y\na/b,odd,z\n", to: scratch("t.csv"))
    table = try Table(path: scratch("t.csv"))
  }

  private func batch(
    _ prompts: KeyValuePairs<String, Template> = ["summary": "Sum up {{text}}", "tone": "Tone of {{text}}?"]
  ) -> Batch<Chat<ChatReply>> {
    var batch = Batch(Chat(model: "m"))
    batch.add(contentsOf: table, id: "{{id}}", prompts: prompts)
    return batch
  }

  @Test func `each prompt of a row is a request under the row's id and its name`() throws {
    try batch().write(to: scratch("r.jsonl"))
    let lines = try DiskStore.shared.text(scratch("r.jsonl")).split(separator: "\n")
    #expect(
      lines.first == #"""
        {"custom_id":"1/summary","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"Sum up good, \"really\""}]}}
        """#)
    let ids = try lines.map { try JSONValue(parsing: String($0))["custom_id"].string ?? "" }
    #expect(ids == ["1/summary", "1/tone", "2/summary", "2/tone", "a/b/summary", "a/b/tone"])
    #expect(try batch().count == 6)
  }

  @Test func `the answers are told by name, and written in columns of that name`() async throws {
    let stage = Stage(.echo.failing("2/tone", with: .serverError).dropping("1/summary"))
    let results = try await stage.client.run(batch())
    let joined = results.joined(to: table, by: "{{id}}", prompts: ["summary", "tone"])
    let rows = Array(joined)
    #expect(rows.map { $0.row["id"] } == ["1", "2", "a/b"])
    #expect(rows[0]["summary"] == nil && rows[0]["tone"]?.text == "Tone of good, \"really\"?")
    #expect(rows[1]["tone"]?.error?.code == "server_error" && rows[1]["nothing"] == nil)
    if case .succeeded(let reply) = rows[2].outcome(of: "summary") {
      #expect(reply.text == "Sum up odd")
    } else {
      Issue.record("not answered")
    }
    let sums = try joined.write(to: scratch("out.csv"))
    #expect(sums.description == "6 rows = 4 succeeded + 1 failed + 1 missing")
    let written = try Table(path: scratch("out.csv"))
    #expect(written.columns == ["id", "text", "tone", "summary", "summary_error", "tone_2", "tone_error"])
    #expect(Array(written).map { $0["text"] } == ["good, \"really\"", "bad", "odd"])
    #expect(Array(written).map { $0["summary"] } == ["", "Sum up bad", "Sum up odd"])
    #expect(Array(written)[1]["tone_error"].isEmpty == false)
  }

  @Test func `columns are chosen, and formulas are guarded`() async throws {
    let stage = Stage(.echo.answering("1/summary", with: "=SUM(A1)"))
    let results = try await stage.client.run(batch())
    try results.joined(to: table, by: "{{id}}", prompts: ["summary"]).write(
      to: scratch("out.csv"), columns: [.finishReason, .content], guardingFormulas: true)
    let rows = try Array(Table(path: scratch("out.csv")))
    #expect(rows[0].columns.suffix(2) == ["summary_finish_reason", "summary"])
    #expect(rows[0]["summary"] == "'=SUM(A1)" && rows[0]["summary_finish_reason"] == "stop")
    let flat = #expect(throws: BatchError.self) {
      try results.joined(to: table, by: "{{id}}", prompts: ["summary"]).write(
        to: scratch("never.csv"), columns: [.flattened("s")])
    }
    #expect(flat?.code == .unsupported)
    #expect(try DiskStore.shared.status(of: scratch("never.csv")) == nil)
  }

  static let wrong: [(KeyValuePairs<String, Template>, String)] = [
    (["a/b": "x"], "a/b"), (["": "x"], "empty name"), (["a": "x", "a": "y"], "given twice"),
    ([:], "at least one"), (["a": "{{txet}}"], "txet"),
  ]

  @Test(arguments: wrong)
  func `names and templates that can't work are told before anything is sent`(
    prompts: KeyValuePairs<String, Template>, word: String
  ) async throws {
    let problems = batch(prompts).problems().filter { $0.severity == .error }
    #expect(problems.contains { $0.message.contains(word) }, "\(problems)")
    let stage = Stage()
    await #expect(throws: BatchError.self) { try await stage.client.submit(batch(prompts)) }
    #expect(stage.emulator.ledger.calls.isEmpty)
  }

  @Test func `a wrong id in the join is every row's failure, and no file`() async throws {
    let results = try await Stage().client.run(batch())
    let joined = results.joined(to: table, by: "{{nothing}}", prompts: ["tone"])
    #expect(joined.allSatisfy { $0["tone"]?.error?.message.contains("nothing") == true })
    #expect(throws: BatchError.self) { try joined.write(to: scratch("never.csv")) }
  }

  @Test func `row numbers do for ids, and shared text is still paid once`() async throws {
    var batch = Batch(Chat(model: "m"))
    batch.add(contentsOf: table, prompts: ["same": "Say A.", "own": "Say {{text}}"])
    let stage = Stage()
    let results = try await stage.client.run(batch.collapsingDuplicates())
    #expect(stage.emulator.ledger.paidRows == 4)
    let joined = results.joined(to: table, prompts: ["own", "same"])
    #expect(joined.map { $0["same"]?.text } == ["Say A.", "Say A.", "Say A."])
    #expect(joined.map { $0["own"]?.text } == ["Say good, \"really\"", "Say bad", "Say odd"])
  }
}
