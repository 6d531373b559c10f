import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite struct `Two processes on one job do not send it twice` {
  private let desk: Desk

  init() throws {
    desk = try Desk()
    let rows = (1...20).map { "\($0),Thing \($0),It works.\n" }.joined()
    try desk.write("id,product,text\n\(rows)", to: "reviews.csv")
  }

  private func words(_ output: String) -> [String] {
    [
      "run", "reviews.csv", "prompt.json", "-o", output, "--name", "one", "--max-requests", "5", "--quiet",
    ]
  }

  /// Four are started at once, and whichever comes first, each writes the same table in the end.
  @Test func `started at the same moment they share the work and the answers`() async throws {
    let server = try EmulatorServer(Emulator(.echo.taking(.seconds(60))), speed: 200)
    defer { server.stop() }
    let desk = self.desk
    let all = (1...4).map { words("out-\($0).csv") }
    let outcomes = try await withThrowingTaskGroup(of: Outcome.self) { group in
      for words in all { group.addTask { try await desk.run(words, server: server) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(outcomes.map(\.code) == [0, 0, 0, 0], Comment(rawValue: outcomes.map(\.error).joined()))
    let ledger = server.emulator.ledger
    #expect(ledger.batches.count == 4 && ledger.paidRows == 20 && ledger.paidTwice.isEmpty)
    let tables = try (1...4).map { try desk.text("out-\($0).csv") }
    #expect(Set(tables).count == 1 && tables[0].contains("Thing 20: It works."))
  }

  /// The one that holds the job is stopped, not ended, in the middle of its work.
  @Test func `the second says who holds the job, and ends without having sent anything`() async throws {
    let emulator = Emulator(.echo.taking(.seconds(60)))
    let clock = ScaledClock(speed: 200, from: Date())
    let holder = Locked<Int32>(0)
    let (stops, stopped) = AsyncStream<Void>.makeStream()
    let server = try LoopbackServer { request in
      if request.method == "POST", request.url.path.hasSuffix("/files") {
        // At its first upload it holds the job, and nothing is sent yet that costs.
        holder.withLock { holder in
          guard holder > 0 else { return }
          kill(holder, SIGSTOP)
          holder = 0
          stopped.yield()
        }
      }
      return LoopbackAnswer(emulator.respond(to: request, now: clock.now))
    }
    defer { server.stop() }
    let environment = [
      "OPENAI_BASE_URL": server.baseURL.appendingPathComponent("v1").absoluteString,
      "OPENAI_API_KEY": "sk-test-desk",
    ]
    let first = try desk.process(words("first.csv"), nil, environment)
    first.standardOutput = FileHandle.nullDevice
    first.standardError = FileHandle.nullDevice
    try holder.withLock { holder in
      try first.run()
      holder = first.processIdentifier
    }
    for await _ in stops { break }

    let second = try await desk.run(words("second.csv"), environment: environment)
    #expect(second.code == 1 && second.output.isEmpty)
    let sentence = "Another process (\(first.processIdentifier)) is working on job “one”"
    #expect(second.error.contains(sentence), Comment(rawValue: second.error))
    #expect(!desk.has("second.csv"))
    #expect(emulator.ledger.batches.isEmpty)

    kill(first.processIdentifier, SIGCONT)
    first.waitUntilExit()
    #expect(first.terminationStatus == 0)
    let again = try await desk.run(words("second.csv"), environment: environment)
    #expect(again.code == 0)
    #expect(try desk.text("first.csv") == desk.text("second.csv"))
    let ledger = emulator.ledger
    #expect(ledger.batches.count == 4 && ledger.paidRows == 20 && ledger.paidTwice.isEmpty)
  }
}
