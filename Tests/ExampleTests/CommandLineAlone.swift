import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.serialized) struct `What is on this disk needs no key, no address and no network` {
  private let desk: Desk

  /// A job of two rows that is over, and a service that is gone.
  init() async throws {
    desk = try Desk()
    let server = try EmulatorServer(
      Emulator(.echo.completing(after: 1).failing("r-2", with: .contextLengthExceeded)))
    defer { server.stop() }
    _ = try await desk.run("make", "reviews.csv", "prompt.json", "--id-template", "r-{{id}}")
    _ = try await desk.run("submit", "requests.jsonl", "--name", "mine", "-q", server: server)
    #expect(try await desk.run("wait", "mine", "-q", server: server).code == 1)
  }

  @Test func `status, wait and next of a job that is over`() async throws {
    let settled = """
      mine       settled: 2 of 2 done, 1 failed
        id       job-1
        batches  batch_1
        as of    DATE
        next     done

      """
    #expect(try await desk.run("status", "mine") == Outcome(code: 0, output: settled))
    #expect(try await desk.run("status", "mine", "--cached") == Outcome(code: 0, output: settled))
    #expect(
      try await desk.run("wait", "mine")
        == Outcome(
          code: 1,
          output: settled + """
            2 submitted = 1 succeeded + 1 failed + 0 missing
            failed: 1 x context_length_exceeded

            """))
    #expect(try await desk.run("next", "mine") == Outcome(code: 0, output: "done\n"))
    #expect(try await desk.run("next", "mine", "--take") == Outcome(code: 0, output: "done\n"))
    #expect(try await desk.run("list") == Outcome(code: 0, output: "mine  settled  2/2  DATE\n"))
  }

  @Test func `download, report, verify and metrics`() async throws {
    #expect(
      try await desk.run("download", "mine", "-o", "all.jsonl")
        == Outcome(code: 0, output: "all.jsonl: settled: 2 of 2 done, 1 failed\n"))
    #expect(try desk.text("all.jsonl").split(separator: "\n").count == 2)
    #expect(
      try await desk.run("report", "mine")
        == Outcome(code: 0, output: "report.html: the report of “mine”\n"))
    #expect(try desk.text("report.html").contains("<h1>mine</h1>"))
    #expect(
      try await desk.run("verify", "mine")
        == Outcome(code: 0, output: "All 3 files are as they were.\n"))
    let metrics = try await desk.run("metrics")
    #expect(metrics.code == 0 && metrics.error.isEmpty)
    // How many seconds it took is the machine's business.
    #expect(
      metrics.output.replacing(/\d+ s +/, with: "N s  ") == """
        1 job, 1 of them over
                    batches  requests  success  mean  95 %  tokens in  tokens out
        all         1        2         50.0 %   N s  N s  11         4
        m-1         1        2         50.0 %   N s  N s  11         4
        DAY  1        2         50.0 %   N s  N s  11         4

        """)
  }

  @Test func `verify names what was changed, and ends with 1`() async throws {
    let files = try #require(FileManager.default.subpaths(atPath: desk.path))
    let answers = try #require(files.first { $0.hasSuffix("output.jsonl") })
    try desk.write(try desk.text(answers).replacing("hums", with: "sings"), to: answers)
    let found = try await desk.run("verify", "mine")
    #expect(found.code == 1)
    #expect(
      found.output
        == "~/.batchkit/registry.json.jobs/job-1/results/part-0001.output.jsonl is not what was fetched; put it "
        + "back from a copy.\n2 of 3 files are as they were.\n")
    let json = try JSONValue(parsing: try await desk.run("verify", "mine", "--json").output)
    #expect(json["intact"].bool == false)
    #expect(json["problems"].array?.count == 1)
  }

  @Test func `delete forgets it, files and all`() async throws {
    #expect(
      try await desk.run("delete", "mine", "--yes") == Outcome(code: 0, output: "mine: forgotten\n"))
    #expect(
      try await desk.run("list")
        == Outcome(code: 0, output: "No jobs yet; batchkit run and batchkit submit make them.\n"))
    #expect(
      FileManager.default.subpaths(atPath: desk.path)?.contains { $0.contains("output.jsonl") } == false)
  }

  @Test func `rebuild makes a damaged registry anew, and keeps what was damaged`() async throws {
    try desk.write("{\"version\": 1, \"jobs\": [", to: ".batchkit/registry.json")
    #expect(
      try await desk.run("list")
        == Outcome(
          code: 4,
          error: """
            batchkit: The registry file ~/.batchkit/registry.json is damaged (it does not read as one) and was left as it \
            is; put a good copy back, or rebuild the registry, which makes it anew from the folders of its jobs. \
            batchkit rebuild does the latter.

            """))
    #expect(
      try await desk.run("rebuild") == Outcome(code: 0, output: "~/.batchkit/registry.json: 1 job\n"))
    #expect(try await desk.run("list") == Outcome(code: 0, output: "mine  settled  2/2  DATE\n"))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: "\(desk.path)/.batchkit")
        .contains { $0.hasPrefix("registry.json.damaged-") })
    #expect(
      try await desk.run("rebuild", "--json", "--registry", "new.json").output
        == "{\"registry\":\"~/new.json\",\"jobs\":0,\"unreadable\":[]}\n")
  }

  @Test func `a job of another service is not asked about at this one`() async throws {
    let retried = try await desk.run(["retry", "mine"], environment: ["OPENAI_API_KEY": "sk-secret"])
    #expect(
      retried
        == Outcome(
          code: 1,
          error: """
            batchkit: Job “mine” was made for OpenAI at http://SERVER/v1, and what is asked now is OpenAI at \
            https://api.openai.com/v1; ask the one it was made for, choose another name, or \
            delete the job.

            """))
  }
}

@Suite(.serialized) struct `A script that asked for JSON gets its failures in JSON too` {
  @Test(
    arguments: [
      ("runn a", 2, "usage", "There is no subcommand “runn”"), ("wait --json", 2, "usage", "JOB is missing"),
      ("wait a --jsn --json", 2, "usage", "wait has no option --jsn"),
      ("wait nobody --json", 1, "unknown_job", "The registry has no job “nobody”"),
      ("check none.jsonl --json", 4, "unreadable_file", "none.jsonl"),
      ("run reviews.csv prompt.json -o out.csv --json", 3, "missing_key", "No key was found"),
      (
        "list --remote --json --provider compatible --base-url http://127.0.0.1:1/v1", 3, "unreachable",
        "Could not list the batches"
      ),
    ] as [(String, Int32, String, String)])
  func `one object on standard error`(words: String, code: Int32, kind: String, sentence: String)
    async throws
  {
    let desk = try Desk()
    var words = words.split(separator: " ").map(String.init)
    if words[0] == "runn" { words.append("--json") }
    let outcome = try await desk.run(words)
    #expect(outcome.code == code)
    #expect(outcome.output.isEmpty)
    let failure = try JSONValue(parsing: outcome.error)["error"]
    #expect(failure["code"].string == kind)
    #expect(failure["message"].string?.contains(sentence) == true, "\(outcome.error)")
  }

  @Test func `with every problem of a table`() async throws {
    let desk = try Desk()
    try desk.write("id,product,text\n1,a,b\n2,c\n1,d,e\n", to: "bad.csv")
    let outcome = try await desk.run("make", "bad.csv", "prompt.json", "--id", "id", "--json")
    #expect(outcome.code == 1)
    let failure = try JSONValue(parsing: outcome.error)["error"]
    #expect(failure["code"].string == "invalid_batch")
    let problems = try #require(failure["problems"].array)
    #expect(problems.count == 2)
    #expect(problems.allSatisfy { $0["severity"].string == "error" && $0["message"].string != nil })
    #expect(!desk.has("requests.jsonl"))
  }

  @Test func `with what the service said, and never the key`() async throws {
    let desk = try Desk()
    let server = try EmulatorServer(Emulator(.echo, key: "sk-right"))
    let outcome = try await desk.run("list", "--remote", "--json", server: server)
    #expect(outcome.code == 3)
    let failure = try JSONValue(parsing: outcome.error)["error"]
    #expect(failure["code"].string == "unauthorized")
    #expect(failure["status"].int == 401)
    #expect(!outcome.error.contains("sk-"))
  }
}

@Suite(.serialized) struct `Options that shape a file` {
  private let desk: Desk

  init() throws { desk = try Desk() }

  @Test(arguments: [("brackets", "[product]: [Text]"), ("braces", "{product}: {Text}")])
  func `placeholders of another style`(style: String, text: String) async throws {
    try desk.write(
      #"{"model": "m-1", "messages": [{"role": "user", "content": "\#(text)"}]}"#, to: "other.json")
    let words = ["make", "reviews.csv", "other.json", "-o", "-", "-q", "--placeholders", style]
    let outcome = try await desk.run(words)
    let line = outcome.output.split(separator: "\n").first.map(String.init) ?? ""
    #expect(try JSONValue(parsing: line)["body"]["messages"][0]["content"].string == "Lamp: It hums.")
    let unknown = try await desk.run(
      "make", "reviews.csv", "other.json", "--placeholders", "brakets")
    #expect(
      unknown
        == Outcome(
          code: 2,
          error: """
            batchkit: --placeholders is one of mustache, brackets, braces, not “brakets” (did you mean brackets?).

            """))
  }

  @Test func `make divides over numbered files, and minds those that are there`() async throws {
    try desk.write("id,product,text\n1,a,b\n2,c,d\n3,e,f\n", to: "three.csv")
    let words = ["make", "three.csv", "prompt.json", "--max-requests", "2"]
    #expect(
      try await desk.run(words)
        == Outcome(
          code: 0, output: "requests-0001.jsonl to requests-0002.jsonl: 3 requests for /v1/chat/completions\n"
        ))
    let files = try ["requests-0001.jsonl", "requests-0002.jsonl"].map { try desk.text($0) }
    #expect(files.map { $0.split(separator: "\n").count } == [2, 1])
    #expect(files[1].contains("request-000003"))
    #expect(try await desk.run("check", "requests-0001.jsonl", "requests-0002.jsonl").code == 0)
    #expect(!desk.has("requests.jsonl"))
    let again = try await desk.run(words)
    #expect(again.code == 4)
    #expect(again.error.contains("requests-0001.jsonl is there already and was left as it is"))
    let tight = try await desk.run(
      "make", "three.csv", "prompt.json", "--max-bytes", "170", "-o", "t.jsonl", "--json")
    #expect(try JSONValue(parsing: tight.output)["files"].array?.count == 3)
    let small = try await desk.run("make", "three.csv", "prompt.json", "--max-bytes", "20", "-o", "s.jsonl")
    #expect(small.code == 1)
    #expect(small.error.contains("Request 1 alone has"))
    let piped = try await desk.run("make", "three.csv", "prompt.json", "--max-bytes", "200", "-o", "-")
    #expect(piped == Outcome(code: 2, error: "batchkit: - can't be divided; give -o the name of a file.\n"))
  }

  @Test func `columns and flattened fields stand beside the rows`() async throws {
    let line =
      #"{"custom_id":"r-1","response":{"status_code":200,"body":{"model":"m-9","choices":[{"message":{"content":"{\"label\":\"praise\",\"sure\":0.5}"},"finish_reason":"stop"}]}}}"#
    try desk.write(line + "\n", to: "results.jsonl")
    let words = ["join", "reviews.csv", "results.jsonl", "-o", "-", "-q", "--id-template", "r-{{id}}"]
    let chosen = try await desk.run(words + ["--columns", "model, error_code,custom_id"])
    #expect(
      chosen
        == Outcome(
          code: 1,
          output: """
            id,product,text,model,error_code,custom_id
            1,Lamp,It hums.,m-9,,r-1
            2,Kettle,"Boils, fast",,,

            """))
    let flat = try await desk.run(words + ["--columns", "content,model", "--flatten"])
    #expect(
      flat.output == """
        id,product,text,content.label,content.sure,model
        1,Lamp,It hums.,praise,0.5,m-9
        2,Kettle,"Boils, fast",,,

        """)
    let wrong = try await desk.run(words + ["--columns", "content,modell"])
    #expect(wrong.code == 2)
    #expect(wrong.error.hasPrefix("batchkit: Each of --columns is one of content, finish_reason, "))
    #expect(wrong.error.hasSuffix("not “modell” (did you mean model?).\n"))
    let paid = try await desk.run(
      "run", "reviews.csv", "prompt.json", "-o", "e.csv", "--offline", "-q", "--columns", "custom_id")
    #expect(paid.code == 0)
    #expect(try desk.text("e.csv").hasPrefix("id,product,text,custom_id\n1,Lamp,It hums.,request-000001\n"))
  }

  @Test(arguments: [
    ("7d", true), ("12h", true), ("30m", true), ("2", true), ("d", false), ("-1d", false), ("soon", false),
  ]) func `purge takes a time as people write it`(text: String, isGood: Bool) async throws {
    let server = try EmulatorServer()
    let outcome = try await desk.run("purge", "--older-than=\(text)", server: server)
    let good = Outcome(code: 0, output: "Nothing is left to delete.\n")
    let bad = Outcome(
      code: 2, error: "batchkit: --older-than takes a time such as 7d, 12h or 30m, not “\(text)”.\n")
    #expect(outcome == (isGood ? good : bad))
  }

  #if os(Linux)
    @Test(arguments: [
      "make reviews.csv prompt.json -o /dev/full --force", "make reviews.csv prompt.json -o /dev/full",
      "join reviews.csv results.jsonl -o /dev/full --force",
      "run reviews.csv prompt.json -o /dev/full --offline",
    ]) func `a full disk is told in one sentence, and costs no file`(words: String) async throws {
      let answer = #"{"custom_id":"request-000001","response":{"status_code":200,"body":{"choices":[]}}}"#
      try desk.write(answer + "\n", to: "results.jsonl")
      // Foundation keeps folders of its own in a home, which here is the desk.
      let before = desk.names.filter { !$0.hasPrefix(".") }
      let outcome = try await desk.run(words.split(separator: " ").map(String.init) + ["-q"])
      #expect(
        outcome
          == Outcome(
            code: 4,
            error:
              "batchkit: The disk is full: /dev/full can't be written; free some room and run it again.\n"
          ))
      #expect(desk.names.filter { !$0.hasPrefix(".") } == before)
    }
  #endif
}

@Suite struct `The emulator of serve` {
  @Test func `lets in only who has its key, where it has one`() async throws {
    let desk = try Desk()
    let serving = try desk.process(["serve", "--json", "--key", "made-up"], nil)
    let output = Pipe()
    serving.standardOutput = output
    serving.standardError = FileHandle.nullDevice
    try serving.run()
    defer {
      kill(serving.processIdentifier, SIGINT)
      serving.waitUntilExit()
    }
    let line = try JSONValue(parsing: Array(output.fileHandleForReading.availableData))
    let address = try #require(line["base_url"].string)
    let words = ["list", "--remote", "--provider", "compatible", "--base-url", address]
    #expect(try await desk.run(words).code == 3)
    let keyed = try await desk.run(words, environment: ["BATCHKIT_API_KEY": "made-up"])
    #expect(keyed == Outcome(code: 0, output: "The service has no batches.\n"))
  }
}

@Suite struct `Ctrl-C, once and twice` {
  /// Reads what a program says until it has said `words`, or ends.
  private func listen(_ pipe: Pipe, until words: String) -> String {
    var said = ""
    while !said.contains(words) {
      let data = pipe.fileHandleForReading.availableData
      guard !data.isEmpty else { break }
      said += String(decoding: data, as: UTF8.self)
    }
    return said
  }

  @Test func `a second ends at once what the first can't stop`() async throws {
    let desk = try Desk()
    // A table that never comes: the program sits in a read that nobody can call off.
    let process = try desk.process(["make", "-", "prompt.json"], nil)
    let (input, error) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardError = error
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    input.fileHandleForWriting.write(Data("id,product,text\n".utf8))
    // Until the program minds signals itself, one would simply end it.
    while try !Self.mindsInterrupts(process.processIdentifier) { await Task.yield() }
    kill(process.processIdentifier, SIGINT)
    #expect(listen(error, until: "ends at once") == "\nstopping; Ctrl-C again ends at once\n")
    #expect(process.isRunning)
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    #expect(!desk.has("requests.jsonl"))
  }

  @Test func `run tells how to go on, in JSON too, and going on pays nothing twice`() async throws {
    let desk = try Desk()
    let server = try EmulatorServer(Emulator(.echo.taking(.milliseconds(300))))
    let slow = try EmulatorServer(Emulator(.echo.taking(.seconds(36_000))))
    let process = try desk.process(["run", "reviews.csv", "prompt.json", "-o", "out.csv"], slow)
    let error = Pipe()
    process.standardError = error
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let said = listen(error, until: "of 2 done")
    kill(process.processIdentifier, SIGINT)
    let rest = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    #expect(
      (said + rest).hasSuffix("interrupted. Run the same command again to go on where it was.\n"))
    #expect(slow.emulator.ledger.calls[.cancelBatch, default: 0] == 0)
    #expect(!desk.has("out.csv"))
    // Elsewhere the same table is another job; this is the whole way without a break.
    let whole = try await desk.run(
      "run", "reviews.csv", "prompt.json", "-o", "out.csv", "--registry", "other.json", "--json",
      server: server)
    #expect(whole.code == 0 && whole.error.isEmpty)
  }

  /// Whether the process listens for SIGINT by now: the system tells of each descriptor what it listens for.
  private static func mindsInterrupts(_ process: Int32) throws -> Bool {
    #if os(Linux)
      let folder = "/proc/\(process)/fdinfo"
      return try FileManager.default.contentsOfDirectory(atPath: folder).contains { name in
        // A descriptor may be closed between the two looks.
        let text = (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("sigmask:") } ?? ""
        let mask = UInt64(line.split(separator: "\t").last ?? "", radix: 16) ?? 0
        return mask & (1 << UInt64(SIGINT - 1)) != 0
      }
    #else
      return true
    #endif
  }
}
