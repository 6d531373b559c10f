/// The writing of a job's requests into parts that each fit into one remote batch.
///
/// The same requests give the same parts: a part ends where the next line would break a limit, and nowhere else.
struct Spool {
  private let store: any FileStore
  private let folder: String
  private let limits: BatchLimits
  private var parts: [SpooledPart] = []
  private var whole = SHA256()
  private var open: OpenPart?

  private struct OpenPart {
    let file: any WritableFile
    var buffer: [UInt8] = []
    var hash = SHA256()
    var bytes = 0
    var requests = 0

    mutating func flush() throws {
      try file.write(buffer)
      hash.update(buffer)
      buffer.removeAll(keepingCapacity: true)
    }
  }

  init(store: any FileStore, folder: String, limits: BatchLimits) throws {
    self.store = store
    self.folder = folder
    // Services count a file's bytes in ways of their own; two percent below the limit is safely under it.
    self.limits = BatchLimits(requests: limits.requests, bytes: limits.bytes - limits.bytes / 50)
    try store.createFolder("\(folder)/parts")
  }

  mutating func take(_ line: RenderedLine) throws {
    guard line.bytes.count <= limits.bytes else {
      throw BatchError(
        .invalidBatch,
        "Request \(line.id) alone has \(line.bytes.count) bytes, and a batch may have \(limits.bytes); shorten it."
      )
    }
    if let open, open.requests == limits.requests || open.bytes + line.bytes.count > limits.bytes {
      try close()
    }
    var part = try open ?? OpenPart(file: store.create("\(folder)/\(name(parts.count))", .exclusive))
    open = nil  // so that the buffer is not copied below
    part.buffer.append(contentsOf: line.bytes)
    part.bytes += line.bytes.count
    part.requests += 1
    if part.buffer.count >= 1 << 18 {
      whole.update(part.buffer)
      try part.flush()
    }
    open = part
  }

  /// Closes the last part and returns them all, with the hash of all their bytes.
  mutating func finish() throws -> (parts: [SpooledPart], hash: String) {
    try close()
    return (parts, whole.hex())
  }

  private mutating func close() throws {
    guard var part = open else { return }
    open = nil
    whole.update(part.buffer)
    try part.flush()
    try part.file.sync()
    try part.file.close()
    parts.append(
      SpooledPart(
        index: parts.count, file: name(parts.count), sha256: part.hash.hex(), bytes: part.bytes,
        requests: part.requests))
  }

  private func name(_ index: Int) -> String {
    let number = String(index + 1)
    return "parts/part-\(String(repeating: "0", count: max(0, 4 - number.count)))\(number).jsonl"
  }
}
