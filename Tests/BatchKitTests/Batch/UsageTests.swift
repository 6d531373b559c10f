import BatchKit
import Foundation
import Testing

private struct Verdict: Codable, Sendable {
  var label: String
  var confidence: Double
}

private struct Person: Sendable {
  let id: Int
  let name: String
}

private struct Document: Sendable {
  let key: String
  let uuid: UUID
  let text: String
}

/// What a newcomer writes, as it is written: should a line of it stop to compile, the door has moved.
@Suite struct `What a newcomer writes` {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test func `a few prompts`() throws {
    var batch = Batch(Chat(model: "gpt-5.4-mini").system("Answer in one word."))
    batch.add("paris", "What is the capital of France?")
    batch.add("rome", "What is the capital of \("Italy")?")
    batch.add("poem", "Rhyme with orange.") { $0.maxTokens(20).parameter("verbosity", "low") }
    batch.add("What is the capital of Peru?")
    for problem in batch.problems() { Issue.record("\(problem)") }
    #expect(try batch.count == 4)
  }

  @Test func `a table and a typed answer`() throws {
    try DiskStore.shared.write("id,product,category,text\n7,Lamp,light,Bright\n", to: scratch("reviews.csv"))
    let classify = Chat(model: "gpt-5.4-mini").system("Classify the review.").returning(
      Verdict.self,
      schema: [
        "type": "object", "required": ["label", "confidence"], "additionalProperties": false,
        "properties": ["label": ["type": "string"], "confidence": ["type": "number"]],
      ])
    let reviews = try Table(path: scratch("reviews.csv"))
    var judging = Batch(classify)
    judging.add(contentsOf: reviews, id: "review-{{id}}", prompt: "{{product}}: {{text}}")
    judging.add(
      contentsOf: reviews, id: "r-{{id}}", messages: [.system("You know {{category}}."), .user("{{text}}")])
    let (id, prompt) = (["x-{{id}}"].joined(), ["{{text}}"].joined())
    judging.add(contentsOf: reviews, id: id, prompt: prompt)
    try judging.write(to: scratch("requests.jsonl"))
    #expect(try DiskStore.shared.text(scratch("requests.jsonl")).split(separator: "\n").count == 3)
    let answer = Reply(
      bytes: Array(#"{"choices":[{"message":{"content":"{\"label\":\"a\",\"confidence\":1}"}}]}"#.utf8))
    #expect(try classify.output(of: answer).label == "a")
  }

  @Test func `values of one's own, by name, number and UUID`() throws {
    let people = [Person(id: 1, name: "Ada")]
    var letters = Batch(Chat(model: "gpt-5.4-mini"))
    letters.add(contentsOf: people, id: \.id) { "Write a birthday note to \($0.name)." }
    let documents = [Document(key: "a", uuid: UUID(), text: "…")]
    let name = ProcessInfo.processInfo.environment["NO_SUCH_MODEL"] ?? "gpt-5.4-mini"
    var plain = Batch(Chat(model: name))
    for document in documents { plain.add(document.key, document.text) }
    plain.add(contentsOf: documents, id: \.uuid) { $0.text }
    #expect(letters.problems().isEmpty && plain.problems().isEmpty)
  }
}
