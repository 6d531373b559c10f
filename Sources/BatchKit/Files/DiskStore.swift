#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The machine's own disk.
///
/// It speaks to the system itself: Foundation's atomic write widens 0600 to 0644 and does not sync the
/// folder, and its `replaceItemAt` loses data on Linux.
///
/// It keeps nothing between calls, so one value serves all threads. A path with a NUL is refused by each
/// call, since the system would silently take what stands before it for the path.
package struct DiskStore: FileStore {
  /// The one disk there is.
  package static let shared = DiskStore()

  /// Links are followed: what matters is what would be read. A path through something that is no folder leads
  /// to nothing, which is no failure either.
  package func status(of path: String) throws(BatchError) -> FileStatus? {
    guard !path.utf8.contains(0) else { throw .file(.badName, .read, path) }
    var facts = stat()
    do {
      _ = try retrying(.read, path) { stat(path, &facts) }
    } catch {
      if let fault = error.fileFault, [.notFound, .notFolder].contains(fault) { return nil }
      throw error
    }
    return FileStatus(
      size: Int(facts.st_size), isFolder: facts.st_mode & S_IFMT == S_IFDIR,
      isDevice: ![S_IFDIR, S_IFREG].contains(facts.st_mode & S_IFMT),
      permissions: Int(facts.st_mode & 0o7777))
  }

  /// The folders above come first, each synced into the one that holds it. A folder that another process
  /// makes at the same moment is as good as one's own.
  package func createFolder(_ path: String) throws(BatchError) {
    if let status = try status(of: path) {
      guard status.isFolder else { throw .file(.exists, .createFolder, path) }
      return
    }
    let parent = Self.folder(of: path)
    if parent != path { try createFolder(parent) }
    guard !path.utf8.contains(0) else { throw .file(.badName, .createFolder, path) }
    do {
      _ = try retrying(.createFolder, path) { mkdir(path, 0o700) }
    } catch {
      // Somebody else made it just now.
      guard error.fileFault == .exists, try status(of: path)?.isFolder == true else { throw error }
    }
    try synchronizeFolder(parent)
  }

  /// Sorted, so that whoever goes through a folder does so in the same order on every disk. `readdir` tells
  /// its end and its failure by the same value, and only `errno` tells them apart.
  package func names(in folder: String) throws(BatchError) -> [String] {
    guard !folder.utf8.contains(0) else { throw .file(.badName, .list, folder) }
    guard let stream = opendir(folder) else { throw .file(FileFault(errno: errno), .list, folder) }
    defer { closedir(stream) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
      errno = 0
    }
    if errno != 0 { throw .file(FileFault(errno: errno), .list, folder) }
    return names.sorted()
  }

  /// A folder and a pipe are refused here, with a sentence, rather than at the first read.
  package func open(_ path: String) throws(BatchError) -> any ReadableFile {
    // Without O_NONBLOCK a pipe nobody writes to would keep us here for ever.
    let descriptor = try openDescriptor(path, O_RDONLY | O_NONBLOCK, for: .read)
    switch try kind(of: descriptor, path) {
    case S_IFDIR: throw .file(.isFolder, .read, path)
    case S_IFIFO, S_IFSOCK: throw .file(.notSeekable, .read, path)
    default: return DiskReader(descriptor, path)
    }
  }

  /// Files of the library are never written through a link, which somebody else may have laid there. Files
  /// for the user get the permissions that any program of theirs would give.
  package func create(_ path: String, _ mode: CreateMode) throws(BatchError) -> any WritableFile {
    let flags = O_WRONLY | O_CREAT
    let descriptor =
      switch mode {
      case .exclusive: try openDescriptor(path, flags | O_EXCL, mode: 0o600, for: .create)
      case .exclusiveForUser: try openDescriptor(path, flags | O_EXCL, mode: 0o666, for: .create)
      case .stream: try openDescriptor(path, O_WRONLY | O_APPEND, for: .write)
      case .append: try openDescriptor(path, flags | O_APPEND | O_NOFOLLOW, mode: 0o600, for: .write)
      }
    return DiskWriter(descriptor, path)
  }

  /// Both folders are synced, so that after a power cut the file has one of its two names and never none.
  package func rename(_ path: String, to target: String) throws(BatchError) {
    guard !path.utf8.contains(0), !target.utf8.contains(0) else { throw .file(.badName, .rename, path) }
    _ = try retrying(.rename, path) { renameFile(path, target) }
    let (left, entered) = (Self.folder(of: path), Self.folder(of: target))
    try synchronizeFolder(entered)
    if left != entered { try synchronizeFolder(left) }
  }

  /// It serves to take a torn last line off a journal.
  package func truncate(_ path: String, to size: Int) throws(BatchError) {
    let descriptor = try openDescriptor(path, O_WRONLY | O_NOFOLLOW, for: .write)
    _ = try retrying(.write, path) { ftruncate(descriptor.number, off_t(size)) }
    try synchronize(descriptor, path)
  }

  /// A folder with something in it is refused; ``FileStore/removeTree(_:)`` empties it first.
  package func remove(_ path: String) throws(BatchError) {
    guard !path.utf8.contains(0) else { throw .file(.badName, .remove, path) }
    do {
      _ = try retrying(.remove, path) { unlink(path) }
    } catch {
      switch error.fileFault {
      case .notFound, .notFolder: return
      // Linux says "is a folder" where Darwin says "not permitted".
      case .isFolder, .forbidden:
        guard try isRealFolder(path) else { throw error }
        _ = try retrying(.remove, path) { rmdir(path) }
      default: throw error
      }
    }
  }

  /// Whether a folder itself, not a link to one, stands at `path`.
  private func isRealFolder(_ path: String) throws(BatchError) -> Bool {
    var facts = stat()
    _ = try retrying(.remove, path) { lstat(path, &facts) }
    return facts.st_mode & S_IFMT == S_IFDIR
  }

  /// What the open file is: a file, a folder, a pipe. Asked after it is open, so that nothing can take its
  /// place in between.
  private func kind(of descriptor: Descriptor, _ path: String) throws(BatchError) -> mode_t {
    var facts = stat()
    _ = try retrying(.read, path) { fstat(descriptor.number, &facts) }
    return facts.st_mode & S_IFMT
  }
}

// Inside the store its own method would be meant.
private func renameFile(_ path: String, _ target: String) -> Int32 { rename(path, target) }

extension DiskStore {
  /// The one true path of what `path` stands for, links followed; it stays right when the working folder
  /// changes.
  ///
  /// Two spellings of one path must come to one lock, and replacing a file must not replace a link to it.
  ///
  /// What is not there yet is resolved as far as it is: its folder is, its name is kept.
  package static func resolving(_ path: String) -> String {
    // A path with a NUL is left for the store to refuse.
    if path.isEmpty || path.utf8.contains(0) { return path }
    if let found = existing(path) { return found }
    let path = path.droppingTrailingSlashes
    let parent = resolving(folder(of: path))
    let name = path.split(separator: "/").last ?? ""
    return parent == "/" ? "/\(name)" : "\(parent)/\(name)"
  }

  /// Follows the links of `path` one by one.
  ///
  /// A link to what a process has open, such as `/dev/stdout`, leads to no name that could be given to a new
  /// file: what it shows as its end may be a pipe, or a file that the shell goes on writing to. A link to a
  /// file that is not there yet leads to the place where it belongs.
  package func destination(of path: String) throws(BatchError) -> FileDestination {
    if try status(of: path)?.isDevice == true { return .stream }
    // What is no path at all is left for the store to refuse.
    guard !path.isEmpty, !path.utf8.contains(0) else { return .file(path) }
    var next = path
    for _ in 0..<Self.mostLinks {
      let folder = Self.resolving(Self.folder(of: next))
      if Self.holdsOpenFiles(folder) { return .stream }
      guard let name = next.droppingTrailingSlashes.split(separator: "/").last else { break }
      let place = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
      guard let target = Self.link(at: place) else { return .file(place) }
      next = target.hasPrefix("/") ? target : "\(folder)/\(target)"
    }
    return .file(path)
  }

  /// Whether `path` leads to what standard output leads to, by whatever name or link.
  ///
  /// Who opens such a file a second time writes from its beginning, over what the other has written.
  package static func isStandardOutput(_ path: String) -> Bool {
    guard !path.utf8.contains(0) else { return false }
    var (named, open) = (stat(), stat())
    guard stat(path, &named) == 0, fstat(1, &open) == 0 else { return false }
    return named.st_dev == open.st_dev && named.st_ino == open.st_ino
  }

  /// More links in a row than any system follows.
  private static let mostLinks = 40

  /// Whether the names in a folder, itself without links, are the numbers of what a process has open.
  private static func holdsOpenFiles(_ folder: String) -> Bool {
    folder == "/dev/fd" || folder.hasPrefix("/proc/") && folder.hasSuffix("/fd")
  }

  /// What the link at `path` says, or `nil` where none stands there.
  private static func link(at path: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
      guard let base = buffer.baseAddress else { return nil }
      let count = readlink(path, base, buffer.count)
      return count < 0 ? nil : String(decoding: UnsafeRawBufferPointer(buffer)[..<count], as: UTF8.self)
    }
  }

  /// The path without links, or `nil` where nothing stands there.
  private static func existing(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }

  /// The folder that `path` stands in.
  ///
  /// By the text alone, without a look at the disk: `.` for a bare name, `/` for what stands at the root.
  package static func folder(of path: String) -> String {
    let path = path.droppingTrailingSlashes
    guard let slash = path.lastIndex(of: "/") else { return "." }
    let folder = String(path[..<slash]).droppingTrailingSlashes
    return folder.isEmpty ? "/" : folder
  }
}
