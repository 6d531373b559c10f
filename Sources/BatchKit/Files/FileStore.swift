/// The only door to the disk: what the library asks of one, so that tests can hand it a worse one.
///
/// Paths are plain strings as the system takes them. Whatever the store makes is its owner's alone (0600,
/// folders 0700) unless a call says otherwise. Failures are ``BatchError``s that name the path.
///
/// It is as narrow as the promises need: what it calls lasting is so after a power cut, and what it does in
/// one step is never seen half done. `DiskStore` keeps them by the system's own means; the store of the
/// testing library keeps them in memory, and drops what was not synced when a test pulls the plug.
package protocol FileStore: Sendable {
  /// What stands at `path`, or `nil` where nothing does.
  ///
  /// Links are followed.
  func status(of path: String) throws(BatchError) -> FileStatus?

  /// Makes a folder, and those above it, unless it is there.
  /// - Throws: ``BatchError`` where something else has the name, or this user may not.
  func createFolder(_ path: String) throws(BatchError)

  /// Where what is written for the user under `path` belongs: the file behind links, or a stream.
  func destination(of path: String) throws(BatchError) -> FileDestination

  /// The names in a folder, sorted.
  ///
  /// Without their path, and without `.` and `..`.
  func names(in folder: String) throws(BatchError) -> [String]

  /// Opens a file for reading at any place.
  /// - Throws: ``BatchError`` where nothing is there, or what is there can't be read at any place.
  func open(_ path: String) throws(BatchError) -> any ReadableFile

  /// Opens a file for writing as `mode` says.
  ///
  /// Its folder must be there. Nothing of it is promised to last until it is synced.
  func create(_ path: String, _ mode: CreateMode) throws(BatchError) -> any WritableFile

  /// Gives a file another name, replacing what had it, and makes that last through a power cut.
  ///
  /// Whoever opens `target` meanwhile gets the old file or the new one, whole.
  func rename(_ path: String, to target: String) throws(BatchError)

  /// Cuts a file to `size` bytes and makes that last.
  ///
  /// The bytes before that place are untouched.
  func truncate(_ path: String, to size: Int) throws(BatchError)

  /// Takes away a file, or an empty folder; nothing there is no failure.
  ///
  /// That is not promised to last through a power cut.
  func remove(_ path: String) throws(BatchError)

  /// Takes the lock that the side file at `path` stands for, or returns `nil` while someone else holds it.
  ///
  /// The lock is given back when the returned value is released, or when the process dies.
  ///
  /// It never waits, and the file itself stays. Its content tells people who holds it, and nothing depends on
  /// it.
  func lock(_ path: String) throws(BatchError) -> (any FileLock)?
}

/// What the library wants to know of a file.
///
/// As it was when it was asked for: by the time of reading, the file may be another.
package struct FileStatus: Sendable, Hashable {
  /// Its length in bytes.
  package var size: Int
  /// Whether it is a folder.
  package var isFolder: Bool
  /// Whether it is a device, a pipe or a socket: something to write to, and never to be replaced by a file.
  package var isDevice: Bool
  /// Its permission bits.
  ///
  /// By them a file of secrets that others can read is refused.
  package var permissions: Int

  package init(size: Int, isFolder: Bool = false, isDevice: Bool = false, permissions: Int = 0o600) {
    self.size = size
    self.isFolder = isFolder
    self.isDevice = isDevice
    self.permissions = permissions
  }
}

/// Where a path that the user named for an output leads.
package enum FileDestination: Sendable, Hashable {
  /// To a file, or to the place of one, by its path without links: a new file takes the name.
  case file(String)
  /// To something that is open or a device, such as `/dev/stdout`: it is written to, and never replaced.
  case stream
}

/// How a file is opened for writing.
///
/// No mode empties a file that is there: what is replaced is replaced whole, by a new file that takes its
/// name.
package enum CreateMode: Sendable {
  /// A new file of ours (0600); what had the name is a failure.
  case exclusive
  /// A new file for the user (0666 less the umask); what had the name is a failure.
  case exclusiveForUser
  /// What is there already, as a stream: a device, a pipe, or a file that somebody has open as one.
  ///
  /// For outputs that the user named; links are followed, and what is written goes to the end.
  case stream
  /// At the end of a file of ours, made (0600) where it is not there yet.
  ///
  /// For journals: what is written goes to the end, wherever another writer has moved it.
  case append
}

/// A file open for reading at any place; closed when released.
///
/// It has no place of its own, so that many read from one at once.
package protocol ReadableFile: Sendable {
  /// The length of the file now.
  func size() throws(BatchError) -> Int

  /// Reads up to `buffer.count` bytes at `offset` and returns how many there were; 0 is the end.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(BatchError) -> Int
}

/// A file open for writing; closed, without a promise about its bytes, when released.
///
/// To close it well is the caller's duty, since only then a failure is heard; to release it is for the way
/// out after one.
package protocol WritableFile: Sendable {
  /// Writes all of `bytes`, or fails.
  func write(_ bytes: UnsafeRawBufferPointer) throws(BatchError)

  /// Makes what was written last through a power cut.
  ///
  /// Both the bytes and the name of a new file.
  func sync() throws(BatchError)

  /// Closes the file; a failure here may be the first word of a full disk.
  func close() throws(BatchError)
}

/// A lock held on a side file until it is released.
///
/// A class, since a lock is held once: copies of a value would each seem to hold it.
package protocol FileLock: AnyObject, Sendable {
  /// Gives the lock back; releasing the value does the same.
  func release()
}
