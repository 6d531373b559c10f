extension BatchResults {
  /// The results in files that some tool downloaded, each answer decoded from its text.
  ///
  /// - Parameters:
  ///   - output: the file of answers, as the service wrote it.
  ///   - errors: the file of failed rows, where there is one.
  ///   - type: what each answer becomes.
  /// - Throws: ``BatchError`` where a file can't be read.
  public init(
    contentsOf output: String, errors: String? = nil, as type: Output.Type = Output.self
  ) throws where Output: Decodable {
    self.init(try AnswerIndex(files: [output, errors].compactMap(\.self))) { reply throws(LineError) in
      try reply.decoded(as: type)
    }
  }
}

extension BatchResults where Output == Reply {
  /// The results in files that some tool downloaded, each answer as it came.
  ///
  /// - Throws: ``BatchError`` where a file can't be read.
  public init(contentsOf output: String, errors: String? = nil) throws {
    let index = try AnswerIndex(files: [output, errors].compactMap(\.self))
    self.init(index, isVerbatim: true) { reply throws(LineError) in reply }
  }
}

extension BatchResults where Output == Reply {
  /// The results in any number of files, successes preferred whatever their order.
  package init(files: [String]) throws {
    self.init(try AnswerIndex(files: files)) { reply throws(LineError) in reply }
  }
}

extension AnswerIndex {
  /// The index of files alone: what was sent is not known.
  convenience init(files: [String], store: any FileStore = DiskStore.shared) throws(BatchError) {
    var results: [any ReadableFile] = []
    for path in files { results.append(try store.open(path)) }
    try self.init([Part(requests: nil, results: results)])
  }
}
