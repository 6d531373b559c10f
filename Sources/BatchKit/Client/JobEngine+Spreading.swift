// Requests that stand for several rows: their answers, written down for each of those rows.

extension JobEngine {
  /// Writes the answers of a fetched file once more, under the ids of the rows that share them.
  ///
  /// It is done before the file counts as fetched, so no reader ever sees a request answered and a row that
  /// shares its answer not; after a crash in between, both are simply done again.
  ///
  /// - Parameter file: the path of the fetched file within the folder of the job.
  /// - Returns: what was written, or `nil` where nothing in the file is shared.
  func spread(_ file: String, of part: PartState) throws -> KeptFile? {
    if state.shape?.gathers == true { return try unpack(file, of: part) }
    guard let shared = try sharedRows() else { return nil }
    var spread = LazyFile(spreadName(of: file), in: registry.folder(for: id), of: store)
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

  /// Takes the answers to several rows in a fetched file apart; answers to single rows are copied.
  ///
  /// The file of the part says which rows each request was about. What a request was not asked about is
  /// written down as well, as a stranger, so that it shows.
  private func unpack(_ file: String, of part: PartState) throws -> KeptFile? {
    let unpacker = try RowUnpacker([try store.open(path(part.file))])
    var rows = LazyFile(spreadName(of: file), in: registry.folder(for: id), of: store)
    var lines = LineReader(try store.open(path(file)))
    while try lines.next() {
      guard !lines.line.withSpan({ $0.isBlank }) else { continue }
      try unpacker.unpack(lines.line) { try rows.write($0) }
    }
    return try rows.finish()
  }

  /// The name of what is made of a file, beside it.
  private func spreadName(of file: String) -> String {
    "\(file.hasSuffix(".jsonl") ? String(file.dropLast(6)) : file).shared.jsonl"
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
  ///
  /// - Parameter unsent: requests that will go by themselves, so that nobody has to ask for them.
  func requests(
    answering ids: Set<CustomID>, unless unsent: Set<CustomID>
  ) throws -> Set<CustomID> {
    // A row that was one of several goes alone the next time: the others may have their answers.
    let goesAlone = state.shape?.gathers == true
    var requests = ids
    try eachShared { id, request in
      guard ids.contains(id) else { return }
      if goesAlone {
        if unsent.contains(request) { requests.remove(id) }
      } else {
        requests.remove(id)
        requests.insert(request)
      }
    }
    return requests.subtracting(unsent)
  }

  /// These requests' own rows, and all that stand in them beside those where a request is about several.
  ///
  /// A row that went alone already stands for itself, so it brings no others along.
  func rows(answeredBy requests: Set<CustomID>) throws -> Set<CustomID> {
    guard state.shape?.gathers == true, !state.parts.contains(where: { $0.attempt > 1 }) else {
      return requests
    }
    var rows = requests
    try eachShared { id, request in
      if requests.contains(request) { rows.insert(id) }
    }
    return rows
  }

  /// Calls `body` with every row that has its answer from the request of another row, and that request.
  private func eachShared(_ body: (_ row: CustomID, _ request: CustomID) -> Void) throws {
    guard let file = state.shape?.shared else { return }
    var lines = LineReader(try store.open(path(file.file)))
    while try lines.next() {
      let pair = lines.line.withSpan { bytes -> (CustomID, CustomID)? in
        guard let row = SharedRow(bytes), let id = try? row.id.decoded(bytes),
          let request = try? row.request.decoded(bytes)
        else { return nil }
        return (CustomID(id), CustomID(request))
      }
      if let (row, request) = pair { body(row, request) }
    }
  }
}
