// From a table to an enriched table: the whole way in one small program, and the first one to copy.
//
//   swift run quickstart                             offline, against the built-in emulator, no key
//   OPENAI_API_KEY=… swift run quickstart --live     the same for real
import BatchKit
import BatchKitTesting
import Foundation

if CommandLine.arguments.contains("--help") {
  print(
    "usage: quickstart [--live]   offline if not told; --live asks OpenAI, with the key in OPENAI_API_KEY")
  exit(0)
}
let isLive = CommandLine.arguments.contains("--live")
let folder = "quickstart-output"
let server = isLive ? nil : try startEmulator()

do {
  // The table, and what is asked about each of its rows.
  let reviews = try Table(path: Bundle.module.path(forResource: "reviews", ofType: "csv") ?? "reviews.csv")
  var batch = Batch(
    Chat(model: "gpt-5.4-mini").system(
      "Classify the review. Answer with one word: praise, complaint or question."))
  batch.add(contentsOf: reviews, id: "review-{{id}}", prompt: "{{product}}: {{text}}")

  // Send it and wait. What was sent is in the registry: stop the program, run it again, and nothing is paid
  // twice.
  let client = try makeClient()
  let results = try await client.submit(batch, named: isLive ? "quickstart" : nil, description: "quickstart")
    .wait()

  // Every row meets its answer.
  let joined = results.joined(to: reviews, by: "review-{{id}}")
  try joined.write(to: "\(folder)/enriched.csv")
  for pair in joined.prefix(8) {
    let product = pair.row["product"].padding(toLength: 14, withPad: " ", startingAt: 0)
    switch pair.outcome {
    case .succeeded(let reply): print(product, reply.text)
    case .failed(let error): print(product, "failed:", error.code)
    case .missing: print(product, "no answer")
    }
  }
  print("…")
  print(results.reconciliation)
  if !results.failures.groups.isEmpty { print("failed:", results.failures.summary) }
  print("Every row and its answer: \(folder)/enriched.csv")
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(3)
}

/// The real service, or the emulator on loopback, whose hours pass in seconds.
func makeClient() throws -> BatchClient {
  let registry = BatchRegistry.file("\(folder)/registry.json")
  guard let server else { return BatchClient(.openAI(), registry: registry, observer: .progressBar) }
  print("These answers are made up by the built-in emulator. For real ones, at a few cents:")
  print("  OPENAI_API_KEY=… swift run quickstart --live\n")
  return BatchClient(
    .compatible(at: server.baseURL, apiKey: .none), registry: registry, observer: .progressBar,
    clock: server.clock)
}

/// An emulator that tells complaints by a word in them, and fails three rows on purpose.
func startEmulator() throws -> EmulatorServer {
  let complaints = ["hums", "came off", "silent", "Rusted", "Loud", "dead", "catches", "scratched"]
  let script = EmulatorScript.echo
    .answering { request in
      if request.prompt.contains("?") { return "question" }
      return complaints.contains { request.prompt.contains($0) } ? "complaint" : "praise"
    }
    .failing("review-4", "review-18", with: .serverError)
    .failing("review-8", with: .contextLengthExceeded)
  return try EmulatorServer(Emulator(script), speed: 120)
}
