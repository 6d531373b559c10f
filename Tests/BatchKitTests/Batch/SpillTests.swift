import BatchKit
import Foundation
import Testing

@Suite struct `A sequence that comes once is written down as it comes` {
  struct Row: Sendable {
    let number: Int
    let text: String
  }

  func rows(_ count: Int, _ text: String = "x") -> some Sequence<Row> {
    sequence(state: 0) { number -> Row? in
      number += 1
      return number > count ? nil : Row(number: number, text: text)
    }
  }

  func lines(of batch: Batch<Chat<ChatReply>>) throws -> [String] {
    var lines: [String] = []
    try batch.render { lines.append(String(decoding: $0.bytes, as: UTF8.self)) }
    return lines
  }

  @Test(arguments: [3, 60_000]) func `it reads back again and again, in memory or from the disk`(count: Int)
    throws
  {
    var batch = Batch(Chat(model: "m"))
    batch.add("first", "before")
    batch.add(contentsOf: rows(count, "say “x”\n"), id: \.number) { Prompt("\($0.text)\($0.number)") }
    batch.add("after")
    let once = try lines(of: batch)
    #expect(once.count == count + 2)
    #expect(once[count].contains(#""custom_id":"\#(count)""#) && once[count].contains("say “x”\\n\(count)\""))
    #expect(once.last?.contains("\"request-\(String(format: "%04d", count + 2))\"") == true)
    #expect(try lines(of: batch) == once)
    #expect(try batch.count == count + 2)
    #expect(batch.problems().isEmpty)
  }

  struct Bad: Error, CustomStringConvertible { let description = "this one is bad" }

  @Test func `what can't become a request is told by its place, and the others stay`() throws {
    var batch = Batch(Chat(model: "m"))
    batch.add(contentsOf: rows(4), id: \.number) { row -> Prompt in
      if row.number == 3 { throw Bad() }
      return "fine"
    }
    let problems = batch.problems()
    #expect(problems.count == 1)
    #expect(
      problems.first?.place == "element 3" && problems.first?.message.contains("this one is bad") == true)
  }

  @Test func `elements may come one by one, with time between them`() async throws {
    let stream = AsyncStream<Row> { continuation in
      for row in rows(5, "späť") { continuation.yield(row) }
      continuation.finish()
    }
    var batch = Batch(Chat(model: "m"))
    try await batch.add(contentsOf: stream, id: \.number) { Prompt($0.text) }
    #expect(try lines(of: batch).count == 5)
  }
}
