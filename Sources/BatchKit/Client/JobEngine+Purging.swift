/// A file at the service that its job no longer needs.
struct PurgeableFile {
  let id: String
  let isInput: Bool
  /// What is wrong with the copy here, where something is.
  let damage: String?
}

extension JobEngine {
  /// Deletes one file, unless it is the only whole copy, and notes it only then: asked twice, a service says
  /// that there is nothing, which is as good.
  func purge(_ file: PurgeableFile, _ pen: borrowing JobPen) async throws {
    if let damage = file.damage { return keep(file, because: damage) }
    try await provider.delete(file: file.id, through: exchange)
    try pen.write(.deleted(file.id, at: clock.now))
  }

  /// Deletes the files of a part that is done, where the client keeps them no longer than until then.
  ///
  /// Only what this registry sent is deleted, and only what is whole here. A file that stays holds up
  /// nothing: it is told of once, and left to a purge.
  ///
  /// - Parameter fetched: the answers that were hashed as they lie on this disk just now. Others were fetched
  ///   by an earlier process, and are read first: much may have happened since.
  func discard(_ part: PartState, fetched: Set<ResultFile>, _ pen: borrowing JobPen) async throws {
    guard lifetime.endsWhenFetched, part.isDone, !part.file.isEmpty else { return }
    for file in try unneeded(of: part, fetched: fetched) {
      if let reason = file.damage {
        keep(file, because: reason)
        continue
      }
      do {
        try await provider.delete(file: file.id, through: exchange)
      } catch let error as BatchError {
        keep(file, because: error.message)
        continue
      }
      try pen.write(.deleted(file.id, at: clock.now))
    }
  }

  private func keep(_ file: PurgeableFile, because reason: String) {
    keptBack.withLock { _ = $0.insert(file.id) }
    tell(.troubled(reason: "file \(file.id) is kept at the service: \(reason)"))
  }

  /// The files of a part that is done which are neither deleted nor kept back, the answers first.
  private func unneeded(of part: PartState, fetched: Set<ResultFile>) throws(BatchError) -> [PurgeableFile] {
    let settled = state.deleted.union(keptBack.current)
    var files: [PurgeableFile] = []
    for kept in part.collected where !settled.contains(kept.result.id) {
      let damage = fetched.contains(kept.result) ? nil : try damage(of: kept)
      files.append(PurgeableFile(id: kept.result.id, isInput: false, damage: damage))
    }
    if let input = part.fileID, !settled.contains(input) {
      let damage = try damage(of: part.file, sha256: part.sha256, was: "sent")
      files.append(PurgeableFile(id: input, isInput: true, damage: damage))
    }
    return files
  }

  /// The files at the service that nothing needs any more, each with what speaks against deleting it.
  ///
  /// They are inputs of parts that are over, and answers that were fetched. That they were fetched once
  /// proves nothing about today: files are cut by full disks and taken away by people.
  func purgeable() throws(BatchError) -> [PurgeableFile] {
    let state = self.state
    guard state.isSettled else { return [] }
    var files: [PurgeableFile] = []
    for part in state.parts where part.isOver {
      guard let input = part.fileID, !state.deleted.contains(input) else { continue }
      // Requests that were made elsewhere were never here.
      let damage = part.file.isEmpty ? nil : try damage(of: part.file, sha256: part.sha256, was: "sent")
      files.append(PurgeableFile(id: input, isInput: true, damage: damage))
    }
    for collected in state.parts.flatMap(\.collected) where !state.deleted.contains(collected.result.id) {
      files.append(
        PurgeableFile(id: collected.result.id, isInput: false, damage: try damage(of: collected)))
    }
    return files
  }

  /// What is wrong with a fetched file, or with what was made of it for the rows that share its answers.
  private func damage(of kept: PartState.Collected) throws(BatchError) -> String? {
    // The length is told by a look at the folder, and spares reading what can't be whole.
    if let found = try store.status(of: path(kept.file)), found.size != kept.bytes {
      return "\(path(kept.file)) has \(found.size) of the \(kept.bytes) bytes that were fetched."
    }
    if let damage = try damage(of: kept.file, sha256: kept.sha256, was: "fetched") { return damage }
    guard let spread = kept.spread else { return nil }
    return try damage(of: spread.file, sha256: spread.sha256, was: "written")
  }
}
