extension CSVTable {
  /// About how long a stretch is.
  private static let stretch = 2 << 20
  /// How much is looked at to find where a row begins.
  private static let view = 64 << 10
  /// So many line ends are tried, and so many rows have to follow one that ends a row.
  private static let (tries, rows) = (32, 3)

  /// Stretches that each seem to begin with a row.
  ///
  /// A line may end within the quotes of a cell, and whether it does can only be told from the front. So this
  /// is a guess: behind its start stand some rows of the right width. Where it is wrong, the stretch before
  /// turns out not to end with a row.
  func stretches() throws(BatchError) -> [Range<Int>] {
    guard isVerbatim, dialect.newline != .cr else { return [] }
    let file = try file.open()
    let size = try file.size()
    var starts = [0]
    for offset in stride(from: Self.stretch, to: size, by: Self.stretch) {
      let bytes = try file.read(at: offset, count: Self.view)
      if let place = bytes.withSpan(likelyRow) { starts.append(offset + place) }
    }
    return zip(starts, starts.dropFirst() + [.max]).map { $0..<$1 }
  }

  /// Where in the bytes a row seems to begin.
  private func likelyRow(in bytes: Span<UInt8>) -> Int? {
    var place = 0
    for _ in 0..<Self.tries {
      place = bytes.firstIndex(of: 0x0A, from: place) + 1
      guard place < bytes.count else { return nil }
      if beginsRows(bytes.extracting(place...)) { return place }
    }
    return nil
  }

  private func beginsRows(_ bytes: Span<UInt8>) -> Bool {
    var parser = CSVParser(delimiter: dialect.delimiter, resumingAt: 0)
    var (fields, position) = (Fields(), 0)
    for _ in 0..<Self.rows {
      guard parser.next(bytes, &position, into: &fields), parser.fault == nil,
        fields.count == columns.names.count
      else { return false }
    }
    return true
  }
}
