/// Requests whose inputs came once and won't come again: written as lines right away, and read back each
/// time.
///
/// A few are kept in memory; from some megabytes on they go to a private temporary file, so that a sequence
/// may be longer than memory.
///
/// A class, since its temporary folder goes with the last batch that holds it.
final class SpilledRequests<Request: BatchRequest>: RequestSource {
  /// The last lines, which never went to the disk.
  private let lines: [UInt8]
  /// Where the lines before them are, where there are so many.
  private let rest: (folder: TemporaryFolder, path: String)?
  private let total: Int
  /// What was wrong with elements that made no line.
  private let problems: [Problem]

  fileprivate init(
    lines: [UInt8], rest: (folder: TemporaryFolder, path: String)?, total: Int, problems: [Problem]
  ) {
    self.lines = lines
    self.rest = rest
    self.total = total
    self.problems = problems
  }

  func count() -> Int { total }

  func walk(_ request: Request, _ visit: (RenderedStep) throws -> Void) throws {
    var number = 0
    if let rest { try walk(try rest.folder.store.open(rest.path), &number, visit) }
    try walk(BytesFile(bytes: lines), &number, visit)
    for problem in problems { try visit(.problem(problem)) }
  }

  /// Goes through lines in a file or in memory, and counts on from `number`.
  private func walk(
    _ file: any ReadableFile, _ number: inout Int, _ visit: (RenderedStep) throws -> Void
  ) throws {
    var reader = LineReader(file)
    while try reader.next() {
      number += 1
      let id = CustomID(try Self.id(of: reader.line))
      try visit(.line(RenderedLine(id: id, place: "element \(number)", bytes: reader.line + [0x0A])))
    }
  }

  /// The id that a line of ours begins with.
  private static func id(of line: [UInt8]) throws -> String {
    try line.withSpan { bytes throws(JSONFault) in
      var scanner = JSONScanner()
      try scanner.expect(UInt8(ascii: "{"), bytes)
      _ = try scanner.string(bytes)
      try scanner.expect(UInt8(ascii: ":"), bytes)
      return try scanner.string(bytes).decoded(bytes)
    }
  }
}

/// The writing of such requests; nothing in it throws, since `add` can't: what goes wrong is told by
/// `problems()`.
///
/// What it makes are finished lines, so reading them back asks neither the elements nor the prototype again.
struct SpillWriter<Request: BatchRequest> {
  /// From how many bytes on the lines go to the disk.
  private static var mostInMemory: Int { 4 << 20 }

  private let request: Request
  private var writer = LineWriter()
  private var lines: [UInt8] = []
  private var rest: (folder: TemporaryFolder, path: String)?
  private var file: (any WritableFile)?
  private var total = 0
  private var problems: [Problem] = []

  init(_ request: Request) { self.request = request }

  /// Writes the request about one element.
  mutating func take(_ id: CustomID, _ input: () throws -> Request.Input) {
    total += 1
    do {
      switch writer.line(id, request, try input(), place: "element \(total)") {
      case .line(let line): lines.append(contentsOf: line.bytes)
      case .problem(let problem): problems.append(problem)
      }
      if lines.count > Self.mostInMemory { try flush() }
    } catch {
      problems.append(.unwritableRequest(error, id, "element \(total)"))
    }
  }

  /// Hands the lines in memory to the file, which is made when there are too many for the first time.
  private mutating func flush() throws {
    if file == nil {
      let folder = TemporaryFolder()
      try folder.store.createFolder(folder.path)
      let path = "\(folder.path)/requests.jsonl"
      file = try folder.store.create(path, .exclusive)
      rest = (folder, path)
    }
    try file?.write(lines)
    lines.removeAll(keepingCapacity: true)
  }

  /// The requests, to be read any number of times.
  consuming func finish() -> SpilledRequests<Request> {
    SpilledRequests(lines: lines, rest: rest, total: total, problems: problems)
  }
}

/// Bytes in memory, read as a file is.
private struct BytesFile: ReadableFile {
  let bytes: [UInt8]

  func size() -> Int { bytes.count }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let part = bytes[min(offset, bytes.count)..<min(offset + buffer.count, bytes.count)]
    part.withUnsafeBytes { buffer.copyMemory(from: $0) }
    return part.count
  }
}
