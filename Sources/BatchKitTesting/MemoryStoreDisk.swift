import BatchKit

/// What is on a disk in memory, as running programs see it and as a power cut would leave it.
///
/// A value: what is left after a crash is computed from a copy. Bytes and names last apart from each other,
/// as they do on a disk: a file may be synced whose name is not, and the other way round.
struct MemoryDisk: Sendable {
  /// A file or a folder, whatever its name.
  struct Node: Sendable {
    var bytes: [UInt8] = []
    var synced: [UInt8] = []
    var isFolder = false
    var permissions = 0o600

    var status: FileStatus {
      FileStatus(size: bytes.count, isFolder: isFolder, permissions: permissions)
    }
  }

  /// A change of names, which lasts only once the folder it happened in is synced.
  ///
  /// They are kept in order until then, since a power cut may leave the first of them without the rest.
  enum Change: Sendable {
    case link(String, Int)
    case unlink(String)
    case move(String, String, Int)
  }

  var nodes: [Int: Node] = [0: Node(isFolder: true, permissions: 0o700)]
  /// The files that are locked, by number.
  var locked: Set<Int> = []
  var steps = 0
  var isStopped = false
  var room: Int?
  /// Which node each path has, as programs see it; the next says it as a power cut would leave it.
  private var names = ["/": 0]
  private var syncedNames = ["/": 0]
  /// The changes that lie between the two.
  private var unsynced: [Change] = []

  func node(at path: String) -> Node? { names[Self.normal(path)].flatMap { nodes[$0] } }

  /// The names that stand directly in a folder, sorted.
  func names(in folder: String) -> [String] {
    let folder = Self.normal(folder)
    return names.keys.filter { $0 != "/" && Self.folder(of: $0) == folder }
      .map { String($0.dropFirst(folder == "/" ? 1 : folder.count + 1)) }.sorted()
  }

  /// The bytes of all that has a name.
  var used: Int { names.values.reduce(0) { $0 + (nodes[$1]?.bytes.count ?? 0) } }

  /// How many bytes can still be written.
  var roomLeft: Int { room.map { max(0, $0 - used) } ?? .max }

  /// What `path` names, or the reason why that can't be had.
  func found(_ path: String, for action: FileAction) throws(BatchError) -> (number: Int, node: Node) {
    guard let number = names[Self.normal(path)], let node = nodes[number] else {
      throw .file(.notFound, action, path)
    }
    return (number, node)
  }

  /// The number of the file to write to, made where `mode` says so.
  mutating func writable(
    _ path: String, _ mode: CreateMode, for action: FileAction
  ) throws(BatchError) -> Int {
    let path = Self.normal(path)
    if let number = names[path], let node = nodes[number] {
      guard mode == .append || mode == .stream else { throw .file(.exists, action, path) }
      guard !node.isFolder else { throw .file(.isFolder, action, path) }
      return number
    }
    try requireFolder(of: path, for: action)
    if case .exclusiveForUser = mode { return make(path, Node(permissions: 0o644)) }
    return make(path, Node())
  }

  /// Makes a node of this name and returns its number. Numbers are never given twice.
  @discardableResult
  mutating func make(_ path: String, _ node: Node) -> Int {
    let number = nodes.count
    nodes[number] = node
    change(.link(path, number))
    return number
  }

  /// Folders are refused, at either end.
  mutating func rename(_ path: String, to target: String) throws(BatchError) {
    let (number, node) = try found(path, for: .rename)
    try requireFolder(of: target, for: .rename)
    guard !node.isFolder, self.node(at: target)?.isFolder != true else {
      throw .file(.isFolder, .rename, target)
    }
    change(.move(Self.normal(path), Self.normal(target), number))
  }

  /// Refuses a path whose folder is not there.
  private func requireFolder(of path: String, for action: FileAction) throws(BatchError) {
    guard let folder = node(at: Self.folder(of: path)) else { throw .file(.notFound, action, path) }
    guard folder.isFolder else { throw .file(.notFolder, action, path) }
  }
}

// MARK: - What lasts

extension MemoryDisk {
  /// Makes a change of names for all who go on running.
  mutating func change(_ change: Change) {
    change.apply(to: &names)
    unsynced.append(change)
  }

  /// Makes the names in one folder last, and no others.
  mutating func syncNames(in folder: String) {
    var rest: [Change] = []
    for change in unsynced {
      guard change.paths.contains(where: { Self.folder(of: $0) == folder }) else {
        rest.append(change)
        continue
      }
      change.apply(to: &syncedNames)
      // A file moved away for good must not come back by an older change that was left waiting.
      if case .move(let source, _, _) = change { rest.removeAll { $0.paths.contains(source) } }
    }
    unsynced = rest
  }

  /// Locks are gone after any end, and so are faults.
  func after(_ crash: MemoryStore.Crash) -> MemoryDisk {
    var disk = self
    disk.locked = []
    disk.isStopped = false
    disk.room = nil
    disk.steps = 0
    switch crash {
    // The system goes on: it holds, and has yet to sync, what the process gave it.
    case .kill: return disk
    case .powerCut:
      disk.names = syncedNames
      disk.nodes = nodes.mapValues(\.afterPowerCut)
    case .tornPowerCut(let seed):
      var dice = SplitMix(seed: seed)
      disk.names = syncedNames
      for change in unsynced.prefix(Int.random(in: 0...unsynced.count, using: &dice)) {
        change.apply(to: &disk.names)
      }
      for number in nodes.keys.sorted() { disk.nodes[number] = nodes[number]?.torn(&dice) }
    }
    disk.settle()
    return disk
  }

  /// Drops names whose folder is lost; what is left is all there is, and lasts.
  private mutating func settle() {
    var kept: [String: Int] = ["/": 0]
    for path in names.keys.sorted() where kept[Self.folder(of: path)] != nil { kept[path] = names[path] }
    names = kept
    syncedNames = kept
    unsynced = []
    nodes = nodes.mapValues { node in
      var node = node
      node.synced = node.bytes
      return node
    }
  }
}

extension MemoryDisk.Change {
  var paths: [String] {
    switch self {
    case .link(let path, _), .unlink(let path): [path]
    case .move(let source, let target, _): [source, target]
    }
  }

  func apply(to names: inout [String: Int]) {
    switch self {
    case .link(let path, let number): names[path] = number
    case .unlink(let path): names[path] = nil
    case .move(let source, let target, let number):
      names[source] = nil
      names[target] = number
    }
  }
}

extension MemoryDisk.Node {
  /// The file with nothing but what was synced.
  var afterPowerCut: Self {
    var node = self
    node.bytes = synced
    return node
  }

  /// The file with some of what was not synced, in the ways that file systems leave it.
  func torn(_ dice: inout SplitMix) -> Self {
    var node = self
    guard bytes.starts(with: synced) else {
      node.bytes = Bool.random(using: &dice) ? synced : bytes
      return node
    }
    let length = Int.random(in: synced.count...bytes.count, using: &dice)
    node.bytes = Array(bytes.prefix(length))
    // Some systems grow the file before its bytes arrive.
    if Int.random(in: 0..<4, using: &dice) == 0 {
      node.bytes += [UInt8](repeating: 0, count: bytes.count - length)
    }
    return node
  }
}

// MARK: - Paths

extension MemoryDisk {
  /// The one spelling of a path that names are kept by.
  static func normal(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  static func folder(of path: String) -> String { normal("\(path)/..") }
}
