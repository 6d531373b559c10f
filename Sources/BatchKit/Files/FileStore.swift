/// The only door to the disk: what the library asks of one, so that tests can hand it a worse one.
///
/// Paths are plain strings as the system takes them. Whatever the store makes is its owner's alone (0600,
/// folders 0700) unless a call says otherwise. Failures are ``BatchError``s that name the path.
package protocol FileStore: Sendable {
  /// What stands at `path`, or `nil` where nothing does.
  func status(of path: String) throws(BatchError) -> FileStatus?

  /// Makes a folder, and those above it, unless it is there.
  func createFolder(_ path: String) throws(BatchError)

  /// The names in a folder, sorted.
  func names(in folder: String) throws(BatchError) -> [String]

  /// Opens a file for reading at any place.
  func open(_ path: String) throws(BatchError) -> any ReadableFile

  /// Opens a file for writing as `mode` says.
  func create(_ path: String, _ mode: CreateMode) throws(BatchError) -> any WritableFile

  /// Gives a file another name, replacing what had it, and makes that last through a power cut.
  func rename(_ path: String, to target: String) throws(BatchError)

  /// Cuts a file to `size` bytes and makes that last.
  func truncate(_ path: String, to size: Int) throws(BatchError)

  /// Takes away a file, or an empty folder; nothing there is no failure.
  func remove(_ path: String) throws(BatchError)

  /// Takes the lock that the side file at `path` stands for, or returns `nil` while someone else holds it.
  ///
  /// The lock is given back when the returned value is released, or when the process dies.
  func lock(_ path: String) throws(BatchError) -> (any FileLock)?
}

/// What the library wants to know of a file.
package struct FileStatus: Sendable, Hashable {
  /// Its length in bytes.
  package var size: Int
  /// Whether it is a folder.
  package var isFolder: Bool
  /// Whether it is a device, a pipe or a socket: something to write to, and never to be replaced by a file.
  package var isDevice: Bool
  /// Its permission bits.
  package var permissions: Int

  package init(size: Int, isFolder: Bool = false, isDevice: Bool = false, permissions: Int = 0o600) {
    self.size = size
    self.isFolder = isFolder
    self.isDevice = isDevice
    self.permissions = permissions
  }
}

/// How a file is opened for writing.
package enum CreateMode: Sendable {
  /// A new file of ours (0600); what had the name is a failure.
  case exclusive
  /// A new file for the user (0666 less the umask); what had the name is a failure.
  case exclusiveForUser
  /// At the end of a file of ours, made (0600) where it is not there yet.
  case append
}

/// A file open for reading at any place; closed when released.
package protocol ReadableFile: Sendable {
  /// The length of the file now.
  func size() throws(BatchError) -> Int

  /// Reads up to `buffer.count` bytes at `offset` and returns how many there were; 0 is the end.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(BatchError) -> Int
}

/// A file open for writing; closed, without a promise about its bytes, when released.
package protocol WritableFile: Sendable {
  /// Writes all of `bytes`, or fails.
  func write(_ bytes: UnsafeRawBufferPointer) throws(BatchError)

  /// Makes what was written last through a power cut.
  func sync() throws(BatchError)

  /// Closes the file; a failure here may be the first word of a full disk.
  func close() throws(BatchError)
}

/// A lock held on a side file until it is released.
package protocol FileLock: AnyObject, Sendable {
  /// Gives the lock back; releasing the value does the same.
  func release()
}
