#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What another program pipes into this one; it can be read once, from front to back.
///
/// It takes the number of an open file and never closes it, since the stream belongs to the process.
package struct StandardInput: Sendable {
  private static let pieceSize = 256 << 10

  private let descriptor: Int32

  /// The standard input of this process, or for tests another open file.
  package init(descriptor: Int32 = STDIN_FILENO) { self.descriptor = descriptor }

  /// Copies all of it to a file of ours, which can be read as often as one likes.
  ///
  /// A window at a time, so that gigabytes may be piped in. The copy isn't synced: it serves this process
  /// alone, and after a crash the pipe is gone as well.
  package func spill(to path: String, in store: any FileStore) throws(BatchError) {
    let file = try store.create(path, .exclusive)
    var piece = [UInt8](repeating: 0, count: Self.pieceSize)
    while true {
      let count = try retrying(.read, "the standard input") {
        piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      }
      if count == 0 { break }
      try file.write(Array(piece[..<count]))
    }
    try file.close()
  }
}
