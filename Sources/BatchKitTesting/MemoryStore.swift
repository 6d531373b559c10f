package import BatchKit

/// Files in memory that forget at a power cut what a disk would forget.
///
/// Every change passes through numbered steps, and a test may make any of them fail or stop the world before
/// it. What was written, named or removed is seen at once by who goes on running; ``crash(_:)`` shows what is
/// left of it when nobody does. Relative paths start at the root.
///
/// That is how lost syncs are found: a process that is killed keeps what it wrote, since the system has it,
/// so only a store that forgets can show that something was not synced. A test stops the world before every
/// step of a job in turn, and each time the next process must find its way.
package final class MemoryStore: FileStore {
  let disk: Locked<MemoryDisk>
  /// What is asked before each step, in the order it was said.
  let hooks = Locked<[@Sendable (Step) throws -> Void]>([])

  /// An empty disk.
  package convenience init() { self.init(MemoryDisk()) }

  init(_ disk: MemoryDisk) { self.disk = Locked(disk) }

  package func status(of path: String) throws(BatchError) -> FileStatus? {
    try refuseIfStopped(path)
    return disk.current.node(at: path)?.status
  }

  /// Each folder on the way has steps of its own: it is made, and its name is synced.
  package func createFolder(_ path: String) throws(BatchError) {
    let path = MemoryDisk.normal(path)
    if let node = disk.current.node(at: path) {
      guard node.isFolder else { throw .file(.exists, .createFolder, path) }
      return
    }
    try createFolder(MemoryDisk.folder(of: path))
    try step(.createFolder, path)
    disk.withLock { disk in
      if disk.node(at: path) == nil { disk.make(path, MemoryDisk.Node(isFolder: true, permissions: 0o700)) }
    }
    try syncFolder(of: path)
  }

  package func names(in folder: String) throws(BatchError) -> [String] {
    try step(.list, folder)
    guard let node = disk.current.node(at: folder) else { throw .file(.notFound, .list, folder) }
    guard node.isFolder else { throw .file(.notFolder, .list, folder) }
    return disk.current.names(in: folder)
  }

  package func open(_ path: String) throws(BatchError) -> any ReadableFile {
    try step(.open, path)
    let (number, node) = try disk.current.found(path, for: .read)
    guard !node.isFolder else { throw .file(.isFolder, .read, path) }
    return MemoryReader(self, number, path)
  }

  package func create(_ path: String, _ mode: CreateMode) throws(BatchError) -> any WritableFile {
    try step(.create, path)
    let number = try disk.withLock { disk throws(BatchError) in
      try disk.writable(path, mode, for: .create)
    }
    return MemoryWriter(self, number, path)
  }

  /// The rename and the syncs are three steps, or two within one folder: the world may end between any of
  /// them.
  package func rename(_ path: String, to target: String) throws(BatchError) {
    try step(.rename, path)
    try disk.withLock { disk throws(BatchError) in try disk.rename(path, to: target) }
    try syncFolder(of: target)
    if MemoryDisk.folder(of: path) != MemoryDisk.folder(of: target) { try syncFolder(of: path) }
  }

  package func truncate(_ path: String, to size: Int) throws(BatchError) {
    try step(.truncate, path)
    let number = try disk.withLock { disk throws(BatchError) in
      let (number, node) = try disk.found(path, for: .write)
      guard !node.isFolder else { throw .file(.isFolder, .write, path) }
      let kept = node.bytes.prefix(max(0, size))
      disk.nodes[number]?.bytes = kept + [UInt8](repeating: 0, count: max(0, size) - kept.count)
      return number
    }
    try sync(number, path)
  }

  package func remove(_ path: String) throws(BatchError) {
    try refuseIfStopped(path)
    guard disk.current.node(at: path) != nil else { return }
    try step(.remove, path)
    try disk.withLock { disk throws(BatchError) in
      guard disk.names(in: path).isEmpty else { throw .file(.notEmpty, .remove, path) }
      disk.change(.unlink(MemoryDisk.normal(path)))
    }
  }

  /// The lock is of the file, not of its name, as on a disk.
  package func lock(_ path: String) throws(BatchError) -> (any FileLock)? {
    try step(.lock, path)
    return try disk.withLock { disk throws(BatchError) in
      let number = try disk.writable(path, .append, for: .lock)
      guard disk.locked.insert(number).inserted else { return nil }
      return MemoryLock(self.disk, number)
    }
  }

  /// Makes the bytes of a file last.
  func sync(_ number: Int, _ path: String) throws(BatchError) {
    try step(.syncFile, path)
    disk.withLock { disk in
      if let bytes = disk.nodes[number]?.bytes { disk.nodes[number]?.synced = bytes }
    }
  }

  /// Makes the names in the folder of `path` last.
  func syncFolder(of path: String) throws(BatchError) {
    let folder = MemoryDisk.folder(of: path)
    try step(.syncFolder, folder)
    disk.withLock { $0.syncNames(in: folder) }
  }
}

/// A file in memory, open for reading.
///
/// It refers to the file by number: what was opened stays readable when its name is gone.
private final class MemoryReader: ReadableFile {
  private let store: MemoryStore
  private let number: Int
  private let path: String

  init(_ store: MemoryStore, _ number: Int, _ path: String) {
    self.store = store
    self.number = number
    self.path = path
  }

  func size() throws(BatchError) -> Int { store.disk.withLock { $0.nodes[number]?.bytes.count ?? 0 } }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(BatchError) -> Int {
    try store.step(.read, path)
    let bytes = store.disk.withLock { $0.nodes[number]?.bytes ?? [] }
    let piece = bytes.dropFirst(offset).prefix(buffer.count)
    buffer.copyBytes(from: piece)
    return piece.count
  }
}

/// A file in memory, open for writing.
///
/// On a full disk it writes what fits and fails, as a disk does, which leaves a torn line.
private final class MemoryWriter: WritableFile {
  private let store: MemoryStore
  private let number: Int
  private let path: String
  private let isOpen = Locked(true)
  private let isNameSynced = Locked(false)

  init(_ store: MemoryStore, _ number: Int, _ path: String) {
    self.store = store
    self.number = number
    self.path = path
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(BatchError) {
    guard isOpen.current else { throw .file(.closed, .write, path) }
    try store.step(.write, path)
    try store.disk.withLock { disk throws(BatchError) in
      let fitting = min(bytes.count, disk.roomLeft)
      disk.nodes[number]?.bytes.append(contentsOf: bytes.prefix(fitting))
      guard fitting == bytes.count else { throw .file(.full, .write, path) }
    }
  }

  func sync() throws(BatchError) {
    guard isOpen.current else { throw .file(.closed, .write, path) }
    try store.sync(number, path)
    guard !isNameSynced.current else { return }
    try store.syncFolder(of: path)
    isNameSynced.withLock { $0 = true }
  }

  func close() throws(BatchError) {
    try store.refuseIfStopped(path)
    isOpen.withLock { $0 = false }
  }
}

/// A lock in memory; gone with the value, and with a crash.
private final class MemoryLock: FileLock {
  private let disk: Locked<MemoryDisk>
  private let number: Locked<Int?>

  init(_ disk: Locked<MemoryDisk>, _ number: Int) {
    self.disk = disk
    self.number = Locked(number)
  }

  deinit { release() }

  func release() {
    let held = number.withLock { number in
      defer { number = nil }
      return number
    }
    if let held { disk.withLock { _ = $0.locked.remove(held) } }
  }
}
