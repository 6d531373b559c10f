import BatchKit
import BatchKitTesting
import Foundation
import Testing

private let start = Date(timeIntervalSince1970: 1_790_000_000)

/// An entry made so many seconds after the start.
private func entry(_ id: String, name: String? = nil, after seconds: Double = 0) -> RegistryEntry {
  RegistryEntry(
    id: id, name: name, phase: "running", batches: ["batch_\(id)"], endpoint: .chatCompletions,
    provider: "openai", created: start + seconds)
}

private let path = "/home/registry.json"

@Suite struct `The registry finds jobs again` {
  let store = MemoryStore()
  var registry: BatchRegistry { BatchRegistry(store: store, path: path) }

  @Test func `an empty registry is no file and no failure`() async throws {
    #expect(try await registry.entries.isEmpty)
    #expect(try await registry.entry(named: "x") == nil)
    #expect(store.steps == 0)
  }

  @Test func `jobs are listed newest first and found by name, id and remote id`() async throws {
    try await registry.upsert(entry("a1", name: "spring", after: 1))
    try await registry.upsert(entry("c3", after: 3))
    try await registry.upsert(entry("b2", name: "autumn", after: 2))
    #expect(try await registry.entries.map(\.id) == ["c3", "b2", "a1"])
    #expect(try await registry.entry(named: "autumn")?.id == "b2")
    #expect(try await registry.entry(id: "a1")?.name == "spring")
    #expect(try await registry.entry(id: "batch_c3")?.id == "c3")
    #expect(try await registry.entry(id: "spring") == nil)
    #expect(try await registry.entry(named: "a1") == nil)
  }

  @Test func `writing a job down again changes it in place`() async throws {
    try await registry.upsert(entry("a1", name: "spring"))
    var later = entry("a1", name: "spring")
    later.phase = "completed"
    later.batches.append("batch_more")
    later.description = "what \"it\" is\nabout"
    later.updated = start + 60
    try await registry.upsert(later)
    #expect(try await registry.entries == [later])
  }

  @Test func `the file is JSON that a person can read, and its owner's alone`() async throws {
    try await registry.upsert(entry("a1", name: "spring"))
    try await registry.upsert(entry("b2", after: 1.5))
    #expect(
      try store.text(path) == """
        {"version":1,"jobs":[
        {"batches":["batch_a1"],"created":"2026-09-21T14:13:20.000Z","endpoint":"/v1/chat/completions","id":"a1",\
        "name":"spring","phase":"running","provider":"openai","updated":"2026-09-21T14:13:20.000Z"},
        {"batches":["batch_b2"],"created":"2026-09-21T14:13:21.500Z","endpoint":"/v1/chat/completions","id":"b2",\
        "phase":"running","provider":"openai","updated":"2026-09-21T14:13:21.500Z"}
        ]}

        """)
    #expect(try store.status(of: path)?.permissions == 0o600)
    #expect(try store.names(in: "/home") == ["registry.json", "registry.json.jobs", "registry.json.lock"])
    _ = try JSONSerialization.jsonObject(with: Data(try store.read(path)))
  }

  @Test func `a name belongs to one job`() async throws {
    try await registry.upsert(entry("a1", name: "spring"))
    let error = await #expect(throws: BatchError.self) {
      try await registry.upsert(entry("b2", name: "spring"))
    }
    #expect(error?.code == .differentJob)
    #expect(try await registry.entries.map(\.id) == ["a1"])
    #expect(try store.status(of: registry.folder(for: "b2")) == nil)
  }

  @Test(arguments: [
    "", ".", "..", "../x", "a/b", ".hidden", "a\0b", "ä", "a b", String(repeating: "x", count: 129),
  ])
  func `an id that could lead elsewhere is refused`(id: String) async throws {
    await #expect(throws: BatchError.self) { try await registry.upsert(entry(id)) }
    #expect(throws: BatchError.self) { try registry.lockJob(id) }
    #expect(store.steps == 0)
  }
}

@Suite struct `The registry forgets a job when asked` {
  let store = MemoryStore()
  var registry: BatchRegistry { BatchRegistry(store: store, path: path) }

  @Test(arguments: ["spring", "a1", "batch_a1"])
  func `with its folder, and no other`(word: String) async throws {
    try await registry.upsert(entry("a1", name: "spring"))
    try await registry.upsert(entry("b2", name: "a2"))
    try store.createFolder(registry.folder(for: "a1") + "/parts")
    try store.write("x", to: registry.folder(for: "a1") + "/parts/1.jsonl")
    try await registry.remove(word)
    #expect(try await registry.entries.map(\.id) == ["b2"])
    #expect(try store.names(in: "\(path).jobs") == ["b2"])
  }

  @Test func `but not one that goes by no such name`() async throws {
    let error = await #expect(throws: BatchError.self) { try await registry.remove("spring") }
    #expect(error?.code == .unknownJob)
    #expect(error?.message.contains("\"spring\"") == true)
  }

  @Test func `but not while somebody works on it`() async throws {
    try await registry.upsert(entry("a1", name: "spring"))
    let lock = try #require(try registry.lockJob("a1"))
    #expect(try registry.lockJob("a1") == nil)
    let error = await #expect(throws: BatchError.self) { try await registry.remove("spring") }
    #expect(error?.code == .busyJob)
    #expect(error?.message.contains("spring") == true)
    #expect(try await registry.entries.count == 1)
    lock.release()
    try await registry.remove("spring")
    #expect(try await registry.entries.isEmpty)
  }

  @Test func `never by an id that someone wrote into the file to lead elsewhere`() async throws {
    try store.createFolder("/home/precious")
    try store.createFolder("\(path).jobs")
    let text =
      #"{"version":1,"jobs":[{"id":"../precious","batches":[],"phase":"x","endpoint":"/v1","#
      + #""provider":"p","created":"2026-09-21T14:13:20.000Z","updated":"2026-09-21T14:13:20.000Z"}]}"#
    try store.write(text, to: path)
    let error = await #expect(throws: BatchError.self) { try await registry.remove("../precious") }
    #expect(error?.code == .damagedRegistry)
    #expect(try store.status(of: "/home/precious") != nil)
  }
}

@Suite struct `A registry that can't be read is left as it is` {
  let store = MemoryStore()
  var registry: BatchRegistry { BatchRegistry(store: store, path: path) }

  private func write(_ text: String) throws {
    try store.createFolder("/home")
    try store.replace(path, with: Array(text.utf8))
  }

  /// The failure of reading, after which writing fails the same way and nothing has changed.
  private func failure(of text: String) async throws -> BatchError? {
    try write(text)
    let error = await #expect(throws: BatchError.self) { try await registry.entries }
    let same = await #expect(throws: BatchError.self) { try await registry.upsert(entry("new")) }
    #expect(same?.message == error?.message)
    #expect(try store.text(path) == text)
    return error
  }

  @Test(arguments: [
    "", " ", "garbage", "[]", "{}", "null", #"{"version":1}"#, #"{"version":"1","jobs":[]}"#,
    #"{"version":1,"jobs":{}}"#, #"{"version":1,"jobs":[{}]}"#, #"{"version":0,"jobs":[]}"#, "\0\0\0\0",
    #"{"version":1,"jobs":[{"id":"a","batches":[],"phase":"x","endpoint":"/v1","provider":"p","created":5,"#
      + #""updated":5}]}"#,
  ])
  func `damage is reported with what to do`(text: String) async throws {
    let error = try await failure(of: text)
    #expect(error?.code == .damagedRegistry)
    #expect(error?.message.contains(path) == true && error?.message.contains("rebuild the registry") == true)
  }

  @Test func `half a file is damage, wherever it is cut`() async throws {
    try await registry.upsert(entry("a1", name: "spring"))
    try await registry.upsert(entry("b2"))
    let whole = try store.text(path).trimmingCharacters(in: .newlines)
    for length in stride(from: 0, to: whole.count, by: 7) {
      #expect(try await failure(of: String(whole.prefix(length)))?.code == .damagedRegistry)
    }
  }

  @Test func `a job listed twice is damage`() async throws {
    try await registry.upsert(entry("a1"))
    let line = try store.text(path).split(separator: "\n")[1]
    #expect(
      try await failure(of: "{\"version\":1,\"jobs\":[\(line),\(line)]}")?.code == .damagedRegistry)
  }

  @Test func `a file of a newer version says so, whatever else is in it`() async throws {
    let text = #"{"version":2,"jobs":"elsewhere"}"#
    let error = try await failure(of: text)
    #expect(error?.code == .newerRegistry)
    #expect(error?.message.contains("newer version of BatchKit") == true)
    await #expect(throws: BatchError.self) { try await registry.rebuild() }
    #expect(try store.text(path) == text)
  }
}

@Suite struct `A registry is rebuilt from the folders of its jobs` {
  let store = MemoryStore()
  var registry: BatchRegistry { BatchRegistry(store: store, path: path) }
  let jobs = [entry("a1", name: "spring"), entry("b2", after: 1), entry("c3", name: "autumn", after: 2)]

  private func fill() async throws {
    for job in jobs { try await registry.upsert(job) }
  }

  @Test func `after damage, with a copy of what was damaged`() async throws {
    try await fill()
    try store.replace(path, with: Array("garbage".utf8))
    let rebuilt = try await registry.rebuild()
    #expect(rebuilt.entries == jobs.reversed() && rebuilt.unreadable.isEmpty)
    #expect(try await registry.entries == jobs.reversed())
    let copies = try store.names(in: "/home").filter { $0.contains(".damaged-") }
    #expect(copies.count == 1)
    #expect(try store.text("/home/\(try #require(copies.first))") == "garbage")
  }

  @Test func `a registry that is gone is read from the folders, lest its jobs be paid again`() async throws {
    try await fill()
    try store.remove(path)
    #expect(try await registry.entry(named: "spring") == jobs[0])
    try await registry.upsert(entry("d4", after: 9))
    #expect(try await registry.entries.map(\.id) == ["d4", "c3", "b2", "a1"])
  }

  @Test func `what the file tells wins over the folders, and nothing removed comes back`() async throws {
    try await fill()
    try await registry.remove("b2")
    let rebuilt = try await registry.rebuild()
    #expect(rebuilt.entries == [jobs[2], jobs[0]])
  }

  @Test func `a damaged card is named and left alone, the others are found`() async throws {
    try await fill()
    let card = "\(registry.folder(for: "b2"))/job.json"
    try store.replace(card, with: Array("half".utf8))
    try store.remove(path)
    await #expect(throws: BatchError.self) { try await registry.entries }
    let rebuilt = try await registry.rebuild()
    #expect(rebuilt.entries == [jobs[2], jobs[0]])
    #expect(rebuilt.unreadable == [registry.folder(for: "b2")])
    #expect(try store.text(card) == "half")
  }

  @Test func `a card that was copied into another job's folder is not believed`() async throws {
    try await fill()
    let card = try store.read("\(registry.folder(for: "a1"))/job.json")
    try store.replace("\(registry.folder(for: "b2"))/job.json", with: card)
    try store.remove(path)
    #expect(try await registry.rebuild().unreadable == [registry.folder(for: "b2")])
  }
}

@Suite struct `Many may use a registry at once` {
  @Test func `two hundred jobs written at once all land`() async throws {
    let scratch = try Scratch()
    let path = scratch("registry.json")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<200 {
        group.addTask {
          let registry = BatchRegistry(store: DiskStore.shared, path: path)
          try await registry.upsert(entry("job-\(number)", name: "n\(number)", after: Double(number)))
        }
      }
      try await group.waitForAll()
    }
    let ids = try await BatchRegistry.file(path).entries.map(\.id)
    #expect(ids == (0..<200).reversed().map { "job-\($0)" })
    #expect(try DiskStore.shared.names(in: scratch.path).count == 3)
  }

  @Test func `a lock that another process holds is waited for by the clock`() async throws {
    let store = MemoryStore()
    try store.createFolder("/home")
    let lock = try #require(try store.lock("\(path).lock"))
    let clock = WaitingClock { if $0 == 3 { lock.release() } }
    let registry = BatchRegistry(store: store, path: path, clock: clock)
    try await registry.upsert(entry("a1"))
    #expect(clock.sleeps.count == 3)
    #expect(try await registry.entries.count == 1)
  }

  @Test func `but not for ever, and readers never wait`() async throws {
    let store = MemoryStore()
    let clock = WaitingClock()
    let registry = BatchRegistry(store: store, path: path, clock: clock)
    try await registry.upsert(entry("a1"))
    let lock = try #require(try store.lock("\(path).lock"))
    let error = await #expect(throws: BatchError.self) { try await registry.upsert(entry("b2")) }
    #expect(error?.code == .busyJob)
    #expect(error?.message.contains("for 10 seconds") == true)
    let waited = clock.sleeps.reduce(.zero, +)
    #expect(waited >= .seconds(10) && waited < .seconds(11))
    #expect(try await registry.entries.map(\.id) == ["a1"])
    lock.release()
  }

  @Test func `a cancelled task stops waiting at once`() async throws {
    let store = MemoryStore()
    try store.createFolder("/home")
    let lock = try #require(try store.lock("\(path).lock"))
    let registry = BatchRegistry(
      store: store, path: path, clock: WaitingClock { _ in throw CancellationError() })
    await #expect(throws: CancellationError.self) { try await registry.upsert(entry("a1")) }
    lock.release()
  }
}

@Suite struct `A registry survives every crash` {
  /// Fills a registry, changes a job and removes one; notes what was acknowledged.
  private func live(_ registry: BatchRegistry, _ acknowledged: Locked<[String: String]>) async throws {
    for id in ["a1", "b2"] {
      try await registry.upsert(entry(id, name: "n\(id)"))
      acknowledged.withLock { $0[id] = "running" }
    }
    var later = entry("a1", name: "na1")
    later.phase = "completed"
    try await registry.upsert(later)
    acknowledged.withLock { $0["a1"] = "completed" }
    acknowledged.withLock { $0["b2"] = nil }
    try await registry.remove("b2")
  }

  @Test(arguments: [MemoryStore.Crash.kill, .powerCut, .tornPowerCut(seed: 3), .tornPowerCut(seed: 8)])
  func `wherever the world stops, the registry reads, holds what was acknowledged and goes on`(
    crash: MemoryStore.Crash
  ) async throws {
    for step in 1... {
      let store = MemoryStore()
      store.stop(before: step)
      let acknowledged = Locked<[String: String]>([:])
      let finished: Void? = try? await live(BatchRegistry(store: store, path: path), acknowledged)

      let registry = BatchRegistry(store: store.crash(crash), path: path)
      let found = Dictionary(uniqueKeysWithValues: try await registry.entries.map { ($0.id, $0.phase) })
      for (id, phase) in acknowledged.current {
        #expect(found[id] == phase || found[id] == "completed", "step \(step)")
      }
      try await registry.upsert(entry("c3"))
      #expect(try await registry.entries.count == found.count + 1)
      if finished != nil { return }
      try #require(step < 500)
    }
  }
}

@Suite struct `A registry is where its user says` {
  @Test func `the environment's, else the usual place`() throws {
    let scratch = try Scratch()
    let place = DiskStore.resolving(scratch.path)
    let chosen = BatchRegistry.standard(environment: ["BATCHKIT_REGISTRY": scratch("r.json"), "HOME": "/h"])
    #expect(chosen.path == "\(place)/r.json")
    let usual = BatchRegistry.standard(environment: ["BATCHKIT_REGISTRY": "", "HOME": scratch.path])
    #expect(usual.path == "\(place)/.batchkit/registry.json")
  }

  @Test func `a link to the file leads to the same file, and stays a link`() async throws {
    let scratch = try Scratch()
    try await BatchRegistry.file(scratch("real.json")).upsert(entry("a1"))
    try FileManager.default.createSymbolicLink(
      atPath: scratch("link.json"), withDestinationPath: scratch("real.json"))
    try await BatchRegistry.file(scratch("link.json")).upsert(entry("b2"))
    #expect(try await BatchRegistry.file(scratch("real.json")).entries.count == 2)
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: scratch("link.json")).hasSuffix("real.json"))
  }

  @Test func `one in memory is private and gone with its last copy`() async throws {
    var registry: BatchRegistry? = .memory()
    let other = BatchRegistry.memory()
    let folder = try #require(registry.map { DiskStore.folder(of: $0.path) })
    try await registry?.upsert(entry("a1"))
    var copy = registry
    registry = nil
    #expect(try await copy?.entries.count == 1)
    #expect(try await other.entries.isEmpty)
    #expect(try DiskStore.shared.status(of: folder)?.permissions == 0o700)
    copy = nil
    #expect(try DiskStore.shared.status(of: folder) == nil)
  }
}
