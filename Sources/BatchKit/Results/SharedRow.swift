/// A line of the file that tells which rows have their answer from another row's request.
///
/// ```json
/// {"custom_id":"r-17","request":"r-3"}
/// ```
struct SharedRow {
  let id: JSONText
  let request: JSONText

  /// Reads such a line; `nil` for any other.
  init?(_ bytes: Span<UInt8>) {
    var id: JSONText?
    var request: JSONText?
    var scanner = JSONScanner()
    do throws(JSONFault) {
      try scanner.eachMember(bytes) { scanner, key throws(JSONFault) in
        if key.equals("custom_id", bytes) {
          id = try scanner.string(bytes)
        } else if key.equals("request", bytes) {
          request = try scanner.string(bytes)
        } else {
          try scanner.skipValue(bytes)
        }
      }
    } catch { return nil }
    guard let id, let request else { return nil }
    self.id = id
    self.request = request
  }

  /// The line, its end included; ids are written as they stand in their own lines.
  static func line(id: ArraySlice<UInt8>, request: ArraySlice<UInt8>) -> [UInt8] {
    Array(#"{"custom_id":""#.utf8) + id + Array(#"","request":""#.utf8) + request + Array("\"}\n".utf8)
  }
}

/// The rows that share the answers of others, found by the ids of the requests that were sent for them.
///
/// Twenty-four bytes a row are in memory; the ids stay on disk.
struct SharedRows: Sendable {
  private struct Place: Sendable {
    var hash: UInt64
    var offset: Int
    var length: UInt32
  }

  private let file: any ReadableFile
  private var places: [Place] = []

  init(_ file: any ReadableFile) throws(BatchError) {
    self.file = file
    var places: [Place] = []
    var walk = LineWalk(file, 0..<(try file.size()))
    try walk.forEach { bytes, offset, _ in
      guard let row = SharedRow(bytes) else { return }
      places.append(
        Place(
          hash: AnswerTable.hash(row.request, bytes), offset: offset, length: UInt32(clamping: bytes.count)))
    }
    places.sort { ($0.hash, $0.offset) < ($1.hash, $1.offset) }
    self.places = places
  }

  /// Calls `body` with the id, as it stands in its line, of each row that shares the answer to a request.
  func forEach(of request: CustomID, _ body: (ArraySlice<UInt8>) throws -> Void) throws {
    let hash = AnswerTable.hash(request)
    var (low, high) = (0, places.count)
    while low < high {
      let middle = low + (high - low) / 2
      if places[middle].hash < hash { low = middle + 1 } else { high = middle }
    }
    while low < places.count, places[low].hash == hash {
      let place = places[low]
      let line = try file.read(at: place.offset, count: Int(place.length))
      let found = line.withSpan { bytes -> Range<Int>? in
        guard let row = SharedRow(bytes), let id = try? row.request.decoded(bytes) else { return nil }
        return CustomID(id) == request ? row.id.range : nil
      }
      if let found { try body(line[found]) }
      low += 1
    }
  }
}
