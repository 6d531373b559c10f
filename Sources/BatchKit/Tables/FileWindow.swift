/// The stretch of a file that is in memory while the file is read from front to back.
///
/// Files are read and never mapped: a file that is cut while it is mapped kills the process, and to read it
/// in pieces of this size is about as fast. Each window reads from its own offset, so that many read one open
/// file without troubling each other.
struct FileWindow {
  /// How much is read at once.
  ///
  /// Larger pieces are little faster, and every walk that is open holds one.
  static let size = 256 << 10

  private let file: any ReadableFile
  /// What was read last, as UTF-8.
  private var buffer: [UInt8] = []
  /// Where in the file the next piece begins.
  private var nextOffset: Int
  /// Nothing is read from here on.
  private let end: Int
  /// The place in the window up to which a reader has come.
  private var position = 0
  private let mayBeUTF16: Bool
  /// What makes UTF-8 of the pieces, where the file turned out to be UTF-16.
  private var decoder: UTF16Decoder?
  private var isAtEnd = false

  /// A window at the start of a stretch of `file`, which is all that it shows; a text whose mark says UTF-16
  /// is shown as UTF-8 if asked for.
  init(_ file: any ReadableFile, _ stretch: Range<Int> = 0..<Int.max, mayBeUTF16: Bool = false) {
    self.file = file
    self.mayBeUTF16 = mayBeUTF16
    (nextOffset, end) = (stretch.lowerBound, stretch.upperBound)
  }

  /// Whether what is read is what stands in the file, byte for byte.
  var isVerbatim: Bool { decoder == nil }

  /// The first bytes of the file, which are read later all the same.
  ///
  /// By them the format or the delimiter is guessed. To be asked before anything is read on; afterwards it
  /// answers with whatever the window shows then.
  mutating func start() throws(BatchError) -> [UInt8] {
    if nextOffset == 0, !isAtEnd { try fill() }
    return buffer
  }

  /// Lets `body` read on from where it stopped, with more of the file each time, until it says it has enough.
  ///
  /// Returns `false` where the file ended before that.
  ///
  /// `body` gets the bytes of the window and the place it has come to, which it moves. It says no only when
  /// it has taken all of them, since the next piece takes their place: what it still needs it keeps itself.
  mutating func read(_ body: (Span<UInt8>, inout Int) -> Bool) throws(BatchError) -> Bool {
    while true {
      if buffer.withSpan({ body($0, &position) }) { return true }
      if isAtEnd { return false }
      try fill()
    }
  }

  /// Reads the next piece in place of the last. A piece of no bytes is the end; it is only then that the
  /// decoder knows whether half a character is left over.
  private mutating func fill() throws(BatchError) {
    let bytes = try file.read(at: nextOffset, count: min(Self.size, end - nextOffset))
    if nextOffset == 0, mayBeUTF16 { decoder = UTF16Decoder(mark: bytes.prefix(4)) }
    nextOffset += bytes.count
    position = 0
    isAtEnd = bytes.isEmpty
    guard decoder != nil else { return buffer = bytes }
    buffer.removeAll(keepingCapacity: true)
    decoder?.decode(bytes, into: &buffer)
    if isAtEnd { decoder?.finish(into: &buffer) }
  }
}

/// Reads the lines of a file one by one, with the place where each stands.
///
/// Used for every file of JSON Lines, requests and answers alike: their places are what an index of them
/// keeps. Lines of any length are read; the buffer grows to the longest.
package struct LineReader {
  private var window: FileWindow
  private var lines = JSONLines()

  package init(_ file: any ReadableFile) { window = FileWindow(file) }

  /// The bytes of the line, without its end; the buffer is used again for the next.
  package var line: [UInt8] { lines.line }
  /// The offset of the line in the file.
  package var offset: Int { lines.offset }
  /// The number of the line, counted from 1.
  ///
  /// A blank line has a number too, so that messages name the line that an editor shows.
  package var number: Int { lines.number }

  /// Moves to the next line; `false` at the end of the file.
  package mutating func next() throws(BatchError) -> Bool {
    // Taken out and put back, since the window calls back while it is being changed. An empty one stands in
    // meanwhile: with two owners the buffer of the line would be copied at every append.
    var lines = self.lines
    self.lines = JSONLines()
    defer { self.lines = lines }
    if try window.read({ lines.next($0, &$1) }) { return true }
    return lines.finish()
  }

  /// Moves to the next line and puts it into `line`, whose room is used for the line after it.
  ///
  /// The two change places, so that a caller who wants the bytes to be its own copies nothing.
  package mutating func next(into line: inout [UInt8]) throws(BatchError) -> Bool {
    guard try next() else { return false }
    lines.exchange(with: &line)
    return true
  }
}
