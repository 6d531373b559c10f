#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The number that the system gave an open file; closed when released.
final class Descriptor: Sendable {
  let number: Int32
  private let isOpen = Locked(true)

  init(_ number: Int32) { self.number = number }

  deinit { _ = release() }

  /// Closes the file, once: after that the number may be another file's.
  func release() -> Int32 {
    isOpen.withLock { isOpen in
      guard isOpen else { return 0 }
      isOpen = false
      return close(number)
    }
  }
}

/// Makes a system call again for as long as a signal interrupts it, and tells why it failed when it does.
///
/// ```swift
/// let count = try retrying(.read, path) { pread(number, buffer, length, offset) }
/// ```
/// An interrupted call did nothing, so a resized window or a stopped and continued process is no failure.
func retrying<Number: SignedInteger>(
  _ action: FileAction, _ path: String, _ call: () -> Number
) throws(BatchError) -> Number {
  while true {
    let result = call()
    if result >= 0 { return result }
    let reason = errno
    if reason != EINTR { throw .file(FileFault(errno: reason), action, path) }
  }
}

/// Opens `path`, closed to the programs this one starts.
func openDescriptor(
  _ path: String, _ flags: Int32, mode: mode_t = 0, for action: FileAction
) throws(BatchError) -> Descriptor {
  guard !path.utf8.contains(0) else { throw .file(.badName, action, path) }
  return Descriptor(try retrying(action, path) { open(path, flags | O_CLOEXEC, mode) })
}

/// Makes what was written last through a power cut, so far as the system lets a program ask for it.
func synchronize(_ descriptor: Descriptor, _ path: String) throws(BatchError) {
  #if canImport(Darwin)
    // On Darwin `fsync` stops at the drive's own cache; not every file system knows the stronger call.
    if fcntl(descriptor.number, F_FULLFSYNC) == 0 { return }
  #endif
  _ = try retrying(.write, path) { fsync(descriptor.number) }
}

/// Makes the names in a folder last through a power cut.
func synchronizeFolder(_ folder: String) throws(BatchError) {
  let descriptor: Descriptor
  do {
    descriptor = try openDescriptor(folder, O_RDONLY | O_DIRECTORY, for: .write)
  } catch {
    // A folder that may be written to but not read can't be synced by anyone.
    if error.fileFault == .forbidden { return }
    throw error
  }
  do {
    try synchronize(descriptor, folder)
  } catch {
    // Some network file systems know no sync of folders.
    if error.fileFault != .other(reason(EINVAL)) { throw error }
  }
}

extension String {
  /// The path without slashes at its end, of which a root has only the one.
  var droppingTrailingSlashes: String {
    var rest = self[...]
    while rest.count > 1, rest.last == "/" { rest.removeLast() }
    return String(rest)
  }
}

/// The system's own words for an error number.
func reason(_ number: Int32) -> String { String(cString: strerror(number)) }

extension FileFault {
  /// The fault behind an error number of the system.
  package init(errno number: Int32) {
    self = Self.known[number] ?? .other(reason(number))
  }

  private static let known: [Int32: FileFault] = [
    ENOENT: .notFound, EEXIST: .exists, EACCES: .forbidden, EPERM: .forbidden, EROFS: .readOnly,
    EISDIR: .isFolder, ENOTDIR: .notFolder, ENOTEMPTY: .notEmpty, ESPIPE: .notSeekable, ENOSPC: .full,
    EDQUOT: .overQuota, EFBIG: .tooLarge, EMFILE: .tooManyOpen, ENFILE: .tooManyOpen,
    ENAMETOOLONG: .nameTooLong, ELOOP: .isLink, EWOULDBLOCK: .held,
  ]
}
