import Foundation

/// A file on its way to the disk: under its own name only once it is whole.
///
/// A whole file is one whose length is what the service said, or, where it said none, a file of lines whose
/// last line is whole JSON. Until then it stands under another name, so no reader ever takes half a file for
/// all of it.
final class DownloadLanding: Sendable {
  private struct Draft: Sendable {
    var file: (any WritableFile)?
    var bytes = 0
  }

  private let store: any FileStore
  private let path: String
  private let draft = Locked(Draft())

  init(store: any FileStore, path: String) {
    self.store = store
    self.path = path
  }

  /// Where it stands until it is whole.
  private var draftPath: String { path + ".part" }

  /// Starts from nothing, whatever an earlier try or an earlier process left.
  ///
  /// What arrives is written and no more: the network does not wait for whoever takes its bytes, and keeps in
  /// memory what comes faster than that. The hash is made afterwards, of what is on the disk.
  func begin() throws -> @Sendable (Data) throws -> Void {
    discard()
    let file = try opened()
    draft.withLock { $0 = Draft(file: file) }
    return { [draft] data in
      try draft.withLock { draft in
        try data.withUnsafeBytes { bytes in try draft.file?.write(bytes) }
        draft.bytes += data.count
      }
    }
  }

  /// A new draft; what an earlier process left under the name is taken away.
  private func opened() throws -> any WritableFile {
    try store.remove(draftPath)
    return try store.create(draftPath, .exclusive)
  }

  /// Gives the file its name, once its length is proved right and its bytes are safe.
  ///
  /// A server that states no length can still be caught out by a last line that breaks off: every line is a
  /// whole JSON object.
  ///
  /// - Parameters:
  ///   - size: how many bytes the service said there are; `nil` where it said nothing. More than these is no
  ///     fault: the length may be that of a compressed body.
  ///   - name: what the file is called in errors.
  ///   - hasLines: whether it is a file of JSON lines.
  /// - Returns: the hash and the length of what is on the disk.
  /// - Throws: ``BatchError`` of the code `incomplete_download` where it is not whole.
  func land(
    expecting size: Int?, called name: String, hasLines: Bool = true
  ) throws(BatchError) -> (sha256: String, bytes: Int) {
    let draft = self.draft.current
    if let size, draft.bytes < size {
      throw BatchError(
        .incompleteDownload,
        "The \(name) arrived with \(draft.bytes) of its \(size) bytes, and has to be fetched again.")
    }
    try draft.file?.sync()
    try draft.file?.close()
    if hasLines, size != draft.bytes, draft.bytes > 0 { try checkLastLine(of: name, length: draft.bytes) }
    let hash = try store.sha256(of: draftPath)
    try store.rename(draftPath, to: path)
    self.draft.withLock { $0.file = nil }
    return (hash, draft.bytes)
  }

  /// Reads back from the end until a whole line is there, and parses it alone.
  private func checkLastLine(of name: String, length: Int) throws(BatchError) {
    let file = try store.open(draftPath)
    if try file.read(at: length - 1, count: 1) == [0x0A] { return }
    var tail: [UInt8] = []
    var window = 1 << 16
    repeat {
      window = min(window * 4, length)
      tail = try file.read(at: length - window, count: window)
    } while !tail.contains(0x0A) && window < length
    let line = tail.split(separator: 0x0A).last.map(Array.init) ?? []
    if (try? JSONValue.parse(line)) == nil {
      throw BatchError(
        .incompleteDownload, "The \(name) breaks off within a line, and has to be fetched again.")
    }
  }

  /// Takes away an unfinished draft. One that can't be removed is overwritten by the next try.
  func discard() {
    guard draft.withLock({ $0.file.take() }) != nil else { return }
    try? store.remove(draftPath)
  }
}
