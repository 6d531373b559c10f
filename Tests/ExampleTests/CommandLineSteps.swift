import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.serialized) struct `Every subcommand says what it did` {
  private let desk: Desk
  private let server: EmulatorServer

  init() throws {
    desk = try Desk()
    server = try EmulatorServer(Emulator(.echo.completing(after: 1)))
  }

  private func prepare(named name: String = "mine") async throws {
    _ = try await desk.run("make", "reviews.csv", "prompt.json", "--id-template", "r-{{id}}")
    let sent = try await desk.run("submit", "requests.jsonl", "--name", name, "-q", server: server)
    #expect(sent.code == 0)
  }

  @Test func `run goes from a table to an enriched table, offline and without a key`() async throws {
    let outcome = try await desk.run(
      "run", "reviews.csv", "prompt.json", "-o", "enriched.csv", "--offline", "--quiet")
    #expect(
      outcome
        == Outcome(
          code: 0,
          output: """
            2 submitted = 2 succeeded + 0 failed + 0 missing
            enriched.csv: every row and its answer (offline: the answers are made up)

            """))
    #expect(
      try desk.text("enriched.csv") == """
        id,product,text,content,finish_reason,prompt_tokens,completion_tokens,error
        1,Lamp,It hums.,Lamp: It hums.,stop,11,4,
        2,Kettle,"Boils, fast","Kettle: Boils, fast",stop,13,5,

        """)
  }

  @Test func `run tells on the way what happens`() async throws {
    let outcome = try await desk.run("run", "reviews.csv", "prompt.json", "-o", "out.csv", server: server)
    #expect(
      outcome.error == """
        prepared 2 requests in 1 part
        uploaded part 1: 315 bytes
        created batch batch_1 for part 1
        collecting: 2 of 2 done
        settled: 2 of 2 done

        """)
  }

  @Test func `run again goes on where it was, and nothing is paid twice`() async throws {
    let words = ["run", "reviews.csv", "prompt.json", "-o", "out.csv", "-q", "--json"]
    let first = try await desk.run(words, server: server)
    try FileManager.default.removeItem(atPath: "\(desk.path)/out.csv")
    let second = try await desk.run(words, server: server)
    #expect(first == second)
    #expect(first.code == 0)
    #expect(desk.has("out.csv"))
    #expect(server.emulator.ledger.batches.count == 1)
    #expect(server.emulator.ledger.paidTwice.isEmpty)
  }

  @Test func `a trial with a sample is not paid again by the run of the whole, nor what says the same`()
    async throws
  {
    let rows = (1...6).map { "\($0),Lamp,\($0 > 3 ? "It hums." : "Text \($0).")\n" }
    try desk.write("id,product,text\n\(rows.joined())", to: "reviews.csv")
    let trial = try await desk.run(
      "run", "reviews.csv", "prompt.json", "-o", "trial.csv", "-q", "--id", "id", "--sample", "2", "--seed",
      "3",
      server: server)
    #expect(trial.code == 0)
    let answered = try Array(Table(path: "\(desk.path)/trial.csv")).filter { $0["content"] != "" }
    #expect(answered.count == 2 && server.emulator.ledger.paidRows == 2)
    let whole = try await desk.run(
      "run", "reviews.csv", "prompt.json", "-o", "out.csv", "--id", "id", "--reuse", "--collapse",
      server: server)
    #expect(whole.code == 0)
    let distinct = Set(answered.map { $0["text"] }).count
    // Four texts in all, of which the trial paid some.
    #expect(server.emulator.ledger.paidRows == 2 + 4 - distinct)
    #expect(whole.output.contains("6 submitted = 6 succeeded + 0 failed + 0 missing; besides:"), "\(whole)")
    #expect(
      try Array(Table(path: "\(desk.path)/out.csv")).allSatisfy { $0["content"] == "Lamp: \($0["text"])" })
    let seedAlone = try await desk.run("preview", "reviews.csv", "prompt.json", "--seed", "3")
    #expect(
      seedAlone
        == Outcome(
          code: 2, output: "", error: "batchkit: --seed says which sample; say how large it is by --sample.\n"
        ), "\(seedAlone)")
  }

  @Test func `run with failed rows says which kind, and ends with 1`() async throws {
    let server = try EmulatorServer(
      Emulator(.echo.completing(after: 1).failing("r-2", with: .contextLengthExceeded)))
    let outcome = try await desk.run(
      "run", "reviews.csv", "prompt.json", "-o", "-", "-q", "--id-template", "r-{{id}}", server: server)
    #expect(outcome.code == 1)
    #expect(outcome.output.hasPrefix("id,product,text,content"))
    #expect(outcome.output.split(separator: "\n").count == 3)
    let loud = try await desk.run(
      "run", "reviews.csv", "prompt.json", "-o", "-", "--id-template", "r-{{id}}", server: server)
    #expect(
      loud.error.contains(
        "2 submitted = 1 succeeded + 1 failed + 0 missing\nfailed: 1 x context_length_exceeded"))
  }

  @Test func `make writes a request file, from standard input too`() async throws {
    let outcome = try await desk.run(
      "make", "-", "prompt.json", "-o", "-", "--id", "id", input: "id,product,text\n7,Pan,Hot\n")
    #expect(outcome.code == 0)
    #expect(
      outcome.output == """
        {"custom_id":"7","method":"POST","url":"/v1/chat/completions","body":{"model":"m-1","messages":\
        [{"role":"user","content":"Pan: Hot"}]}}

        """)
    #expect(outcome.error == "-: 1 request for /v1/chat/completions\n")
  }

  @Test func `preview shows a row and its request`() async throws {
    let outcome = try await desk.run("preview", "reviews.csv", "prompt.json", "-n", "1", "--id", "id")
    #expect(
      outcome
        == Outcome(
          code: 0,
          output: """
            row 1 of reviews.csv → 1
              id       1
              product  Lamp
              text     It hums.

              {
                "custom_id": "1",
                "method": "POST",
                "url": "/v1/chat/completions",
                "body": {
                  "model": "m-1",
                  "messages": [
                    {
                      "role": "user",
                      "content": "Lamp: It hums."
                    }
                  ]
                }
              }


            """))
    let plain = try await desk.run(
      "preview", "reviews.csv", "prompt.json", "-n1", environment: ["LANG": "C"])
    #expect(plain.output.hasPrefix("row 1 of reviews.csv -> request-000001\n"))
  }

  @Test func `check tells every problem with its line, and ends with 1`() async throws {
    try await prepare()
    let good = try await desk.run("check", "requests.jsonl")
    #expect(
      good
        == Outcome(
          code: 0,
          output: """
            requests.jsonl: good: 2 requests for /v1/chat/completions
              requests        2
              bytes           293
              longest line    148 bytes, line 2
              models          m-1 (2)
              tokens to read  about 16, at most 8 in one

            """))
    try desk.write(
      try desk.text("requests.jsonl") + "{oops\n"
        + #"{"custom_id":"x","method":"POST","url":"/v1/embeddings","body":{"model":"m-1","input":"y"}}"#
        + "\n",
      to: "bad.jsonl")
    let bad = try await desk.run("check", "bad.jsonl")
    #expect(bad.code == 1)
    #expect(bad.error.isEmpty)
    let lines = bad.output.split(separator: "\n")
    #expect(lines[0].hasPrefix("error: line 3 of bad.jsonl: The line is not JSON"))
    #expect(
      lines[1].hasPrefix("error: line 4 of bad.jsonl, request x: Its “url” is not /v1/chat/completions"))
    #expect(lines[2] == "bad.jsonl: refused")
    try desk.write("", to: "none.jsonl")
    let none = try await desk.run("check", "none.jsonl", "requests.jsonl")
    #expect(none.code == 1)
    #expect(
      none.output.hasPrefix(
        """
        error: none.jsonl has no requests; write some into it before it is sent.
        none.jsonl: refused
        requests.jsonl: good: 2 requests for
        """))
  }

  @Test func `check tells scripts what is in a file, and goes by other limits and tables`() async throws {
    try await prepare()
    try desk.write(#"{"families":[{"models":["m-*"],"contextTokens":5}]}"#, to: "models.json")
    let outcome = try await desk.run(
      "check", "--json", "--models", "models.json", "--limits", "azure", "requests.jsonl")
    let report = try JSONValue(parsing: outcome.output)[0]
    #expect(outcome.code == 0 && report["good"].bool == true)
    #expect(report["statistics"]["models"]["m-1"].number?.int == 2)
    #expect(report["statistics"]["bytes"].number?.int == 293)
    #expect(report["warnings"].number?.int == 1)
    #expect(report["problems"][0]["code"].string == "context_length_exceeded")
    try desk.write(#"{"families":[{}]}"#, to: "models.json")
    let wrong = try await desk.run("check", "--models", "models.json", "requests.jsonl")
    #expect(wrong.code != 0 && wrong.error.contains("models.json, family 1 is no table of models"))
  }

  @Test func `submit, status, wait and download are one way in four steps`() async throws {
    try await prepare()
    let next = try await desk.run("next", "mine", server: server)
    #expect(next == Outcome(code: 0, output: "check\n"))
    let cached = try await desk.run("status", "mine", "--cached", server: server)
    #expect(cached.output.hasPrefix("mine       validating: 0 of 2 done\n  id       job-1\n"))
    let waited = try await desk.run("wait", "mine", "-q", server: server)
    #expect(waited.code == 0)
    #expect(waited.error.isEmpty)
    #expect(
      waited.output == """
        mine       settled: 2 of 2 done
          id       job-1
          batches  batch_1
          as of    DATE
          next     done
        2 submitted = 2 succeeded + 0 failed + 0 missing

        """)
    let got = try await desk.run(
      "download", "mine", "-o", "answers.jsonl", "--errors", "errors.jsonl", server: server)
    #expect(got == Outcome(code: 0, output: "answers.jsonl, errors.jsonl: settled: 2 of 2 done\n"))
    #expect(try desk.text("answers.jsonl").split(separator: "\n").count == 2)
    #expect(try desk.text("errors.jsonl").isEmpty)
    let joined = try await desk.run(
      "join", "reviews.csv", "answers.jsonl", "errors.jsonl", "-o", "joined.csv", "--id-template", "r-{{id}}")
    #expect(
      joined
        == Outcome(
          code: 0,
          output: "2 rows = 2 succeeded + 0 failed + 0 missing\njoined.csv: every row and its answer\n"))
    #expect(try desk.text("joined.csv").contains("Lamp: It hums."))
  }

  @Test func `list shows jobs, and what the service has`() async throws {
    let empty = try await desk.run("list", server: server)
    #expect(empty == Outcome(code: 0, output: "No jobs yet; batchkit run and batchkit submit make them.\n"))
    try await prepare()
    #expect(
      try await desk.run("list", server: server) == Outcome(code: 0, output: "mine  validating  0/2  DATE\n"))
    let remote = try await desk.run("list", "--remote", "--json", server: server)
    let value = try JSONValue(parsing: remote.output)
    #expect(value[0]["id"].string == "batch_1")
    #expect(value[0]["endpoint"].string == "/v1/chat/completions")
    #expect(value.array?.count == 1)
  }

  @Test func `upload, start and import reach batches by their ids`() async throws {
    try await prepare()
    let known = Set(server.emulator.ledger.filesAlive)
    let file = try await desk.run("upload", "requests.jsonl", server: server)
    #expect(file == Outcome(code: 0, output: "file-1\n"))
    let raw = try #require(server.emulator.ledger.filesAlive.first { !known.contains($0) })
    let id = try #require(server.emulator.ledger.batches.first?.id)
    let other = try await desk.run("import", id, "--registry", "other.json", "--json", server: server)
    #expect(try JSONValue(parsing: other.output)["id"].string == "job-adopted")
    let started = try await desk.run("start", raw, "--json", server: server)
    #expect(started.code == 0)
    let again = try await desk.run("start", raw, "--json", server: server)
    #expect(again.output == started.output)
    #expect(server.emulator.ledger.batches.count == 2)
  }

  @Test func `cancel stops, and delete forgets only when it is meant`() async throws {
    let server = try EmulatorServer(Emulator(.echo.taking(.seconds(36_000)).cancelling(in: .zero)))
    _ = try await desk.run("make", "reviews.csv", "prompt.json")
    _ = try await desk.run("submit", "requests.jsonl", "--name", "mine", "-q", server: server)
    let cancelled = try await desk.run("cancel", "mine", "-q", server: server)
    #expect(cancelled.code == 0)
    let unsure = try await desk.run("delete", "mine", server: server)
    #expect(
      unsure
        == Outcome(
          code: 2,
          error:
            "batchkit: delete forgets “mine” with its results on this machine; add --yes if that is meant.\n"
        ))
    let sure = try await desk.run("delete", "mine", "--yes", "-q", server: server)
    #expect(sure == Outcome(code: 0, output: "mine: forgotten\n"))
    #expect(try await desk.run("list", "--json", server: server).output == "[]\n")
  }

  @Test func `next takes the step when asked`() async throws {
    try await prepare()
    let taken = try await desk.run("next", "mine", "--take", "-q", server: server)
    #expect(taken == Outcome(code: 0, output: "done\n"))
  }

  @Test func `retry sends again what failed, and purge lists before it deletes`() async throws {
    let server = try EmulatorServer(
      Emulator(.echo.completing(after: 1).failing("r-2", with: .rateLimit)))
    _ = try await desk.run("make", "reviews.csv", "prompt.json", "--id-template", "r-{{id}}")
    _ = try await desk.run("submit", "requests.jsonl", "--name", "mine", "-q", server: server)
    let early = try await desk.run("retry", "mine", server: server)
    #expect(early.code == 1)
    #expect(early.error.contains("is not over yet"))
    #expect(try await desk.run("wait", "mine", "-q", server: server).code == 1)
    let retried = try await desk.run("retry", "mine", "-q", server: server)
    #expect(retried.output.hasPrefix("1 row sent again\n"))
    #expect(try await desk.run("wait", "mine", "-q", server: server).code == 1)
    #expect(server.emulator.ledger.paidTwice.isEmpty)
    let files = server.emulator.ledger.filesAlive.count
    let listed = try await desk.run("purge", server: server)
    #expect(listed.output.hasSuffix("\nNothing is deleted yet; add --yes to delete these.\n"))
    #expect(server.emulator.ledger.filesAlive.count == files)
    let purged = try await desk.run("purge", "--yes", server: server)
    #expect(purged.output.hasSuffix(" files deleted\n"))
    #expect(server.emulator.ledger.filesAlive.isEmpty)
    #expect(
      try await desk.run("purge", "--yes", server: server).output == "Nothing is left to delete.\n")
  }

  @Test func `a result file that was cut is kept by purge, and fetched again by download`() async throws {
    let server = try EmulatorServer(Emulator(.echo.completing(after: 1)))
    _ = try await desk.run("make", "reviews.csv", "prompt.json", "--id-template", "r-{{id}}")
    _ = try await desk.run("submit", "requests.jsonl", "--name", "mine", "-q", server: server)
    #expect(try await desk.run("wait", "mine", "-q", server: server).code == 0)
    let jobs = URL(fileURLWithPath: "\(desk.path)/.batchkit/registry.json.jobs")
    let names = FileManager.default.enumerator(atPath: jobs.path)?.compactMap { $0 as? String } ?? []
    let result = jobs.appending(path: try #require(names.first { $0.hasSuffix(".output.jsonl") }))
    let whole = try Data(contentsOf: result)
    try whole.prefix(10).write(to: result)
    let purged = try await desk.run("purge", "--yes", server: server)
    #expect(purged.code == 1 && purged.output.contains("1 file deleted"))
    #expect(purged.error.contains("kept at the service: ") && purged.error.contains("of “mine”"))
    #expect(server.emulator.ledger.filesAlive.count == 1)
    let got = try await desk.run("download", "mine", "-o", "results.jsonl", "-q", server: server)
    #expect(got.code == 0)
    #expect(
      try Data(contentsOf: result) == whole
        && desk.text("results.jsonl") == String(decoding: whole, as: UTF8.self))
    #expect(try await desk.run("purge", "--yes", server: server).code == 0)
    try whole.prefix(10).write(to: result)
    let lost = try await desk.run("wait", "mine", "-q", server: server)
    #expect(lost.code == 4 && lost.error.contains("the service no longer has it"))
  }

  @Test func `a link to standard output is written to, and never replaced`() async throws {
    try FileManager.default.createSymbolicLink(
      atPath: "\(desk.path)/out", withDestinationPath: "/dev/stdout")
    let plain = try await desk.run(
      "make", "reviews.csv", "prompt.json", "--id-template", "r-{{id}}", "-o", "-")
    let linked = try await desk.run(
      "make", "reviews.csv", "prompt.json", "--id-template", "r-{{id}}", "-o", "out")
    #expect(linked.code == 0 && linked.output == plain.output && linked.output.contains("r-2"))
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: "\(desk.path)/out") == "/dev/stdout")
  }

  @Test func `a job whose journal is damaged can be deleted`() async throws {
    let server = try EmulatorServer(Emulator(.echo.taking(.seconds(600))))
    _ = try await desk.run("make", "reviews.csv", "prompt.json", "--id-template", "r-{{id}}")
    _ = try await desk.run("submit", "requests.jsonl", "--name", "mine", "-q", server: server)
    let jobs = URL(fileURLWithPath: "\(desk.path)/.batchkit/registry.json.jobs")
    let names = FileManager.default.enumerator(atPath: jobs.path)?.compactMap { $0 as? String } ?? []
    let journal = jobs.appending(path: try #require(names.first { $0.hasSuffix("journal.jsonl") }))
    try Data("nonsense\n".utf8).write(to: journal)
    #expect(try await desk.run("wait", "mine", server: server).code == 4)
    let deleted = try await desk.run("delete", "mine", "--yes", server: server)
    #expect(deleted.code == 0 && deleted.error.contains("nothing was stopped"))
    #expect(try await desk.run("wait", "mine", server: server).code == 1)
  }

  @Test func `serve plays the service for any client until it is stopped`() async throws {
    let serving = try desk.process(["serve", "--json", "-q"], nil)
    let output = Pipe()
    serving.standardOutput = output
    serving.standardError = FileHandle.nullDevice
    try serving.run()
    let line = try JSONValue(parsing: Array(output.fileHandleForReading.availableData))
    let address = try #require(line["base_url"].string)
    let listed = try await desk.run(
      "list", "--remote", "--provider", "compatible", "--base-url", address)
    #expect(listed == Outcome(code: 0, output: "The service has no batches.\n"))
    kill(serving.processIdentifier, SIGINT)
    serving.waitUntilExit()
    #expect(serving.terminationStatus == 130)
  }

  @Test func `report and metrics tell how it went`() async throws {
    try await prepare()
    _ = try await desk.run("wait", "mine", "-q", server: server)
    let report = try await desk.run("report", "mine", server: server)
    #expect(report == Outcome(code: 0, output: "report.html: the report of “mine”\n"))
    #expect(try desk.text("report.html").hasPrefix("<!DOCTYPE html>"))
    let metrics = try await desk.run("metrics", "--json", server: server)
    let value = try JSONValue(parsing: metrics.output)
    #expect(value["jobs"].int == 1)
    #expect(value["models"]["m-1"]["succeeded"].int == 2)
    #expect(value["total"]["success_rate"].double == 1)
  }

  @Test func `events can be logged, and hold no prompt and no key`() async throws {
    _ = try await desk.run(
      "run", "reviews.csv", "prompt.json", "-o", "out.csv", "-q", "--log", "events.jsonl", server: server)
    let log = try desk.text("events.jsonl")
    let words = try log.split(separator: "\n").map { try JSONValue(parsing: String($0))["event"].string }
    #expect(
      words == ["prepared", "uploaded", "created", "progressed", "collected", "settled"])
    #expect(!log.contains("hums"))
    #expect(!log.contains("sk-test"))
  }

  @Test func `config keeps a key that only its owner can read, and never shows it`() async throws {
    let set = try await desk.run("config", "set", input: "sk-secret-1\n")
    #expect(set == Outcome(code: 0, output: "OPENAI_API_KEY is set in ~/.batchkit/settings.json\n"))
    let other = try await desk.run("config", "set", "OTHER_KEY", input: "sk-secret-2\n")
    #expect(
      other
        == Outcome(
          code: 2,
          error: """
            batchkit: config set keeps OPENAI_API_KEY and nothing else; set what has another name in the environment.

            """))
    let shown = try await desk.run("config")
    #expect(
      shown
        == Outcome(
          code: 0,
          output: """
            settings file       ~/.batchkit/settings.json
            set there           OPENAI_API_KEY (hidden)
            in the environment  nothing
            registry            ~/.batchkit/registry.json

            """))
    let path = "\(desk.path)/.batchkit/settings.json"
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    let server = try EmulatorServer(Emulator(.echo, key: "sk-secret-1"))
    let used = try await desk.run(
      "list", "--remote", environment: ["OPENAI_BASE_URL": server.baseURL.absoluteString])
    #expect(used == Outcome(code: 0, output: "The service has no batches.\n"))
  }

  @Test func `completions are scripts that their shell accepts`() async throws {
    let script = try await desk.run("completions", "bash")
    #expect(script.code == 0)
    try desk.write(script.output, to: "completions.bash")
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/bash")
    shell.arguments = ["-n", "\(desk.path)/completions.bash"]
    try await shell.runToEnd()
    #expect(shell.terminationStatus == 0)
  }

  @Test func `help and version go to standard output`() async throws {
    #expect(try await desk.run("--version") == Outcome(code: 0, output: "batchkit 0.1.0\n"))
    let help = try await desk.run("--help")
    #expect(help.code == 0)
    #expect(help.error.isEmpty)
    #expect(help.output.hasPrefix("batchkit sends thousands of prompts through the Batch API"))
    #expect(try await desk.run("help", "wait") == desk.run("wait", "--help"))
    let bare = try await desk.run()
    #expect(bare.code == 2)
    #expect(bare.output.isEmpty)
  }
}
