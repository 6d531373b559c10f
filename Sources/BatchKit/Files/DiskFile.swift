#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A file on disk that is read by `pread`: a file cut while it is mapped into memory would kill the process.
final class DiskReader: ReadableFile {
  private let descriptor: Descriptor
  private let path: String

  init(_ descriptor: Descriptor, _ path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  func size() throws(BatchError) -> Int {
    var facts = stat()
    _ = try retrying(.read, path) { fstat(descriptor.number, &facts) }
    return Int(facts.st_size)
  }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(BatchError) -> Int {
    guard !buffer.isEmpty else { return 0 }
    return try retrying(.read, path) {
      pread(descriptor.number, buffer.baseAddress, buffer.count, off_t(offset))
    }
  }
}

/// A file on disk that is written from front to back.
///
/// A write is whole or a failure: the system may take fewer bytes than it was given, and the rest goes in a
/// further call. What was written lasts only once ``sync()`` returned.
final class DiskWriter: WritableFile {
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

  func sync() throws(BatchError) {
    try state.withLock { state throws(BatchError) in
      guard let descriptor = state.descriptor else { throw .file(.closed, .write, path) }
      try synchronize(descriptor, path)
      // The bytes of a file are no use after a power cut that took its name.
      if !state.isNameSynced { try synchronizeFolder(DiskStore.folder(of: path)) }
      state.isNameSynced = true
    }
  }

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
