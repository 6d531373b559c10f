import BatchKit
import BatchKitTesting
import Foundation
import Testing
import batchkit_command

/// One call in the life of a job, and all that it says.
private struct Step {
  let words: String
  let outcome: Outcome

  init(_ words: String, _ output: String, error: String = "", code: Int32 = 0) {
    self.words = words
    outcome = Outcome(code: code, output: output, error: error)
  }

  var command: String { String(words.prefix { $0 != " " }) }

  /// The files at the service have ids that no test can know.
  func arguments(_ server: EmulatorServer) throws -> [String] {
    let ledger = server.emulator.ledger
    return try words.split(separator: " ").map { word in
      switch word {
      case "FILE": try #require(ledger.filesAlive.last)
      case "BATCH": try #require(ledger.batches.first?.id)
      default: String(word)
      }
    }
  }
}

@Suite(.serialized) struct `The life of a job, every word of it compared` {
  private static let settled = """
    mine       settled: 2 of 2 done, 1 failed
      id       job-1
      batches  batch_1
      as of    DATE
      next     done

    """
  private static let collected = "collecting: 2 of 2 done, 1 failed\nsettled: 2 of 2 done, 1 failed\n"
  private static let answers = "2 rows = 1 succeeded + 1 failed + 0 missing"

  private static let life = [
    Step(
      "make reviews.csv prompt.json --id-template r-{{id}}",
      "requests.jsonl: 2 requests for /v1/chat/completions\n"),
    Step(
      "check requests.jsonl",
      """
      requests.jsonl: good: 2 requests for /v1/chat/completions
        requests        2
        bytes           293
        longest line    148 bytes, line 2
        models          m-1 (2)
        tokens to read  about 16, at most 8 in one

      """),
    Step(
      "preview reviews.csv prompt.json --json -n1",
      """
      [{"place":"row 1 of reviews.csv","row":{"id":"1","product":"Lamp","text":"It hums."},"request":{"custom_id":\
      "request-000001","method":"POST","url":"/v1/chat/completions","body":{"model":"m-1","messages":[{"role":"user",\
      "content":"Lamp: It hums."}]}}}]

      """),
    Step("list", "No jobs yet; batchkit run and batchkit submit make them.\n"),
    Step(
      "submit requests.jsonl --name mine --description trial",
      """
      mine       validating: 0 of 2 done
        id       job-1
        batches  batch_1
        as of    DATE
        over by  DATE
        next     check

      """,
      error: """
        prepared 2 requests in 1 part
        uploaded part 1: 293 bytes
        created batch batch_1 for part 1

        """),
    Step("list", "mine  validating  0/2  DATE  trial\n"),
    Step("next mine", "check\n"),
    Step(
      "wait mine", settled + "2 submitted = 1 succeeded + 1 failed + 0 missing\n" + failed, error: collected,
      code: 1),
    Step("status mine", settled),
    Step(
      "download mine --errors errors.jsonl",
      "results.jsonl, errors.jsonl: settled: 2 of 2 done, 1 failed\n"),
    Step("download mine", "", error: there("results.jsonl"), code: 4),
    Step(
      "join reviews.csv results.jsonl errors.jsonl -o joined.csv --id-template r-{{id}}",
      "\(answers)\njoined.csv: 1 of 2 rows answered\n", code: 1),
    Step("report mine", "report.html: the report of “mine”\n"),
    Step("verify mine", "All 3 files are as they were.\n"),
    Step("retry mine", "Nothing is worth sending again.\n"),
    Step("cancel mine", "mine: settled: 2 of 2 done, 1 failed; there was nothing to cancel\n"),
    Step("list --remote", "batch_1  completed  2/2  DATE\n"),
    Step(
      "purge",
      """
      file-1  requests  mine
      file-1  answers   mine
      file-1  answers   mine
      Nothing is deleted yet; add --yes to delete these.

      """),
    Step(
      "purge --yes",
      """
      file-1  requests  mine
      file-1  answers   mine
      file-1  answers   mine
      3 files deleted

      """),
    Step("upload requests.jsonl", "file-1\n"),
    Step(
      "start FILE",
      """
      job-started  validating: 0 of 0 done
        batches                 batch_1
        as of                   DATE
        over by                 DATE
        next                    check

      """, error: "created batch batch_1 for part 1\n"),
    Step(
      "import BATCH --registry other.json",
      """
      job-adopted  collecting: 2 of 2 done, 1 failed
        batches                 batch_1
        as of                   DATE
        next                    download

      """),
    Step("delete mine --yes", "mine: forgotten\n"),
    Step("rebuild", "~/.batchkit/registry.json: 1 job\n"),
    Step(
      "run reviews.csv prompt.json -o enriched.csv --name whole",
      "2 submitted = 2 succeeded + 0 failed + 0 missing\nenriched.csv: every row and its answer\n",
      error: """
        prepared 2 requests in 1 part
        uploaded part 1: 315 bytes
        created batch batch_1 for part 1
        collecting: 2 of 2 done
        settled: 2 of 2 done

        """),
    Step(
      "metrics --json --registry none.json",
      """
      {"jobs":0,"settled":0,"total":{"batches":0,"requests":0,"succeeded":0,"failed":0,"success_rate":null,\
      "mean_seconds":null,"p95_seconds":null,"input_tokens":0,"output_tokens":0,"cached_tokens":0},"models":{},"days":{},"unreadable":[]}

      """),
    Step(
      "config",
      """
      settings file       ~/.batchkit/settings.json
      set there           nothing
      in the environment  OPENAI_API_KEY, OPENAI_BASE_URL
      registry            ~/.batchkit/registry.json

      """),
  ]

  private static var failed: String { "failed: 1 x context_length_exceeded\n" }

  private static func there(_ file: String) -> String {
    "batchkit: \(file) is there already and was left as it is; choose another name, or add --force.\n"
  }

  @Test func `from its table to its end`() async throws {
    let desk = try Desk()
    let server = try EmulatorServer(
      Emulator(.echo.completing(after: 1).failing("r-2", with: .contextLengthExceeded)))
    defer { server.stop() }
    for (number, step) in Self.life.enumerated() {
      let outcome = try await desk.run(try step.arguments(server), server: server)
      #expect(outcome == step.outcome, "step \(number): \(step.words)")
    }
    #expect(
      try desk.text("joined.csv").contains("2,Kettle,\"Boils, fast\",,,,,This model's maximum context"))
  }

  @Test func `what is not over yet is told as that`() async throws {
    let desk = try Desk()
    let server = try EmulatorServer(Emulator(.echo.taking(.seconds(36_000)).cancelling(in: .zero)))
    defer { server.stop() }
    _ = try await desk.run("make", "reviews.csv", "prompt.json", "-q")
    _ = try await desk.run("submit", "requests.jsonl", "--name", "mine", "-q", server: server)
    let early = try await desk.run("download", "mine", server: server)
    #expect(
      early
        == Outcome(
          code: 1,
          error: """
            validating: 0 of 2 done
            batchkit: “mine” has no answers yet (validating: 0 of 2 done); wait for it first.

            """))
    let retried = try await desk.run("retry", "mine", "-q", server: server)
    #expect(retried.code == 1)
    #expect(retried.error.hasPrefix("batchkit: Job “mine” is not over yet"))
    let cancelled = try await desk.run("cancel", "mine", "-q", server: server)
    #expect(cancelled.code == 0 && cancelled.error.isEmpty)
    #expect(try await desk.run("next", "mine") == Outcome(code: 0, output: "done\n"))
  }

  @Test func `no command is left out`() {
    // These two are processes and scripts of their own, and have tests of their own.
    let elsewhere: Set = ["serve", "completions"]
    #expect(Set(Self.life.map(\.command)).union(elsewhere) == Set(Command.all.map(\.name)))
  }
}
