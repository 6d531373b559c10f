/// The writing of a job's requests into parts that each fit into one remote batch.
///
/// The same requests give the same parts: a part ends where the next line would break a limit, and nowhere
/// else. Where a service wants one model to a batch, each model has a part of its own open.
///
/// It is fed line by line and keeps a buffer for each open part, so memory does not grow with the batch. What
/// it writes is not a job yet: only the journal makes it one, and a folder without a journal is given up.
struct Spool {
  private let store: any FileStore
  private let folder: String
  private let limits: BatchLimits
  /// What the user asked for beside the service's limits.
  private let splitting: Splitting
  /// Which attempt at their rows the parts are.
  private let attempt: Int
  /// How many parts the job has already.
  private let first: Int
  private var parts: [SpooledPart] = []
  /// How many parts were begun here.
  private var begun = 0
  /// The hash of all lines in order, whichever part they went to.
  private var whole = SHA256()
  /// The part being written for each model, or the only one under no name.
  private var open: [String: OpenPart] = [:]

  /// - Parameters:
  ///   - first: The number of parts that the job has already.
  ///   - attempt: Which attempt at their rows the parts are.
  init(
    store: any FileStore, folder: String, limits: BatchLimits, splitting: Splitting = .providerLimits,
    first: Int = 0, attempt: Int = 1
  ) throws {
    self.store = store
    self.folder = folder
    self.splitting = splitting
    self.first = first
    self.attempt = attempt
    self.limits = limits
    try store.createFolder("\(folder)/parts")
  }

  /// Services count a file's bytes in ways of their own; two percent below the limit is safely under it.
  private var mostBytes: Int { limits.bytes - limits.bytes / 50 }

  /// Puts a line into the part that is open for it, or into a new one where it does not fit.
  ///
  /// - Throws: ``BatchError`` where the line alone is larger than a part may be, or the disk is full.
  mutating func take(_ line: RenderedLine) throws {
    guard line.bytes.count <= mostBytes else {
      throw BatchError(
        .invalidBatch,
        "Request \(line.id) alone has \(line.bytes.count) bytes, more than the \(mostBytes) of a batch; "
          + "shorten it."
      )
    }
    let facts = LineFacts(line.bytes)
    let tokens = splitting.tokens(of: line)
    let key = limits.mixesModels ? "" : facts.model ?? ""
    if let open = open[key], !hasRoom(open, line, facts, tokens) { try close(key) }
    // Taken out while it grows, so that its buffer is not copied for every line.
    var part = try open.removeValue(forKey: key) ?? begin(model: facts.model)
    part.take(line, facts, tokens)
    whole.update(line.bytes)
    if part.buffer.count >= 1 << 18 { try part.flush() }
    open[key] = part
  }

  /// Whether a line still fits into a part by every measure: requests, bytes, embedded texts and tokens.
  private func hasRoom(
    _ part: OpenPart, _ line: RenderedLine, _ facts: LineFacts, _ tokens: Int
  ) -> Bool {
    let requests = min(limits.requests, splitting.requests ?? .max)
    return part.requests < requests && part.bytes + line.bytes.count <= mostBytes
      && part.inputs + facts.inputs <= limits.embeddedTexts
      && part.tokens + tokens <= splitting.tokens ?? .max
  }

  /// Opens the next part. Numbers are given in the order in which parts begin, whatever the order in which
  /// they end.
  private mutating func begin(model: String?) throws -> OpenPart {
    let index = first + begun
    begun += 1
    let number = String(index + 1)
    let name = "parts/part-\(String(repeating: "0", count: max(0, 4 - number.count)))\(number).jsonl"
    // A crash may have left a draft of a part that no journal tells of.
    try store.remove("\(folder)/\(name)")
    return OpenPart(
      index: index, name: name, model: model, file: try store.create("\(folder)/\(name)", .exclusive))
  }

  /// Makes a part last and notes what it is.
  private mutating func close(_ key: String) throws {
    guard var part = open.removeValue(forKey: key) else { return }
    try part.flush()
    try part.file.sync()
    try part.file.close()
    parts.append(
      SpooledPart(
        index: part.index, file: part.name, sha256: part.hash.hex(), bytes: part.bytes,
        requests: part.requests,
        model: part.model, tokens: part.tokens, attempt: attempt))
  }

  /// Closes what is open and returns all parts in order, with the hash of all their bytes.
  mutating func finish() throws -> (parts: [SpooledPart], hash: String) {
    for key in open.keys.sorted() { try close(key) }
    return (parts.sorted { $0.index < $1.index }, whole.hex())
  }
}

/// A part that is being written.
private struct OpenPart {
  let index: Int
  let name: String
  let model: String?
  let file: any WritableFile
  var buffer: [UInt8] = []
  var hash = SHA256()
  var bytes = 0
  var requests = 0
  var inputs = 0
  var tokens = 0

  /// Adds a line to the buffer, and to what is counted.
  mutating func take(_ line: RenderedLine, _ facts: LineFacts, _ tokens: Int) {
    buffer.append(contentsOf: line.bytes)
    bytes += line.bytes.count
    requests += 1
    inputs += facts.inputs
    self.tokens += tokens
  }

  mutating func flush() throws {
    try file.write(buffer)
    hash.update(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}
