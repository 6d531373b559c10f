import BatchKit
import BatchKitTesting
import Testing

@Suite struct `A bad disk costs an error and never a file` {
  private let store = MemoryStore()
  private var batch = Batch(Embed(model: "e"))

  init() throws {
    for number in 0..<300 { batch.add("\(number)", String(repeating: "x", count: 2000)) }
    try store.createFolder("/d")
    try store.write("before\n", to: "/d/out.jsonl")
  }

  @Test func `a full disk leaves what was there, and no draft`() throws {
    store.leaveRoom(for: 100_000)
    #expect { try batch.write(to: "/d/out.jsonl", store: store) } throws: {
      ($0 as? BatchError)?.code == .unwritableFile
    }
    store.heal()
    #expect(try store.text("/d/out.jsonl") == "before\n")
    #expect(try store.names(in: "/d") == ["out.jsonl"])
  }

  @Test func `stopped at any step, and after any power cut, the file is the old one or the new one`() throws {
    let new = try rendered(batch)
    let first = store.steps
    try batch.write(to: "/d/out.jsonl", store: store)
    let last = store.steps
    #expect(try store.text("/d/out.jsonl") == new)
    for step in (first + 1)...last {
      let disk = MemoryStore()
      try disk.createFolder("/d")
      try disk.write("before\n", to: "/d/out.jsonl")
      disk.stop(before: step)
      #expect(throws: BatchError.self) { try batch.write(to: "/d/out.jsonl", store: disk) }
      disk.heal()
      let text = try disk.crash(.powerCut).text("/d/out.jsonl")
      #expect(text == "before\n" || text == new, "stopped before step \(step)")
    }
  }

  @Test func `a table whose file breaks off says so in its last row, and the batch is refused`() throws {
    try store.write(
      "id\n" + (0..<8000).map { "\($0)\(String(repeating: "x", count: 100))\n" }.joined(), to: "/d/t.csv")
    let table = try Table(path: "/d/t.csv", store: store)
    let reads = Locked(0)
    store.beforeEachStep { step in
      guard step.kind == .read,
        reads.withLock({
          $0 += 1; return $0
        }) > 2
      else { return }
      throw FileFault.other("the disk is sick")
    }
    var batch = Batch(Chat(model: "m"))
    batch.add(contentsOf: table, id: "{{id}}", prompt: "{{id}}")
    #expect(batch.problems().map(\.code) == ["unreadable_file"])
    #expect(throws: (any Error).self) { try batch.write(to: "/d/out.jsonl", store: store) }
    let rows = Array(table)
    #expect(rows.last?.problem?.code == .unreadableFile)
    #expect(rows.dropLast().allSatisfy { $0.problem == nil })
    store.heal()
    #expect(try store.text("/d/out.jsonl") == "before\n")
  }
}
