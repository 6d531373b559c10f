#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A lock of the system on an open side file; it goes with the process, however that ends.
///
/// It is `flock` and not `fcntl`: the latter is lost when any part of the process closes the same file. It
/// binds only those who ask, and holds between threads of one process as well, since each take opens the file
/// for itself.
final class DiskLock: FileLock {
  private let descriptor: Descriptor

  /// Whether it was not given back yet; released twice, it must not unlock a file that took over the number.
  private let isHeld = Locked(true)

  private init(_ descriptor: Descriptor) { self.descriptor = descriptor }

  deinit { release() }

  /// Closing alone would not do: a program started at this very moment has a copy of the file until it runs.
  func release() {
    isHeld.withLock { isHeld in
      guard isHeld else { return }
      isHeld = false
      _ = flock(descriptor.number, LOCK_UN)
      _ = descriptor.release()
    }
  }

  /// The lock at `path`, or `nil` while someone else holds it.
  ///
  /// It never waits: who wants to wait does so by the clock it was given, which tests can turn. The side file
  /// is made where it is missing, and left where it is afterwards.
  static func take(_ path: String) throws(BatchError) -> DiskLock? {
    while true {
      let descriptor = try openDescriptor(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600, for: .lock)
      guard try lock(descriptor, path) else { return nil }
      // Whoever held it may have removed the side file: a lock on what no longer has the name excludes
      // nobody.
      if try isStill(descriptor, at: path) {
        sign(descriptor)
        return DiskLock(descriptor)
      }
    }
  }

  /// Writes the number of this process into the side file, for whoever finds it locked.
  ///
  /// It is a courtesy: on a full disk the lock holds all the same.
  private static func sign(_ descriptor: Descriptor) {
    let name = Array("\(getpid())\n".utf8)
    guard ftruncate(descriptor.number, 0) == 0 else { return }
    _ = name.withUnsafeBytes { pwrite(descriptor.number, $0.baseAddress, $0.count, 0) }
  }

  /// Whether the lock was free, and is now held.
  private static func lock(_ descriptor: Descriptor, _ path: String) throws(BatchError) -> Bool {
    do {
      _ = try retrying(.lock, path) { flock(descriptor.number, LOCK_EX | LOCK_NB) }
      return true
    } catch {
      if error.fileFault == .held { return false }
      throw error
    }
  }

  /// Whether the open file is the one that has the name now.
  private static func isStill(_ descriptor: Descriptor, at path: String) throws(BatchError) -> Bool {
    var held = stat()
    var found = stat()
    _ = try retrying(.lock, path) { fstat(descriptor.number, &held) }
    guard stat(path, &found) == 0 else { return false }
    return held.st_ino == found.st_ino && held.st_dev == found.st_dev
  }
}

extension DiskStore {
  /// The folder of the side file must be there.
  package func lock(_ path: String) throws(BatchError) -> (any FileLock)? {
    try DiskLock.take(path)
  }
}
