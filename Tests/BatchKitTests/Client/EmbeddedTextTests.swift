import BatchKit
import BatchKitTesting
import Testing

@Suite(.inTurn) struct `Only embeddings are divided by the number of their texts` {
  private func stage() -> Stage {
    Stage(.echo, limits: BatchLimits(requests: 100, bytes: 1_000_000, embeddedTexts: 5))
  }

  @Test func `the messages of conversations are not counted`() async throws {
    #expect(try await stage().client.submit(Stage.batch(12)).batchIDs.count == 1)
    var batch = Batch(Responses(model: "m"))
    for number in 1...3 {
      batch.add(
        CustomID("r-\(number)"), [.user("1"), .assistant("2"), .user("3"), .assistant("4"), .user("5")])
    }
    #expect(try await stage().client.submit(batch).batchIDs.count == 1)
  }

  @Test func `texts to embed are`() async throws {
    var batch = Batch(Embed(model: "e"))
    for number in 1...12 { batch.add(CustomID("r-\(number)"), "text \(number)") }
    #expect(try await stage().client.submit(batch).batchIDs.count == 3)
  }
}
