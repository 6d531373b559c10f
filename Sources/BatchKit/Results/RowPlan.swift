/// Which rows of a table each answer belongs to, found out before any answer is read.
///
/// Answers come back in any order, and a table is written in its own. Knowing the rows first lets the
/// answers be read from front to back instead of one by one from all over their files. It costs sixteen
/// bytes a row.
struct RowPlan: Sendable {
  /// The number of rows.
  private(set) var count = 0
  /// The first row of each answer, by its place in the index.
  private var first: [UInt32]
  /// The next row with the same answer, by row; empty as long as no two rows share one.
  private var next: [UInt32] = []
  /// A second hash of each row's id, since ids that differ may share the first.
  private var checks: [UInt32] = []
  /// How the rows stand in the file of the table, where they can be copied from there.
  private(set) var records: RecordPlaces?

  private static let none = UInt32.max
  /// So many rows are taken in at once where they come one by one.
  private static let batch = 4096

  /// Goes through the rows of a table, stretches of it side by side.
  ///
  /// - Throws: ``BatchError`` where the table can't be read to its end, and at the first row with a problem.
  init(
    of table: Table, by template: BoundTemplate?, in index: AnswerIndex, processors: Int? = nil
  ) throws(BatchError) {
    // Only from the front can rows be counted, which they are known by where no template says otherwise.
    let stretches = template == nil ? [] : try table.source.stretches()
    guard stretches.count > 1 else {
      self = try Self(inOneGo: table, by: template, in: index)
      return
    }
    do throws(BatchError) {
      self = try inOrder(stretches.count, processors: processors, into: Self(index)) {
        stretch throws(BatchError) in
        var rows = PlannedRows(table.source.columns)
        var cursor = try table.source.rows(in: stretches[stretch])
        try rows.read(&cursor, .max, by: template, in: index)
        return rows
      } take: { plan, rows in
        plan.take(rows)
      }
    } catch {
      // A stretch may have begun within a row. What else may be wrong is found again, and told with its row.
      self = try Self(inOneGo: table, by: template, in: index)
    }
  }

  /// Goes through the rows of a table once, from front to back.
  private init(inOneGo table: Table, by template: BoundTemplate?, in index: AnswerIndex) throws(BatchError) {
    self.init(index)
    var cursor = try table.source.rows()
    var rows = PlannedRows(table.source.columns)
    repeat {
      try rows.read(&cursor, Self.batch, by: template, in: index)
      take(rows)
    } while rows.places.count == Self.batch
  }

  /// A plan without any row.
  private init(_ index: AnswerIndex) {
    first = [UInt32](repeating: Self.none, count: index.entries.count)
    records = RecordPlaces()
  }

  /// Takes in rows that follow those taken before.
  private mutating func take(_ rows: PlannedRows) {
    checks += rows.checks
    for place in rows.places { link(place) }
    for record in rows.records where records?.note(record) == false { records = nil }
  }

  /// Notes the next row, whose answer stands at a place of the index if there is one.
  private mutating func link(_ place: UInt32) {
    let (row, place) = (UInt32(truncatingIfNeeded: count), Int(place))
    count += 1
    if !next.isEmpty { next.append(Self.none) }
    guard place != Int(Self.none) else { return }
    guard first[place] != Self.none else { return first[place] = row }
    // Rows with one id are a chain, whose new link comes second.
    if next.isEmpty { next = [UInt32](repeating: Self.none, count: count) }
    next[Int(row)] = next[Int(first[place])]
    next[Int(first[place])] = row
  }

  /// The places of all answers that belong to a row, in the order in which they stand in their files.
  func places(in index: AnswerIndex) -> [UInt32] {
    var places: [UInt32] = []
    var isInOrder = true
    var last: (source: Int32, offset: Int) = (-1, 0)
    for place in first.indices where first[place] != Self.none {
      let entry = index.entries[place]
      if (entry.source, entry.offset) < last { isInOrder = false }
      last = (entry.source, entry.offset)
      places.append(UInt32(truncatingIfNeeded: place))
    }
    if !isInOrder {
      places.sort {
        let (one, two) = (index.entries[Int($0)], index.entries[Int($1)])
        return (one.source, one.offset) < (two.source, two.offset)
      }
    }
    return places
  }

  /// The first row that the answer at a place belongs to; whether it does shows the second hash.
  func row(at place: UInt32) -> UInt32? { Self.row(first[Int(place)]) }

  /// The next row with the same answer.
  func row(after row: UInt32) -> UInt32? { next.isEmpty ? nil : Self.row(next[Int(row)]) }

  /// Whether a row's id has this second hash.
  func row(_ row: UInt32, has check: UInt32) -> Bool { checks[Int(row)] == check }

  private static func row(_ number: UInt32) -> UInt32? { number == none ? nil : number }

  /// The second hash of an id that stands in a line.
  static func check(_ id: JSONText, _ bytes: Span<UInt8>) -> UInt32 {
    guard id.hasEscapes else { return check(bytes.extracting(id.range)) }
    var text: [UInt8] = []
    id.append(to: &text, from: bytes)
    return check(text.span)
  }

  /// The second hash of an id.
  static func check(_ id: Span<UInt8>) -> UInt32 {
    var hash: UInt32 = 0x811C_9DC5
    for index in id.indices { hash = (hash ^ UInt32(id[unchecked: index])) &* 0x0100_0193 }
    return hash
  }
}

/// Some rows of a table that follow each other, and where their answers are.
private struct PlannedRows: Sendable {
  /// The place of each row's answer in the index, or `UInt32.max`.
  private(set) var places: [UInt32] = []
  private(set) var checks: [UInt32] = []
  /// Where the rows stand in the file of the table.
  private(set) var records: [Range<Int>?] = []
  private let columns: ColumnNames
  /// Hashes of the ids of the last rows, whose answers are not looked up yet.
  private var pending: [UInt64] = []

  /// So many rows are looked up at once.
  private static let batch = 256

  init(_ columns: ColumnNames) { self.columns = columns }

  /// Reads the next rows of a walk, as many as there are but `most`, in place of those read before.
  mutating func read(
    _ cursor: inout any TableCursor, _ most: Int, by template: BoundTemplate?, in index: AnswerIndex
  ) throws(BatchError) {
    places.removeAll(keepingCapacity: true)
    checks.removeAll(keepingCapacity: true)
    records.removeAll(keepingCapacity: true)
    var row = Row(columns)
    var id: [UInt8] = []
    while checks.count < most, try cursor.next(into: &row) {
      if let problem = row.problem { throw problem }
      id.removeAll(keepingCapacity: true)
      if let template {
        template.append(row.fields, to: &id)
      } else {
        id.append(contentsOf: CustomID.numbered(row.number, digits: 6).rawValue.utf8)
      }
      records.append(row.record)
      checks.append(RowPlan.check(id.span))
      pending.append(id.withUnsafeBytes(AnswerTable.hash))
      if pending.count == Self.batch { lookUp(in: index) }
    }
    lookUp(in: index)
  }

  /// Finds the answers of the rows that came last.
  private mutating func lookUp(in index: AnswerIndex) {
    for place in index.places(ofHashes: pending) {
      places.append(place.map { UInt32(truncatingIfNeeded: $0) } ?? .max)
    }
    pending.removeAll(keepingCapacity: true)
  }
}

/// Where the rows of a table stand in its file: four bytes a row, as they follow each other.
struct RecordPlaces: Sendable {
  private(set) var start = 0
  private var last = 0..<0
  private var isEmpty = true
  private var steps: [UInt32] = []

  /// Notes where the next row stands; `false` where it can't be copied from there.
  mutating func note(_ record: Range<Int>?) -> Bool {
    guard let record else { return false }
    defer { last = record }
    if isEmpty {
      (start, isEmpty) = (record.lowerBound, false)
      return true
    }
    guard let step = UInt32(exactly: record.lowerBound - last.lowerBound) else { return false }
    steps.append(step)
    return true
  }

  /// How many bytes the rows have together.
  var size: Int { last.upperBound - start }

  /// Where these rows begin, which are in order.
  func starts(of rows: [Int]) -> [Int] {
    var (offset, next) = (start, 0)
    return rows.map { row in
      while next < row {
        offset += step(of: next)
        next += 1
      }
      return offset
    }
  }

  /// How many bytes there are from the beginning of a row to that of the next.
  func step(of row: Int) -> Int { row < steps.count ? Int(steps[row]) : last.count }
}
