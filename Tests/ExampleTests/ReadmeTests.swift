import BatchKit
import BatchKitTesting
import Foundation
import Testing

/// The README, as blocks of code.
struct Readme {
  let text: String

  init() throws {
    text = try String(contentsOf: Built.root.appendingPathComponent("README.md"), encoding: .utf8)
  }

  /// The code blocks of one language, in order.
  func blocks(_ language: String) -> [String] {
    var blocks: [String] = []
    var lines: [Substring]?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if let open = lines, line == "```" {
        blocks.append(open.joined(separator: "\n"))
        lines = nil
      } else if lines == nil, line == "```\(language)" {
        lines = []
      } else {
        lines?.append(line)
      }
    }
    return blocks
  }
}

@Suite struct `What the README shows is so` {
  let readme: Readme
  let place: Workplace

  init() throws {
    readme = try Readme()
    place = try Workplace()
  }

  @Test func `the request becomes the line beside it`() throws {
    var batch = Batch(Chat(model: "gpt-5.4-mini").system("Answer in one word."))
    batch.add("paris", "What is the capital of France?")
    try batch.write(to: "\(place.path)/requests.jsonl")
    #expect(try place.read("requests.jsonl") == readme.blocks("json")[0] + "\n")
  }

  @Test func `the quick start prints what is shown, and leaves the enriched table`() throws {
    let ending = try Built.run("quickstart", in: place.path)
    #expect(ending.status == 0)
    #expect("$ swift run quickstart\n" + ending.output == readme.blocks("console")[0] + "\n")
    #expect(ending.errors.contains("created batch batch_"))
    let rows = Array(try Table(path: "\(place.path)/quickstart-output/enriched.csv"))
    #expect(rows.count == 25)
    #expect(rows.map { $0["id"] } == (1...25).map(String.init))
    #expect(
      rows[0].columns.suffix(5) == [
        "content", "finish_reason", "prompt_tokens", "completion_tokens", "error",
      ])
  }

  #if os(Linux)
    /// All Swift of the README as one program, in its order, with nothing changed: only the service is
    /// played, by the emulator on loopback, which the program finds where a user would set it: in the
    /// environment.
    @Test func `its Swift compiles as it stands, and runs`() throws {
      try ReadmeRun(readme, in: place).check(program: try compile(readme.blocks("swift")))
    }

    private func compile(_ blocks: [String]) throws -> String {
      try place.write(blocks.joined(separator: "\n\n") + "\n", to: "main.swift")
      let objects = try ["BatchKit", "BatchKitTesting"].flatMap { module in
        let folder = Built.products.appendingPathComponent("\(module).build").path
        // What was made of files that are no more lies there too.
        let sources = Built.root.appendingPathComponent("Sources/\(module)").path
        let names = Set(try FileManager.default.subpathsOfDirectory(atPath: sources).map(\.lastPathComponent))
        return try FileManager.default.contentsOfDirectory(atPath: folder)
          .filter { $0.hasSuffix(".o") && names.contains(String($0.dropLast(2))) }.map { "\(folder)/\($0)" }
      }
      let ending = try Built.run(
        "/usr/bin/env",
        [
          "swiftc", "-swift-version", "6", "-I", Built.products.appendingPathComponent("Modules").path,
          "main.swift",
        ]
          + objects + ["-o", "readme"], in: place.path)
      #expect(ending.status == 0, "\(ending.errors)")
      return "\(place.path)/readme"
    }
  #endif
}

/// One run of the README's Swift, however it was built, against an emulator that it finds in its environment.
struct ReadmeRun {
  private let place: Workplace

  init(_ readme: Readme, in place: Workplace) throws {
    self.place = place
    try place.write(
      "id,product,text\n1,Kettle,\"Boils fast, and\nlooks good\"\n2,Lamp,It hums.\n", to: "reviews.csv")
    let line =
      #"{"custom_id":"a","response":{"status_code":200,"body":{"choices":[{"message":{"content":"{\"label\":\"praise\",\"confidence\":1}"},"finish_reason":"stop"}]}}}"#
    try place.write(line + "\n", to: "output.jsonl")
    try place.write("", to: "errors.jsonl")
  }

  /// Runs the program and looks at all that it says and leaves behind.
  func check(program: String) throws {
    let script = EmulatorScript.echo.taking(.milliseconds(10)).failing("poem", with: .contentFilter)
    let server = try EmulatorServer(Emulator(script, key: "test-key"))
    let ending = try Built.run(
      program, in: place.path,
      environment: [
        "OPENAI_BASE_URL": server.baseURL.absoluteString, "OPENAI_API_KEY": "test-key",
        "BATCHKIT_REGISTRY": "\(place.path)/registry.json",
      ])
    server.stop()
    #expect(ending.status == 0, "\(ending.errors)")
    for expected in [
      "paris What is the capital of France?", "poem content_filter:",
      "3 submitted = 2 succeeded + 1 failed + 0 missing",
      "settled: 2 of 2 done",
      "1 answered = 1 succeeded + 0 failed + 0 missing", "rate_limit_exceeded 2",
    ] { #expect(ending.output.contains(expected), "\(expected)\n\(ending.output)\(ending.errors)") }
    #expect(server.emulator.ledger.paidTwice.isEmpty)
    #expect(!ending.errors.contains("test-key") && !ending.output.contains("test-key"))
    let rows = Array(try Table(path: "\(place.path)/enriched.csv"))
    #expect(rows.map { $0["content"] } == ["Kettle: Boils fast, and\nlooks good", "Lamp: It hums."])
  }
}

extension String {
  fileprivate var lastPathComponent: String { split(separator: "/").last.map(String.init) ?? self }
}
