/// What a download put where it was asked to.
public struct DownloadedResults: Sendable, Hashable {
  /// How many bytes of answers there were.
  public let outputBytes: Int
  /// How many bytes of failures there were.
  public let errorBytes: Int
}

extension BatchJob {
  /// Writes the result files that were fetched so far to paths of your choice, the parts one after the other.
  ///
  /// Each file appears whole or not at all. What was fetched and is not whole on this disk any more is an
  /// error here; ``wait(polling:observer:leavingOut:)`` and ``advance()`` fetch it again.
  /// - Parameters:
  ///   - output: where the answers go.
  ///   - errors: where the failures go; behind the answers if `nil`.
  ///
  /// - Returns: how many bytes went to each.
  /// - Throws: ``BatchError`` where a file can't be read or written.
  @discardableResult
  public func download(to output: String, errors: String? = nil) throws -> DownloadedResults {
    let kinds: [ResultFile.Kind] = errors == nil ? [.output, .errors] : [.output]
    let answers = try download(to: output, kinds: kinds)
    let failures = try errors.map { try download(to: $0, kinds: [.errors]) } ?? 0
    return DownloadedResults(outputBytes: answers, errorBytes: failures)
  }

  /// Writes the result files of some kinds to one path, and returns how many bytes there were.
  ///
  /// It goes through files of any size with one buffer, since answers are copied and never parsed.
  @discardableResult
  package func download(to path: String, kinds: [ResultFile.Kind]) throws -> Int {
    var total = 0
    try engine.store.publish(path) { file in
      for kind in kinds { total += try append(kind, to: file) }
    }
    return total
  }

  /// Where one request was about several rows, the answers that were taken apart go into the file, under the
  /// ids of the rows, and the joint ones don't: a reader finds each row once.
  private func append(_ kind: ResultFile.Kind, to file: any WritableFile) throws -> Int {
    var total = 0
    var files = kind == .output ? [engine.state.shape?.reused?.file].compactMap(\.self) : []
    for collected in engine.state.parts.flatMap(\.collected) where collected.result.kind == kind {
      // Half of a file must not go for all of it under a name of the user's choice.
      if let lack = try engine.shortfall(of: collected) { throw BatchError.notWhole(lack) }
      let own = engine.state.shape?.gathers == true ? [] : [collected.file]
      files += own + [collected.spread?.file].compactMap(\.self)
    }
    for name in files { total += try append(try engine.store.open(engine.path(name)), to: file) }
    return total
  }

  /// A last line without its end must not grow into the first line of the next part.
  ///
  /// - Returns: how many bytes were written.
  private func append(_ source: any ReadableFile, to file: any WritableFile) throws -> Int {
    var offset = 0
    var last: UInt8 = 0x0A
    while true {
      let bytes = try source.read(at: offset, count: 1 << 18)
      guard let end = bytes.last else { break }
      try file.write(bytes)
      offset += bytes.count
      last = end
    }
    if last != 0x0A { try file.write([0x0A]) }
    return last == 0x0A ? offset : offset + 1
  }
}
