// Summarises every document of a folder, into a file of the same name in another folder.
//
//   swift run summarise [FOLDER]                              offline, against the built-in emulator, no key
//   OPENAI_API_KEY=… swift run summarise [FOLDER] --live      the same for real
import BatchKit
import BatchKitTesting
import Foundation

if CommandLine.arguments.contains("--help") {
  print("usage: summarise [FOLDER] [--live]   offline if not told; --live asks OpenAI")
  exit(0)
}

struct Document: Sendable {
  let name: String
  let text: String
}

let output = "summaries"
let isLive = CommandLine.arguments.contains("--live")
let folder =
  CommandLine.arguments.dropFirst().first { !$0.hasPrefix("--") }
  ?? Bundle.module.path(forResource: "documents", ofType: nil) ?? "documents"

do {
  let names = try FileManager.default.contentsOfDirectory(atPath: folder)
  let documents = try names.filter { $0.hasSuffix(".txt") || $0.hasSuffix(".md") }.sorted().map { name in
    Document(name: name, text: try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8))
  }

  var batch = Batch(
    Responses(model: "gpt-5.4-mini").maxOutputTokens(200)
      .instructions("Summarise the document in two sentences for somebody who has no time to read it."))
  batch.add(contentsOf: documents, id: \.name) { $0.text }
  for problem in batch.problems() { print(problem) }

  let summaries = try await makeClient().run(batch, named: isLive ? "summaries of \(folder)" : nil)

  try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
  for pair in summaries.joined(to: documents, by: \.name) {
    switch pair.outcome {
    case .succeeded(let reply):
      try reply.text.write(toFile: "\(output)/\(pair.row.name)", atomically: true, encoding: .utf8)
      print("\(pair.row.name): \(pair.row.text.count) letters became \(reply.text.count)")
    case .failed(let error): print("\(pair.row.name): \(error.code)")
    case .missing: print("\(pair.row.name): no answer")
    }
  }
  print("\n\(summaries.reconciliation), \(summaries.usage.total) tokens")
  if !summaries.failures.groups.isEmpty { print(summaries.failures.advice) }
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(3)
}

/// The real service, or the emulator in this process, which takes the first two sentences for a summary.
func makeClient() -> BatchClient {
  if isLive { return BatchClient(.openAI(), observer: .progressBar) }
  print("These summaries are made up by the built-in emulator; --live asks a model.\n")
  let script = EmulatorScript.echo.answering { request in
    let sentences = request.prompt.split(separator: "\n\n").dropFirst().joined(separator: " ").split(
      separator: ". ")
    return .text(sentences.prefix(2).joined(separator: ". ").replacing("\n", with: " ") + ".")
  }.failing(where: { $0.prompt.count > 1000 }, with: .contextLengthExceeded)
  let emulator = Emulator(script)
  return BatchClient(.openAI(apiKey: "none"), transport: .emulator(emulator), clock: emulator.clock)
}
