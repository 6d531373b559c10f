import BatchKit
import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A request body as it arrives: in memory while it is small, then in a file without a name.
///
/// An upload of gigabytes is received in the memory of one buffer.
struct LoopbackSpool {
  private static let mostInMemory = 256 << 10

  private var bytes: [UInt8] = []
  private var file: NamelessFile?

  /// Takes in what arrived; once it is too much for memory, all of it moves to a file.
  mutating func append(_ arrived: UnsafeRawBufferPointer) throws {
    if let file { return try file.append(arrived) }
    guard bytes.count + arrived.count > Self.mostInMemory else { return bytes.append(contentsOf: arrived) }
    let file = try NamelessFile()
    try bytes.withUnsafeBytes(file.append)
    try file.append(arrived)
    bytes = []
    self.file = file
  }

  /// What arrived, as a body that can be read at any place.
  func body() throws(BatchError) -> HTTPBody {
    guard let file else { return .bytes(bytes) }
    return HTTPBody(pieces: [.file(file, length: try file.size())])
  }
}

/// A private file that nobody else can open, and that is gone with its last reader, however the process ends.
///
/// Its name is taken away as soon as it is open.
private final class NamelessFile: ReadableFile {
  private let descriptor: Int32

  init() throws(BatchError) {
    let folder = FileManager.default.temporaryDirectory.path
    var template = Array("\(folder)/batchkit-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw Self.failure(.unwritableFile, errno) }
    unlink(template)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(descriptor) }

  func append(_ bytes: UnsafeRawBufferPointer) throws(BatchError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = write(descriptor, rest.baseAddress, rest.count)
      if count < 0 && errno != EINTR { throw Self.failure(.unwritableFile, errno) }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(max(0, count)))
    }
  }

  func size() throws(BatchError) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.failure(.unreadableFile, errno) }
    return Int(status.st_size)
  }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(BatchError) -> Int {
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
      if count >= 0 { return count }
      guard errno == EINTR else { throw Self.failure(.unreadableFile, errno) }
    }
  }

  private static func failure(_ code: BatchError.Code, _ number: Int32) -> BatchError {
    let folder = FileManager.default.temporaryDirectory.path
    let reason = String(cString: strerror(number))
    return BatchError(
      code,
      "A request can't be kept in \(folder) (\(reason)): make room there, or set TMPDIR to another folder.")
  }
}
