extension Batch {
  /// Hands each line to `receive`, in order, one at a time however many there are.
  ///
  /// - Throws: ``BatchError`` at the first request that can't be written.
  package func render(_ receive: (RenderedLine) throws -> Void) throws {
    try walk { step in
      switch step {
      case .line(let line): try receive(line)
      case .problem(let problem): throw BatchError.invalidBatch([problem], of: 1)
      }
    }
  }

  /// Hands on each line as it is sent, where several rows may be in one.
  private func renderRequests(_ receive: (RenderedLine) throws -> Void) throws {
    guard let most = shape.rowsPerRequest else { return try render(receive) }
    var gatherer = RowGatherer(most: most)
    try render { line in _ = try gatherer.take(line, receive) }
    if let last = gatherer.finish() { try receive(last) }
  }

  /// Writes the requests to a file of JSON Lines, as the service takes them.
  ///
  /// The file appears when it is complete: until then, what stood at `path` stays as it was.
  /// - Throws: ``BatchError`` with the first of the ``problems()`` where there are errors among them.
  public func write(to path: String) throws { try write(to: path, store: DiskStore.shared) }

  package func write(to path: String, store: any FileStore) throws {
    try checkedProblems().throwErrors()
    try store.publish(path) { file in
      var buffer: [UInt8] = []
      try renderRequests { line in
        buffer.append(contentsOf: line.bytes)
        guard buffer.count >= 1 << 18 else { return }
        try file.write(buffer)
        buffer.removeAll(keepingCapacity: true)
      }
      try file.write(buffer)
    }
  }

  /// Goes through all requests in order, those that can't be written too.
  func walk(_ visit: (RenderedStep) throws -> Void) throws {
    for group in groups { try group.walk(request, visit) }
  }
}

extension BatchError {
  /// A batch that was not sent, for these reasons of `total`.
  static func invalidBatch(_ problems: [Problem], of total: Int) -> Self {
    let shown = problems.prefix(3).map { problem in
      let about = [problem.place, problem.id.map { "request \($0)" }].compactMap(\.self)
      return (about.isEmpty ? "" : about.joined(separator: ", ") + ": ") + problem.message
    }
    let more = total - shown.count
    let rest = more > 0 ? " And \(more) more; problems() lists them." : ""
    return Self(.invalidBatch, "The batch can't be sent. \(shown.joined(separator: " "))\(rest)")
  }
}
