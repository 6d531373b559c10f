/// Goes along the tags of one XML file in a workbook.
struct WorkbookTags {
  private var reader: ZipEntryReader
  private let part: String
  private let name: String
  /// The last tag.
  var scanner = TagScanner()

  init(_ zip: ZipFile, _ entry: ZipEntry, limit: Int) throws(BatchError) {
    reader = try zip.reader(entry, limit: limit)
    part = entry.name
    name = zip.name
  }

  /// Moves to the next tag; `false` at the end of a file that is whole.
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

  static func damagedWorkbook(_ name: String, _ what: String) -> Self {
    Self(.invalidTable, "\(name) is damaged: \(what); open it in a spreadsheet and save it again.")
  }
}
