/// The fields of one record of a table, in one buffer that the next record uses again.
package struct Fields: Sendable, Hashable {
  /// The text of all fields, one after the other.
  package private(set) var bytes: [UInt8] = []
  /// Where each field ends in `bytes`.
  package private(set) var ends: [Int] = []

  package init() {}

  /// The fields with these texts.
  package init(_ texts: some Sequence<String>) {
    for text in texts {
      bytes.append(contentsOf: text.utf8)
      endField()
    }
  }

  package var count: Int { ends.count }

  /// Forgets all fields and keeps the room for them.
  package mutating func clear() {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }

  package mutating func append(_ source: Span<UInt8>, _ range: Range<Int>) { bytes.append(source, range) }
  package mutating func append(_ byte: UInt8) { bytes.append(byte) }
  package mutating func append(_ text: some Collection<UInt8>) { bytes.append(contentsOf: text) }

  /// Ends the field whose text was appended last.
  package mutating func endField() { ends.append(bytes.count) }

  /// Where a field stands in `bytes`; empty where the record is too short to have it.
  package func range(of index: Int) -> Range<Int> {
    guard ends.indices.contains(index) else { return bytes.count..<bytes.count }
    return (index == 0 ? 0 : ends[index - 1])..<ends[index]
  }

  /// The text of a field.
  package subscript(_ index: Int) -> String { String(decoding: bytes[range(of: index)], as: UTF8.self) }

  /// Runs `body` with the bytes of a field.
  package func withBytes<Result>(
    of index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    let range = range(of: index)
    return try bytes.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[range])) }
  }
}
