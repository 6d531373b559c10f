import Foundation

extension JobEngine {
  /// Fetches every result file that is ready and not on disk yet.
  ///
  /// One that can't be fetched does not keep the others waiting; the first failure is told at the end.
  func collect(_ pen: borrowing JobPen) async throws {
    var failure: BatchError?
    for part in state.parts {
      for result in part.uncollected {
        do {
          try await collect(result, of: part, pen)
        } catch let error as BatchError where [404, 410].contains(error.status) {
          // Right after its end a service may not know its own files yet; later they don't come back, their
          // rows are missing, and the reconciliation says so.
          let end = part.batch?.endedAt ?? part.moved ?? clock.now
          guard clock.now.timeIntervalSince(end) > timing.lateness.seconds else {
            failure = failure ?? BatchError.notThereYet(result, error)
            continue
          }
          try pen.write(.gone(part.index, result, at: clock.now))
          tell(.troubled(reason: "the \(result.kind.rawValue) file \(result.id) is gone: \(error.message)"))
        } catch let error as BatchError { failure = failure ?? error }
      }
    }
    if let failure { throw failure }
  }

  /// Fetches one result file and writes down that it is there.
  ///
  /// A download that arrives short is made again a few times, from the beginning, since not every service can
  /// go on in the middle. The answers for rows that share them are written before the journal tells of the
  /// file, so a crash in between only repeats the work.
  func collect(_ result: ResultFile, of part: PartState, _ pen: borrowing JobPen) async throws {
    try store.createFolder(path("results"))
    let number = String(format: "%04d", part.index + 1)
    let file = "results/part-\(number).\(result.kind.rawValue).jsonl"
    let landing = DownloadLanding(store: store, path: path(file))
    defer { landing.discard() }
    var tries = 1
    while true {
      let size = try await provider.download(result, through: exchange) { try landing.begin() }
      do {
        let landed = try landing.land(expecting: size, called: "\(result.kind.rawValue) file \(result.id)")
        try pen.write(
          .collected(
            part.index, result, file: file, sha256: landed.sha256, bytes: landed.bytes,
            spread: try spread(file, of: part), at: clock.now))
        tell(.collected(part: part.index, kind: result.kind, bytes: landed.bytes))
        FreedMemory.giveBack(after: landed.bytes)
        return
      } catch let error as BatchError where error.code == .incompleteDownload && tries < 5 {
        tell(.waiting(reason: error.message, duration: timing.patience))
        try await clock.sleep(for: timing.patience)
        tries += 1
      }
    }
  }
}

extension BatchError {
  fileprivate static func notThereYet(_ result: ResultFile, _ cause: BatchError) -> BatchError {
    BatchError(
      .incompleteDownload,
      """
      The service does not show the \(result.kind.rawValue) file \(result.id); such a file may come late, so \
      each look asks for it again until an hour after the batch ended.
      """,
      status: cause.status, requestID: cause.requestID, cause: cause)
  }
}

/// A result file on its way to the disk: under its own name only once it is whole.
///
/// A whole file is one whose length is what the service said, or, where it said none, whose last line is
/// whole JSON. Until then it stands under another name, so no reader ever takes half a file for all of it.
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
  /// - Returns: the hash and the length of what is on the disk.
  /// - Throws: ``BatchError`` of the code `incomplete_download` where it is not whole.
  func land(expecting size: Int?, called name: String) throws(BatchError) -> (sha256: String, bytes: Int) {
    let draft = self.draft.current
    if let size, draft.bytes < size {
      throw BatchError(
        .incompleteDownload,
        "The \(name) arrived with \(draft.bytes) of its \(size) bytes, and has to be fetched again.")
    }
    try draft.file?.sync()
    try draft.file?.close()
    if size != draft.bytes, draft.bytes > 0 { try checkLastLine(of: name, length: draft.bytes) }
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
