/// Cells on their way from the order of the answers to that of the rows.
///
/// They are kept by stretches of rows, in memory as long as they are few, and beyond that in a private
/// temporary file: one stretch at a time is then small enough to be put in order. However many answers there
/// are, what is held in memory stays about the same.
struct RowSpill: Sendable {
  private struct Stretch {
    var cells: [UInt8] = []
    /// Where earlier cells of the stretch stand in the file.
    var spilled: [Range<Int>] = []
  }

  /// The number of rows.
  let rows: Int
  private let rowsPerStretch: Int
  private var stretches: [Stretch]
  private var overflow: Overflow?
  /// Cells of so many bytes are written at once.
  private let buffer: Int

  /// The answers of a stretch are about this much: its cells and rows then stay near the processor.
  private static let stretch = 2 << 20
  /// What all stretches together hold in memory, and what one of them holds at most.
  private static let (memory, mostOfOne) = (16 << 20, 128 << 10)

  /// A place for the cells of `rows` rows, where rows and answers together have so many bytes.
  init(rows: Int, bytes: Int) {
    let count = max(1, min(1024, bytes / Self.stretch))
    self.rows = rows
    rowsPerStretch = max(1, (rows + count - 1) / count)
    stretches = [Stretch](repeating: Stretch(), count: (rows + rowsPerStretch - 1) / rowsPerStretch)
    buffer = min(Self.mostOfOne, Self.memory / count)
  }

  /// The number of stretches.
  var count: Int { stretches.count }

  /// The rows of a stretch.
  func rows(of stretch: Int) -> Range<Int> {
    (stretch * rowsPerStretch)..<min(rows, (stretch + 1) * rowsPerStretch)
  }

  /// Takes in the cells of a row.
  mutating func append(_ row: Int, _ cells: UnsafeRawBufferPointer) throws(BatchError) {
    let (stretch, place) = row.quotientAndRemainder(dividingBy: rowsPerStretch)
    let head = UInt64(place) | UInt64(cells.count) << 32
    withUnsafeBytes(of: head) { stretches[stretch].cells.append(contentsOf: $0) }
    stretches[stretch].cells.append(contentsOf: cells)
    if stretches[stretch].cells.count > buffer { try flush(stretch) }
  }

  private mutating func flush(_ stretch: Int) throws(BatchError) {
    if overflow == nil { overflow = try Overflow() }
    if let range = try overflow?.append(stretches[stretch].cells) { stretches[stretch].spilled.append(range) }
    stretches[stretch].cells.removeAll(keepingCapacity: true)
  }

  /// The cells of one stretch.
  ///
  /// - Throws: ``BatchError`` where the temporary file can't be read any more.
  func cells(of stretch: Int) throws(BatchError) -> SpilledCells {
    let (kept, overflow) = (stretches[stretch], overflow)
    if kept.spilled.isEmpty { return SpilledCells(kept.cells, rows: rowsPerStretch) }
    let size = kept.spilled.reduce(kept.cells.count) { $0 + $1.count }
    var failure: BatchError?
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      do throws(BatchError) {
        let room = UnsafeMutableRawBufferPointer(buffer)
        for range in kept.spilled { try overflow?.read(range, into: room, &filled) }
        UnsafeMutableRawBufferPointer(rebasing: room[filled...]).copyBytes(from: kept.cells)
        filled = size
      } catch { failure = error }
    }
    if let failure { throw failure }
    return SpilledCells(bytes, rows: rowsPerStretch)
  }
}

/// What does not fit in memory: written to the end of a file, and read from where it stands.
private struct Overflow {
  let folder: TemporaryFolder
  let writer: any WritableFile
  let reader: any ReadableFile
  private var size = 0

  init() throws(BatchError) {
    folder = TemporaryFolder()
    try folder.store.createFolder(folder.path)
    writer = try folder.store.create("\(folder.path)/cells", .exclusive)
    reader = try folder.store.open("\(folder.path)/cells")
  }

  /// Writes bytes, and returns where they stand.
  mutating func append(_ bytes: [UInt8]) throws(BatchError) -> Range<Int> {
    try writer.write(bytes)
    size += bytes.count
    return (size - bytes.count)..<size
  }

  /// Reads bytes to where `room` is not filled yet.
  func read(
    _ range: Range<Int>, into room: UnsafeMutableRawBufferPointer, _ filled: inout Int
  ) throws(BatchError) {
    let part = UnsafeMutableRawBufferPointer(rebasing: room[filled..<(filled + range.count)])
    guard try reader.fill(part, from: range.lowerBound) == range.count else { throw .cutTemporaryFile }
    filled += range.count
  }
}

extension BatchError {
  fileprivate static var cutTemporaryFile: Self {
    Self(.unreadableFile, "A temporary file became shorter while it was in use; try again.")
  }
}

/// The cells of a stretch of rows, found by row.
struct SpilledCells {
  private let bytes: [UInt8]
  /// Where the cells of each row begin, behind their length; 0 for a row without any.
  private var starts: [UInt32]

  fileprivate init(_ bytes: [UInt8], rows: Int) {
    self.bytes = bytes
    starts = [UInt32](repeating: 0, count: rows)
    var place = 0
    while place < bytes.count {
      let (row, count) = Self.head(bytes, at: place)
      place += 8
      starts[row] = UInt32(truncatingIfNeeded: place)
      place += count
    }
  }

  /// How many bytes they have, with a little more for each row.
  var size: Int { bytes.count }

  private static func head(_ bytes: [UInt8], at place: Int) -> (row: Int, count: Int) {
    let head = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt64.self) }
    return (Int(head & 0xFFFF_FFFF), Int(head >> 32))
  }

  /// Runs `body` with the cells of a row of the stretch, or returns `nil` where it has none.
  func withCells<Result>(of row: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
    let start = Int(starts[row])
    guard start > 0 else { return nil }
    let count = Self.head(bytes, at: start - 8).count
    return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<(start + count)])) }
  }
}
