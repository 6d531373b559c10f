import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `A job is read from its registry alone` {
  private let scratch: Scratch
  private let registry: BatchRegistry

  init() throws {
    scratch = try Scratch()
    registry = .file(scratch("registry.json"))
  }

  /// The content of every file of the registry, but for its locks.
  private func journals() throws -> [Data] {
    let names = FileManager.default.subpaths(atPath: scratch.path) ?? []
    return try names.sorted().filter { $0.hasSuffix(".json") || $0.hasSuffix(".jsonl") }.map { name in
      try Data(contentsOf: URL(filePath: scratch(name)))
    }
  }

  @Test func `its answers, its report, its files and its figures need no key and no service`() async throws {
    let stage = Stage(.echo.failing("r-2", with: .rateLimit), registry: registry)
    let sent = try await stage.client.submit(Stage.batch(3), named: "mine")
    _ = try await sent.wait()
    for word in ["mine", sent.id, try #require(sent.batchIDs.first)] {
      let job = try await registry.job(word, as: Chat(model: "gpt-5.4-mini"))
      #expect(job.id == sent.id)
      #expect(job.nextAction == .done)
      #expect(try job.results().succeeded.map(\.value.text) == ["Say 1", "Say 3"])
      #expect(try job.results().failures.summary == "1 x rate_limit_exceeded (worth retrying)")
      #expect(try job.report().html.contains("<h1>mine</h1>"))
      #expect(try job.verify().isIntact)
      #expect(try await job.wait().count == 3)
      #expect(try await job.poll().phase == .settled)
    }
    #expect(try await registry.metrics().total.succeeded == 2)
    #expect(try await registry.metrics().jobs == stage.client.metrics().jobs)
  }

  @Test func `what would ask the service says so, and leaves every file as it was`() async throws {
    let stage = Stage(.echo.taking(.seconds(36_000)), registry: registry)
    _ = try await stage.client.submit(Stage.batch(3), named: "open")
    let before = try journals()
    let job = try await registry.job("open", as: Chat(model: "gpt-5.4-mini"))
    #expect(job.status.phase == .validating)
    #expect(try job.results().isEmpty)
    for call in [
      { _ = try await job.poll() }, { _ = try await job.advance() }, { _ = try await job.retry() },
      { _ = try await job.wait() },
    ] as [() async throws -> Void] {
      let error = await #expect(throws: BatchError.self) { try await call() }
      #expect(error?.code == .unsupported)
      #expect(
        error?.message
          == "This job was opened from the registry alone, to be read; open it with a client to ask its service."
      )
    }
    #expect(try journals() == before)
  }

  @Test func `a job that was never sent is not begun by reading it`() async throws {
    let lost = Stage(.echo.injecting(.serverError, into: .uploadFile, first: 100), registry: registry)
    await #expect(throws: BatchError.self) {
      try await lost.client.submit(Stage.batch(2), named: "unsent")
    }
    let before = try journals()
    let job = try await registry.job("unsent", as: Chat(model: "gpt-5.4-mini"))
    #expect(job.nextAction == .send)
    await #expect(throws: BatchError.self) { try await job.advance() }
    #expect(try journals() == before)
  }

  @Test func `a name that is not there is told`() async throws {
    let error = await #expect(throws: BatchError.self) {
      try await registry.job("nobody", as: Chat(model: "m"))
    }
    #expect(error?.code == .unknownJob)
    #expect(error?.message == "The registry has no job “nobody”; look at the list of its jobs.")
  }
}
