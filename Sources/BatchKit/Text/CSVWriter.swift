/// How a CSV text is written: what parts its fields and ends its lines.
package struct CSVDialect: Sendable, Hashable {
  package var delimiter: UInt8
  package var newline: CSVParser.Newline
  /// Whether the text begins with a byte-order mark, without which some spreadsheets take it for another
  /// encoding.
  package var hasMark: Bool

  package init(
    delimiter: UInt8 = UInt8(ascii: ","), newline: CSVParser.Newline = .lf, hasMark: Bool = false
  ) {
    self.delimiter = delimiter
    self.newline = newline
    self.hasMark = hasMark
  }
}

/// Writes records of CSV, with quotes only round the fields that need them.
package struct CSVWriter {
  /// What was written and not yet taken away by ``clear()``.
  package private(set) var bytes: [UInt8] = []
  private let dialect: CSVDialect
  private var fieldsInRow = 0
  private var rowStart: Int

  package init(_ dialect: CSVDialect = CSVDialect()) {
    self.dialect = dialect
    if dialect.hasMark { bytes = [0xEF, 0xBB, 0xBF] }
    rowStart = bytes.count
  }

  /// Forgets what was written and keeps the room for it; to be called between records.
  package mutating func clear() {
    bytes.removeAll(keepingCapacity: true)
    rowStart = 0
  }

  /// Writes one record.
  package mutating func row(_ texts: some Sequence<String>) {
    for text in texts { field(text) }
    endRow()
  }

  /// Writes the next field of the record.
  package mutating func field(_ text: String) {
    var text = text
    text.withUTF8 { field($0) }
  }

  /// Writes the next field of the record.
  package mutating func field(_ utf8: UnsafeBufferPointer<UInt8>) {
    if fieldsInRow > 0 { bytes.append(dialect.delimiter) }
    fieldsInRow += 1
    guard needsQuotes(utf8) else { return bytes.append(contentsOf: utf8) }
    bytes.append(UInt8(ascii: "\""))
    for byte in utf8 {
      if byte == UInt8(ascii: "\"") { bytes.append(byte) }
      bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Ends the record; one that holds a single empty field is quoted, since a blank line is no record.
  package mutating func endRow() {
    if fieldsInRow == 1, bytes.count == rowStart { bytes.append(contentsOf: "\"\"".utf8) }
    bytes.append(contentsOf: dialect.newline.rawValue.utf8)
    fieldsInRow = 0
    rowStart = bytes.count
  }

  private func needsQuotes(_ utf8: UnsafeBufferPointer<UInt8>) -> Bool {
    utf8.contains { $0 == dialect.delimiter || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D }
  }
}
