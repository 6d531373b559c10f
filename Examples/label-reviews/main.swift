// Labels a table of reviews: typed answers, a named job, what failed sent once more, doubts told apart.
//
//   swift run label-reviews                              offline, against the built-in emulator, no key
//   OPENAI_API_KEY=… swift run label-reviews --live      the same for real
//
// Stop it and run it again: the name finds the job, and nothing is sent, or paid, a second time.
import BatchKit
import BatchKitTesting
import Foundation

/// What is wanted of each review; the model is held to exactly this.
struct Label: Codable, Sendable {
  enum Mood: String, Codable, CaseIterable, Sendable { case praise, complaint, question }
  enum Topic: String, Codable, CaseIterable, Sendable { case quality, delivery, price }
  var mood: Mood
  var topic: Topic
  var confidence: Double
}

if CommandLine.arguments.contains("--help") {
  print("usage: label-reviews [--live]   offline if not told; --live asks OpenAI")
  exit(0)
}
let folder = "label-reviews-output"

do {
  let reviews = try Table(path: Bundle.module.path(forResource: "reviews", ofType: "csv") ?? "reviews.csv")
  var batch = Batch(
    Chat(model: "gpt-5.4-mini").system("Label the review of a shop that sells lamps.")
      .returning(Label.self) { $0.describing("confidence", "How sure you are, 0 to 1", range: 0...1) })
  batch.add(contentsOf: reviews, id: "review-{{id}}", prompt: "{{text}}")

  let job = try await makeClient().submit(batch, named: "label-reviews")
  _ = try await job.wait()
  let retried = try await job.retry()  // only what failed and may succeed; part of the same job
  let labels = try await job.wait()

  var counts: [Label.Mood: Int] = [:]
  for (_, label) in labels.succeeded { counts[label.mood, default: 0] += 1 }
  for mood in Label.Mood.allCases { print(counts[mood, default: 0], mood) }
  print("\nin doubt, for a person to look at:")
  for (id, label) in labels.succeeded where label.confidence < 0.7 {
    print("\(id): \(label.mood), \(label.topic)?")
  }

  let joined = labels.joined(to: reviews, by: "review-{{id}}")
  try joined.write(to: "\(folder)/labelled.csv", columns: [.flattened("label"), .error])
  let (good, bad) = (labels.succeeded.count, labels.failed.count)
  print("\n\(good + bad) reviews = \(good) labelled + \(bad) failed; sent again: \(retried)")
  if !labels.failures.groups.isEmpty { print(labels.failures.advice) }
  print("Every row and its label: \(folder)/labelled.csv")
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(3)
}

/// The real service, or the emulator in this process, whose hours pass at once.
func makeClient() -> BatchClient {
  if CommandLine.arguments.contains("--live") {
    return BatchClient(.openAI(), registry: .file("\(folder)/live.json"), observer: .progressBar)
  }
  print("These labels are made up by the built-in emulator; --live asks for real ones.\n")
  let emulator = Emulator(
    .echo.answering { .json(madeUpLabel(for: $0.prompt)) }
      .failing(where: { $0.id == "review-7" && $0.line == 7 }, with: .rateLimit)  // at the first try only
      .refusing("review-10"))
  return BatchClient(
    .openAI(apiKey: "none"), transport: .emulator(emulator), registry: .file("\(folder)/offline.json"),
    observer: .progressBar, clock: emulator.clock)
}

/// A label by a few words in the text: no model, but enough to see the program at work.
@Sendable func madeUpLabel(for text: String) -> Label {
  func mentions(_ words: String...) -> Bool { words.contains { text.lowercased().contains($0) } }
  let mood: Label.Mood = mentions("?") ? .question : mentions("broke", "late", "dim") ? .complaint : .praise
  let topic: Label.Topic =
    mentions("parcel", "late", "deliver") ? .delivery : mentions("€") ? .price : .quality
  return Label(mood: mood, topic: topic, confidence: mentions("but", "although") ? 0.55 : 0.94)
}
