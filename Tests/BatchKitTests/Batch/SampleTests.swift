import BatchKit
import BatchKitTesting
import Testing

extension Batch {
  /// The ids of its requests, in order.
  fileprivate var ids: [String] {
    get throws {
      var ids: [String] = []
      try render { ids.append($0.id.rawValue) }
      return ids
    }
  }
}

@Suite struct `A sample is drawn by a seed, and stays the same sample` {
  static let people = (1...1000).map { Person(id: $0, name: "N\($0)") }

  struct Person: Sendable {
    let id: Int
    let name: String
  }

  private func batch() -> Batch<Chat<ChatReply>> {
    var batch = Batch(Chat(model: "gpt-5.4-mini"))
    batch.add(contentsOf: Self.people, id: \.id) { "Greet \($0.name)." }
    return batch
  }

  @Test func `the draw is the same everywhere and for ever`() throws {
    #expect(try batch().sample(8, seed: 7).ids == Self.known)
    #expect(try batch().sample(8, seed: 8).ids != Self.known)
  }

  /// Noted once; a change of it would silently give everyone another pilot.
  static let known = ["212", "325", "347", "545", "801", "827", "901", "940"]

  @Test(arguments: [0, 1, 20, 999, 1000, 5000, -3])
  func `it has the size asked for, no request twice, and the order of the batch`(size: Int) throws {
    let sample = batch().sample(size, seed: 3)
    let ids = try sample.ids.compactMap(Int.init)
    #expect(ids.count == min(max(0, size), 1000))
    #expect(try sample.count == ids.count)
    #expect(ids == Set(ids).sorted())
  }

  @Test func `every request is as likely as any other`() {
    var times = [Int](repeating: 0, count: 20)
    for seed in 0..<4000 as Range<UInt64> {
      var reservoir = Reservoir<Int>(size: 5, seed: seed)
      for number in 0..<20 { reservoir.offer(number) }
      for number in reservoir.inOrder { times[number] += 1 }
    }
    // 1000 each is expected, with a deviation of 27: five of those are beyond chance.
    #expect(times.allSatisfy { (865...1135).contains($0) }, "\(times)")
  }

  @Test func `requests from every kind of source are drawn, and go out as they would have`() async throws {
    let scratch = try Scratch()
    try DiskStore.shared.write("id,text\n1,one\n2,two\n3,three\n", to: scratch("t.csv"))
    var batch = Batch(Chat(model: "gpt-5.4-mini"))
    batch.add("hand", "By hand.")
    batch.add(contentsOf: try Table(path: scratch("t.csv")), id: "row-{{id}}", prompt: "{{text}}")
    batch.add(contentsOf: AnySequence([Person(id: 9, name: "Nine")]), id: \.id) { "Greet \($0.name)." }
    let all = try batch.ids
    #expect(try batch.sample(5, seed: 1).ids == all)
    let stage = Stage()
    let results = try await stage.client.run(batch.sample(3, seed: 4))
    #expect(results.reconciliation.submitted == 3)
    #expect(try results.map(\.id.rawValue) == batch.sample(3, seed: 4).ids)
    #expect(results.allSatisfy { all.contains($0.id.rawValue) })
  }

  @Test func `what is wrong is told of the sample alone, and of its source`() throws {
    var batch = Batch(Chat(model: "gpt-5.4-mini"))
    for number in 1...50 { batch.add("r-\(number)", "Say.") { $0.temperature(.nan) } }
    #expect(batch.sample(4, seed: 1).problems().count { $0.severity == .error } == 4)
    let scratch = try Scratch()
    try DiskStore.shared.write("id,text\n1,one\n", to: scratch("t.csv"))
    var wrong = Batch(Chat(model: "gpt-5.4-mini"))
    wrong.add(contentsOf: try Table(path: scratch("t.csv")), id: "{{id}}", prompt: "{{txet}}")
    #expect(wrong.sample(1, seed: 1).problems().first?.message.contains("txet") == true)
    #expect(batch.sample(0, seed: 1).problems().map(\.code) == ["empty_file"])
  }
}
