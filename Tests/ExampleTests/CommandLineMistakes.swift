import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.serialized) struct `Every mistake is met with one sentence and the right code` {
  private let desk: Desk

  init() throws {
    desk = try Desk()
    try desk.write("id,text\n1,good\n2,bad,cell too many\n", to: "broken.csv")
    try desk.write("{\"model\": ", to: "broken.json")
    try desk.write(#"{"model": "m", "messages": [{"role": "user", "content": "{{txt}}"}]}"#, to: "typo.json")
    try desk.write("precious", to: "there.csv")
    try desk.write("", to: "empty.jsonl")
  }

  @Test(
    arguments: [
      (
        "runn a b", 2,
        "batchkit: There is no subcommand “runn” (did you mean run?); batchkit --help lists them."
      ),
      (
        "run reviews.csv prompt.json", 2,
        "batchkit: Where to write to is missing: -o FILE, or -o - for standard output."
      ),
      (
        "run reviews.csv prompt.json -o there.csv --offline", 4,
        "batchkit: there.csv is there already and was left as it is; choose another name, or add --force."
      ),
      (
        "run reviews.csv prompt.json -o no/where.csv --offline", 4,
        "batchkit: The folder of no/where.csv is not there; make it first, or choose another path."
      ),
      (
        "run reviews.csv broken.json -o out.csv --offline", 1,
        "batchkit: broken.json is not JSON: the text ends too early at line 1, column 11."
      ),
      (
        "run reviews.csv prompt.json -o out.csv --offline --id a --id-template b", 2,
        "batchkit: --id and --id-template exclude each other; leave one of them out."
      ),
      (
        "run reviews.csv prompt.json -o out.csv --offline --registry r.json", 2,
        "batchkit: --offline and --registry exclude each other; leave one of them out."
      ),
      (
        "run reviews.csv prompt.json -o out.csv --provider compatible", 2,
        "batchkit: --provider compatible needs the address of the service: --base-url URL."
      ),
      (
        "list --remote --base-url nonsense", 2,
        "batchkit: --base-url takes a web address such as https://api.openai.com/v1."
      ),
      (
        "list --remote --base-url https://user:pa/ss@host/v1", 2,
        "batchkit: --base-url takes an address without a user name or a password; give the key by OPENAI_API_KEY."
      ),
      (
        "wait nothing", 1,
        "batchkit: The registry has no job “nothing”; look at the list of its jobs."
      ),
      (
        "config set sk-secret-key", 2,
        "batchkit: config set keeps OPENAI_API_KEY and nothing else; set what has another name in the environment."
      ),
      (
        "config set", 2, "batchkit: No key came; type it when asked, or send it through standard input."
      ),
      ("submit a b --name x", 2, "batchkit: --name is for one file; submit the others by themselves."),
    ] as [(String, Int32, String)])
  func `a wrong call`(words: String, code: Int32, sentence: String) async throws {
    let before = desk.names
    let outcome = try await desk.run(words.split(separator: " ").map(String.init))
    let error = outcome.error.split(separator: "\n").last.map(String.init)
    #expect(error == sentence)
    #expect(outcome.code == code)
    #expect(outcome.output.isEmpty)
    #expect(desk.names == before)
    #expect(try desk.text("there.csv") == "precious")
  }

  @Test(arguments: [
    ("run missing.csv prompt.json -o out.csv --offline", "missing.csv"),
    ("make reviews.csv missing.json", "missing.json"), ("check missing.jsonl", "missing.jsonl"),
    ("join reviews.csv missing.jsonl -o out.csv", "missing.jsonl"), ("submit missing.jsonl", "missing.jsonl"),
  ]) func `a file that is not there`(words: String, name: String) async throws {
    let outcome = try await desk.run(words.split(separator: " ").map(String.init))
    #expect(outcome.code == 4)
    #expect(outcome.error.contains(name))
    #expect(outcome.error.split(separator: "\n").count == 1)
  }

  @Test func `a column that is not there is named, with the one that was meant`() async throws {
    let outcome = try await desk.run("run", "reviews.csv", "typo.json", "-o", "out.csv", "--offline", "-q")
    #expect(outcome.code == 1)
    #expect(outcome.output.isEmpty)
    #expect(
      outcome.error == """
        error: There is no column “txt” in reviews.csv, whose columns are id, product, text; did you mean “text”?
        batchkit: out.csv was not made because of 1 problem; mend what is listed and run it again.

        """)
    let loud = try await desk.run("make", "reviews.csv", "typo.json")
    #expect(loud.code == 1)
    #expect(loud.error.contains("txt"))
    #expect(loud.error.contains("text"))
    #expect(!desk.has("requests.jsonl"))
  }

  @Test func `a broken row is named, and nothing is sent`() async throws {
    let server = try EmulatorServer()
    try desk.write(#"{"model":"m","messages":[{"role":"user","content":"{{text}}"}]}"#, to: "plain.json")
    let outcome = try await desk.run("run", "broken.csv", "plain.json", "-o", "out.csv", server: server)
    #expect(outcome.code == 1)
    #expect(outcome.error.contains("Row 2 (line 3) of broken.csv has 3 cells where the header has 2"))
    #expect(server.emulator.ledger.batches.isEmpty)
    #expect(!desk.has("out.csv"))
  }

  @Test func `without a key nothing is sent, and the ways to give one are told`() async throws {
    let outcome = try await desk.run("run", "reviews.csv", "prompt.json", "-o", "out.csv", "-q")
    #expect(
      outcome
        == Outcome(
          code: 3,
          error: """
            batchkit: No key was found: set the environment variable OPENAI_API_KEY, or write OPENAI_API_KEY=… into \
            .env, or {"OPENAI_API_KEY": "…"} into ~/.batchkit/settings.json (and run chmod 600 on it). batchkit config set \
            keeps it there for you. With --offline no key is needed.

            """))
  }

  @Test func `a key that is refused is not repeated`() async throws {
    let server = try EmulatorServer(Emulator(.echo.completing(after: 1), key: "sk-right"))
    let outcome = try await desk.run(
      "run", "reviews.csv", "prompt.json", "-o", "out.csv", "-q", server: server)
    #expect(outcome.code == 3)
    #expect(outcome.error.contains("the service did not accept the API key"))
    #expect(!outcome.error.contains("sk-"))
    let resumed = try await desk.run(
      "run", "reviews.csv", "prompt.json", "-o", "out.csv", "-q", server: server,
      environment: ["OPENAI_API_KEY": "sk-right"])
    #expect(resumed.code == 0)
    #expect(server.emulator.ledger.paidTwice.isEmpty)
  }

  @Test func `a host that is out of reach is told as that`() async throws {
    let outcome = try await desk.run(
      "list", "--remote", "--provider", "compatible", "--base-url", "http://127.0.0.1:1/v1")
    #expect(outcome.code == 3)
    #expect(outcome.error.hasPrefix("batchkit: Could not list the batches: "))
    #expect(outcome.error.hasSuffix("Check the network and the base URL, then run it again.\n"))
    #expect(outcome.error.split(separator: "\n").count == 1)
  }

  #if os(Linux)
    @Test func `a full disk is told as that, and the device survives`() async throws {
      let outcome = try await desk.run(
        "run", "reviews.csv", "prompt.json", "-o", "/dev/full", "--offline", "-q", "--force")
      #expect(
        outcome
          == Outcome(
            code: 4,
            error:
              "batchkit: The disk is full: /dev/full can't be written; free some room and run it again.\n"))
      let type = try FileManager.default.attributesOfItem(atPath: "/dev/full")[.type] as? FileAttributeType
      #expect(type == .typeCharacterSpecial)
    }
  #endif

  @Test func `a key of OpenAI is not shown to another service`() async throws {
    let seen = Locked<[String]>([])
    let server = try LoopbackServer { request in
      seen.withLock { $0.append(request.headers["authorization"] ?? "none") }
      return LoopbackAnswer(200, body: .bytes(Array(#"{"data":[],"has_more":false}"#.utf8)))
    }
    defer { server.stop() }
    let address = server.baseURL.appendingPathComponent("v1").absoluteString
    let outcome = try await desk.run(
      ["list", "--remote", "--provider", "compatible", "--base-url", address],
      environment: ["OPENAI_API_KEY": "sk-secret"])
    #expect(outcome.code == 0)
    #expect(seen.current == ["none"])
  }

  @Test func `hostile names and cells play no tricks on the terminal`() async throws {
    try desk.write("id,product,text\n1,\u{1B}]0;owned\u{07},\u{202E}x\n", to: "hostile.csv")
    let preview = try await desk.run("preview", "hostile.csv", "prompt.json")
    #expect(preview.code == 0)
    #expect(!preview.output.unicodeScalars.contains { ["\u{1B}", "\u{07}", "\u{202E}"].contains($0) })
    #expect(preview.output.contains(#"\u001b]0;owned\u0007"#))
    let wrong = try await desk.run("wait", "\u{1B}[2J")
    #expect(!wrong.error.contains("\u{1B}"))
  }
}

@Suite struct `Ctrl-C leaves the batch alone and tells how to come back` {
  @Test func `the first ends in order`() async throws {
    let desk = try Desk()
    let server = try EmulatorServer(Emulator(.echo.taking(.seconds(36_000))))
    _ = try await desk.run("make", "reviews.csv", "prompt.json", "-q")
    let process = try desk.process(["submit", "requests.jsonl", "--name", "mine", "-q"], server)
    try await process.runToEnd()
    let waiting = try desk.process(["wait", "mine"], server)
    let error = Pipe()
    waiting.standardError = error
    waiting.standardOutput = FileHandle.nullDevice
    try waiting.run()
    var said = ""
    while !said.contains("of 2 done") {
      let data = error.fileHandleForReading.availableData
      guard !data.isEmpty else { break }
      said += String(decoding: data, as: UTF8.self)
    }
    kill(waiting.processIdentifier, SIGINT)
    let rest = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    waiting.waitUntilExit()
    #expect(waiting.terminationStatus == 130)
    #expect(
      (said + rest).hasSuffix(
        "batchkit: interrupted. The batch goes on at the service; come back with: batchkit wait mine\n"))
    #expect(server.emulator.ledger.batches.count == 1)
    #expect(server.emulator.ledger.calls[.cancelBatch, default: 0] == 0)
  }
}
