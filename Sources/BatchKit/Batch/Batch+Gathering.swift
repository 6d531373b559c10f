extension Batch where Request.Input == Prompt {
  /// Adds the rows of a table so that several of them go out in one request, each answered by itself.
  ///
  /// ```swift
  /// var judging = Batch(Chat(model: "gpt-5.4-mini").system("Classify the reviews.").returning(Verdict.self))
  /// judging.add(contentsOf: reviews, id: "{{id}}", rowsPerRequest: 20, prompt: "{{text}}")
  /// for (id, verdict) in try await client.run(judging).succeeded { … }  // by row, as ever
  /// ```
  /// Instructions and schema are then paid once for twenty rows. The model is shown the rows as a list of
  /// objects, `{"row": id, "text": prompt}`, and its schema becomes a list of `{"row": id, "value": …}`; on
  /// the way back every value goes to its row. A row that the list leaves out is that row's failure, of the
  /// kind
  /// ``LineError/Kind/leftOut``; a row that it answers twice is among the duplicates, one that was never asked
  /// among the strangers. What is retried goes alone, one row to a request. The tokens of a request stand
  /// with its first row.
  ///
  /// The request has to ask for a type: of free text nobody could tell which row a sentence is about. Limits
  /// on the length of the answer count for all rows of a request together.
  /// - Parameters:
  ///   - table: The table, which is held and not read.
  ///   - id: What makes the id of each row; the number of the row does if `nil`.
  ///   - rowsPerRequest: How many rows go together at most; the least that was asked for counts for the batch.
  ///   - prompt: What makes the text of each row.
  public mutating func add(
    contentsOf table: Table, id: Template? = nil, rowsPerRequest: Int, prompt: Template
  ) {
    let count = max(1, rowsPerRequest)
    shape.rowsPerRequest = min(shape.rowsPerRequest ?? count, count)
    groups.append(.source(GatheredSource<Request>(table: table, id: id, prompt: prompt)))
  }

  /// Adds the rows of a table so that several of them go out in one request, each answered by itself.
  @_disfavoredOverload
  public mutating func add(contentsOf table: Table, id: String, rowsPerRequest: Int, prompt: String) {
    add(contentsOf: table, id: Template(id), rowsPerRequest: rowsPerRequest, prompt: Template(prompt))
  }
}

/// The rows of a table, each as a request that could go alone, and can be put together with others.
private struct GatheredSource<Request: BatchRequest>: RequestSource where Request.Input == Prompt {
  let table: Table
  let id: Template?
  let prompt: Template

  func count() throws -> Int { try rows.count() }

  func walk(_ request: Request, _ visit: (RenderedStep) throws -> Void) throws {
    try rows.walk(request, visit)
  }

  /// The source of single rows, each of which asks for a list of one.
  private var rows: RowSource<Request> {
    let (id, prompt) = (id, prompt)
    return RowSource(table: table, id: id) { columns throws(BatchError) in
      let boundID = try id?.bound(to: columns)
      let text = try prompt.bound(to: columns)
      guard let boundID else { throw .gatheringWithoutID }
      return { request, fields, json in
        let item = GatheredRows.item(boundID.text(from: fields), text.text(from: fields))
        let body = try request.body(for: Prompt(GatheredRows.opening + item + "]"))
        json.value(try GatheredRows.askingForList(body))
      }
    }
  }
}

/// The words in which several rows stand in one request, and how they are found again in its line.
enum GatheredRows {
  /// What stands in front of the rows; it is found again in the line, so it must not change.
  static let opening = "Give each of these rows an answer of its own, under its key.\n["

  /// The same as it stands in a line, with the beginning of the first row.
  private static let mark = Array(
    #"Give each of these rows an answer of its own, under its key.\n["#.utf8)
  private static let firstRow = Array(#"{\"row\":"#.utf8)

  /// A row as the model is shown it.
  static func item(_ id: String, _ text: String) -> String {
    let json: JSONValue = ["row": .string(id), "text": .string(text)]
    return String(decoding: JSONWriter.bytes(of: json), as: UTF8.self)
  }

  /// The body with its schema made that of a list of values, each with the key of its row.
  static func askingForList(_ body: JSONValue) throws(BatchError) -> JSONValue {
    var body = body
    if body["response_format"]["json_schema"]["schema"].object != nil {
      let schema = body["response_format"]["json_schema"]["schema"]
      body["response_format"]["json_schema"]["schema"] = list(of: schema)
    } else if body["text"]["format"]["schema"].object != nil {
      body["text"]["format"]["schema"] = list(of: body["text"]["format"]["schema"])
    } else {
      throw .gatheringWithoutSchema
    }
    return body
  }

  /// Definitions belong to the root of a schema, which is where the references in it look for them.
  private static func list(of schema: JSONValue) -> JSONValue {
    var value = schema.object ?? [:]
    var definitions = value["$defs"]
    value["$defs"] = nil
    if schema.refersToRoot {
      // What was the root is one no longer, so it gets a name to refer to.
      var named = (definitions ?? [:]).referringToRow
      named["row_value"] = JSONValue.object(value).referringToRow
      (definitions, value) = (named, ["$ref": .string(JSONValue.rowReference)])
    }
    var list: JSONObject = [
      "type": "object",
      "properties": [
        "rows": [
          "type": "array", "description": "One entry for each row, none left out.",
          "items": [
            "type": "object",
            "properties": [
              "row": ["type": "string", "description": "The key of the row, copied as it stands."],
              "value": .object(value),
            ], "required": ["row", "value"], "additionalProperties": false,
          ],
        ]
      ], "required": ["rows"], "additionalProperties": false,
    ]
    list["$defs"] = definitions
    return .object(list)
  }

  /// Where the rows stand in a line: behind the opening bracket of their list, and before the closing one.
  ///
  /// - Returns: `nil` where the line holds no such list, or something that can be taken for a second one.
  static func place(in line: [UInt8]) -> Range<Int>? {
    let mark = mark + firstRow
    guard let start = line.firstRange(of: mark), line[start.upperBound...].firstRange(of: mark) == nil else {
      return nil
    }
    var end = start.upperBound
    // To the quote that ends the text: one behind a backslash is part of it.
    while end < line.count, line[end] != UInt8(ascii: "\"") {
      end += line[end] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard end < line.count, line[end - 1] == UInt8(ascii: "]") else { return nil }
    return (start.upperBound - firstRow.count)..<(end - 1)
  }

  /// The keys of the rows that a request asks about, in order; `nil` for a request that is about none.
  static func keys(in line: [UInt8]) -> [String]? { rows(in: line)?.compactMap { $0["row"].string } }

  private static func rows(in line: [UInt8]) -> [JSONValue]? {
    guard let place = place(in: line) else { return nil }
    // The list is text within JSON, so it is unescaped before it is JSON itself; what is neither was not
    // written by us, and is a request like any other.
    let text = try? JSONValue.parse([UInt8(ascii: "\"")] + line[place] + [UInt8(ascii: "\"")]).string
    return text.flatMap { try? JSONValue(parsing: "[\($0)]").array }
  }

  /// The requests that each ask about one of the rows of a request, under the ids of those rows; `nil` for a
  /// request that is about none.
  static func singles(of line: [UInt8]) -> [[UInt8]]? {
    guard let place = place(in: line), let outline = LineOutline(line), let rows = rows(in: line) else {
      return nil
    }
    return rows.map { row in
      let key = JSONWriter.bytes(of: .string(row["row"].string ?? "")).dropFirst().dropLast()
      let item = JSONWriter.bytes(of: .string(String(decoding: JSONWriter.bytes(of: row), as: UTF8.self)))
      let frame = (line[..<outline.id.range.lowerBound], line[outline.id.range.upperBound..<place.lowerBound])
      return frame.0 + key + frame.1 + item.dropFirst().dropLast() + line[place.upperBound...]
    }
  }
}

extension JSONValue {
  fileprivate static let rowReference = "#/$defs/row_value"

  /// Whether a schema refers to itself as a whole.
  fileprivate var refersToRoot: Bool {
    switch self {
    case .array(let elements): elements.contains(where: \.refersToRoot)
    case .object(let object): object["$ref"]?.string == "#" || object.contains { $0.value.refersToRoot }
    default: false
    }
  }

  /// The schema with its references to the whole made those to the value of a row.
  fileprivate var referringToRow: JSONValue {
    switch self {
    case .array(let elements): return .array(elements.map(\.referringToRow))
    case .object(let object):
      return .object(
        JSONObject(
          object.map { key, value in
            let isRoot = key == "$ref" && value.string == "#"
            return (key, isRoot ? .string(Self.rowReference) : value.referringToRow)
          }))
    default: return self
    }
  }
}

extension BatchError {
  fileprivate static var gatheringWithoutID: Self {
    Self(
      .invalidTemplate,
      "Rows that share a request need ids of their own, by which the model names them; give an id template.")
  }

  fileprivate static var gatheringWithoutSchema: Self {
    Self(
      .invalidBatch,
      "Rows can share a request only where it asks for a type; use returning(_:), or send them one by one.")
  }
}

/// Puts requests that differ only in their rows together, as many as are wanted.
struct RowGatherer {
  private typealias Frame = (head: ArraySlice<UInt8>, middle: ArraySlice<UInt8>, tail: ArraySlice<UInt8>)

  private let most: Int
  private var first: RenderedLine?
  private var rawID: ArraySlice<UInt8> = []
  private var frame: Frame?
  private var rows: [UInt8] = []
  private var count = 0

  init(most: Int) { self.most = most }

  /// Takes a request in; what can't go together with it is handed to `send` before it.
  ///
  /// - Returns: the ids, as they stand in their lines, of the row and of the request that it joined, where it
  ///   is not the first of that request.
  mutating func take(
    _ line: RenderedLine, _ send: (RenderedLine) throws -> Void
  ) rethrows -> (row: ArraySlice<UInt8>, request: ArraySlice<UInt8>)? {
    guard let place = GatheredRows.place(in: line.bytes), let outline = LineOutline(line.bytes),
      outline.id.range.upperBound <= place.lowerBound
    else {
      if let ready = finish() { try send(ready) }
      try send(line)
      return nil
    }
    let own: Frame = (
      line.bytes[..<outline.id.range.lowerBound],
      line.bytes[outline.id.range.upperBound..<place.lowerBound], line.bytes[place.upperBound...]
    )
    if let frame, count < most, frame == own {
      rows.append(UInt8(ascii: ","))
      rows += line.bytes[place]
      count += 1
      return (outline.rawID(in: line.bytes), rawID)
    }
    if let ready = finish() { try send(ready) }
    (first, frame, rawID) = (line, own, outline.rawID(in: line.bytes))
    rows = Array(line.bytes[place])
    count = 1
    return nil
  }

  /// The request that was put together, under the id of its first row; `nil` where there is none.
  mutating func finish() -> RenderedLine? {
    guard var line = first, let frame else { return nil }
    line.bytes = frame.head + rawID + frame.middle + rows + frame.tail
    self = Self(most: most)
    return line
  }
}
