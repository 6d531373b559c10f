import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `A job proves that its files are as they were` {
  @Test func `a file that was edited or taken away is named`() async throws {
    let scratch = try Scratch()
    let stage = Stage(registry: .file(scratch("registry.json")))
    let job = try await stage.client.submit(Stage.batch(3))
    _ = try await job.wait()
    #expect(try job.verify().isIntact)
    #expect(try job.verify().files == 2)
    let files = try #require(FileManager.default.subpaths(atPath: scratch.path)).filter {
      $0.hasSuffix(".jsonl")
    }
    let result = try #require(files.first { $0.contains("results/") })
    let handle = try FileHandle(forWritingTo: URL(filePath: scratch(result)))
    try handle.write(contentsOf: Data("x".utf8))
    try handle.close()
    let part = try #require(files.first { $0.contains("parts/") })
    try FileManager.default.removeItem(atPath: scratch(part))
    let problems = try job.verify().problems
    #expect(problems.count == 2)
    #expect(
      problems.contains { $0.contains("is gone") }
        && problems.contains { $0.contains("not what was fetched") })
  }
}
