// Compares two models' answers with a third model as the judge, and the judge with people.
//
//   swift run evaluate                              offline, against the built-in emulator, no key
//   OPENAI_API_KEY=… swift run evaluate --live      the same for real
//
// Judges favour what they read first, so every pair is shown in both orders, and only a verdict that holds in
// both counts; all else is a tie. The `gold` column has what people preferred.
import BatchKit
import BatchKitTesting
import Foundation

if CommandLine.arguments.contains("--help") {
  print("usage: evaluate [--live]   offline if not told; --live asks OpenAI")
  exit(0)
}

struct Verdict: Codable, Sendable {
  enum Winner: String, Codable, CaseIterable, Sendable { case first, second, tie }
  var reason: String  // before the verdict, so that it is thought of before
  var winner: Winner
}

do {
  let pairs = try Table(path: Bundle.module.path(forResource: "pairs", ofType: "csv") ?? "pairs.csv")
  var batch = Batch(
    Chat(model: "gpt-5.4").system("Which answer is better: correct, complete, no longer than it must be?")
      .returning(Verdict.self))
  for (a, b) in [("a", "b"), ("b", "a")] {
    let prompt = "Question: {{question}}\n\nFirst: {{answer_\(a)}}\n\nSecond: {{answer_\(b)}}"
    batch.add(contentsOf: pairs, id: "{{id}}-\(a)\(b)", prompt: Template(prompt))
  }
  let verdicts = try await makeClient().run(batch, named: "evaluate")

  // How often people said this (row) and the judge that (column).
  let labels = ["a", "b", "tie"]
  var table = [String: [String: Double]]()
  var swayed = 0
  for pair in pairs {
    guard let ab = verdicts[CustomID("\(pair["id"])-ab")]?.value?.winner,
      let ba = verdicts[CustomID("\(pair["id"])-ba")]?.value?.winner
    else { continue }
    let verdict = ab == .first && ba == .second ? "a" : ab == .second && ba == .first ? "b" : "tie"
    if ab == ba, ab != .tie { swayed += 1 }
    table[pair["gold"], default: [:]][verdict, default: 0] += 1
  }

  func count(_ gold: String, _ verdict: String) -> Double { table[gold]?[verdict] ?? 0 }
  let total = labels.reduce(0) { sum, gold in sum + labels.reduce(0) { $0 + count(gold, $1) } }
  let agreed = labels.reduce(0) { $0 + count($1, $1) } / total
  let chance = labels.reduce(0) { sum, label in
    let (row, column) = labels.reduce((0, 0)) { ($0.0 + count(label, $1), $0.1 + count($1, label)) }
    return sum + row * column / (total * total)
  }
  print("people \\ judge  " + labels.joined(separator: "\t"))
  for gold in labels {
    let cells = labels.map { "\(Int(count(gold, $0)))" }
    print(gold.padding(toLength: 16, withPad: " ", startingAt: 0) + cells.joined(separator: "\t"))
  }
  print(String(format: "\naccuracy      %.2f  of %.0f pairs", agreed, total))
  print(String(format: "Cohen's kappa %.2f  (1: as people; 0: by chance)", (agreed - chance) / (1 - chance)))
  print("swayed by the order: \(swayed)\n\(verdicts.reconciliation)")
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(3)
}

/// The real service, or an emulated judge that likes length, and in doubt whatever it reads first.
func makeClient() -> BatchClient {
  if CommandLine.arguments.contains("--live") { return BatchClient(.openAI(), observer: .progressBar) }
  print("These verdicts are made up by the built-in emulator; --live asks a real judge.\n")
  let script = EmulatorScript.echo.answering { request in
    let answers = request.prompt.split(separator: "\n\n").suffix(2).map(\.count)
    let lead = answers[0] - answers[1] - 1  // “Second” is a letter longer than “First”, and a colon
    let winner: Verdict.Winner = lead > 6 ? .first : lead < -14 ? .second : lead == 0 ? .tie : .first
    return .json(Verdict(reason: "It says more.", winner: winner))
  }
  let emulator = Emulator(script)
  return BatchClient(.openAI(apiKey: "none"), transport: .emulator(emulator), clock: emulator.clock)
}
