/// Cells on their way from the order of the answers to that of the rows.
///
/// They are kept by stretches of rows, in memory as long as they are few, and beyond that in a private
/// temporary file: one stretch at a time is then small enough to be put in order.
struct RowSpill {
  private struct Stretch {
    var cells: [UInt8] = []
    /// Where earlier cells of the stretch stand in the file.
    var spilled: [Range<Int>] = []
  }

  /// How many rows a stretch has.
  let rowsPerStretch: Int
  private var stretches: [Stretch]
  private var file: (folder: TemporaryFolder, path: String, writer: any WritableFile)?
  private var size = 0

  /// Cells of so many bytes are written at once.
  private static let buffer = 128 << 10
  /// The answers of a stretch are about this much.
  private static let stretch = 12 << 20

  /// A place for the cells of `rows` rows, whose answers have so many bytes.
  init(rows: Int, answers: Int) {
    let count = max(1, min(512, answers / Self.stretch))
    rowsPerStretch = max(1, (rows + count - 1) / count)
    stretches = [Stretch](repeating: Stretch(), count: (rows + rowsPerStretch - 1) / rowsPerStretch)
  }

  /// The number of stretches.
  var count: Int { stretches.count }

  /// Takes in the cells of a row.
  mutating func append(_ row: Int, _ cells: UnsafeRawBufferPointer) throws(BatchError) {
    let stretch = row / rowsPerStretch
    let head = UInt64(row % rowsPerStretch) | UInt64(cells.count) << 32
    withUnsafeBytes(of: head) { stretches[stretch].cells.append(contentsOf: $0) }
    stretches[stretch].cells.append(contentsOf: cells)
    if stretches[stretch].cells.count > Self.buffer { try flush(stretch) }
  }

  private mutating func flush(_ stretch: Int) throws(BatchError) {
    if file == nil {
      let folder = TemporaryFolder()
      try folder.store.createFolder(folder.path)
      let path = "\(folder.path)/cells"
      file = (folder, path, try folder.store.create(path, .exclusive))
    }
    let count = stretches[stretch].cells.count
    try file?.writer.write(stretches[stretch].cells)
    stretches[stretch].spilled.append(size..<(size + count))
    stretches[stretch].cells.removeAll(keepingCapacity: true)
    size += count
  }

  /// The cells of one stretch, which are then no longer here.
  mutating func take(_ stretch: Int) throws(BatchError) -> SpilledCells {
    let taken = stretches[stretch]
    stretches[stretch] = Stretch()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(taken.spilled.reduce(taken.cells.count) { $0 + $1.count })
    if let file, !taken.spilled.isEmpty {
      let reader = try file.folder.store.open(file.path)
      for range in taken.spilled { bytes += try reader.read(at: range.lowerBound, count: range.count) }
    }
    return SpilledCells(bytes + taken.cells, rows: rowsPerStretch)
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
