/// Records of CSV, written from bytes as they lie: no cell is made a string on its way.
///
/// Eight bytes are copied in one step as long as none of them needs care. Room for the worst case is made
/// before each cell, so that the steps themselves need not ask for it.
struct CellBuffer: Sendable {
  /// What was written; the array is longer than that.
  private var bytes: [UInt8] = []
  /// How many bytes were written.
  private(set) var count = 0
  let dialect: CSVDialect
  private let guardsFormulas: Bool
  private var cells = 0
  private var rowStart = 0
  private var scratch: [UInt8] = []

  init(_ dialect: CSVDialect, guardsFormulas: Bool = false) {
    self.dialect = dialect
    self.guardsFormulas = guardsFormulas
  }

  /// Forgets what was written and keeps the room for it; to be called between records.
  mutating func clear() { (count, rowStart) = (0, 0) }

  /// Runs `body` with what was written.
  func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try bytes.withUnsafeBufferPointer { buffer throws(Failure) in
      try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: buffer[..<count])))
    }
  }

  /// Writes the byte-order mark, where files of the dialect begin with one.
  mutating func mark() {
    guard dialect.hasMark else { return }
    for byte in [0xEF, 0xBB, 0xBF] as [UInt8] { put(byte) }
    rowStart = count
  }

  /// Goes on with a record whose first cells stand elsewhere.
  mutating func continueRow() { cells = 1 }

  /// Writes cells that were written before, here or in a file of the same dialect.
  mutating func verbatim(_ written: UnsafeRawBufferPointer) {
    guard !written.isEmpty else { return }
    reserve(written.count)
    bytes.withUnsafeMutableBytes { out in
      UnsafeMutableRawBufferPointer(rebasing: out[count..<(count &+ written.count)]).copyMemory(from: written)
    }
    count &+= written.count
    cells = 2
  }

  /// Writes a cell that is empty.
  mutating func emptyCell() { separate() }

  /// Writes a cell of this text.
  mutating func cell(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in cell(UnsafeRawBufferPointer(utf8)) }
  }

  /// Writes a cell of this whole number.
  mutating func cell(_ number: Int) {
    guard number >= 0 else { return cell(String(number)) }
    separate()
    reserve(20)
    let start = count
    var rest = number
    repeat {
      put(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start..<count].reverse()
  }

  /// Writes a cell of the text of a JSON string, or an empty one where that is no UTF-8.
  mutating func cell(_ text: JSONText, in json: Span<UInt8>) {
    if text.hasEscapes, guardsFormulas { return cell(unescaping: CollectionOfOne(text), in: json) }
    let utf8 = json.extracting(text.range)
    if text.hasEscapes { return transcode(utf8) }
    guard isWellFormedUTF8(utf8) else { return emptyCell() }
    utf8.withUnsafeBytes { cell($0) }
  }

  /// Writes a cell of texts that follow each other, or an empty one where they are no UTF-8.
  mutating func cell(_ texts: [JSONText], in json: Span<UInt8>) {
    if texts.count == 1 { cell(texts[0], in: json) } else { cell(unescaping: texts, in: json) }
  }

  private mutating func cell(unescaping texts: some Collection<JSONText>, in json: Span<UInt8>) {
    scratch.removeAll(keepingCapacity: true)
    for text in texts { text.append(to: &scratch, from: json) }
    guard scratch.withSpan(isWellFormedUTF8) else { return emptyCell() }
    let text = scratch
    text.withUnsafeBytes { cell($0) }
  }

  /// Writes a cell of this UTF-8.
  mutating func cell(_ utf8: UnsafeRawBufferPointer) {
    separate()
    guard !utf8.isEmpty else { return }
    reserve(2 &* utf8.count &+ 16)
    let isGuarded = guardsFormulas && startsFormula(utf8)
    // A cell is written as if it needed no quotes; the first byte that needs them starts it over.
    let start = count
    if isGuarded { put(UInt8(ascii: "'")) }
    if copy(utf8, stoppingAt: dialect.delimiter) == utf8.count { return }
    count = start
    put(UInt8(ascii: "\""))
    if isGuarded { put(UInt8(ascii: "'")) }
    copyDoubling(utf8)
    put(UInt8(ascii: "\""))
  }

  /// Writes a cell of JSON text as it stands between its quotes, in one pass over it.
  ///
  /// Most answers are JSON themselves, full of escapes. None of them grows by becoming text, and a quote that
  /// was escaped by a backslash is then escaped by a quote.
  private mutating func transcode(_ json: Span<UInt8>) {
    separate()
    reserve(json.count &+ 24)
    let (start, delimiter) = (count, dialect.delimiter)
    let (end, needsQuotes, isASCII) = bytes.withUnsafeMutableBytes { out in
      // Room for a quote in front is left, since whether there is one shows on the way.
      Self.transcode(json, to: out, from: start &+ 1, delimiter: delimiter)
    }
    // What is no UTF-8 leaves the cell empty.
    guard isASCII || isWellFormedUTF8(json) else { return }
    guard needsQuotes else {
      bytes.withUnsafeMutableBytes { out in
        UnsafeMutableRawBufferPointer(rebasing: out[start..<(end &- 1)])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: out[(start &+ 1)..<end]))
      }
      return count = end &- 1
    }
    (bytes[start], bytes[end]) = (0x22, 0x22)
    count = end &+ 1
  }

  /// Writes the text, quotes doubled, and tells where it ends, whether it needs quotes around it, and whether
  /// all of the JSON was ASCII.
  private static func transcode(
    _ json: Span<UInt8>, to out: UnsafeMutableRawBufferPointer, from start: Int, delimiter: UInt8
  ) -> (end: Int, needsQuotes: Bool, isASCII: Bool) {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let (slashes, delimiters) = (ones &* 0x5C, ones &* UInt64(delimiter))
    var (index, end, care, high) = (0, start, UInt64(0), UInt64(0))
    while index < json.count {
      if index &+ 8 <= json.count {
        let word = UInt64(
          littleEndian: json.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
        out.storeBytes(of: word.littleEndian, toByteOffset: end, as: UInt64.self)
        high |= word
        let (escapes, special) = (zeros(word ^ slashes), zeros(word ^ delimiters))
        // Only what stands before the first escape is taken as it is.
        let plain = escapes == 0 ? 8 : escapes.trailingZeroBitCount >> 3
        care |= escapes == 0 ? special : special & ((escapes & (0 &- escapes)) &- 1)
        index &+= plain
        end &+= plain
        if escapes == 0 { continue }
      } else if json[unchecked: index] != 0x5C {
        let byte = json[unchecked: index]
        out[end] = byte
        high |= UInt64(byte)
        if byte == delimiter { care = 1 }
        (index, end) = (index &+ 1, end &+ 1)
        continue
      }
      let first = end
      index = json.unescape(at: index, into: out, &end)
      let byte = out[first]
      if byte == 0x22 {
        out[end] = byte
        end &+= 1
      }
      if byte == 0x22 || byte == 0x0A || byte == 0x0D || byte == delimiter { care = 1 }
    }
    return (end, care != 0, high & (ones &* 0x80) == 0)
  }

  /// Ends the record; one that holds a single empty cell is quoted, since a blank line is no record.
  mutating func endRow() {
    reserve(8)
    if cells == 1, count == rowStart { for _ in 0..<2 { put(UInt8(ascii: "\"")) } }
    for byte in dialect.newline.rawValue.utf8 { put(byte) }
    cells = 0
    rowStart = count
  }

  private mutating func separate() {
    if cells > 0 { put(dialect.delimiter) }
    cells &+= 1
  }

  private mutating func put(_ byte: UInt8) {
    if count == bytes.count { reserve(1) }
    bytes[count] = byte
    count &+= 1
  }

  private mutating func reserve(_ more: Int) {
    let wanted = count &+ more
    if wanted > bytes.count {
      bytes.append(contentsOf: repeatElement(0, count: max(wanted, 2 &* bytes.count) &- bytes.count))
    }
  }

  /// What spreadsheets take for the beginning of a formula, if it stands first in a cell.
  private func startsFormula(_ utf8: UnsafeRawBufferPointer) -> Bool {
    [0x3D, 0x2B, 0x2D, 0x40, 0x09, 0x0D].contains(utf8[0])
  }

  /// Copies as far as no byte needs quotes round the cell, and returns how far that was.
  private mutating func copy(_ utf8: UnsafeRawBufferPointer, stoppingAt delimiter: UInt8) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var index = 0
    bytes.withUnsafeMutableBytes { out in
      while index &+ 8 <= utf8.count {
        let word = utf8.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        let found =
          zeros(word ^ (ones &* UInt64(delimiter))) | zeros(word ^ (ones &* 0x22))
          | zeros(word ^ (ones &* 0x0A)) | zeros(word ^ (ones &* 0x0D))
        if found != 0 { return }
        out.storeBytes(of: word, toByteOffset: count &+ index, as: UInt64.self)
        index &+= 8
      }
      while index < utf8.count {
        let byte = utf8[index]
        if byte == delimiter || byte == 0x22 || byte == 0x0A || byte == 0x0D { return }
        out[count &+ index] = byte
        index &+= 1
      }
    }
    count &+= index
    return index
  }

  /// Copies all of it, each quote twice.
  private mutating func copyDoubling(_ utf8: UnsafeRawBufferPointer) {
    let quotes: UInt64 = 0x2222_2222_2222_2222
    var (index, end) = (0, count)
    bytes.withUnsafeMutableBytes { out in
      while index < utf8.count {
        if index &+ 8 <= utf8.count {
          let word = utf8.loadUnaligned(fromByteOffset: index, as: UInt64.self)
          out.storeBytes(of: word, toByteOffset: end, as: UInt64.self)
          let found = zeros(UInt64(littleEndian: word) ^ quotes)
          let plain = found == 0 ? 8 : found.trailingZeroBitCount >> 3
          index &+= plain
          end &+= plain
          if found == 0 { continue }
        }
        let byte = utf8[index]
        out[end] = byte
        end &+= 1
        index &+= 1
        guard byte == 0x22 else { continue }
        out[end] = byte
        end &+= 1
      }
    }
    count = end
  }
}

/// A word that is not zero where one of its bytes is; its lowest set bit lies in the first of them.
@inline(__always)
private func zeros(_ word: UInt64) -> UInt64 {
  (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
}
