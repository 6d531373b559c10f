/// Goes along the tags of one XML file in a workbook.
///
/// It joins the reader of the archive, which unpacks, to the scanner, which finds tags, and gives their
/// faults the name of the file. A walk goes forward only and holds one piece of the file.
struct WorkbookTags {
  private var reader: ZipEntryReader
  /// The path of the file within the workbook, and what messages call the workbook.
  private let part: String
  private let name: String
  /// The last tag.
  ///
  /// It answers what the tag is named, what it does and which attributes it has, until the next is asked for.
  var scanner = TagScanner()

  /// - Throws: ``BatchError`` where the file can't be unpacked, or claims to be larger than `limit`.
  init(_ zip: ZipFile, _ entry: ZipEntry, limit: Int) throws(BatchError) {
    reader = try zip.reader(entry, limit: limit)
    part = entry.name
    name = zip.name
  }

  /// Moves to the next tag; `false` at the end of a file that is whole.
  ///
  /// The end is reached only when every element is closed and the check sum of the file is right, so that a
  /// workbook that was cut short is never taken for a shorter one.
  mutating func next() throws(BatchError) -> Bool {
    let found = try reader.read { scanner.next($0, &$1) }
    if !found { scanner.finish() }
    try check()
    return found
  }

  /// Appends the text before the last tag.
  mutating func appendText(to output: inout [UInt8]) throws(BatchError) {
    scanner.appendText(to: &output)
    try check()
  }

  /// Throws what the scanner found wrong. It keeps its faults to be asked for, as all parsers of bytes here
  /// do, since only this level knows the names.
  private func check() throws(BatchError) {
    if let fault = scanner.fault { throw .brokenXML(fault, part, name) }
  }
}

extension BatchError {
  fileprivate static func brokenXML(_ fault: TagFault, _ part: String, _ name: String) -> Self {
    let reason =
      switch fault {
      case .endsEarly: "its XML ends too early"
      case .badTag: "a tag is malformed or closes what is not open"
      case .badEntity: "an “&” begins nothing known"
      case .hasGrammar: "it brings a grammar of its own"
      case .tooLarge: "a tag or text is too long"
      }
    return Self(
      .invalidTable,
      "\(part) in \(name) can't be read, since \(reason); open it in a spreadsheet and save it again.")
  }

  /// The sentence for a workbook whose parts do not fit together.
  static func damagedWorkbook(_ name: String, _ what: String) -> Self {
    Self(.invalidTable, "\(name) is damaged: \(what); open it in a spreadsheet and save it again.")
  }
}
