#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The number that the system gave an open file; closed when released.
///
/// A class, so that a file that is still in use somewhere is not closed, and one that nobody has any more is.
/// The lock sees to it that two threads close it once.
final class Descriptor: Sendable {
  let number: Int32
  private let isOpen = Locked(true)

  init(_ number: Int32) { self.number = number }

  deinit { _ = release() }

  /// Closes the file, once: after that the number may be another file's.
  ///
  /// Returns what `close` says, for those who want to hear of a full disk; 0 where it was closed before.
  func release() -> Int32 {
    isOpen.withLock { isOpen in
      guard isOpen else { return 0 }
      isOpen = false
      return close(number)
    }
  }
}

/// Makes a system call again for as long as a signal interrupts it, and tells why it failed when it does.
/// - Parameters:
///   - action: What was asked, for the sentence.
///   - path: What it was asked of.
///   - call: The call, which says by a number below zero that it failed and by `errno` why.
/// - Returns: What the call returned, zero or more.
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
///
/// Without that a program started at this moment would keep the file open, and the lock on it held, for as
/// long as it runs.
func openDescriptor(
  _ path: String, _ flags: Int32, mode: mode_t = 0, for action: FileAction
) throws(BatchError) -> Descriptor {
  guard !path.utf8.contains(0) else { throw .file(.badName, action, path) }
  return Descriptor(try retrying(action, path) { open(path, flags | O_CLOEXEC, mode) })
}

/// Makes what was written last through a power cut, so far as the system lets a program ask for it.
///
/// It waits for the disk, so it is called where a promise hangs on it and not after every write.
func synchronize(_ descriptor: Descriptor, _ path: String) throws(BatchError) {
  #if canImport(Darwin)
    // On Darwin `fsync` stops at the drive's own cache; not every file system knows the stronger call.
    if fcntl(descriptor.number, F_FULLFSYNC) == 0 { return }
  #endif
  _ = try retrying(.write, path) { fsync(descriptor.number) }
}

/// Makes the names in a folder last through a power cut.
///
/// A new file is lost in spite of its own sync when the folder doesn't know its name yet.
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
  /// `a/b/` names what `a/b` does; the root stays a slash.
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
  ///
  /// A number that is not among the known is passed on in the system's words.
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
