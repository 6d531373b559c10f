/// Reads the objects of a JSON file one by one, be they on lines of their own or in one array.
///
/// It parts objects and does not judge them: what stands between two line ends, or between two commas of the
/// array, is handed over as bytes, so that one broken object is the problem of one row. Memory is that of one
/// window and of the longest object.
struct JSONRecords {
  private let name: String
  /// Which of the two forms the file has. The format of the table decides it, once.
  private let isArray: Bool
  private var window: FileWindow
  private var lines = JSONLines()
  private var elements = JSONElements()

  init(_ file: TableFile, isArray: Bool) throws(BatchError) {
    name = file.name
    window = FileWindow(try file.open())
    self.isArray = isArray
  }

  /// The bytes of the object.
  ///
  /// Good until the next is asked for.
  var record: [UInt8] { isArray ? elements.element : lines.line }
  /// The line on which it begins, counted from 1.
  var line: Int { isArray ? elements.elementLine : lines.number }

  /// Moves to the next object; `false` at the end of the file.
  ///
  /// Lines with nothing on them are passed over; they still count for ``line``.
  ///
  /// - Throws: ``BatchError`` where the array is broken in a way that leaves unclear where its next object
  ///   begins.
  mutating func next() throws(BatchError) -> Bool {
    if isArray { return try nextElement() }
    repeat {
      guard try nextLine() else { return false }
    } while lines.line.allSatisfy { $0 == 0x20 || $0 == 0x09 }
    return true
  }

  private mutating func nextLine() throws(BatchError) -> Bool {
    // As in ``LineReader``: taken out for the call, with an empty one in its place, so that no buffer is
    // copied.
    var lines = self.lines
    self.lines = JSONLines()
    defer { self.lines = lines }
    return try window.read { lines.next($0, &$1) } || lines.finish()
  }

  /// Moves along the array. Unlike a broken line, a broken array can't be gone on from, so its fault is
  /// thrown.
  private mutating func nextElement() throws(BatchError) -> Bool {
    var elements = self.elements
    self.elements = JSONElements()
    defer { self.elements = elements }
    let found = try window.read { elements.next($0, &$1) }
    if !found { elements.finish() }
    if let fault = elements.fault { throw .noArray(fault, elements.elementLine, name) }
    return found
  }
}

extension BatchError {
  fileprivate static func noArray(_ fault: JSONArrayFault, _ line: Int, _ name: String) -> Self {
    switch fault {
    case .noArray:
      Self(
        .invalidTable,
        """
        \(name) is not one JSON array; put its objects between “[” and “]”, or name it .jsonl if each is a \
        line.
        """
      )
    case .endsEarly:
      Self(.invalidTable, "\(name) ends inside its JSON array; the last object begins at line \(line).")
    case .trailingBytes: Self(.invalidTable, "\(name) goes on after its JSON array; remove what follows “]”.")
    case .endlessElement:
      Self(
        .invalidTable,
        "An object of \(name) begins at line \(line) and is too long; a quote is probably never closed there."
      )
    }
  }
}
