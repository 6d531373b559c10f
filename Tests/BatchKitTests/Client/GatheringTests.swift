import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `Several rows go out in one request, and each comes back by itself` {
  struct Verdict: Codable, Sendable, Equatable { var label: String }

  let store = MemoryStore()
  let clock = VirtualClock.immediate
  let scratch: Scratch
  let table: Table

  init() throws {
    scratch = try Scratch()
    let rows = (1...7).map { "\($0),\"text \"\"\($0)\"\", \\n[{\"\"row\"\"\"" }
    try DiskStore.shared.write("id,text\n\(rows.joined(separator: "\n"))\n", to: scratch("t.csv"))
    table = try Table(path: scratch("t.csv"))
  }

  private func stage(_ script: EmulatorScript, limits: BatchLimits = .openAI) -> Stage {
    Stage(
      Emulator(script.taking(.seconds(60)), clock: clock),
      registry: BatchRegistry(store: store, path: "/r.json", clock: clock), limits: limits)
  }

  private var chat: Chat<Verdict> {
    Chat(model: "gpt-5.4-mini").system("Classify.").returning(Verdict.self)
  }

  private func batch(_ rows: Int = 3) -> Batch<Chat<Verdict>> {
    var batch = Batch(chat)
    batch.add(contentsOf: table, id: "r-{{id}}", rowsPerRequest: rows, prompt: "{{text}}")
    return batch
  }

  /// The keys that a request asks about.
  private static func keys(_ request: ScriptedRequest) -> [String] {
    let asked = request.prompt.drop { $0 != "[" }
    return (try? JSONValue(parsing: String(asked)))?.array?.compactMap { $0["row"].string } ?? []
  }

  /// A model that answers the rows of each request as `answer` says, its text being the list.
  private static func model(
    _ answer: @escaping @Sendable ([String]) -> [(String, String)] = { $0.map { ($0, "label of \($0)") } }
  ) -> EmulatorScript {
    .echo.answering { request in
      let rows = answer(keys(request)).map { key, label -> JSONValue in
        ["row": .string(key), "value": ["label": .string(label)]]
      }
      let list: JSONValue = ["rows": .array(rows)]
      return .text("\(list)")
    }
  }

  private static let all = (1...7).map { "label of r-\($0)" }

  @Test func `a request holds the rows as a list, and its schema is that of a list`() throws {
    try batch().write(to: scratch("r.jsonl"))
    let lines = try DiskStore.shared.text(scratch("r.jsonl")).split(separator: "\n")
    let requests = try lines.map { try JSONValue(parsing: String($0)) }
    #expect(requests.map { $0["custom_id"].string } == ["r-1", "r-4", "r-7"])
    let body = requests[0]["body"]
    #expect(body["messages"][0]["content"] == "Classify.")
    let prompt = body["messages"][1]["content"].string ?? ""
    #expect(prompt.hasPrefix("Give each of these rows an answer of its own, under its key.\n["))
    let rows = try JSONValue(parsing: String(prompt.drop { $0 != "[" }))
    #expect(rows.array?.count == 3)
    #expect(rows[1] == ["row": "r-2", "text": #"text "2", \n[{"row""#])
    let schema = body["response_format"]["json_schema"]["schema"]
    #expect(
      schema["properties"]["rows"]["items"]["properties"]["value"]["properties"]["label"]["type"] == "string")
    #expect(JSONSchema(schema).problems.isEmpty)
    #expect(batch().problems().isEmpty)
  }

  @Test func `every row has its own value, in the order of the table`() async throws {
    let stage = stage(Self.model())
    let job = try await stage.client.submit(batch(), named: "n")
    let results = try await job.wait()
    #expect(results.map { $0.value?.label ?? "\($0.error as Any)" } == Self.all)
    #expect(stage.emulator.ledger.paidRows == 3)
    #expect(
      results.reconciliation.description
        == "7 submitted = 7 succeeded + 0 failed + 0 missing; besides: 4 share the request of another")
    #expect(results.count { $0.usage != nil } == 3)
    #expect(try job.verify().isIntact)
    // Another process reads the same.
    let again = try await self.stage(Self.model()).client.job(named: "n", as: chat)
    #expect(try again.results().compactMap(\.value?.label) == Self.all)
    let sums = try results.joined(to: table, by: "r-{{id}}").write(to: scratch("out.csv"))
    #expect(sums.succeeded == 7)
  }

  @Test func `a row left out is its own failure, and goes alone the next time`() async throws {
    let stage = stage(Self.model { $0.filter { $0 != "r-2" }.map { ($0, "label of \($0)") } })
    let job = try await stage.client.submit(batch(), named: "n")
    let results = try await job.wait()
    #expect(results.failed.map { "\($0.id) \($0.error.kind)" } == ["r-2 row_left_out"])
    #expect(results.reconciliation.submitted == 7 && results.reconciliation.failed == 1)
    let healed = self.stage(Self.model())
    let again = try await healed.client.job(named: "n", as: chat)
    #expect(try await again.retry() == 1)
    let merged = try await again.wait()
    #expect(merged.map { $0.value?.label ?? "" } == Self.all)
    #expect(merged.reconciliation.isComplete && merged.reconciliation.superseded == 1)
    #expect(healed.emulator.ledger.batches.map(\.executed) == [["r-2"]])
  }

  @Test func `strangers and doubles in the list are named, and take nobody's place`() async throws {
    // The first request answers a row of the last, wrongly, one of its own twice, and one that nobody has.
    let stage = stage(
      Self.model { keys in
        let own = keys.map { ($0, "label of \($0)") }
        guard keys.contains("r-1") else { return own }
        return own + [("r-7", "stolen"), ("r-1", "second thought"), ("x", "made up")]
      })
    let results = try await stage.client.run(batch())
    #expect(results.map { $0.value?.label ?? "" } == Self.all)
    #expect(results.duplicates == ["r-1"])
    #expect(results.strangers.map(\.rawValue).allSatisfy { $0.contains("not asked, but answered with r-1") })
    #expect(results.strangers.count == 2 && !results.reconciliation.isComplete)
  }

  @Test(arguments: [
    (#"{"label":"one for all"}"#, "undecodable"), (#"{"rows":"none"}"#, "undecodable"),
    ("no JSON at all", "undecodable"), (#"{"rows":[]}"#, "row_left_out"),
    (#"{"rows":[{"row":"r-1"},{"value":{}},7,null]}"#, "undecodable row_left_out"), ("", "empty"),
  ])
  func `an answer that is no list of rows is the failure of each`(text: String, kinds: String) async throws {
    let results = try await stage(.echo.answering { _ in .text(text) }).client.run(batch(7))
    #expect(results.succeeded.count == 0 && results.count == 7)
    #expect(
      Set(results.failed.map { $0.error.kind.rawValue }) == Set(kinds.split(separator: " ").map(String.init)))
  }

  @Test func `what goes wrong with a request goes wrong with each of its rows`() async throws {
    let stage = stage(
      Self.model().failing("r-1", with: .serverError).refusing("r-4").dropping("r-7"))
    let job = try await stage.client.submit(batch(), named: "n")
    let results = try await job.wait()
    #expect(
      results.failed.map { "\($0.error.kind)" } == Array(repeating: "refused", count: 3)
        + Array(repeating: "refusal", count: 3))
    #expect(results.missing == ["r-7"])
    let healed = self.stage(Self.model())
    #expect(try await healed.client.job(named: "n", as: chat).retry() == 4)
    let merged = try await healed.client.job(named: "n", as: chat).wait()
    #expect(merged.compactMap(\.value?.label) == ["r-1", "r-2", "r-3", "r-7"].map { "label of \($0)" })
  }

  @Test func `files alone are taken apart too`() async throws {
    try batch().write(to: scratch("requests.jsonl"))
    let stage = stage(Self.model { $0.filter { $0 != "r-5" }.map { ($0, "label of \($0)") } })
    let job = try await stage.client.submit(try Batch(path: scratch("requests.jsonl")))
    _ = try await job.wait()
    try job.download(to: "/out.jsonl")
    try DiskStore.shared.write(try store.text("/out.jsonl"), to: scratch("out.jsonl"))
    let results = try BatchResults(
      contentsOf: scratch("out.jsonl"), requests: scratch("requests.jsonl"), as: Verdict.self)
    #expect(results.succeeded.map(\.value.label) == Self.all.filter { !$0.hasSuffix("5") })
    #expect(results.failed.map(\.id) == ["r-5"] && results.reconciliation.submitted == 7)
    #expect(try results.writeFailedRequests(to: scratch("again.jsonl")) == 1)
    let again = try JSONValue(parsing: try DiskStore.shared.text(scratch("again.jsonl")))
    #expect(
      again["custom_id"] == "r-5" && again["body"]["messages"][1]["content"].string?.contains("r-5") == true)
  }

  @Test func `single requests and rows together live in one batch`() async throws {
    var mixed = batch(2)
    mixed.add("alone", "By itself.")
    let stage = stage(
      .echo.answering { request in
        let rows = Self.keys(request).map { key -> JSONValue in
          ["row": .string(key), "value": ["label": "listed"]]
        }
        let list: JSONValue = ["rows": .array(rows)]
        return .text(rows.isEmpty ? #"{"label":"single"}"# : "\(list)")
      }, limits: BatchLimits(requests: 2, bytes: 1_000_000))
    let results = try await stage.client.run(mixed)
    #expect(results.map { $0.value?.label ?? "" } == Array(repeating: "listed", count: 7) + ["single"])
    #expect(stage.emulator.ledger.paidRows == 5 && stage.emulator.ledger.batches.count == 3)
  }

  struct Choice: Codable, Sendable {
    enum Label: String, Codable, CaseIterable, Sendable { case praise, complaint }
    var label: Label
    var quote: String
  }

  @Test func `the emulator answers each row of a request by itself, without a script for it`() async throws {
    var batch = Batch(Chat(model: "gpt-5.4-mini").returning(Choice.self))
    batch.add(contentsOf: table, id: "r-{{id}}", rowsPerRequest: 3, prompt: "about {{id}}")
    let results = try await stage(.echo).client.run(batch)
    #expect(results.map { $0.value?.quote ?? "" } == (1...7).map { "about \($0)" })
    #expect(results.reconciliation.isComplete)
  }

  @Test func `rows of a request that was refused along with another go again without that other`()
    async throws
  {
    let script = EmulatorScript.echo.answering { request in
      let rows = Self.keys(request).map { key -> JSONValue in
        ["row": .string(key), "value": ["label": "good"]]
      }
      let list: JSONValue = ["rows": .array(rows)]
      return .text("\(list)")
    }
    var mixed = batch(4)
    mixed.add("alone", "By itself.") { $0.model("no-such-model") }
    let stage = stage(
      script.offering("gpt-5.4-mini"), limits: BatchLimits(requests: 50, bytes: 1_000_000, mixesModels: true))
    let results = try await stage.client.submit(mixed, named: "n").wait(leavingOut: .rejectedRows)
    #expect(results.failed.map(\.id) == ["alone"] && results.succeeded.count == 7)
    #expect(results.reconciliation.isComplete)
    #expect(stage.emulator.ledger.batches.map(\.paid.count) == [0, 7])
  }

  @Test func `without a type, or without ids, it is refused before anything is sent`() throws {
    var untyped = Batch(Chat(model: "m"))
    untyped.add(contentsOf: table, id: "{{id}}", rowsPerRequest: 3, prompt: "{{text}}")
    #expect(untyped.problems().first?.message.contains("returning") == true)
    var nameless = Batch(chat)
    nameless.add(contentsOf: table, rowsPerRequest: 3, prompt: "{{text}}")
    #expect(nameless.problems().first?.message.contains("id template") == true)
  }

  struct Tree: Codable, Sendable { var name: String; var children: [Tree] }

  @Test func `a type that refers to itself still does so within the list`() throws {
    var batch = Batch(Chat(model: "m").returning(Tree.self))
    batch.add(contentsOf: table, id: "{{id}}", rowsPerRequest: 3, prompt: "{{text}}")
    try batch.write(to: scratch("r.jsonl"))
    let line = try DiskStore.shared.text(scratch("r.jsonl")).split(separator: "\n")[0]
    let schema = try JSONValue(parsing: String(line))["body"]["response_format"]["json_schema"]["schema"]
    #expect(schema["properties"]["rows"]["items"]["properties"]["value"]["$ref"] == "#/$defs/row_value")
    #expect(JSONSchema(schema).problems.filter { $0.severity == .error }.isEmpty)
    #expect(!"\(schema)".contains("\"$ref\":\"#\""))
  }
}
