extension BatchRegistry {
  /// Writes down a job: a new one, or what has become of one that is there.
  ///
  /// - Throws: ``BatchError`` where another job has the name.
  package func upsert(_ entry: RegistryEntry) async throws {
    guard RegistryEntry.isID(entry.id) else { throw BatchError.badID(entry.id) }
    try await edit { entries in
      if let name = entry.name, let other = entries.first(where: { $0.name == name && $0.id != entry.id }) {
        throw BatchError.takenName(name, by: other.id)
      }
      try store.createFolder(folder(for: entry.id))
      try store.replace(cardPath(entry.id), with: try RegistryFile.renderCard(entry))
      if let index = entries.firstIndex(where: { $0.id == entry.id }) {
        entries[index] = entry
      } else {
        entries.append(entry)
      }
    }
  }

  /// Changes the list while no other process can, and makes the change last.
  package func edit<Value: Sendable>(
    _ change: (inout [RegistryEntry]) throws -> Value
  ) async throws -> Value {
    try await whileLocked {
      let before = try read()
      var entries = before
      let value = try change(&entries)
      if entries != before { try store.replace(path, with: try RegistryFile.render(entries)) }
      return value
    }
  }

  /// What ``BatchRegistry/rebuild()`` found.
  public struct Rebuilt: Sendable, Hashable {
    /// All jobs the registry has now, the newest first.
    public var entries: [RegistryEntry]
    /// The folders of jobs whose card is damaged; they were left as they are.
    public var unreadable: [String]
  }

  /// Makes the file anew from the folders of the jobs beside it.
  ///
  /// Jobs that the file still tells of stay as they are there. A damaged file is kept as a copy beside the
  /// new one.
  /// - Throws: ``BatchError`` where the file is of a newer version of the library.
  @discardableResult
  public func rebuild() async throws -> Rebuilt {
    let unreadable = try await whileLocked {
      let known = try salvaged()
      let (found, unreadable) = try cards()
      let lost = found.filter { card in !known.contains { $0.id == card.id } }
      try store.replace(path, with: try RegistryFile.render(known + lost))
      return unreadable.map(\.folder)
    }
    return Rebuilt(entries: try await entries, unreadable: unreadable)
  }

  /// The jobs in the order they were written down.
  ///
  /// A registry that is gone while its jobs are there would have them paid a second time: the folders speak
  /// for it.
  func read() throws -> [RegistryEntry] {
    if try store.status(of: path) != nil {
      return try RegistryFile.entries(in: try store.read(path), of: path)
    }
    let (found, unreadable) = try cards()
    if let first = unreadable.first { throw first.error }
    return found
  }

  /// What the file tells, after a copy was made of one that tells nothing.
  private func salvaged() throws -> [RegistryEntry] {
    guard try store.status(of: path) != nil else { return [] }
    let bytes = try store.read(path)
    do {
      return try RegistryFile.entries(in: bytes, of: path)
    } catch {
      guard error.code == .damagedRegistry else { throw error }
      let copy = "\(path).damaged-\(SHA256.hex(of: bytes).prefix(12))"
      if try store.status(of: copy) == nil { try store.replace(copy, with: bytes) }
      return []
    }
  }

  private typealias Unreadable = (folder: String, error: BatchError)

  /// What the folders tell of their jobs, and the folders that don't.
  private func cards() throws(BatchError) -> (found: [RegistryEntry], unreadable: [Unreadable]) {
    guard try store.status(of: jobsFolder) != nil else { return ([], []) }
    var found: [RegistryEntry] = []
    var unreadable: [Unreadable] = []
    for id in try store.names(in: jobsFolder) where RegistryEntry.isID(id) {
      do {
        guard try store.status(of: cardPath(id)) != nil else { continue }
        found.append(
          try RegistryFile.entry(onCard: try store.read(cardPath(id)), of: cardPath(id), id: id))
      } catch {
        unreadable.append((folder(for: id), error))
      }
    }
    return (found.sorted { ($0.created, $0.id) < ($1.created, $1.id) }, unreadable)
  }
}

// MARK: - One at a time

extension BatchRegistry {
  /// How many turns there were: one at a time in the whole process.
  ///
  /// The lock across processes can be waited for by the clock alone, and the tasks of one process shouldn't
  /// wait that long for what takes a millisecond. It is a number because the thread sanitizer takes the place
  /// of an empty value for that of its neighbour.
  private static let turn = Locked(0)

  private func whileLocked<Value: Sendable>(_ body: () throws -> Value) async throws -> Value {
    var waited = Duration.zero
    var pause = Duration.milliseconds(5)
    while true {
      if let value = try ifUnlocked(body) { return value }
      guard waited < patience else { throw BatchError.heldRegistry(path, for: patience) }
      try await clock.sleep(for: pause)
      waited += pause
      pause = min(pause * 2, .milliseconds(250))
    }
  }

  private func ifUnlocked<Value>(_ body: () throws -> Value) throws -> Value? {
    try Self.turn.withLock { turn in
      turn &+= 1
      try store.createFolder(DiskStore.folder(of: path))
      guard let lock = try store.lock("\(path).lock") else { return nil }
      defer { lock.release() }
      return try body()
    }
  }
}
