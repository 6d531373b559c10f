extension JoinedTable {
  /// Writes JSON Lines: each row as an object of its cells, followed by what came back.
  ///
  /// A flattened column stands here under its own name as the object that it is. The file appears whole or
  /// not at all.
  ///
  /// - Throws: ``BatchError`` where the table can't be read to the end, or the file not be written.
  public func writeJSONLines(to path: String, columns: [AnswerColumn] = .standard) throws {
    try writeJSONLines(to: path, columns: columns, store: DiskStore.shared)
  }

  package func writeJSONLines(
    to path: String, columns: [AnswerColumn] = .standard, store: any FileStore
  ) throws {
    _ = try id?.bound(to: table.source.columns)
    try store.publish(path) { file in
      var json = JSONWriter()
      for pair in self {
        if let problem = pair.row.problem { throw problem }
        json.value(.object(JSONObject(pairs(of: pair, columns))))
        json.newline()
        guard json.bytes.count > 1 << 18 else { continue }
        try file.write(json.bytes)
        json.clear()
      }
      try file.write(json.bytes)
    }
  }

  private func pairs(of pair: Joined<Row, Output>, _ columns: [AnswerColumn]) -> [(String, JSONValue)] {
    let row = pair.row.columns.enumerated().map { ($1, JSONValue.string(pair.row.fields[$0])) }
    let taken = Set(pair.row.columns)
    return row
      + columns.map { column in
        let name = taken.contains(column.name) ? "\(column.name)_2" : column.name
        return (name, pair.line?.json(in: column.content) ?? .null)
      }
  }
}

extension BatchResults {
  /// Writes the requests without a good answer to a new input file, and returns how many there are.
  ///
  /// They are those that failed, were never run, or have an answer that doesn't decode; their lines are as
  /// they were sent.
  ///
  /// - Parameters:
  ///   - path: Where the file goes.
  ///   - requests: The file of all requests, which the results of files alone don't know; a job knows its
  ///     own.
  /// - Throws: ``BatchError`` where the requests are not known or can't be read, or the file not be written.
  @discardableResult
  public func writeFailedRequests(to path: String, of requests: String? = nil) throws -> Int {
    try writeFailedRequests(to: path, of: requests, store: DiskStore.shared)
  }

  @discardableResult
  package func writeFailedRequests(
    to path: String, of requests: String? = nil, store: any FileStore
  ) throws -> Int {
    let sources = try requests.map { [try store.open($0)] } ?? index.requests
    guard !sources.isEmpty else { throw BatchError.unknownRequests }
    var count = 0
    try store.publish(path) { file in
      for source in sources {
        var lines = LineReader(source)
        while try lines.next() {
          guard !lines.line.withSpan({ $0.isBlank }) else { continue }
          guard lines.line.withSpan({ isUnanswered(ResultLine($0).customID($0)) }) else { continue }
          try file.write(lines.line + [0x0A])
          count += 1
        }
      }
    }
    return count
  }

  private func isUnanswered(_ id: CustomID?) -> Bool {
    guard let id, let place = index.place(of: id), index.entries[place].state == .answered else {
      return true
    }
    return isVerbatim ? false : self[place].error != nil
  }
}

extension BatchLine {
  /// What a column shows of the row, as JSON.
  fileprivate func json(in column: AnswerColumn.Content) -> JSONValue? {
    switch column {
    case .flattened: value == nil ? nil : text.flatMap { try? JSONValue(parsing: $0.withoutCodeFence) }
    case .body: reply?.raw
    case .promptTokens: usage.map { .number(JSONNumber($0.input)) }
    case .completionTokens: usage.map { .number(JSONNumber($0.output)) }
    case .cachedTokens: usage.map { .number(JSONNumber($0.cached)) }
    case .reasoningTokens: usage.map { .number(JSONNumber($0.reasoning)) }
    case .status: status.map { .number(JSONNumber($0)) }
    default: text(in: column).map { .string($0) }
    }
  }
}

extension BatchError {
  fileprivate static var unknownRequests: Self {
    Self(
      .unreadableFile,
      "These results come from files alone, so what was sent is not known; name the file of requests too.")
  }
}
