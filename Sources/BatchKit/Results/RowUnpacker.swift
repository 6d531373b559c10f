/// Takes the answers to requests about several rows apart, into an answer for each row.
///
/// Which rows a request was about is read off the request itself, not trusted to the answer: a row that the
/// answer forgets is a failure of its own, and one that it makes up can't take another's place.
struct RowUnpacker {
  private struct Place {
    var file: any ReadableFile
    var offset: Int
    var length: Int
  }

  /// Where the requests about several rows stand, by the hashes of their ids.
  private var places: [UInt64: Place] = [:]

  init(_ requests: [any ReadableFile]) throws(BatchError) {
    for file in requests {
      var lines = LineReader(file)
      while try lines.next() {
        guard GatheredRows.place(in: lines.line) != nil,
          let id = lines.line.withSpan({ ResultLine($0).customID($0) })
        else { continue }
        places[AnswerTable.hash(id)] = Place(file: file, offset: lines.offset, length: lines.line.count)
      }
    }
  }

  /// Calls `write` with a line, its end included, for each row that the request of a line was about, or with
  /// the line itself where that was about one.
  func unpack(_ line: [UInt8], _ write: ([UInt8]) throws -> Void) throws {
    guard let outline = LineOutline(line), let keys = try keys(askedBy: outline, in: line) else {
      return try write(line + [0x0A])
    }
    let answer = UnpackedAnswer(line, outline)
    switch answer.values {
    case .asItIs:
      for (index, key) in keys.enumerated() {
        try write(outline.line(line, renamed: key.rawJSON, keepsUsage: index == 0) + [0x0A])
      }
    case .unusable(let reason):
      for (index, key) in keys.enumerated() {
        try write(answer.failure(key, .undecodable, reason, keepsUsage: index == 0))
      }
    case .rows(let rows):
      try hand(rows, to: keys, answer, write)
    }
  }

  private func hand(
    _ rows: [(key: String, value: JSONValue)], to keys: [String], _ answer: UnpackedAnswer,
    _ write: ([UInt8]) throws -> Void
  ) throws {
    let values = Dictionary(grouping: rows, by: \.key)
    for (index, key) in keys.enumerated() {
      let found = values[key] ?? []
      if found.isEmpty {
        let reason = "The answer to \(keys.count) rows leaves this one out."
        try write(answer.failure(key, .leftOut, reason, keepsUsage: index == 0))
      }
      for (turn, row) in found.enumerated() {
        try write(answer.success(key, row.value, keepsUsage: index == 0 && turn == 0))
      }
    }
    let asked = Set(keys)
    for row in rows where !asked.contains(row.key) {
      // Its own key may be that of a row in another request, which must keep its own answer.
      let name = "\(row.key) (not asked, but answered with \(keys.first ?? ""))"
      try write(answer.failure(name, .leftOut, "This row was never asked.", keepsUsage: false))
    }
  }

  /// The keys of the rows that the request of an answer was about; `nil` where it was not about several.
  private func keys(askedBy outline: LineOutline, in line: [UInt8]) throws -> [String]? {
    guard let id = line.withSpan({ try? outline.id.decoded($0) }),
      let place = places[AnswerTable.hash(CustomID(id))]
    else { return nil }
    let request = try place.file.read(at: place.offset, count: place.length)
    guard request.withSpan({ ResultLine($0).customID($0) }) == CustomID(id) else { return nil }
    return GatheredRows.keys(in: request)
  }
}

/// An answer to several rows, and the lines that are made of it.
private struct UnpackedAnswer {
  enum Values {
    /// The values of rows, in the order in which they stand in the answer.
    case rows([(key: String, value: JSONValue)])
    /// Something that went wrong for all rows in the same way.
    case asItIs
    /// An answer that is no list of rows.
    case unusable(String)
  }

  let values: Values
  private let line: [UInt8]
  private let outline: LineOutline
  private let texts: [Range<Int>]

  init(_ line: [UInt8], _ outline: LineOutline) {
    (self.line, self.outline) = (line, outline)
    let (reply, texts) = line.withSpan { bytes -> (Reply?, [Range<Int>]) in
      let result = ResultLine(bytes, readsAnswer: true)
      return (result.isSuccess ? result.reply(bytes) : nil, result.facts.text.map(\.range))
    }
    self.texts = texts
    values = Self.values(of: reply)
  }

  private static func values(of reply: Reply?) -> Values {
    guard let reply else { return .asItIs }
    let json: [UInt8]
    // A refusal, or an answer that was cut off, is that of every row.
    do throws(LineError) { json = try reply.wholeJSON() } catch { return .asItIs }
    let list: JSONValue
    do throws(JSONFault) { list = try JSONValue.parse(json) } catch {
      return .unusable("The answer to several rows is no valid JSON.")
    }
    guard let rows = list["rows"].array else { return .unusable("The answer to several rows has no “rows”.") }
    return .rows(
      rows.compactMap { row in
        guard let key = row["row"].string ?? row["row"].int.map(String.init) else { return nil }
        return (key, row["value"])
      })
  }

  /// The line of a row that has this value.
  func success(_ key: String, _ value: JSONValue, keepsUsage: Bool) -> [UInt8] {
    let text = String(decoding: JSONWriter.bytes(of: value), as: UTF8.self)
    // Some servers put the whole body into a text; it has no place for the value, so a body is made for it.
    guard let first = texts.first else { return made(key, text) }
    var edits = [(place: first, text: text.rawJSON)]
    for rest in texts.dropFirst() { edits.append((rest, [])) }
    return outline.line(line, renamed: key.rawJSON, keepsUsage: keepsUsage, texts: edits) + [0x0A]
  }

  private func made(_ key: String, _ text: String) -> [UInt8] {
    let message: JSONValue = ["role": "assistant", "content": .string(text)]
    let body: JSONValue = ["choices": [["index": 0, "message": message, "finish_reason": "stop"]]]
    let line: JSONValue = [
      "custom_id": .string(key), "response": ["status_code": 200, "body": body], "error": nil,
    ]
    return JSONWriter.bytes(of: line) + [0x0A]
  }

  /// The line of a row that has no value, for this reason.
  func failure(_ key: String, _ kind: LineError.Kind, _ reason: String, keepsUsage: Bool) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.pair("custom_id", .string(key))
    json.key("response")
    if keepsUsage, let response = outline.response { json.raw(line[response]) } else { json.raw("null") }
    json.pair("error", ["code": .string(kind.rawValue), "message": .string(reason)])
    json.endObject()
    json.newline()
    return json.bytes
  }
}

extension String {
  /// The text as it stands between the quotes of a JSON string.
  fileprivate var rawJSON: ArraySlice<UInt8> { JSONWriter.bytes(of: .string(self)).dropFirst().dropLast() }
}
