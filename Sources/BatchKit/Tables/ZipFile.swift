/// A zip archive on disk, of which single files are read.
///
/// It trusts nothing that the archive says of itself: every offset and length is checked against the file
/// before anything is read by it, and what is unpacked must have the length and the check sum that the
/// directory gives. A file that is meant to fill the memory is refused before its first byte is unpacked.
struct ZipFile: Sendable {
  /// How much larger than packed a file may claim to be once it is large: sheets pack to a tenth or so, while
  /// what is made to fill memory or time packs to a thousandth.
  private static let mostSwelling = 200
  /// The size up to which a file may swell as it likes: sheets of one repeated value do, and this much does
  /// no harm.
  private static let harmlessSize = 16 << 20
  /// The largest directory that is read; a workbook's has some hundred files.
  private static let largestDirectory = 32 << 20

  /// What messages call the archive.
  let name: String
  private let file: any ReadableFile
  /// The length of the archive, when it was opened.
  private let size: Int
  /// What the directory says, by the name of each part.
  private var entries: [String: ZipEntry] = [:]
  /// The parts that the directory has twice.
  ///
  /// Of two files of one name some programs read the first and some the last, so a sheet that was looked over
  /// in one of them would be another one here.
  private var doubled: Set<String> = []
  /// Where the directory begins, before which all files must end.
  private var directoryOffset = 0
  /// The bytes that stand before the archive, counted in none of its numbers.
  private var shift = 0

  /// Reads the directory at the end of the archive and none of its files.
  ///
  /// - Throws: ``BatchError`` where the file is no whole archive. An old `.xls` and a workbook with a
  ///   password are told by their first bytes, since both come as the same other kind of file.
  init(_ tableFile: TableFile) throws(BatchError) {
    name = tableFile.name
    file = try tableFile.open()
    size = try file.size()
    if try file.read(at: 0, count: 8) == [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1] {
      throw .lockedWorkbook(name)
    }
    let tail = try file.read(at: max(0, size - ZipDirectory.longestEnd), count: ZipDirectory.longestEnd)
    let end = try checked { () throws(ZipFault) in try ZipDirectory.find(in: tail) }
    try readDirectory(end.directory, isWide: end.isWide, endingAt: size - tail.count + end.place)
  }

  /// Reads the directory that the end of the archive points to, by way of a second end where the numbers need
  /// 64 bits. The directory must lie right before its end; by how far it does not lie where it says,
  /// something stands before the archive, which is allowed.
  private mutating func readDirectory(
    _ directory: ZipDirectory, isWide: Bool, endingAt place: Int
  ) throws(BatchError) {
    var (directory, end) = (directory, place)
    if isWide {
      let locator = try bytes(at: place - ZipDirectory.locatorSize, ZipDirectory.locatorSize)
      end = try checked { () throws(ZipFault) in try ZipDirectory.wideEndOffset(locator: locator) }
      let wideEnd = try bytes(at: end, ZipDirectory.wideEndSize)
      directory = try checked { () throws(ZipFault) in try ZipDirectory(wideEnd: wideEnd) }
    }
    guard directory.size <= min(end, Self.largestDirectory), directory.offset <= end - directory.size else {
      throw .noZip(.damaged, name)
    }
    directoryOffset = end - directory.size
    shift = directoryOffset - directory.offset
    let bytes = try bytes(at: directoryOffset, directory.size)
    for entry in try checked({ () throws(ZipFault) in try directory.entries(bytes) }) {
      let earlier = entries.updateValue(entry, forKey: entry.name.partName)
      if earlier != nil { doubled.insert(entry.name.partName) }
    }
  }

  /// Exactly so many bytes of the archive. A place outside it is damage; fewer bytes than asked for mean that
  /// it was cut since.
  private func bytes(at offset: Int, _ count: Int) throws(BatchError) -> [UInt8] {
    guard offset >= 0, count >= 0, offset <= size - count else { throw .noZip(.damaged, name) }
    let bytes = try file.read(at: offset, count: count)
    guard bytes.count == count else { throw .noZip(.noDirectory, name) }
    return bytes
  }

  /// Tells what is wrong with the archive with its name.
  private func checked<Result>(_ body: () throws(ZipFault) -> Result) throws(BatchError) -> Result {
    do throws(ZipFault) { return try body() } catch { throw .noZip(error, name) }
  }

  /// What the archive's directory says of a file; case does not matter.
  func entry(_ part: String) -> ZipEntry? { entries[part.partName] }

  /// Starts to read a file whose size is no more than `limit`.
  /// - Throws: ``BatchError`` where the file is there twice, encrypted, packed in a way that is not read
  ///   here, too large or too much swollen, or does not lie before the directory.
  func reader(_ entry: ZipEntry, limit: Int) throws(BatchError) -> ZipEntryReader {
    guard !doubled.contains(entry.name.partName) else { throw .doubledPart(entry, name) }
    guard !entry.isEncrypted else { throw .lockedWorkbook(name) }
    guard let method = entry.method else { throw .unknownPacking(entry, name) }
    guard entry.size <= limit,
      entry.size <= Self.harmlessSize || entry.size / Self.mostSwelling <= entry.packedSize
    else { throw .swollen(entry, name) }
    guard method == .deflated || entry.size == entry.packedSize else { throw .noZip(.damaged, name) }
    let header = try bytes(at: entry.headerOffset &+ shift, ZipEntry.headerSize)
    // The header repeats the name and has fields of its own, whose length the directory does not tell.
    let length = try checked { () throws(ZipFault) in try ZipEntry.headerLength(header) }
    let start = entry.headerOffset + shift + length
    guard start <= directoryOffset, entry.packedSize <= directoryOffset - start else {
      throw .noZip(.damaged, name)
    }
    return ZipEntryReader(file, entry, method, at: start, name)
  }
}

extension String {
  /// The name of a part as parts are compared: without a slash in front, and without regard to case.
  fileprivate var partName: String {
    replacing("\\", with: "/").lowercased().drop { $0 == "/" }.description
  }
}

/// Reads one file of a zip archive from front to back, unpacked, in flat memory.
///
/// The length and the sum of what was unpacked are proved at the end. Until then its bytes are taken on
/// trust, and a reader that stops early never learns; who needs a whole file asks until the answer is no.
struct ZipEntryReader {
  /// How much packed data is read at once.
  private static let pieceSize = 64 << 10

  private let file: any ReadableFile
  private let entry: ZipEntry
  private let name: String
  private var nextOffset: Int
  /// How many packed bytes were not read yet.
  private var packedLeft: Int
  private var packed: [UInt8] = []
  private var packedPosition = 0
  /// What unpacks; none where the file is only stored.
  private var inflate: Inflate?
  /// The bytes that were unpacked last, and how far they were taken.
  private var output: [UInt8] = []
  private var position = 0
  private var sum = CRC32()
  /// How many bytes were unpacked up to now.
  private var size = 0
  /// What makes UTF-8 of a file whose first bytes tell that it is UTF-16, in which XML may be written too.
  private var decoder: UTF16Decoder?

  fileprivate init(
    _ file: any ReadableFile, _ entry: ZipEntry, _ method: ZipEntry.Method, at offset: Int, _ name: String
  ) {
    self.file = file
    self.entry = entry
    self.name = name
    nextOffset = offset
    packedLeft = entry.packedSize
    inflate = method == .deflated ? Inflate() : nil
  }

  /// Lets `body` read on from where it stopped, with more of the file each time, until it says it has enough.
  ///
  /// Returns `false` where the file ended, whole and sound, before that.
  ///
  /// What exceeds the size that the directory gives is damage at once, so that no file unpacks to more than
  /// it claimed and was allowed.
  mutating func read(_ body: (Span<UInt8>, inout Int) -> Bool) throws(BatchError) -> Bool {
    while true {
      if output.withSpan({ body($0, &position) }) { return true }
      output.removeAll(keepingCapacity: true)
      position = 0
      try unpack()
      if output.isEmpty { break }
      output.withSpan { sum.update($0) }
      if size == 0 { decoder = UTF16Decoder(xml: output.prefix(4)) }
      size += output.count
      guard size <= entry.size else { throw .noZip(.damaged, name) }
      if decoder != nil { decode() }
    }
    decoder?.finish(into: &output)
    // Half a character is left over.
    guard output.isEmpty else { throw .noZip(.damaged, name) }
    guard size == entry.size, sum.value == entry.checkSum else { throw .noZip(.damaged, name) }
    return false
  }

  /// Puts the UTF-8 of what was unpacked in its place.
  private mutating func decode() {
    var text: [UInt8] = []
    decoder?.decode(output, into: &text)
    output = text
  }

  /// Unpacks the next bytes, or none at the end.
  ///
  /// Packed bytes that end before the stream does are damage.
  private mutating func unpack() throws(BatchError) {
    guard inflate != nil else { return output = try nextPacked() }
    while output.isEmpty, inflate?.isAtEnd == false {
      do throws(InflateFault) {
        let isFull = try packed.withSpan { span throws(InflateFault) in
          try inflate?.next(span, &packedPosition, into: &output)
        }
        if isFull == true || !output.isEmpty || inflate?.isAtEnd == true { return }
      } catch { throw .noZip(.damaged, name) }
      packed = try nextPacked()
      packedPosition = 0
      guard !packed.isEmpty else { throw .noZip(.damaged, name) }
    }
  }

  /// Reads the next piece of packed bytes; none at their end, and a throw where the archive has become
  /// shorter.
  private mutating func nextPacked() throws(BatchError) -> [UInt8] {
    let bytes = try file.read(at: nextOffset, count: min(Self.pieceSize, packedLeft))
    guard !bytes.isEmpty || packedLeft == 0 else { throw .noZip(.noDirectory, name) }
    nextOffset += bytes.count
    packedLeft -= bytes.count
    return bytes
  }
}

extension BatchError {
  fileprivate static func noZip(_ fault: ZipFault, _ name: String) -> Self {
    switch fault {
    case .noDirectory:
      Self(.invalidTable, "\(name) is cut short or is no .xlsx workbook; fetch or save it again.")
    case .damaged: Self(.invalidTable, "\(name) is damaged; open it in a spreadsheet and save it again.")
    case .split: Self(.invalidTable, "\(name) is one part of a split archive; put the parts together first.")
    }
  }

  fileprivate static func lockedWorkbook(_ name: String) -> Self {
    Self(
      .invalidTable,
      "\(name) is encrypted or an old .xls; open it in a spreadsheet and save it as .xlsx without a password."
    )
  }

  fileprivate static func doubledPart(_ entry: ZipEntry, _ name: String) -> Self {
    Self(
      .invalidTable,
      """
      \(name) holds \(entry.name.shortened(60)) twice, and which of the two is meant can't be told; open it \
      in a spreadsheet and save it again.
      """)
  }

  fileprivate static func unknownPacking(_ entry: ZipEntry, _ name: String) -> Self {
    Self(
      .invalidTable,
      """
      \(entry.name) in \(name) is packed by method \(entry.methodNumber), which is not read here; open it in \
      a spreadsheet and save it again.
      """)
  }

  fileprivate static func swollen(_ entry: ZipEntry, _ name: String) -> Self {
    Self(
      .invalidTable,
      """
      \(name) is refused as a zip bomb: its \(entry.name) would grow from \(entry.packedSize) to \
      \(entry.size) bytes; export the sheet as CSV if that is meant.
      """)
  }
}
