/// What a request asks, without the id that it asks it under, as a SHA-256.
///
/// Two rows that ask the same have one digest, whatever their ids: all bytes of the line but those of the id
/// are in it. It finds candidates; that two lines really are the same is always asked of their bytes.
///
/// Four words rather than an array of bytes: a million digests are compared and sorted without one
/// allocation.
package struct RowDigest: Hashable, Comparable, Sendable {
  private let words: (UInt64, UInt64, UInt64, UInt64)

  /// How many bytes it takes on disk.
  static let size = 32

  /// A digest of its thirty-two bytes.
  package init(_ bytes: [UInt8]) {
    words = bytes.withUnsafeBytes { Self($0, at: 0).words }
  }

  /// A digest that stands in a file of records.
  init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    func word(_ index: Int) -> UInt64 {
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8 * index, as: UInt64.self))
    }
    words = (word(0), word(1), word(2), word(3))
  }

  /// The digest of a request line; `nil` for one that no id can be found in.
  static func of(_ line: [UInt8]) -> Self? {
    guard let outline = LineOutline(line) else { return nil }
    var hash = SHA256()
    line.withUnsafeBytes { bytes in
      hash.update(UnsafeRawBufferPointer(rebasing: bytes[..<outline.id.range.lowerBound]))
      hash.update(UnsafeRawBufferPointer(rebasing: bytes[outline.id.range.upperBound...]))
    }
    return Self(hash.digest())
  }

  /// Which of so many equal stretches of all digests it is in.
  ///
  /// A hash is spread evenly, so the stretches are of nearly the same size, and sorting one after the other
  /// sorts all.
  func stretch(of count: Int) -> Int { Int((words.0 >> 32) * UInt64(count) >> 32) }

  /// By the first byte first, as in the file.
  package static func < (left: Self, right: Self) -> Bool {
    (left.words.0, left.words.1, left.words.2, left.words.3)
      < (right.words.0, right.words.1, right.words.2, right.words.3)
  }

  package static func == (left: Self, right: Self) -> Bool {
    (left.words.0, left.words.1, left.words.2, left.words.3)
      == (right.words.0, right.words.1, right.words.2, right.words.3)
  }

  /// The first word is hash enough.
  package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

  /// The thirty-two bytes, in the order in which digests are compared.
  func append(to bytes: inout [UInt8]) {
    for word in [words.0, words.1, words.2, words.3] {
      withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
    }
  }
}

/// A value that takes the same number of bytes each time, so that the `n`th of a file is found at once.
///
/// A record is written by appending its bytes and read by its place; there is no separator to look for, and
/// nothing that could be damaged in one and shift the next.
protocol FixedRecord: Sendable {
  /// How many bytes each takes.
  static var size: Int { get }
  /// What the records of a file are sorted by.
  var digest: RowDigest { get }
  init(_ bytes: UnsafeRawBufferPointer, at offset: Int)
  func append(to bytes: inout [UInt8])
}

/// Where one row stands in the file of rows, and what it asks.
///
/// Forty-eight bytes on disk. A million rows need none of them in memory, but for the stretch that is sorted.
struct RowRecord: FixedRecord {
  static let size = RowDigest.size + 16

  var digest: RowDigest
  /// Where the line begins in the file of rows, in bytes.
  var offset: Int
  /// How many bytes it has, its end included.
  var length: Int

  init(digest: RowDigest, offset: Int, length: Int) {
    self.digest = digest
    self.offset = offset
    self.length = length
  }

  init(_ bytes: UnsafeRawBufferPointer, at start: Int) {
    digest = RowDigest(bytes, at: start)
    offset = bytes.number(at: start + RowDigest.size)
    length = bytes.number(at: start + RowDigest.size + 8)
  }

  func append(to bytes: inout [UInt8]) {
    digest.append(to: &bytes)
    bytes.append(number: offset)
    bytes.append(number: length)
  }
}

extension UnsafeRawBufferPointer {
  /// A number that was appended by `append(number:)`.
  func number(at offset: Int) -> Int {
    Int(truncatingIfNeeded: Int64(littleEndian: loadUnaligned(fromByteOffset: offset, as: Int64.self)))
  }
}

extension [UInt8] {
  /// Appends a number in eight bytes, the same on every machine.
  mutating func append(number: Int) {
    Swift.withUnsafeBytes(of: Int64(number).littleEndian) { append(contentsOf: $0) }
  }
}

/// Records of one kind in a file, behind one another.
///
/// Bytes behind the last whole record are passed over: a file that a crash cut short has fewer records, none
/// of them broken.
struct RecordFile<Record: FixedRecord>: Sendable {
  let file: any ReadableFile
  /// Where the first of them begins.
  let start: Int
  let count: Int

  /// How many records are in memory at a time.
  static var window: Int { 4096 }

  init(_ file: any ReadableFile, start: Int = 0) throws(BatchError) {
    self.file = file
    self.start = start
    count = max(0, try file.size() - start) / Record.size
  }

  /// A few records from the `first` on, as many as there are at most.
  ///
  /// Fewer come back where the file ends, or has become shorter than it was.
  func records(from first: Int, most: Int = Self.window) throws(BatchError) -> [Record] {
    let wanted = min(most, count - first)
    guard wanted > 0 else { return [] }
    let bytes = try file.read(at: start + first * Record.size, count: wanted * Record.size)
    return bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / Record.size).map { Record(bytes, at: $0 * Record.size) }
    }
  }

  /// Goes through all records, in the order in which they stand.
  ///
  /// - Parameter body: is given the number of each record and the record.
  /// - Throws: ``BatchError`` where the file has become shorter meanwhile.
  func forEach(_ body: (Int, Record) throws -> Void) throws {
    var next = 0
    while next < count {
      let records = try records(from: next)
      guard !records.isEmpty else { throw BatchError.shrunkenResults }
      for (index, record) in records.enumerated() { try body(next + index, record) }
      next += records.count
    }
  }

  /// Goes through all records in the order of their digests, and of their places where those are equal.
  ///
  /// However many there are, only a stretch of them is in memory: the file is read once for each stretch.
  ///
  /// Which stretch a record is in, its digest says, so one walk needs no sorting on disk and no file beside
  /// it.
  ///
  /// - Parameters:
  ///   - most: how many records may be in memory at a time, about.
  ///   - body: is given the records of each digest together, with their places.
  func forEachSorted(
    holding most: Int = 1 << 18, _ body: (ArraySlice<(place: Int, record: Record)>) throws -> Void
  ) throws {
    let stretches = (count + most - 1) / most
    for stretch in 0..<stretches {
      var held: [(place: Int, record: Record)] = []
      held.reserveCapacity(count / stretches + 16)
      try forEach { place, record in
        if record.digest.stretch(of: stretches) == stretch { held.append((place, record)) }
      }
      held.sort { ($0.record.digest, $0.place) < ($1.record.digest, $1.place) }
      try Self.eachGroup(of: held, body)
    }
  }

  /// Calls `body` with each run of equal digests.
  private static func eachGroup(
    of sorted: [(place: Int, record: Record)],
    _ body: (ArraySlice<(place: Int, record: Record)>) throws -> Void
  ) throws {
    var start = 0
    while start < sorted.count {
      var end = start + 1
      while end < sorted.count, sorted[end].record.digest == sorted[start].record.digest { end += 1 }
      try body(sorted[start..<end])
      start = end
    }
  }
}
