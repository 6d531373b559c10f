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

  /// Writes the requests to a file of JSON Lines, as the service takes them.
  ///
  /// The file appears when it is complete: until then, what stood at `path` stays as it was.
  /// Ids are checked, and that every request can be written; what stands in the requests is the business of
  /// ``problems(for:models:counter:)`` and ``BatchFile/check(_:for:models:counter:)``.
  /// - Throws: ``BatchError`` with the first of the problems where there are errors among them.
  public func write(to path: String) throws { try write(to: path, store: DiskStore.shared) }

  package func write(to path: String, store: any FileStore) throws {
    // What went into a device or a pipe can't be taken back, so there all is checked before the first byte.
    if try store.status(of: path)?.isDevice == true { try checkedProblems(.envelopes).throwErrors() }
    // A file is checked while it is written: what turns out to be wrong never gets its name.
    try store.publish(path) { file in
      var problems = ProblemList()
      var buffer: [UInt8] = []
      var gatherer = shape.rowsPerRequest.map { RowGatherer(most: $0) }
      func put(_ line: RenderedLine) throws {
        buffer.append(contentsOf: line.bytes)
        guard buffer.count >= 1 << 18 else { return }
        try file.write(buffer)
        buffer.removeAll(keepingCapacity: true)
      }
      try check(into: &problems, .envelopes) { line in
        // Of rows that share a request, the request is written once all of them are in it.
        if gatherer == nil { try put(line) } else { _ = try gatherer?.take(line, put) }
      }
      if let last = gatherer?.finish() { try put(last) }
      try problems.throwErrors()
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
