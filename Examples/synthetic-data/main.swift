// Makes test data out of nothing: support tickets as typed objects, each from a recipe of its own.
//
//   swift run synthetic-data                              offline, against the built-in emulator, no key
//   OPENAI_API_KEY=… swift run synthetic-data --live      the same for real
//
// Asked a thousand times for “a ticket”, a model writes the same ten. Recipes make data varied: here every
// product meets every trouble in every tone.
import BatchKit
import BatchKitTesting
import Foundation

if CommandLine.arguments.contains("--help") {
  print("usage: synthetic-data [--live]   offline if not told; --live asks OpenAI")
  exit(0)
}
struct Ticket: Codable, Sendable {
  enum Urgency: String, Codable, CaseIterable, Sendable { case low, normal, high }
  var subject: String
  var message: String
  var urgency: Urgency
  var orderNumber: Int
}

struct Recipe: Sendable {
  let id, product, trouble, tone: String
}

let products = ["kettle", "desk lamp", "backpack"]
let troubles = ["arrived broken", "was never delivered", "does something the manual does not explain"]
let tones = ["polite", "furious", "in a hurry"]
let recipes = products.flatMap { a in
  troubles.flatMap { b in tones.map { Recipe(id: "\(a)/\(b)/\($0)", product: a, trouble: b, tone: $0) } }
}

do {
  var batch = Batch(
    Chat(model: "gpt-5.4-mini").system("You invent support tickets that look like those of real customers.")
      .temperature(1)
      .returning(Ticket.self) {
        $0.describing("message", "Two to five sentences").describing("orderNumber", range: 10_000...99_999)
      })
  batch.add(contentsOf: recipes, id: \.id) {
    "A customer's \($0.product) \($0.trouble). The customer is \($0.tone)."
  }
  let results = try await makeClient().run(batch, named: "synthetic-tickets")

  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  var (lines, messages) = ([String](), Set<String>())
  for (_, ticket) in results.succeeded where messages.insert(ticket.message).inserted {
    lines.append(String(decoding: try encoder.encode(ticket), as: UTF8.self))
  }
  try lines.map { $0 + "\n" }.joined().write(toFile: "tickets.jsonl", atomically: true, encoding: .utf8)
  print(lines.prefix(3).joined(separator: "\n") + "\n…\n")
  let (failed, alike) = (results.failed.count, results.succeeded.count - lines.count)
  print("\(recipes.count) recipes: \(lines.count) tickets, \(failed) failed, \(alike) alike")
  print("\(results.failures.advice)\nThe tickets: tickets.jsonl")
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(3)
}

/// The real service, or the emulator in this process, which knows one ticket and fills it in.
func makeClient() -> BatchClient {
  if CommandLine.arguments.contains("--live") { return BatchClient(.openAI(), observer: .progressBar) }
  print("These tickets are made up by the built-in emulator; --live asks a model.\n")
  let script = EmulatorScript.echo.answering { request in
    let sentences = request.prompt.split(separator: ". ").map { $0.replacing(".", with: "") }
    let trouble = sentences[0].dropFirst("A customer's ".count)
    let tone = String(sentences[1].dropFirst("The customer is ".count))
    let greeting = ["polite": "Good morning,", "furious": "Listen!"][tone] ?? "Hi,"
    return .json(
      Ticket(
        subject: "My \(trouble)", message: "\(greeting) my \(trouble). What now?",
        urgency: tone == "polite" ? .normal : .high, orderNumber: 10_000 + request.line))
  }.truncating("backpack/arrived broken/furious")
  let emulator = Emulator(script)
  return BatchClient(.openAI(apiKey: "none"), transport: .emulator(emulator), clock: emulator.clock)
}
