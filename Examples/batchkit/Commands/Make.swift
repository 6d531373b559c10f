import BatchKit

extension Command {
  static let make = Command(
    "make", .steps, "Make a request file out of a table and a template.", [.data, .template],
    options: [
      .output, .id, .idTemplate, .endpoint, .placeholders,
      Option("max-requests", "COUNT", "Divide them over files of at most so many requests."),
      Option("max-bytes", "COUNT", "Divide them over files of at most so many bytes."),
    ] + Option.sample + [.force],
    discussion: """
      The file is written only if every row makes a good request; otherwise every problem is listed. Divided \
      files get a number in their names, as in requests-0001.jsonl. batchkit submit divides by itself what is \
      too large.
      """,
    examples: ["batchkit make reviews.csv prompt.json -o requests.jsonl --id-template 'review-{{id}}'"],
    reach: .files
  ) { session in
    let made = try session.tableBatch()
    let output = try session.output(otherwise: "requests.jsonl", sparing: session.arguments.operands)
    try session.check(made, called: output.path)
    let endpoint = made.batch.endpoint
    let cut = try session.cut()
    let files = try cut.map { try session.write(made.batch, to: output, cut: $0) }
    if files == nil { try output.write(session) { try made.batch.write(to: $0) } }
    let count = try made.batch.count
    var facts: JSONObject = [
      "output": .string(output.path), "requests": .number(JSONNumber(count)),
      "endpoint": .string(endpoint.rawValue),
    ]
    facts["files"] = files.map { .array($0.map { .string($0) }) }
    let names = files.map { $0.count == 1 ? $0[0] : "\($0[0]) to \($0[$0.count - 1])" } ?? output.path
    let what = count == 1 ? "1 request" : "\(count) requests"
    try session.conclude(output, facts, "\(names): \(what) for \(endpoint)")
    return .done
  }
}

/// The most that one of several request files may hold.
private struct Cut {
  var requests = Int.max
  var bytes = Int.max
}

extension Session {
  /// How `make` divides the requests over files, where that was asked for.
  fileprivate func cut() throws(UsageError) -> Cut? {
    var cut = Cut()
    if let requests = try arguments.number("max-requests", in: 1...1_000_000_000) { cut.requests = requests }
    if let bytes = try arguments.number("max-bytes", in: 1...1_000_000_000_000) { cut.bytes = bytes }
    return arguments["max-requests"] == nil && arguments["max-bytes"] == nil ? nil : cut
  }

  /// Writes the requests to numbered files beside `output`, and returns their paths.
  ///
  /// The whole is written to a draft first: only then is it known how many files there will be, and whether
  /// each of their names is free.
  fileprivate func write(
    _ batch: Batch<some BatchRequest>, to output: OutputFile, cut: Cut
  ) throws -> [String] {
    guard output.isFile else {
      throw UsageError("\(output.path) can't be divided; give -o the name of a file.")
    }
    let draft = try self.draft("jsonl")
    try batch.write(to: draft)
    let file = try DiskStore.shared.open(draft)
    let lengths = try lengths(of: file, cut: cut)
    let places = try lengths.indices.map { index in
      try place(output.numbered(index + 1), sparing: arguments.operands)
    }
    var offset = 0
    for (place, length) in zip(places, lengths) {
      let range = offset..<(offset + length)
      try place.write(self) { path in try DiskStore.shared.publish(path) { try $0.copy(range, of: file) } }
      offset += length
    }
    return places.map(\.path)
  }

  /// How many bytes go to each file; a single request that is too large is told, not cut.
  private func lengths(of file: any ReadableFile, cut: Cut) throws -> [Int] {
    var reader = LineReader(file)
    var lengths: [Int] = []
    var (count, size) = (0, 0)
    while try reader.next() {
      let length = reader.line.count + 1
      guard length <= cut.bytes else {
        throw BatchError(
          .invalidBatch,
          "Request \(reader.number) alone has \(length) bytes; allow each file at least that by --max-bytes.")
      }
      if count == cut.requests || size + length > cut.bytes {
        lengths.append(size)
        (count, size) = (0, 0)
      }
      count += 1
      size += length
    }
    return lengths + [size]
  }
}

extension WritableFile {
  /// Copies a stretch of another file, piece by piece.
  fileprivate func copy(_ range: Range<Int>, of file: any ReadableFile) throws {
    var offset = range.lowerBound
    while offset < range.upperBound {
      let bytes = try file.read(at: offset, count: min(1 << 18, range.upperBound - offset))
      guard !bytes.isEmpty else { return }
      try write(bytes)
      offset += bytes.count
    }
  }
}
