/// Some rows of a table, one after the other in one buffer, on their way to be written with their answers.
struct RowBlock: Sendable {
  private(set) var count = 0
  private var bytes: [UInt8] = []
  /// Where each cell ends, row by row.
  private var ends: [Int] = []
  private var numbers: [Int] = []
  private let width: Int

  /// A block is full when it holds so many bytes.
  private static let size = 64 << 10

  /// An empty block for rows of `width` cells.
  init(width: Int) {
    self.width = width
    bytes.reserveCapacity(Self.size + Self.size / 4)
  }

  /// Fills the block from a table; empty it stays only at the end of the table.
  mutating func fill(from cursor: inout any TableCursor, _ row: inout Row) throws(BatchError) {
    while bytes.count < Self.size, count < Self.size, try cursor.next(into: &row) {
      if let problem = row.problem { throw problem }
      append(row)
    }
  }

  private mutating func append(_ row: Row) {
    let start = bytes.count
    for column in 0..<width { ends.append(start + row.fields.range(of: column).upperBound) }
    bytes.append(contentsOf: row.fields.bytes)
    // A row may hold more cells than the table has columns; those are never asked for.
    ends.append(bytes.count)
    numbers.append(row.number)
    count += 1
  }

  /// The number of a row in its table.
  func number(of row: Int) -> Int { numbers[row] }

  /// Runs `body` with the text of a cell.
  func withCell<Result>(_ row: Int, _ column: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let place = row * (width + 1) + column
    let range = (place == 0 ? 0 : ends[place - 1])..<ends[place]
    return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// Appends what a template makes of a row.
  func append(_ template: BoundTemplate, _ row: Int, to text: inout [UInt8]) {
    for piece in template.pieces {
      switch piece {
      case .literal(let literal): text.append(contentsOf: literal)
      case .column(let column): withCell(row, column) { text.append(contentsOf: $0) }
      }
    }
  }
}
