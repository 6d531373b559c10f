#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A file on disk that is read by `pread`: a file cut while it is mapped into memory would kill the process.
///
/// Every read names its place, so that any number of walks share one open file, from any thread, and none
/// moves another's place. What was opened stays readable though its name is given to another file.
final class DiskReader: ReadableFile {
  private let descriptor: Descriptor
  private let path: String

  /// Reads through `descriptor`; the path is for messages alone.
  init(_ descriptor: Descriptor, _ path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  /// Asked of the open file, not of its name.
  func size() throws(BatchError) -> Int {
    var facts = stat()
    _ = try retrying(.read, path) { fstat(descriptor.number, &facts) }
    return Int(facts.st_size)
  }

  /// It may bring fewer bytes than there are, as the system does when it likes; who wants all of them asks
  /// again.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(BatchError) -> Int {
    guard !buffer.isEmpty else { return 0 }
    return try retrying(.read, path) {
      pread(descriptor.number, buffer.baseAddress, buffer.count, off_t(offset))
    }
  }
}

/// A file on disk that is written from front to back.
///
/// Writes wait for one another, so that two threads never mix their bytes. After it is closed every call is
/// refused, for the system may have given its number to another file.
final class DiskWriter: WritableFile {
  /// The open file until it is closed, and whether its name in the folder was synced before.
  private struct State {
    /// `nil` once it is closed.
    var descriptor: Descriptor?
    /// Whether the folder was synced since the file was made in it; once is enough.
    var isNameSynced = false
  }

  private let state: Locked<State>
  private let path: String

  init(_ descriptor: Descriptor, _ path: String) {
    state = Locked(State(descriptor: descriptor))
    self.path = path
  }

  /// The system may take a part only; the rest follows until all is taken, or the disk says why not. What was
  /// taken before a failure stays in the file.
  func write(_ bytes: UnsafeRawBufferPointer) throws(BatchError) {
    try state.withLock { state throws(BatchError) in
      guard let descriptor = state.descriptor else { throw .file(.closed, .write, path) }
      var rest = bytes
      while !rest.isEmpty {
        let count = try retrying(.write, path) { writeBytes(descriptor.number, rest) }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }
  }

  /// The folder is synced with the first sync only: a name that has lasted once lasts.
  func sync() throws(BatchError) {
    try state.withLock { state throws(BatchError) in
      guard let descriptor = state.descriptor else { throw .file(.closed, .write, path) }
      try synchronize(descriptor, path)
      // The bytes of a file are no use after a power cut that took its name.
      if !state.isNameSynced { try synchronizeFolder(DiskStore.folder(of: path)) }
      state.isNameSynced = true
    }
  }

  /// A second close is no failure. Some file systems tell only here that there was no room.
  func close() throws(BatchError) {
    try state.withLock { state throws(BatchError) in
      guard let descriptor = state.descriptor else { return }
      state.descriptor = nil
      // Interrupted, it is closed nevertheless.
      guard descriptor.release() == 0 || errno == EINTR else {
        throw .file(FileFault(errno: errno), .write, path)
      }
    }
  }
}

// Inside the writer its own method would be meant.
private func writeBytes(_ number: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(number, bytes.baseAddress, bytes.count)
}
