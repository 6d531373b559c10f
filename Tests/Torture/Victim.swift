import BatchKit
import BatchKitTesting
import Foundation

/// The program that `torture kill` kills: a named job of several parts and a retry, from a table to an
/// enriched table, as a user would write it.
///
/// `victim BASE START SPEED FOLDER`; it reads `rows.csv` of the folder, and writes `enriched.csv` beside it.
func victim(_ words: [String]) async throws {
  guard words.count == 4, let base = URL(string: words[0]), let start = Double(words[1]),
    let speed = Double(words[2])
  else { throw BatchError(.invalidBatch, "usage: torture victim BASE START SPEED FOLDER") }
  let clock = ScaledClock(speed: speed, from: Date(timeIntervalSince1970: start))
  let client = BatchClient(
    .compatible(at: base, apiKey: "sk-victim", limits: BatchLimits(requests: 5, bytes: 1_000_000)),
    registry: .file("\(words[3])/registry.json"), clock: clock)
  let rows = try Table(path: "\(words[3])/rows.csv")
  var batch = Batch(Chat(model: "gpt-5.4-mini"))
  batch.add(contentsOf: rows, id: "row-{{id}}", prompt: "{{text}}")
  let job = try await client.submit(batch, named: "mortal")
  var results = try await job.wait(polling: .every(.seconds(20)))
  while try await job.retry() > 0 { results = try await job.wait(polling: .every(.seconds(20))) }
  try results.joined(to: rows, by: "row-{{id}}").write(to: "\(words[3])/enriched.csv")
}
