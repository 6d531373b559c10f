/// Why bytes are no zip archive that can be read.
package enum ZipFault: Error, Hashable {
  /// There is no directory at the end, as there is in every whole archive.
  case noDirectory
  /// The directory, or what it says of a file, does not fit the archive.
  case damaged
  /// The archive goes on in another file.
  case split
}

/// One file in a zip archive, as the archive's directory has it.
package struct ZipEntry: Sendable, Hashable {
  /// How a file was packed; others than these two are refused.
  package enum Method { case stored, deflated }

  package var name: String
  package var flags: UInt16
  package var methodNumber: UInt16
  package var checkSum: UInt32
  /// The length of the packed bytes.
  package var packedSize: Int
  /// The length that the file claims to have unpacked.
  package var size: Int
  /// Where its header stands, before its bytes.
  package var headerOffset: Int

  package var isEncrypted: Bool { flags & 0x2041 != 0 }

  package var method: Method? {
    switch methodNumber {
    case 0: .stored
    case 8: .deflated
    default: nil
    }
  }
}

/// Where the directory of a zip archive stands.
package struct ZipDirectory: Sendable, Hashable {
  /// The most bytes at the end of an archive among which the record of its end can be.
  package static let longestEnd = 22 + 0xFFFF
  /// The length of what stands before the end of an archive whose numbers need 64 bits.
  package static let locatorSize = 20
  package static let wideEndSize = 56

  package var offset: Int
  package var size: Int
  package var count: Int

  /// Reads the record of the end out of the last bytes of an archive.
  ///
  /// Returns also where the record stands in `tail`, and whether its numbers are elsewhere, in 64 bits.
  package static func find(
    in tail: [UInt8]
  ) throws(ZipFault) -> (directory: ZipDirectory, place: Int, isWide: Bool) {
    guard let place = endPlace(in: tail) else { throw .noDirectory }
    var record = ByteReader(tail, at: place + 4)
    let (disk, firstDisk) = (try record.number(2), try record.number(2))
    let (countHere, count) = (try record.number(2), try record.number(2))
    let (size, offset) = (try record.number(4), try record.number(4))
    let isWide = count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF
    guard isWide || (disk == 0 && firstDisk == 0 && countHere == count) else { throw .split }
    return (ZipDirectory(offset: offset, size: size, count: count), place, isWide)
  }

  /// The last place where an end stands whose comment reaches to the very end.
  private static func endPlace(in tail: [UInt8]) -> Int? {
    guard tail.count >= 22 else { return nil }
    return stride(from: tail.count - 22, through: 0, by: -1).first { place in
      tail[place...].starts(with: [0x50, 0x4B, 5, 6])
        && place + 22 + Int(tail[place + 20]) + Int(tail[place + 21]) << 8 == tail.count
    }
  }

  /// Reads where the record of the end with 64-bit numbers stands.
  package static func wideEndOffset(locator: [UInt8]) throws(ZipFault) -> Int {
    guard locator.starts(with: [0x50, 0x4B, 6, 7]) else { throw .damaged }
    var record = ByteReader(locator, at: 8)
    return try record.number(8)
  }

  /// Reads the record of the end with 64-bit numbers.
  package init(wideEnd: [UInt8]) throws(ZipFault) {
    guard wideEnd.starts(with: [0x50, 0x4B, 6, 6]) else { throw .damaged }
    var record = ByteReader(wideEnd, at: 24)
    _ = try record.number(8)
    count = try record.number(8)
    size = try record.number(8)
    offset = try record.number(8)
  }

  package init(offset: Int, size: Int, count: Int) {
    self.offset = offset
    self.size = size
    self.count = count
  }

  /// Reads what the directory says of every file.
  package func entries(_ bytes: [UInt8]) throws(ZipFault) -> [ZipEntry] {
    var record = ByteReader(bytes, at: 0)
    var entries: [ZipEntry] = []
    while entries.count < count { entries.append(try record.entry()) }
    return entries
  }
}

extension ZipEntry {
  /// The length of a file's header without its name and what else it holds.
  package static let headerSize = 30

  /// Reads how long the header of a file is, which the directory does not know.
  package static func headerLength(_ header: [UInt8]) throws(ZipFault) -> Int {
    guard header.starts(with: [0x50, 0x4B, 3, 4]) else { throw .damaged }
    var record = ByteReader(header, at: 26)
    return headerSize + (try record.number(2)) + (try record.number(2))
  }
}

/// Reads numbers of a zip archive, lowest byte first.
private struct ByteReader {
  let bytes: [UInt8]
  var position: Int

  init(_ bytes: [UInt8], at position: Int) {
    self.bytes = bytes
    self.position = position
  }

  mutating func number(_ width: Int) throws(ZipFault) -> Int {
    let range = try take(width)
    let word = bytes[range].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let number = Int(exactly: word) else { throw .damaged }
    return number
  }

  mutating func take(_ count: Int) throws(ZipFault) -> Range<Int> {
    guard count <= bytes.count - position else { throw .damaged }
    defer { position += count }
    return position..<position + count
  }

  mutating func entry() throws(ZipFault) -> ZipEntry {
    guard bytes[position...].starts(with: [0x50, 0x4B, 1, 2]) else { throw .damaged }
    _ = try take(8)
    let (flags, method) = (try number(2), try number(2))
    _ = try take(4)
    let checkSum = try number(4)
    let (packedSize, size) = (try number(4), try number(4))
    let (nameLength, extraLength, commentLength) = (try number(2), try number(2), try number(2))
    _ = try take(8)
    let offset = try number(4)
    let name = String(decoding: bytes[try take(nameLength)], as: UTF8.self)
    var entry = ZipEntry(
      name: name, flags: UInt16(flags), methodNumber: UInt16(method), checkSum: UInt32(checkSum),
      packedSize: packedSize, size: size, headerOffset: offset)
    try widen(&entry, until: position + extraLength)
    _ = try take(commentLength)
    return entry
  }

  /// Takes from the extra fields the 64-bit numbers that did not fit where they belong.
  private mutating func widen(_ entry: inout ZipEntry, until end: Int) throws(ZipFault) {
    guard end <= bytes.count else { throw .damaged }
    while position + 4 <= end {
      let (kind, length) = (try number(2), try number(2))
      let next = position + length
      guard next <= end else { break }
      if kind == 1 {
        if entry.size == 0xFFFF_FFFF { entry.size = try number(8) }
        if entry.packedSize == 0xFFFF_FFFF { entry.packedSize = try number(8) }
        if entry.headerOffset == 0xFFFF_FFFF { entry.headerOffset = try number(8) }
      }
      position = next
    }
    position = end
  }
}
