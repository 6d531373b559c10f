// Requests that stand for several rows: their answers, written down for each of those rows.

extension JobEngine {
  /// Writes the answers of a fetched file once more, under the ids of the rows that share them.
  ///
  /// It is done before the file counts as fetched, so no reader ever sees a request answered and a row that
  /// shares its answer not; after a crash in between, both are simply done again.
  ///
  /// - Parameter file: the path of the fetched file within the folder of the job.
  /// - Returns: what was written, or `nil` where nothing in the file is shared.
  func spread(_ file: String) throws -> KeptFile? {
    guard let shared = try sharedRows() else { return nil }
    let name = "\(file.hasSuffix(".jsonl") ? String(file.dropLast(6)) : file).shared.jsonl"
    var spread = LazyFile(name, in: registry.folder(for: id), of: store)
    var lines = LineReader(try store.open(path(file)))
    while try lines.next() {
      // A line that can't be read, or cut in half, answers nobody: its rows are missing then, as it is.
      guard let outline = LineOutline(lines.line),
        let request = lines.line.withSpan({ try? outline.id.decoded($0) })
      else { continue }
      try shared.forEach(of: CustomID(request)) { id in
        try spread.write(outline.line(lines.line, renamed: id) + [0x0A])
      }
    }
    return try spread.finish()
  }

  /// The rows that share answers, read once for all files of the job.
  private func sharedRows() throws -> SharedRows? {
    guard let file = state.shape?.shared else { return nil }
    if let known = knownShares.current { return known }
    let rows = try SharedRows(try store.open(path(file.file)))
    knownShares.withLock { $0 = rows }
    return rows
  }

  /// The requests that answer these rows: of a row that shares its answer, the one that it shares.
  func requests(answering ids: Set<CustomID>) throws -> Set<CustomID> {
    guard let file = state.shape?.shared else { return ids }
    var requests = ids
    var lines = LineReader(try store.open(path(file.file)))
    while try lines.next() {
      let pair = lines.line.withSpan { bytes -> (CustomID, CustomID)? in
        guard let row = SharedRow(bytes), let id = try? row.id.decoded(bytes),
          let request = try? row.request.decoded(bytes)
        else { return nil }
        return (CustomID(id), CustomID(request))
      }
      guard let (id, request) = pair, requests.remove(id) != nil else { continue }
      requests.insert(request)
    }
    return requests
  }
}
