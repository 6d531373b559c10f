/// The lines that begin within a stretch of a file, each looked at where it lies in a window of the file.
struct LineWalk {
  /// How much is read at once: little enough to stay near the processor until it is looked at.
  private static let window = 256 << 10
  /// How much is read beyond a stretch at first.
  private static let rest = 4096

  private let file: any ReadableFile
  /// Lines that begin from here on up to there are ours; the last is read to its end wherever that is.
  private let stretch: Range<Int>
  private var buffer: [UInt8]
  private var filled = 0
  /// Where the buffer stands in the file.
  private var base: Int
  /// How many lines were passed.
  private(set) var count = 0

  init(_ file: any ReadableFile, _ stretch: Range<Int>) {
    self.file = file
    self.stretch = stretch
    // The byte before tells whether a line begins with the stretch.
    base = max(0, stretch.lowerBound - 1)
    buffer = [UInt8](repeating: 0, count: Self.window)
  }

  /// Calls `body` with each line that is not blank, where it stands in the file, and its number in the
  /// stretch.
  ///
  /// - Parameter foresee: tells where the line ends that bytes begin with, if that is known without looking
  ///   for its line feed.
  mutating func forEach(
    foreseeing foresee: (Span<UInt8>) -> Int? = { _ in nil }, _ body: (Span<UInt8>, Int, Int) -> Void
  ) throws(BatchError) {
    var skips = stretch.lowerBound > 0
    var searched = 0
    while base < stretch.upperBound {
      // Of the next stretch only the rest of our last line is wanted, which is likely to be short.
      let wanted = stretch.upperBound - base + Self.rest
      let room = filled..<(wanted > filled ? min(wanted, buffer.count) : buffer.count)
      let got = try file.read(into: &buffer, room, at: base + filled)
      if got == 0 { return finish(skips: skips, body) }
      filled += got
      var start = 0
      while base + start < stretch.upperBound,
        let end = start < searched || skips
          ? lineFeed(from: max(start, searched)) : lineFeed(from: start, foresee)
      {
        if skips { skips = false } else { visit(start..<end, body) }
        start = end + 1
      }
      keep(from: start)
      searched = filled
    }
  }

  /// The last line has no end of its own.
  private mutating func finish(skips: Bool, _ body: (Span<UInt8>, Int, Int) -> Void) {
    if filled > 0, !skips { visit(0..<filled, body) }
  }

  private func lineFeed(from start: Int) -> Int? {
    buffer.withSpan { span in
      let end = span.extracting(first: filled).lineFeed(from: start)
      return end < filled ? end : nil
    }
  }

  private func lineFeed(from start: Int, _ foresee: (Span<UInt8>) -> Int?) -> Int? {
    let length = buffer.withSpan { foresee($0.extracting(start..<filled)) }
    return length.map { start + $0 } ?? lineFeed(from: start)
  }

  /// Moves what is left of the buffer to its front, and makes the buffer larger where one line fills it.
  private mutating func keep(from start: Int) {
    let left = filled - start
    buffer.withUnsafeMutableBytes { bytes in
      guard start > 0, left > 0 else { return }
      bytes.copyBytes(from: UnsafeRawBufferPointer(rebasing: bytes[start..<filled]))
    }
    base += start
    filled = left
    if filled == buffer.count { buffer.append(contentsOf: repeatElement(0, count: buffer.count)) }
  }

  private mutating func visit(_ range: Range<Int>, _ body: (Span<UInt8>, Int, Int) -> Void) {
    count += 1
    let (number, base) = (count, base)
    buffer.withSpan { span in
      var (start, end) = (range.lowerBound, range.upperBound)
      if start < end, span[end - 1] == 0x0D { end -= 1 }
      if base + start == 0, end - start >= 3, span[0] == 0xEF, span[1] == 0xBB, span[2] == 0xBF { start = 3 }
      let line = span.extracting(start..<end)
      if !line.isBlank { body(line, base + start, number) }
    }
  }
}

extension ReadableFile {
  /// Reads into a place of a buffer, and returns how many bytes there were.
  func read(into buffer: inout [UInt8], _ place: Range<Int>, at offset: Int) throws(BatchError) -> Int {
    try buffer.withUnsafeMutableBufferPointer { bytes throws(BatchError) in
      try read(
        at: offset, into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: bytes[place])))
    }
  }
}

extension Span where Element == UInt8 {
  /// Whether there is nothing but spaces and tabs.
  var isBlank: Bool {
    var index = 0
    while index < count, self[index] == 0x20 || self[index] == 0x09 { index &+= 1 }
    return index == count
  }

  /// The place of the first line feed from `start` on, or the end; 32 bytes are looked at in one step.
  func lineFeed(from start: Int) -> Int {
    var index = start
    while index &+ 32 <= count {
      let found = feeds(index) | feeds(index &+ 8) | feeds(index &+ 16) | feeds(index &+ 24)
      if found != 0 { break }
      index &+= 32
    }
    return firstIndex(of: 0x0A, from: index)
  }

  /// A word that is not zero where one of eight bytes is a line feed.
  @inline(__always)
  private func feeds(_ index: Int) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let word = bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self) ^ (ones &* 0x0A)
    return (word &- ones) & ~word & (ones &* 0x80)
  }
}
