package import BatchKit
import Foundation

/// Where the emulator keeps bytes: small ones in memory, large ones in files that nobody else sees.
///
/// A file is unlinked while it is still open, so that nothing is left behind, not even by a crash.
///
/// So an emulator that is sent gigabytes stays small, and tests with three rows touch no disk.
package final class Spool: Sendable {
  private let store: any FileStore
  private let folder: String

  /// The number of bytes up to which something stays in memory.
  package static let memoryLimit = 256 * 1024

  /// - Parameters:
  ///   - store: Where files are made.
  ///   - parent: The folder that gets a folder of ours, once there is something to keep.
  package init(
    store: any FileStore = DiskStore.shared,
    in parent: String = FileManager.default.temporaryDirectory.path
  ) {
    self.store = store
    folder = "\(parent)/batchkit-emulator-\(UUID().uuidString)"
  }

  deinit {
    // The folder is empty by now; one that can't be removed costs an entry in a temporary folder.
    try? store.remove(folder)
  }

  /// A writer for something of unknown length.
  package func writer() -> Writer { Writer(spool: self) }

  /// A new file; the folder is made when the first one is needed.
  fileprivate func makeFile() throws(BatchError) -> (path: String, file: any WritableFile) {
    try store.createFolder(folder)
    let path = "\(folder)/\(UUID().uuidString)"
    return (path, try store.create(path, .exclusive))
  }

  /// Opens a file for reading and takes its name away.
  fileprivate func takeOver(_ path: String) throws(BatchError) -> any ReadableFile {
    let file = try store.open(path)
    try store.remove(path)
    return file
  }

  /// Takes bytes in pieces and gives them back as a body that can be read anywhere.
  ///
  /// It is a value, and yet has one file: of two copies only one may go on.
  package struct Writer: Sendable {
    private let spool: Spool
    /// What was taken in and is not in the file yet.
    private var pending: [UInt8] = []
    private var spilled: (path: String, file: any WritableFile)?
    private var spilledBytes = 0

    fileprivate init(spool: Spool) { self.spool = spool }

    /// The number of bytes so far.
    package var length: Int { spilledBytes + pending.count }

    /// Takes in more bytes.
    ///
    /// Beyond the limit all of it moves to a file, piece by piece.
    package mutating func append(_ bytes: some Sequence<UInt8>) throws(BatchError) {
      pending.append(contentsOf: bytes)
      if pending.count > Spool.memoryLimit { try spill() }
    }

    /// All bytes that were taken in.
    ///
    /// To be called once; the file has no name any more and goes with the body.
    package mutating func finish() throws(BatchError) -> HTTPBody {
      guard spilled != nil else { return .bytes(pending) }
      try spill()
      guard let spilled else { return .bytes(pending) }
      try spilled.file.close()
      return HTTPBody(pieces: [.file(try spool.takeOver(spilled.path), length: spilledBytes)])
    }

    /// Moves what is pending into the file.
    private mutating func spill() throws(BatchError) {
      let target: (path: String, file: any WritableFile)
      if let spilled { target = spilled } else { target = try spool.makeFile() }
      spilled = target
      try target.file.write(pending)
      spilledBytes += pending.count
      pending.removeAll(keepingCapacity: true)
    }
  }
}
