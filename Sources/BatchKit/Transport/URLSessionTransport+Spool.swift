import Foundation

/// A request body gathered into one private file, since `URLSession` streams from nothing else and states its
/// length.
///
/// The file lies in a folder that only its owner may enter, made before it: there is no moment at which
/// another user could open it.
final class SpooledBody: Sendable {
  /// How much is copied at once, and so how much memory an upload of any size takes.
  private static let pieceLength = 256 << 10

  private let folder: URL
  let file: URL

  /// Gathers `body`; what `checkpoint` throws ends the work.
  ///
  /// Where it fails nothing stays behind once the value is released.
  ///
  /// - Parameters:
  ///   - body: What to gather.
  ///   - parent: The folder to do it in.
  ///   - checkpoint: Is called before each piece, so that a cancelled upload of gigabytes stops early.
  init(_ body: HTTPBody, in parent: URL, checkpoint: () throws -> Void) throws {
    folder = parent.appendingPathComponent("batchkit-\(UUID().uuidString)", isDirectory: true)
    file = folder.appendingPathComponent("body")
    try telling(parent) {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }
    let isMade = FileManager.default.createFile(
      atPath: file.path, contents: nil, attributes: [.posixPermissions: 0o600])
    guard isMade else { throw BatchError.unspooled(in: parent, CocoaError(.fileWriteUnknown)) }
    try fill(from: body, parent: parent, checkpoint)
  }

  deinit { remove() }

  /// Takes the file away.
  ///
  /// Called as soon as the request has ended, and once more, without harm, at the end of the value.
  func remove() {
    // It may be gone already, and what can't be removed lies in a private folder under the system's own care.
    try? FileManager.default.removeItem(at: folder)
  }

  /// Copies the body piece by piece. A file in it that became shorter throws its own error; what the disk
  /// says is told as ours.
  private func fill(from body: HTTPBody, parent: URL, _ checkpoint: () throws -> Void) throws {
    let length = body.length
    let handle = try telling(parent) { try FileHandle(forWritingTo: file) }
    var offset = 0
    while offset < length {
      try checkpoint()
      let piece = try body.read(at: offset, count: Self.pieceLength)
      try telling(parent) { try handle.write(contentsOf: piece) }
      offset += piece.count
    }
    try telling(parent) { try handle.close() }
  }

  /// Does what touches the disk, and tells of its failure in our own words.
  private func telling<Result>(_ parent: URL, _ work: () throws -> Result) throws(BatchError) -> Result {
    do { return try work() } catch { throw .unspooled(in: parent, error) }
  }
}

extension BatchError {
  fileprivate static func unspooled(in folder: URL, _ cause: any Error) -> Self {
    Self(
      .unwritableFile,
      "An upload can't be gathered in \(folder.path): make room there, or set TMPDIR to another folder.",
      cause: cause)
  }
}
