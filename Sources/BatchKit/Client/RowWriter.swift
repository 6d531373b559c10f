/// Writes down every row of a batch, and what each asks, before it is decided what of them is sent.
///
/// The rows are the job as the user sees it: its order, its ids, its fingerprint. The parts that are sent may
/// hold fewer requests, in another order.
package struct RowWriter {
  /// The rows' place in the folder of the job.
  static let name = "rows.jsonl"
  private static let indexName = "rows.index"

  private let folder: String
  private let store: any FileStore
  /// What a line asks; `nil` for a line without an id.
  private let digest: @Sendable ([UInt8]) -> RowDigest?
  private var rows: KeptFileWriter
  private var index: KeptFileWriter

  /// - Parameter digest: what tells requests apart; only a test has another.
  package init(
    store: any FileStore, folder: String,
    digest: (@Sendable ([UInt8]) -> RowDigest?)? = nil
  ) throws {
    self.digest = digest ?? { RowDigest.of($0) }
    self.store = store
    self.folder = folder
    try store.createFolder(folder)
    rows = try KeptFileWriter(Self.name, in: folder, of: store)
    index = try KeptFileWriter(Self.indexName, in: folder, of: store)
  }

  /// Writes a row, and beside it where it stands and what it asks.
  ///
  /// - Throws: ``BatchError`` where the line has no id, or the disk is full.
  package mutating func take(_ line: RenderedLine) throws {
    guard let digest = digest(line.bytes) else {
      throw BatchError(.invalidBatch, "Request \(line.id) is a line without an id; mend it.")
    }
    let record = RowRecord(digest: digest, offset: rows.bytes, length: line.bytes.count)
    try rows.write(line.bytes)
    var bytes: [UInt8] = []
    record.append(to: &bytes)
    try index.write(bytes)
  }

  /// All rows, on disk.
  package mutating func finish() throws -> WrittenRows {
    let stored = try rows.finish()
    let indexed = try index.finish()
    return WrittenRows(
      stored: stored, file: try store.open("\(folder)/\(stored.file)"),
      index: try RecordFile(try store.open("\(folder)/\(indexed.file)")),
      forgetIndex: { [store, folder] in try store.remove("\(folder)/\(Self.indexName)") })
  }
}

/// The rows of a batch on disk, with what each asks.
package struct WrittenRows {
  let stored: KeptFile
  let file: any ReadableFile
  let index: RecordFile<RowRecord>
  /// Takes away what is not needed once the parts are made.
  let forgetIndex: () throws -> Void

  /// The line of a row, its end included.
  func line(at record: RowRecord) throws(BatchError) -> [UInt8] {
    let bytes = try file.read(at: record.offset, count: record.length)
    guard bytes.count == record.length else { throw .shrunkenResults }
    return bytes
  }

  /// The line of the row of this number; a read of the index and one of the rows.
  func line(of row: Int) throws(BatchError) -> [UInt8] {
    guard let record = try index.records(from: row, most: 1).first else { throw .shrunkenResults }
    return try line(at: record)
  }
}

/// Writes a file of a job's folder, and knows its hash when it is done.
///
/// Lines are gathered and written in large pieces. The hash is of what was handed to the disk, in the same
/// order, so the file need not be read again to know it.
struct KeptFileWriter {
  /// How many bytes were taken in, which is where the next line will begin.
  private(set) var bytes = 0
  private let name: String
  private let file: any WritableFile
  private var buffer: [UInt8] = []
  private var hash = SHA256()
  private var lines = 0

  /// A new file; what a crash left of an earlier try under its name is taken away.
  init(_ name: String, in folder: String, of store: any FileStore) throws(BatchError) {
    self.name = name
    try store.remove("\(folder)/\(name)")
    file = try store.create("\(folder)/\(name)", .exclusive)
  }

  /// Writes one line, its end included.
  mutating func write(_ line: [UInt8]) throws(BatchError) {
    buffer += line
    bytes += line.count
    lines += 1
    if buffer.count >= 1 << 18 { try flush() }
  }

  /// Hands what was gathered to the disk, and to the hash.
  private mutating func flush() throws(BatchError) {
    try file.write(buffer)
    hash.update(buffer)
    buffer.removeAll(keepingCapacity: true)
  }

  /// Makes the file last.
  mutating func finish() throws(BatchError) -> KeptFile {
    try flush()
    try file.sync()
    try file.close()
    return KeptFile(file: name, sha256: hash.hex(), bytes: bytes, lines: lines)
  }
}
