import BatchKit
import BatchKitTesting
import Foundation
import Testing

/// A line of results, as the service writes it.
private func answer(_ id: String, _ text: String) -> String {
  let content = JSONValue.string(text)
  return #"{"custom_id":"\#(id)","response":{"status_code":200,"body":{"model":"m-9","choices":"#
    + #"[{"message":{"content":\#(content)},"finish_reason":"stop"}]}}}"# + "\n"
}

@Suite(.serialized) struct `A join tells how many rows it answered` {
  private let desk: Desk

  init() throws {
    desk = try Desk()
    try desk.write(answer("review-1", "praise") + answer("review-2", "question"), to: "results.jsonl")
    try desk.write(answer("review-2", "question"), to: "half.jsonl")
    try desk.write("", to: "empty.jsonl")
    try desk.write("old", to: "old.csv")
  }

  private func join(_ words: String) async throws -> Outcome {
    try await desk.run(["join"] + words.split(separator: " ").map(String.init))
  }

  @Test func `where not one row met its answer, nothing is written and the way out is told`() async throws {
    let sentence = """
      batchkit: no row has an id such as “review-1”; give the --id or --id-template the requests were made with. \
      Nothing was written.

      """
    #expect(try await join("reviews.csv results.jsonl -o out.csv") == Outcome(code: 1, error: sentence))
    #expect(
      try await join("reviews.csv results.jsonl -o old.csv --force --id product")
        == Outcome(code: 1, error: sentence))
    #expect(!desk.has("out.csv"))
    #expect(try desk.text("old.csv") == "old")
  }

  @Test func `rows without an answer are counted, and end with 1`() async throws {
    #expect(
      try await join("reviews.csv half.jsonl -o out.csv --id-template review-{{id}}")
        == Outcome(
          code: 1,
          output: """
            2 rows = 1 succeeded + 0 failed + 1 missing
            out.csv: 1 of 2 rows answered

            """))
    let json = try await join("reviews.csv half.jsonl -o - --json --id-template review-{{id}}")
    let facts = try JSONValue(parsing: json.error)
    #expect(["rows", "succeeded", "failed", "missing"].map { facts[$0].int } == [2, 1, 0, 1])
  }

  @Test func `lines that are no answers are told beside those that are`() async throws {
    try desk.write(try desk.text("results.jsonl") + "{cut o", to: "cut.jsonl")
    #expect(
      try await join("reviews.csv cut.jsonl empty.jsonl -o out.csv --id-template review-{{id}}")
        == Outcome(
          code: 0,
          output: """
            2 rows = 2 succeeded + 0 failed + 0 missing; besides: 1 unreadable
            out.csv: every row and its answer

            """))
  }

  @Test(arguments: [
    ("reviews.csv reviews.csv", "reviews.csv"), ("reviews.csv results.jsonl reviews.csv", "reviews.csv"),
    ("reviews.csv empty.jsonl", "empty.jsonl"),
  ]) func `a file without one answer is the wrong file`(words: String, name: String) async throws {
    #expect(
      try await join("\(words) -o out.csv")
        == Outcome(
          code: 4,
          error: """
            batchkit: \(name) holds no answer: none of its lines is JSON with a “custom_id”; name a file of results.

            """))
    #expect(!desk.has("out.csv"))
  }

  @Test func `an answer that is no object keeps its text when the others are taken apart`() async throws {
    let mixed = answer("review-1", #"{"label":"praise"}"#) + answer("review-2", #"{"label":"cut o"#)
    try desk.write(mixed, to: "mixed.jsonl")
    let words = "-o - -q --id-template review-{{id}} --flatten --columns content,model"
    #expect(
      try await join("reviews.csv mixed.jsonl \(words)")
        == Outcome(
          code: 0,
          output: """
            id,product,text,content,content.label,model
            1,Lamp,It hums.,"{""label"":""praise""}",praise,m-9
            2,Kettle,"Boils, fast","{""label"":""cut o",,m-9

            """))
    #expect(
      try await join("reviews.csv results.jsonl \(words)").output == """
        id,product,text,content,model
        1,Lamp,It hums.,praise,m-9
        2,Kettle,"Boils, fast",question,m-9

        """)
  }

  @Test func `a run of a sample says how many rows it answered`() async throws {
    #expect(
      try await desk.run(
        "run", "reviews.csv", "prompt.json", "-o", "out.csv", "--offline", "-q", "--sample", "1")
        == Outcome(
          code: 0,
          output: """
            1 submitted = 1 succeeded + 0 failed + 0 missing
            out.csv: 1 of 2 rows answered (offline: the answers are made up)

            """))
  }
}

@Suite(.serialized) struct `What is read is never written over` {
  private let desk: Desk

  init() throws {
    desk = try Desk()
    try desk.write(answer("request-000001", "praise"), to: "results.csv")
    try desk.write(try desk.text("reviews.csv"), to: "requests-0001.csv")
    try FileManager.default.createSymbolicLink(
      atPath: "\(desk.path)/link.csv", withDestinationPath: "reviews.csv")
  }

  @Test(arguments: [
    ("run reviews.csv prompt.json -o reviews.csv --offline", "reviews.csv"),
    ("run reviews.csv prompt.json -o ./prompt.json --offline", "./prompt.json"),
    ("run reviews.csv prompt.json -o link.csv --offline", "link.csv"),
    ("make reviews.csv prompt.json -o ./reviews.csv", "./reviews.csv"),
    ("make requests-0001.csv prompt.json -o requests.csv --max-requests 1", "requests-0001.csv"),
    ("join reviews.csv results.csv -o results.csv", "results.csv"),
    ("join reviews.csv results.csv -o .//reviews.csv", ".//reviews.csv"),
    ("run reviews.csv prompt.json -o out.csv --offline", ""),
  ]) func `not even by force`(words: String, name: String) async throws {
    let before = try desk.names.map { [$0, try desk.text($0)] }
    let outcome = try await desk.run(words.split(separator: " ").map(String.init) + ["--force", "-q"])
    // The last of them shows that a file of its own is fine.
    guard !name.isEmpty else { return #expect(outcome.code == 0 && desk.has("out.csv")) }
    #expect(
      outcome
        == Outcome(
          code: 2,
          error: "batchkit: \(name) is read here, so it can't be written over; choose another name.\n"))
    #expect(try desk.names.filter { !$0.hasPrefix(".") }.map { [$0, try desk.text($0)] } == before)
  }

  @Test func `answers and failures don't go to one file, nor over the list of jobs`() async throws {
    let server = try EmulatorServer(Emulator(.echo.completing(after: 1)))
    _ = try await desk.run("make", "reviews.csv", "prompt.json", "-q")
    _ = try await desk.run("submit", "requests.jsonl", "--name", "mine", "-q", server: server)
    _ = try await desk.run("wait", "mine", "-q", server: server)
    for other in ["all.jsonl", "./all.jsonl", "../\(desk.path.split(separator: "/").last ?? "")/all.jsonl"] {
      #expect(
        try await desk.run("download", "mine", "-o", "all.jsonl", "--errors", other)
          == Outcome(
            code: 2,
            error: """
              batchkit: -o and --errors name the same file; leave --errors out to have failed rows behind the answers.

              """))
      #expect(!desk.has("all.jsonl"))
    }
    let list = try desk.text(".batchkit/registry.json")
    #expect(
      try await desk.run("download", "mine", "-o", ".batchkit/registry.json", "--force").code == 2)
    #expect(try desk.text(".batchkit/registry.json") == list)
    #expect(
      try await desk.run("download", "mine", "-o", "/dev/null", "--errors", "/dev/null").code == 0)
  }
}

@Suite(.serialized) struct `What goes wrong is heard, and warnings come before the money` {
  private let desk: Desk

  init() throws {
    desk = try Desk()
    try desk.write("id,product,text\n7,Lamp,good\n7,Pan,bad\n", to: "double.csv")
    try desk.write("id,product,text\n1,Lamp,good\n2,Pan,\n", to: "gap.csv")
    try desk.write(#"{"model":"m-1","messages":[{"role":"user","content":"{{text}}"}]}"#, to: "text.json")
  }

  @Test(arguments: ["make", "run"]) func `who wants quiet still hears what to mend`(step: String) async throws
  {
    let words = ["double.csv", "prompt.json", "--id", "id", "-o", "out.csv", "-q"]
    let outcome = try await desk.run([step] + words + (step == "run" ? ["--offline"] : []))
    #expect(
      outcome
        == Outcome(
          code: 1,
          error: """
            error: row 2 of double.csv, request 7: The id “7” was given to row 1 of double.csv already; give every \
            request one of its own.
            batchkit: out.csv was not made because of 1 problem; mend what is listed and run it again.

            """))
  }

  @Test func `run shows the warnings that make shows, unless quiet`() async throws {
    let warning = """
      warning: row 2 of gap.csv, request request-000002: Nothing is asked: the prompt is empty; fill it in, or \
      leave the request out.

      """
    let words = ["gap.csv", "text.json", "-o", "out.csv"]
    #expect(try await desk.run(["make"] + words).error == warning)
    try FileManager.default.removeItem(atPath: "\(desk.path)/out.csv")
    let loud = try await desk.run(["run"] + words + ["--offline"])
    #expect(loud.code == 0)
    #expect(loud.error.hasPrefix(warning + "offline: "))
    let quiet = try await desk.run(["run"] + words + ["--offline", "-q", "--force"])
    #expect(quiet.code == 0 && quiet.error.isEmpty)
  }

  @Test(arguments: [
    ("Rate {Text} of [it].", "mustache", "{Text} is read as a column with --placeholders braces"),
    ("Rate [text].", "mustache", "[text] is read as a column with --placeholders brackets"),
    ("Rate {{text}}.", "brackets", "{{text}} is read as a column with --placeholders mustache"),
    ("Rate {txt} as [1].", "mustache", "a column is written {{text}}"),
    ("Rate it.", "braces", "a column is written {text}"),
  ]) func `a template that no row changes`(text: String, style: String, remedy: String) async throws {
    try desk.write(#"{"model":"m-1","messages":[{"role":"user","content":"\#(text)"}]}"#, to: "t.json")
    let outcome = try await desk.run("make", "reviews.csv", "t.json", "--placeholders", style)
    #expect(outcome.code == 0)
    #expect(outcome.output == "requests.jsonl: 2 requests for /v1/chat/completions\n")
    let warnings = outcome.error.split(separator: "\n")
    #expect(
      warnings.first == "warning: Every row asks the same: the template names no column; \(remedy).")
    // What looks like a column is told of each request besides, whatever the style.
    #expect(warnings.count == (text.contains("{{") ? 2 : 1))
    let quiet = try await desk.run(
      "make", "reviews.csv", "t.json", "--placeholders", style, "-q", "-o", "quiet.jsonl")
    #expect(quiet.code == 0 && quiet.error.isEmpty)
  }

  @Test func `submit lists what is wrong with a file, and names the command that tells all`() async throws {
    try desk.write("{oops\n", to: "rest.jsonl")
    let good = #"{"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{"model":"m","input":"x"}}"#
    try desk.write(good + "\n{oops\n", to: "bad.jsonl")
    #expect(
      try await desk.run("submit", "bad.jsonl", "--offline", "-q")
        == Outcome(
          code: 1,
          error: """
            error: line 2 of bad.jsonl: The line is not JSON: something else was expected here, at column 2; mend it.
            batchkit: bad.jsonl was not sent because of 1 problem; mend what is listed, and see batchkit check bad.jsonl.

            """))
  }
}

@Suite(.serialized) struct `A name means what it says` {
  private let desk: Desk

  init() throws {
    desk = try Desk()
    try desk.write("id;text\n1;a,b\n", to: "half.csv")
    try desk.write("id\ttext\n1\ta,b\n", to: "tabs.tsv")
    try desk.write("id,text\n", to: "notes.txt")
    try desk.write(#"{"model":"m-1","messages":[{"role":"user","content":"{{text}}"}]}"#, to: "text.json")
    try FileManager.default.createDirectory(
      atPath: "\(desk.path)/folder.csv", withIntermediateDirectories: false)
  }

  @Test(arguments: [
    ("half.csv", "out.csv", "id;text;content\n1;a,b;a,b\n"),
    ("half.csv", "out.TSV", "id\ttext\tcontent\n1\ta,b\ta,b\n"),
    ("tabs.tsv", "out.csv", "id,text,content\n1,\"a,b\",\"a,b\"\n"),
    ("tabs.tsv", "out.txt", "id\ttext\tcontent\n1\ta,b\ta,b\n"),
  ]) func `commas and tabs go by the name of the output`(input: String, output: String, text: String)
    async throws
  {
    let outcome = try await desk.run(
      "run", input, "text.json", "-o", output, "--columns", "content", "--offline", "-q")
    #expect(outcome.code == 0, "\(outcome)")
    #expect(try desk.text(output) == text)
  }

  @Test(arguments: ["out.xlsx", "out.xls", "out.json", "no.such/out.JSONL"])
  func `what is no CSV is not written under another name`(output: String) async throws {
    let sentence =
      "batchkit: Joined rows are written as CSV, which \(output) is not by its name; name it .csv or .tsv.\n"
    for words in [["run", "half.csv", "text.json", "--offline"], ["join", "half.csv", "results.jsonl"]] {
      #expect(try await desk.run(words + ["-o", output]) == Outcome(code: 2, error: sentence))
    }
    #expect(!desk.has(output))
  }

  @Test(
    arguments: [
      ("make . text.json", 4, ". is a folder; name a file in it."),
      ("make folder.csv text.json", 4, "folder.csv is a folder; name a file in it."),
      ("make nothing text.json", 4, "There is nothing at nothing; check the path."),
      (
        "preview notes.txt text.json", 1,
        "notes.txt is no table by its name; name it .csv, .tsv, .jsonl, .json or .xlsx."
      ),
      (
        "make half.csv text.json --endpoint /v1/chat/completion", 2,
        "--endpoint is one of \(endpoints), not “/v1/chat/completion” (did you mean /v1/chat/completions?)."
      ),
      (
        "start file-1 --endpoint /v1/foo", 2, "--endpoint is one of \(endpoints), not “/v1/foo”."
      ),
      ("jion a b", 2, "There is no subcommand “jion” (did you mean join?); batchkit --help lists them."),
      ("comp", 2, "There is no subcommand “comp” (did you mean completions?); batchkit --help lists them."),
    ] as [(String, Int32, String)])
  func `what was meant is told in one sentence`(words: String, code: Int32, sentence: String) async throws {
    let outcome = try await desk.run(words.split(separator: " ").map(String.init))
    #expect(outcome == Outcome(code: code, error: "batchkit: \(sentence)\n"))
    #expect(!desk.has("requests.jsonl"))
  }

  private static let endpoints = (BatchLimits.openAI.endpoints ?? []).map(\.rawValue).sorted()
    .joined(separator: ", ")

  @Test func `a look-alike may have endpoints of its own`() async throws {
    let outcome = try await desk.run(
      ["make", "half.csv", "text.json", "--endpoint", "/v4/chat"],
      environment: ["OPENAI_BASE_URL": "http://127.0.0.1:1/v4"])
    #expect(outcome == Outcome(code: 0, output: "requests.jsonl: 1 request for /v4/chat\n"))
  }
}

@Suite(.serialized) struct `A job that is over is told as that` {
  private let desk: Desk

  init() async throws {
    desk = try Desk()
    let server = try EmulatorServer(Emulator(.echo.completing(after: 1)))
    defer { server.stop() }
    _ = try await desk.run("make", "reviews.csv", "prompt.json", "-q")
    _ = try await desk.run("submit", "requests.jsonl", "--name", "mine", "-q", server: server)
    _ = try await desk.run("wait", "mine", "-q", server: server)
  }

  @Test func `cancel has nothing to cancel, and asks for no key`() async throws {
    #expect(
      try await desk.run("cancel", "mine")
        == Outcome(code: 0, output: "mine: settled: 2 of 2 done; there was nothing to cancel\n"))
  }

  @Test func `delete does not claim that it stopped it`() async throws {
    #expect(
      try await desk.run("delete", "mine", "--yes", "--json")
        == Outcome(code: 0, output: "{\"deleted\":\"mine\",\"stopped\":false}\n"))
  }

  @Test func `list tells its counts to scripts, and lists it where they can't be read`() async throws {
    let listed = try JSONValue(parsing: try await desk.run("list", "--json").output)[0]
    #expect(["total", "completed", "failed"].map { listed[$0].int } == [2, 2, 0])
    let files = try #require(FileManager.default.subpaths(atPath: desk.path))
    let journal = try #require(files.first { $0.hasSuffix("journal.jsonl") })
    try FileManager.default.removeItem(atPath: "\(desk.path)/\(journal)")
    #expect(try await desk.run("list") == Outcome(code: 0, output: "mine  settled    DATE\n"))
  }

  @Test func `verify does not claim to have read what is not here`() async throws {
    let server = try EmulatorServer(Emulator(.echo.taking(.seconds(36_000))))
    let file = try await desk.run("upload", "requests.jsonl", server: server)
    #expect(file.code == 0)
    let id = try #require(server.emulator.ledger.filesAlive.first)
    #expect(try await desk.run("start", id, "--name", "theirs", "-q", server: server).code == 0)
    #expect(
      try await desk.run("verify", "theirs")
        == Outcome(code: 0, output: "This disk has no file of it, so there was nothing to check.\n"))
  }
}
