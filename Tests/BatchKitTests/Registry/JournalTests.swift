import BatchKit
import BatchKitTesting
import Foundation
import Testing

/// What a journal might hold: a kind, some text, a moment.
private struct Note: Codable, Sendable, Hashable {
  enum Kind: String, Codable { case started, sent, done }
  var kind: Kind
  var text: String?
  var at: Date?

  init(_ kind: Kind, _ text: String? = nil, at: Date? = nil) {
    self.kind = kind
    self.text = text
    self.at = at
  }
}

@Suite struct `A journal keeps what it was told` {
  private let store = MemoryStore()
  private let path = "/journal.jsonl"
  private var journal: Journal<Note> { Journal(at: path, in: store) }
  private let three = [Note(.started, "a\nb \"c\" é/"), Note(.sent), Note(.done, "end")]

  @Test func `entries read back in order, each on a line of its own`() throws {
    let journal = journal
    #expect(try journal.entries().isEmpty)
    try journal.append(three[0])
    try journal.append(contentsOf: three[1...])
    try journal.append(contentsOf: [])
    #expect(try journal.entries() == three)
    #expect(try self.journal.entries() == three)
    #expect(!journal.wasTorn)
    #expect(
      try store.text(path) == #"""
        {"kind":"started","text":"a\nb \"c\" é/"}
        {"kind":"sent"}
        {"kind":"done","text":"end"}

        """#)
    #expect(try store.status(of: path)?.permissions == 0o600)
  }

  @Test func `an acknowledged entry survives a power cut, several by one sync`() throws {
    let journal = journal
    try journal.append(three[0])
    let steps = store.steps
    try journal.append(contentsOf: three[1...])
    #expect(store.steps == steps + 2)
    #expect(try Journal<Note>(at: path, in: store.crash()).entries() == three)
  }

  @Test func `the same entry is the same bytes, with dates to the millisecond`() throws {
    let dates: [(Double, String)] = [
      (1_790_000_000.123, "2026-09-21T14:13:20.123Z"), (0, "1970-01-01T00:00:00.000Z"),
      (-0.001, "1969-12-31T23:59:59.999Z"), (1_790_000_000.9999, "2026-09-21T14:13:21.000Z"),
      (951_782_400, "2000-02-29T00:00:00.000Z"), (-12_219_292_800, "1582-10-15T00:00:00.000Z"),
      (253_402_300_799.999, "9999-12-31T23:59:59.999Z"),
    ]
    for (seconds, text) in dates {
      let store = MemoryStore()
      let journal = Journal<Note>(at: path, in: store)
      try journal.append(Note(.sent, at: Date(timeIntervalSince1970: seconds)))
      #expect(try store.text(path) == "{\"at\":\"\(text)\",\"kind\":\"sent\"}\n")
      let back = try #require(try journal.entries().first)
      try journal.append(back)
      let lines = try store.text(path).split(separator: "\n")
      #expect(lines.count == 2 && lines[0] == lines[1])
      #expect(try journal.entries()[1] == back)
    }
  }

  @Test(arguments: [Double.infinity, .nan, 1e15, -1e15])
  func `a date beyond all calendars is refused and leaves no trace`(seconds: Double) throws {
    let journal = journal
    #expect(throws: BatchError.self) {
      try journal.append(contentsOf: [Note(.sent), Note(.sent, at: Date(timeIntervalSince1970: seconds))])
    }
    #expect(try store.status(of: path) == nil)
  }
}

@Suite struct `A journal is read anew only where it changed` {
  private let path = "/journal.jsonl"
  private let lines = "{\"kind\":\"started\"}\n{\"kind\":\"sent\",\"text\":\"two\"}\n"

  /// The journal as one saw it who has read all of it.
  private func known(_ store: MemoryStore) throws -> JournalMark {
    let journal = Journal<Note>(at: path, in: store)
    _ = try journal.entries()
    return try #require(journal.mark)
  }

  @Test func `what nobody touched is as it was, after reading and after writing`() throws {
    let store = MemoryStore()
    try store.write(lines, to: path)
    let journal = Journal<Note>(at: path, in: store, after: try known(store))
    #expect(try journal.isUnchanged())
    try journal.append(contentsOf: (0..<9).map { Note(.sent, "number \($0)") })
    let later = Journal<Note>(at: path, in: store, after: journal.mark)
    #expect(try later.isUnchanged() && journal.mark == known(store))
    #expect(try !Journal<Note>(at: path, in: store).isUnchanged())
  }

  /// What another process, an editor or a bad disk may do meanwhile.
  @Test(arguments: ["longer", "shorter", "replaced", "torn", "gone"])
  func `what changed is noticed, and the next entry stands behind it`(change: String) throws {
    let store = MemoryStore()
    try store.write(lines, to: path)
    let mark = try known(store)
    switch change {
    case "longer": try store.write("{\"kind\":\"done\"}\n", to: path, .append)
    case "shorter": try store.truncate(path, to: 19)
    case "replaced": try store.replace(path, with: Array(lines.replacing("two", with: "ten").utf8))
    case "torn": try store.write("{\"ki", to: path, .append)
    default: try store.remove(path)
    }
    let journal = Journal<Note>(at: path, in: store, after: mark)
    #expect(try !journal.isUnchanged())
    let before = try journal.entries()
    try journal.append(Note(.sent, "last"))
    #expect(try Journal<Note>(at: path, in: store).entries() == before + [Note(.sent, "last")])
  }

  @Test func `an entry that was refused by a full disk does not stay behind the mark`() throws {
    let store = MemoryStore()
    try store.write(lines, to: path)
    let mark = try known(store)
    let journal = Journal<Note>(at: path, in: store, after: mark)
    store.leaveRoom(for: 5)
    #expect(throws: BatchError.self) { try journal.append(Note(.done)) }
    store.heal()
    #expect(journal.mark == mark)
    #expect(try !Journal<Note>(at: path, in: store, after: mark).isUnchanged())
    try journal.append(Note(.done, "again"))
    #expect(try store.text(path) == lines + "{\"kind\":\"done\",\"text\":\"again\"}\n")
  }
}

@Suite struct `A journal tells a crash from damage` {
  private let path = "/journal.jsonl"
  private let whole = "{\"kind\":\"started\"}\n{\"kind\":\"sent\",\"text\":\"two\"}\n"

  private func store(_ text: String) throws -> MemoryStore {
    let store = MemoryStore()
    try store.write(text, to: path)
    return store
  }

  @Test func `an entry cut at any byte is none, and is cut off before the next`() throws {
    for length in 0..<whole.utf8.count {
      let store = try store(String(whole.prefix(length)))
      let journal = Journal<Note>(at: path, in: store)
      let before = try journal.entries()
      #expect(before.count == (length < 19 ? 0 : 1))
      #expect(journal.wasTorn == (length != 0 && length != 19))
      try journal.append(Note(.done))
      #expect(try Journal<Note>(at: path, in: store).entries() == before + [Note(.done)])
    }
  }

  @Test func `reading alone changes nothing, and appending unread finds the tear too`() throws {
    let store = try store(whole + "{\"ki")
    _ = try Journal<Note>(at: path, in: store).entries()
    #expect(try store.text(path) == whole + "{\"ki")
    let journal = Journal<Note>(at: path, in: store)
    try journal.append(Note(.done))
    #expect(journal.wasTorn)
    #expect(try store.text(path) == whole + "{\"kind\":\"done\"}\n")
  }

  @Test(arguments: ["\0\0\0\0\0", "{\"kind\":\"do\0\0\0\0", "{\"kind\":\"do\0\0\0\0\n"])
  func `zeros where bytes never came are a tear`(tail: String) throws {
    let store = try store(whole + tail)
    let journal = Journal<Note>(at: path, in: store)
    #expect(try journal.entries().count == 2)
    #expect(journal.wasTorn)
    try journal.append(Note(.done))
    #expect(try store.text(path) == whole + "{\"kind\":\"done\"}\n")
  }

  @Test(arguments: [
    "garbage", "", "{}", "[]", "{\"kind\":7}", "{\"kind\":\"sent\",\"text\":5}", "{\"kind\":\"se",
  ])
  func `a bad line before the end is damage, named and left alone`(line: String) throws {
    let text = "{\"kind\":\"started\"}\n\(line)\n{\"kind\":\"done\"}\n"
    let store = try store(text)
    let error = #expect(throws: BatchError.self) { try Journal<Note>(at: path, in: store).entries() }
    #expect(error?.code == .damagedRegistry)
    #expect(error?.message.hasPrefix("Line 2 of the journal /journal.jsonl is damaged") == true)
    #expect(try store.text(path) == text)
  }

  @Test func `a last line that is whole and yet no entry is damage, not a tear`() throws {
    let store = try store(whole + "garbage\n")
    let error = #expect(throws: BatchError.self) { try Journal<Note>(at: path, in: store).entries() }
    #expect(error?.code == .damagedRegistry)
  }

  @Test func `an entry of an unknown kind is from a newer version`() throws {
    let store = try store(whole + "{\"kind\":\"teleported\"}\n{\"kind\":\"done\"}\n")
    let error = #expect(throws: BatchError.self) { try Journal<Note>(at: path, in: store).entries() }
    #expect(error?.code == .newerRegistry)
    #expect(
      error?.message.hasPrefix("Line 3 of the journal /journal.jsonl was written by a newer version") == true)
  }
}

@Suite struct `A journal outlives what befalls the disk` {
  private let path = "/jobs/journal.jsonl"

  @Test func `after a failed append the next one starts clean`() throws {
    for step in 0..<4 {
      let store = MemoryStore()
      try store.createFolder("/jobs")
      let journal = Journal<Note>(at: path, in: store)
      try journal.append(Note(.started))
      store.fail(after: step, with: .full)
      let first = (try? journal.append(Note(.sent, "one"))) != nil
      let second = (try? journal.append(Note(.sent, "two"))) != nil
      try journal.append(Note(.done))
      let expected =
        [Note(.started)] + (first ? [Note(.sent, "one")] : []) + (second ? [Note(.sent, "two")] : [])
      #expect(try journal.entries() == expected + [Note(.done)])
      #expect(try Journal<Note>(at: path, in: store.crash()).entries() == expected + [Note(.done)])
    }
  }

  @Test func `a disk that fills in the middle of an entry takes none of it`() throws {
    for room in 0..<40 {
      let store = MemoryStore()
      try store.createFolder("/jobs")
      let journal = Journal<Note>(at: path, in: store)
      try journal.append(Note(.started))
      store.leaveRoom(for: room)
      let fits = (try? journal.append(Note(.sent, "a longer text"))) != nil
      #expect(fits == (room >= 39))
      store.heal()
      try journal.append(Note(.done))
      #expect(try journal.entries().map(\.kind) == (fits ? [.started, .sent, .done] : [.started, .done]))
    }
  }

  @Test(arguments: 0..<20)
  func `wherever the world stops, what was acknowledged is there and it goes on`(seed: Int) throws {
    for step in 1... {
      let store = MemoryStore()
      store.stop(before: step)
      let acknowledged = Locked(0)
      let finished = (try? tell(Journal(at: path, in: store), store, acknowledged)) != nil
      for crash in [MemoryStore.Crash.kill, .powerCut, .tornPowerCut(seed: UInt64(seed))] {
        let next = store.crash(crash)
        try next.createFolder("/jobs")
        let journal = Journal<Note>(at: path, in: next)
        let found = try journal.entries().map(\.text)
        #expect(found.count >= acknowledged.current, "step \(step), \(crash)")
        #expect(found == (0..<found.count).map { "\($0)" })
        try journal.append(Note(.done, "\(found.count)"))
        #expect(try journal.entries().count == found.count + 1)
      }
      if finished { break }
    }
  }

  private func tell(_ journal: Journal<Note>, _ store: MemoryStore, _ acknowledged: Locked<Int>) throws {
    try store.createFolder("/jobs")
    for number in 0..<3 {
      try journal.append(Note(.sent, "\(number)"))
      acknowledged.withLock { $0 = number + 1 }
    }
    try journal.append(contentsOf: (3..<6).map { Note(.sent, "\($0)") })
    acknowledged.withLock { $0 = 6 }
  }
}
