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

extension BatchResults {
  /// The results in files that some tool downloaded, each answer what it becomes of such a request.
  ///
  /// ```swift
  /// let covers = try BatchResults(contentsOf: "output.jsonl", as: Images(model: "gpt-image-1"))
  /// ```
  ///
  /// - Parameters:
  ///   - output: the file of answers, as the service wrote it.
  ///   - errors: the file of failed rows, where there is one.
  ///   - request: the prototype that the batch was made with, or one like it.
  /// - Throws: ``BatchError`` where a file can't be read.
  public init<Request: BatchRequest>(
    contentsOf output: String, errors: String? = nil, as request: Request
  ) throws where Request.Output == Output {
    let index = try AnswerIndex(files: [output, errors].compactMap(\.self))
    self.init(index) { reply throws(LineError) in try request.output(of: reply) }
  }
}

extension BatchResults {
  /// The results in files, held against the file of requests that they answer.
  ///
  /// With the requests at hand it is known what is missing and what was never asked, and the answers to
  /// several rows in one request are taken apart.
  /// - Parameters:
  ///   - output: the file of answers.
  ///   - errors: the file of failed rows, where there is one.
  ///   - requests: the file that was sent, as ``Batch/write(to:)`` makes one.
  ///   - type: what the answers become.
  /// - Throws: ``BatchError`` where a file can't be read.
  public init(
    contentsOf output: String, errors: String? = nil, requests: String, as type: Output.Type = Output.self
  ) throws where Output: Decodable {
    let files = try [output, errors].compactMap(\.self).map { try DiskStore.shared.open($0) }
    self.init(
      try AnswerIndex(asked: try DiskStore.shared.open(requests), answered: files)
    ) { reply throws(LineError) in try reply.decoded(as: type) }
  }
}

extension AnswerIndex {
  /// The index of files alone, the requests among them.
  fileprivate convenience init(asked: any ReadableFile, answered: [any ReadableFile]) throws {
    // What is taken apart is written down once more; the files are read on after their names are gone.
    let drafts = TemporaryFolder()
    try drafts.store.createFolder(drafts.path)
    let unpacker = try RowUnpacker([asked])
    let rows = try drafts.copy(of: [asked], "rows.jsonl") { line, write in
      for single in GatheredRows.singles(of: line) ?? [line] { try write(single + [0x0A]) }
    }
    let answers = try drafts.copy(of: answered, "answers.jsonl") { line, write in
      try unpacker.unpack(line, write)
    }
    try self.init([Part(requests: rows, results: [answers])])
  }
}

extension TemporaryFolder {
  /// A file of what `make` makes of each line of some files.
  fileprivate func copy(
    of files: [any ReadableFile], _ name: String,
    _ make: ([UInt8], ([UInt8]) throws -> Void) throws -> Void
  ) throws -> any ReadableFile {
    let copy = try store.create("\(path)/\(name)", .exclusive)
    var buffer: [UInt8] = []
    for file in files {
      var lines = LineReader(file)
      while try lines.next() {
        try make(lines.line) { buffer += $0 }
        guard buffer.count >= 1 << 18 else { continue }
        try copy.write(buffer)
        buffer.removeAll(keepingCapacity: true)
      }
    }
    try copy.write(buffer)
    try copy.close()
    return try store.open("\(path)/\(name)")
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
