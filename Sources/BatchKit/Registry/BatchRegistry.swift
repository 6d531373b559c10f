import Foundation

/// The list of all jobs, kept in one file, so that a job outlives the process that submitted it.
///
/// The file is JSON that a person can read, one job a line. Beside it, in `<file>.jobs`, each job has a
/// folder for its requests, its journal and its results. Everything is its owner's alone to read. Any number
/// of processes may share a registry.
public struct BatchRegistry: Sendable {
  /// The path of the file.
  public let path: String
  /// The disk that the file and the folders of the jobs are on.
  package let store: any FileStore
  /// What is slept by while another process writes.
  package var clock: any BatchClock
  /// How long another process may hold the registry before waiting for it is given up.
  package var patience: Duration = .seconds(10)
  /// What goes away with the last copy of a registry that this process alone keeps.
  private let keeper: TemporaryFolder?

  package init(store: any FileStore, path: String, clock: any BatchClock = .system) {
    self.init(store: store, path: path, clock: clock, keeper: nil)
  }

  private init(store: any FileStore, path: String, clock: any BatchClock, keeper: TemporaryFolder?) {
    self.store = store
    self.path = path
    self.clock = clock
    self.keeper = keeper
  }
}

extension BatchRegistry {
  /// The registry in this file, made when the first job is submitted.
  public static func file(_ path: String) -> Self {
    Self(store: DiskStore.shared, path: DiskStore.resolving(path))
  }

  /// The registry that `$BATCHKIT_REGISTRY` names, else `~/.batchkit/registry.json`.
  public static var standard: Self { standard(environment: ProcessInfo.processInfo.environment) }

  /// A registry for this process alone, gone when its last copy is.
  ///
  /// Requests and results still need room on the disk: they have it in a private temporary folder.
  public static func memory() -> Self {
    let keeper = TemporaryFolder()
    return Self(
      store: keeper.store, path: "\(keeper.path)/registry.json", clock: .system, keeper: keeper)
  }

  package static func standard(environment: [String: String]) -> Self {
    if let path = environment["BATCHKIT_REGISTRY"], !path.isEmpty { return .file(path) }
    return .file("\(DiskStore.home(environment))/.batchkit/registry.json")
  }
}

extension BatchRegistry {
  /// All jobs, the newest first.
  ///
  /// - Throws: ``BatchError`` where the file is damaged or newer than this library; it is left as it is.
  public var entries: [RegistryEntry] {
    get async throws {
      try read().sorted { ($0.created, $0.id) > ($1.created, $1.id) }
    }
  }

  /// The newest job of this name.
  public func entry(named name: String) async throws -> RegistryEntry? {
    try await entries.first { $0.name == name }
  }

  /// The job with this id, or with a remote batch of this id.
  public func entry(id: String) async throws -> RegistryEntry? {
    let entries = try await entries
    return entries.first { $0.id == id } ?? entries.first { $0.batches.contains(id) }
  }

  /// Forgets a job and deletes its folder, results included; what runs at the service runs on.
  ///
  /// - Parameter nameOrID: Its name, its id, or the id of one of its remote batches.
  /// - Throws: ``BatchError`` where nothing goes by that, or somebody is working on the job.
  public func remove(_ nameOrID: String) async throws {
    var found = try await entry(named: nameOrID)
    if found == nil { found = try await entry(id: nameOrID) }
    guard let entry = found else { throw BatchError.unknownJob(nameOrID, in: path) }
    let folder = folder(for: entry.id)
    guard let lock = try lockJob(entry.id) else { throw BatchError.busyJob(entry) }
    defer { lock.release() }
    try await edit { entries in
      // Without its card, a folder that survives a crash from here on does not bring the job back.
      try store.remove(cardPath(entry.id))
      entries.removeAll { $0.id == entry.id }
    }
    try store.removeTree(folder)
  }
}

// MARK: - Where things are

extension BatchRegistry {
  /// The folder of a job, made when the job is locked for the first time.
  package func folder(for id: String) -> String { "\(jobsFolder)/\(id)" }

  /// Takes a job's lock, or returns `nil` while someone else works on the job.
  package func lockJob(_ id: String) throws(BatchError) -> (any FileLock)? {
    guard RegistryEntry.isID(id) else { throw .badID(id) }
    try store.createFolder(folder(for: id))
    return try store.lock("\(folder(for: id))/lock")
  }

  /// The number of the process that works on a job, where the disk tells.
  package func holder(of id: String) -> Int? {
    // Nothing but a word in a message hangs on it.
    guard let text = try? store.read("\(folder(for: id))/lock") else { return nil }
    return Int(String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
  }

  var jobsFolder: String { "\(path).jobs" }

  func cardPath(_ id: String) -> String { "\(folder(for: id))/job.json" }
}
