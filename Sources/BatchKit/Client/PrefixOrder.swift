/// The order in which rows are sent so that those which begin alike stand together.
///
/// Some services read the beginning that a request shares with an earlier one at a lower price, if that was
/// not long ago. Sending such rows together costs nothing and needs no more than this order of numbers.
struct PrefixOrder {
  /// The numbers of the rows, in the order in which they are sent.
  let rows: [UInt32]

  /// Groups rows by what they share, the groups by the first row of each; within a group the rows keep their
  /// order. Eight bytes a row are in memory, and sixteen for each group.
  init(_ written: WrittenRows) throws {
    var groups: [UInt64: UInt32] = [:]
    var sizes: [Int] = []
    var groupOfRow: [UInt32] = []
    groupOfRow.reserveCapacity(written.index.count)
    var lines = LineReader(written.file)
    while try lines.next() {
      let prefix = SharedPrefix(lines.line).digest
      let group = groups[prefix] ?? UInt32(sizes.count)
      if group == sizes.count {
        groups[prefix] = group
        sizes.append(0)
      }
      sizes[Int(group)] += 1
      groupOfRow.append(group)
    }
    // A counting sort: each group begins behind all rows of those before it.
    var next = sizes.indices.map { _ in 0 }
    for group in sizes.indices.dropFirst() { next[group] = next[group - 1] + sizes[group - 1] }
    var rows = [UInt32](repeating: 0, count: groupOfRow.count)
    for (row, group) in groupOfRow.enumerated() {
      rows[next[Int(group)]] = UInt32(row)
      next[Int(group)] += 1
    }
    self.rows = rows
  }
}

/// What of a request others may share: the model, the tools, the schema, and all that is said but the last.
///
/// The digest is 64 bits of a SHA-256. Two prefixes that share one by chance stand together for nothing,
/// which is no harm: an order is all that comes of it.
private struct SharedPrefix {
  private(set) var digest: UInt64 = 0

  init(_ line: [UInt8]) {
    var pieces: [(key: String, place: Range<Int>)] = []
    line.withSpan { bytes in
      var scanner = JSONScanner()
      // A line that can't be read shares nothing; the checks have refused it before.
      do throws(JSONFault) {
        try scanner.eachMember(bytes) { scanner, key throws(JSONFault) in
          guard key.equals("body", bytes), try scanner.peek(bytes) == .object else {
            try scanner.skipValue(bytes)
            return
          }
          try Self.read(&scanner, bytes, &pieces)
        }
      } catch { pieces = [] }
    }
    var hash = SHA256()
    // In an order of its own: the same settings may be written in another.
    for (key, place) in pieces.sorted(by: { ($0.key, $0.place.lowerBound) < ($1.key, $1.place.lowerBound) }) {
      hash.update(Array(key.utf8) + [0] + line[place] + [0])
    }
    digest = hash.digest().prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Notes the pieces of a body that may be shared. The last message is what differs from row to row, and is
  /// left out; so is a lone text.
  private static func read(
    _ scanner: inout JSONScanner, _ bytes: Span<UInt8>, _ pieces: inout [(key: String, place: Range<Int>)]
  ) throws(JSONFault) {
    try scanner.eachMember(bytes) { scanner, key throws(JSONFault) in
      let name = try key.decoded(bytes)
      switch name {
      case "messages", "input":
        guard try scanner.peek(bytes) == .array else {
          try scanner.skipValue(bytes)
          return
        }
        var places: [Range<Int>] = []
        try scanner.eachElement(bytes) { scanner, _ throws(JSONFault) in
          places.append(try scanner.skipValue(bytes))
        }
        pieces += places.dropLast().map { (name, $0) }
      case "model", "instructions", "tools", "response_format", "text", "prompt_cache_key":
        pieces.append((name, try scanner.skipValue(bytes)))
      default: try scanner.skipValue(bytes)
      }
    }
  }
}
