/// The ids of a batch as one word of memory each, to find those that appear twice however many there are.
///
/// From some hundred thousand ids on, the marks go to a private temporary file in sorted runs, and are
/// brought together again a small range of them at a time. So the memory it takes has a bound that no number
/// of ids moves. The bound is one megabyte rather than ten on purpose: what the allocator of glibc gets back
/// of one large block it from then on keeps for each thread, instead of giving it to the system.
///
/// Two ids may have one mark by chance, so a repeated mark is a suspicion that reading the ids must confirm.
package struct IDCensus {
  /// What was found: marks that were met more than once.
  package struct Repeats {
    /// The first of them, to be confirmed; a batch with more than these is past reading one by one.
    package var marks: Set<UInt64> = []
    /// How many marks are the repetition of another, those that are not kept among them.
    package var count = 0
    /// Whether every repeated mark was kept.
    package var isComplete = true

    /// How many marks are kept.
    package static let most = 4096

    /// Counts a repetition, and keeps its mark where there is room.
    fileprivate mutating func take(_ mark: UInt64) {
      count += 1
      if marks.count < Self.most { marks.insert(mark) } else if !marks.contains(mark) { isComplete = false }
    }
  }

  /// How many marks are held before they go to the disk.
  private let mostInMemory: Int
  private var marks: [UInt64] = []
  /// The marks on the disk, once there are any.
  private var spill: MarkSpill?

  /// - Parameter mostInMemory: How many marks are held before they go to the disk; eight bytes each.
  package init(mostInMemory: Int = 1 << 17) { self.mostInMemory = mostInMemory }

  /// The mark of an id; ids that Swift takes for the same text, such as the two spellings of é, have the
  /// same.
  ///
  /// Services compare bytes, and would take those for two. Results are found by a ``CustomID``, which would
  /// not; so they are refused as doubles, before one answer could hide behind another.
  package static func mark(of id: CustomID) -> UInt64 {
    var text = id.rawValue
    let mark = text.withUTF8 { utf8 in utf8.span.isASCII() ? hash(of: utf8.span) : nil }
    return mark ?? UInt64(truncatingIfNeeded: id.hashValue)
  }

  /// The mark of an id that stands in a line without escapes, where it needs no string to be made.
  package static func mark(ofASCII id: Span<UInt8>) -> UInt64? { id.isASCII() ? hash(of: id) : nil }

  /// A 64-bit hash of the bytes: each eight of them are folded in by one wide multiplication.
  ///
  /// Whoever picks ids that collide only makes us read them once more.
  static func hash(of bytes: Span<UInt8>) -> UInt64 {
    // The constants are those of wyhash: odd numbers whose bits are spread evenly.
    var state = 0x9E37_79B9_7F4A_7C15 ^ UInt64(bytes.count)
    var index = 0
    while index &+ 8 <= bytes.count {
      let word = bytes.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
      state = folded(state ^ UInt64(littleEndian: word), 0xA076_1D64_78BD_642F)
      index &+= 8
    }
    var last: UInt64 = 0
    while index < bytes.count {
      last = last << 8 | UInt64(bytes[index])
      index &+= 1
    }
    return folded(folded(state ^ last, 0xE703_7ED1_A0B4_28DB), 0x8EBC_6AF0_9C88_C6E3)
  }

  /// The two halves of the full product, laid over one another.
  @inline(__always)
  private static func folded(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }

  /// Counts an id.
  package mutating func add(_ id: CustomID) throws(BatchError) { try add(Self.mark(of: id)) }

  /// Counts an id by its mark.
  ///
  /// - Throws: ``BatchError`` where the temporary file can't be written.
  package mutating func add(_ mark: UInt64) throws(BatchError) {
    marks.append(mark)
    guard marks.count >= mostInMemory else { return }
    marks.sort()
    if spill == nil { spill = try MarkSpill() }
    try spill?.write(marks)
    marks.removeAll(keepingCapacity: true)
  }

  /// The marks that were met more than once.
  package mutating func repeated() throws(BatchError) -> Repeats {
    var repeats = Repeats()
    marks.sort()
    guard let spill else {
      Self.compare(marks, &repeats)
      return repeats
    }
    try spill.write(marks)
    marks = []
    try spill.eachRange { Self.compare($0, &repeats) }
    return repeats
  }

  /// Finds neighbours that are equal.
  private static func compare(_ sorted: [UInt64], _ repeats: inout Repeats) {
    guard sorted.count > 1 else { return }
    for index in 1..<sorted.count where sorted[index] == sorted[index &- 1] { repeats.take(sorted[index]) }
  }
}

/// Marks on the disk, in runs of which each is sorted.
private final class MarkSpill {
  /// How many marks are brought together at one time.
  private static let range = 1 << 17

  private let folder = TemporaryFolder()
  private let file: any WritableFile
  /// Where each run begins and ends in the file, in marks.
  private var runs: [Range<Int>] = []
  private var total = 0

  init() throws(BatchError) {
    try folder.store.createFolder(folder.path)
    file = try folder.store.create("\(folder.path)/ids", .exclusive)
  }

  /// Appends a run.
  func write(_ sorted: [UInt64]) throws(BatchError) {
    try sorted.withUnsafeBufferPointer { marks throws(BatchError) in
      try file.write(UnsafeRawBufferPointer(marks))
    }
    runs.append(total..<(total + sorted.count))
    total += sorted.count
  }

  /// Hands over all marks in order, a range of them at a time.
  ///
  /// A hash spreads the marks evenly, so ranges of the same width hold about the same number of them.
  func eachRange(_ body: ([UInt64]) -> Void) throws(BatchError) {
    let source = try folder.store.open("\(folder.path)/ids")
    let count = UInt64(max(1, total / Self.range))
    let width = UInt64.max / count
    // What a run holds of one range, and a little more: usually one read is enough.
    let step = max(64, Self.range / runs.count * 5 / 4)
    var gathered: [UInt64] = []
    for number in 1...count {
      gathered.removeAll(keepingCapacity: true)
      let end = number == count ? UInt64.max : width * number
      for index in runs.indices {
        runs[index] = try take(runs[index], upTo: end, step, from: source, &gathered)
      }
      gathered.sort()
      body(gathered)
    }
  }

  /// Moves the marks at the start of a run that are not above `end`, and returns what is left of the run.
  private func take(
    _ run: Range<Int>, upTo end: UInt64, _ step: Int, from source: any ReadableFile,
    _ gathered: inout [UInt64]
  ) throws(BatchError) -> Range<Int> {
    var run = run
    while !run.isEmpty {
      let bytes = try source.read(at: run.lowerBound * 8, count: min(run.count, step) * 8)
      let marks = bytes.withUnsafeBytes { bytes in
        (0..<(bytes.count / 8)).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
      }
      let taken = marks.prefix { $0 <= end }
      gathered += taken
      run = (run.lowerBound + taken.count)..<run.upperBound
      if taken.count < marks.count || marks.isEmpty { break }
    }
    return run
  }
}
