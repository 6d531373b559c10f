import BatchKit
import BatchKitTesting
import Testing

@Suite struct `A store in memory forgets what a disk would forget` {
  let store = MemoryStore()

  private func started(_ name: String, with text: String) throws -> any WritableFile {
    let file = try store.create(name, .append)
    try file.write(Array(text.utf8))
    return file
  }

  @Test func `bytes that were not synced are lost, with the name of the file`() throws {
    let file = try started("/a", with: "one")
    #expect(try store.text("/a") == "one")
    #expect(try store.crash().status(of: "/a") == nil)
    try file.sync()
    try file.write(Array("two".utf8))
    #expect(try store.crash().text("/a") == "one")
    #expect(try store.crash(.kill).text("/a") == "onetwo")
  }

  @Test func `what a killed process left unsynced is lost by a later power cut`() throws {
    _ = try started("/a", with: "one")
    let next = store.crash(.kill)
    #expect(try next.text("/a") == "one")
    #expect(try next.crash().status(of: "/a") == nil)
  }

  @Test func `a rename is undone unless its folder was synced`() throws {
    try store.write("old", to: "/a")
    try store.write("new", to: "/b")
    store.beforeEachStep { step in
      if step.kind == .syncFolder { throw MemoryStore.Stop() }
    }
    #expect(throws: BatchError.self) { try store.rename("/b", to: "/a") }
    #expect(try store.crash(.kill).text("/a") == "new")
    #expect(try store.crash().text("/a") == "old")
    #expect(try store.crash().text("/b") == "new")
  }

  @Test func `a removed file may come back`() throws {
    try store.write("x", to: "/a")
    try store.remove("/a")
    #expect(try store.status(of: "/a") == nil)
    #expect(try store.crash().text("/a") == "x")
    try store.write("y", to: "/b")
    #expect(try store.crash().status(of: "/a") == nil)
  }

  @Test func `a torn write leaves every length, and zeros too`() throws {
    let file = try started("/a", with: "kept")
    try file.sync()
    try file.write(Array("torn".utf8))
    let found = try Set((0..<200).map { try store.crash(.tornPowerCut(seed: $0)).text("/a") })
    let lengths = Set(found.filter { !$0.contains("\0") }.map(\.count))
    #expect(lengths == [4, 5, 6, 7, 8])
    #expect(found.allSatisfy { $0.hasPrefix("kept") })
    #expect(found.contains { $0.contains("\0") })
    #expect(
      try store.crash(.tornPowerCut(seed: 9)).text("/a") == store.crash(.tornPowerCut(seed: 9)).text("/a"))
  }

  @Test func `a file in a folder that was lost is lost`() throws {
    store.beforeEachStep { step in
      if step.kind == .syncFolder, step.path == "/" { throw FileFault.forbidden }
    }
    #expect(throws: BatchError.self) { try store.createFolder("/f") }
    try store.write("x", to: "/f/a")
    #expect(try store.text("/f/a") == "x")
    #expect(try store.crash().status(of: "/f") == nil)
    #expect(try store.crash().status(of: "/f/a") == nil)
  }

  @Test func `locks go with the process`() throws {
    let lock = try #require(try store.lock("/lock"))
    #expect(try store.lock("/lock") == nil)
    #expect(try store.crash(.kill).lock("/lock") != nil)
    lock.release()
    #expect(try store.lock("/lock") != nil)
  }
}

@Suite struct `A store in memory fails where it is told to` {
  let store = MemoryStore()

  @Test func `one change fails, those around it do not`() throws {
    store.fail(after: 1, with: .forbidden)
    let file = try store.create("/a", .exclusive)
    let error = #expect(throws: BatchError.self) { try file.write([1]) }
    #expect(error?.fileFault == .forbidden)
    try file.write([2])
    #expect(try store.read("/a") == [2])
  }

  @Test func `after the end of the world nothing happens any more`() throws {
    try store.write("x", to: "/a")
    store.stop(before: store.steps + 1)
    #expect(throws: BatchError.self) { try store.create("/b", .exclusive) }
    #expect(throws: BatchError.self) { try store.remove("/a") }
    #expect(throws: BatchError.self) { try store.read("/a") }
    #expect(try store.crash().text("/a") == "x")
  }

  @Test func `a full disk takes what fits`() throws {
    store.leaveRoom(for: 3)
    let file = try store.create("/a", .exclusive)
    let error = #expect(throws: BatchError.self) { try file.write([1, 2, 3, 4]) }
    #expect(error?.message == "The disk is full: could not write /a; free some room and run it again.")
    #expect(try store.read("/a") == [1, 2, 3])
    store.heal()
    try file.write([4])
    #expect(try store.read("/a") == [1, 2, 3, 4])
  }

  @Test func `a read-only folder refuses all changes and no look`() throws {
    try store.createFolder("/f/g")
    try store.write("x", to: "/f/g/a")
    store.makeReadOnly("/f")
    for act: () throws -> Void in [
      { try store.write("y", to: "/f/b") }, { try store.remove("/f/g/a") },
      { try store.rename("/f/g/a", to: "/b") },
      { try store.truncate("/f/g/a", to: 0) }, { try store.createFolder("/f/h") },
    ] {
      #expect(#expect(throws: BatchError.self) { try act() }?.fileFault == .readOnly)
    }
    #expect(try store.text("/f/g/a") == "x")
    try store.write("y", to: "/ff")
  }
}

/// What the library relies on, asked of every store, so that the one of the tests does not lie.
@Suite struct `All stores keep the same promises` {
  static let kinds = ["disk", "memory"]

  @Test(arguments: kinds)
  func `the same calls have the same outcome`(kind: String) throws {
    let scratch = try Scratch()
    let store: any FileStore = kind == "disk" ? DiskStore.shared : MemoryStore()
    try store.createFolder(scratch.path)
    var log: [String] = []
    func note(_ act: () throws -> String) {
      do { log.append(try act()) } catch {
        log.append((error as? BatchError)?.fileFault.map { "\($0)" } ?? "odd: \(error)")
      }
    }
    note {
      try store.write("abc", to: scratch("a")); return "made"
    }
    note {
      try store.write("abc", to: scratch("a")); return "made twice"
    }
    note {
      try store.write("def", to: scratch("a"), .append); return try store.text(scratch("a"))
    }
    note {
      try store.write("", to: scratch("no/where")); return "no folder"
    }
    note {
      try store.createFolder(scratch("x/y")); return "\(try store.names(in: scratch("x")))"
    }
    note {
      try store.createFolder(scratch("a")); return "a folder over a file"
    }
    note {
      try store.rename(scratch("a"), to: scratch("x/b")); return "\(try store.names(in: scratch.path))"
    }
    note {
      try store.rename(scratch("a"), to: scratch("c")); return "renamed from nothing"
    }
    note {
      try store.rename(scratch("x/b"), to: scratch("x/y")); return "renamed onto a folder"
    }
    note {
      try store.truncate(scratch("x/b"), to: 2); return try store.text(scratch("x/b"))
    }
    note {
      try store.truncate(scratch("x/b"), to: 4); return "\(try store.read(scratch("x/b")))"
    }
    note {
      try store.truncate(scratch("none"), to: 4); return "cut nothing"
    }
    note {
      try store.remove(scratch("x")); return "removed a full folder"
    }
    note {
      try store.replace(scratch("x/b"), with: [1]); return "\(try store.names(in: scratch("x")))"
    }
    note {
      _ = try store.open(scratch("x")); return "read a folder"
    }
    note {
      _ = try store.names(in: scratch("none")); return "listed nothing"
    }
    note {
      _ = try store.names(in: scratch("x/b")); return "listed a file"
    }
    note { "\(String(describing: try store.status(of: scratch("x/b"))))" }
    note { "\(try store.status(of: scratch("x"))?.isFolder == true)" }
    note {
      try store.removeTree(scratch("x")); return "\(try store.names(in: scratch.path))"
    }
    note {
      try store.remove(scratch("x")); return "removed nothing"
    }
    note { try store.lock(scratch("l")) == nil ? "held" : "free" }
    #expect(
      log == [
        "made", "exists", "abcdef", "notFound", #"["y"]"#, "exists", #"["x"]"#, "notFound", "isFolder", "ab",
        "[97, 98, 0, 0]", "notFound", "notEmpty", #"["b", "y"]"#, "isFolder", "notFound", "notFolder",
        "\(String(describing: Optional(FileStatus(size: 1))))", "true", "[]", "removed nothing", "free",
      ])
  }

  @Test(arguments: [MemoryStore.Crash.kill, .powerCut, .tornPowerCut(seed: 1), .tornPowerCut(seed: 2)])
  func `a replaced file is all old or all new, wherever the world stops`(crash: MemoryStore.Crash) throws {
    let old = [UInt8](repeating: 1, count: 40)
    let new = [UInt8](repeating: 2, count: 90)
    var found: [[UInt8]] = []
    for step in 1... {
      let store = MemoryStore()
      try store.createFolder("/r")
      try store.replace("/r/a", with: old)
      store.stop(before: store.steps + step)
      let finished = (try? store.replace("/r/a", with: new)) != nil
      found.append(try store.crash(crash).read("/r/a"))
      if finished { break }
    }
    #expect(found.count > 5)
    #expect(found.first == old && found.last == new)
    #expect(found.allSatisfy { $0 == old || $0 == new })
  }

  @Test func `a replacement that fails leaves the old file and no draft`() throws {
    for step in 0... {
      let store = MemoryStore()
      try store.replace("/a", with: [1])
      store.fail(after: step, with: .full)
      guard (try? store.replace("/a", with: [2])) == nil else { break }
      // Only the sync after the rename can fail with the new file in place.
      #expect(try [[1], [2]].contains(store.read("/a")))
      #expect(try store.names(in: "/").filter { $0 != "a" }.isEmpty)
    }
  }
}
