import BatchKit
import Foundation

/// Where something is written to: a new file, standard output, or a device.
struct OutputFile {
  private enum Kind { case file, standardOutput, device }

  let path: String
  private let kind: Kind

  /// Looks at the place before anything is paid for.
  ///
  /// - Throws: an error where it could not be written to in the end, or where a file would be lost.
  init(_ path: String, replacing: Bool) throws {
    self.path = path
    let store = DiskStore.shared
    // By another name, as `/dev/stdout` is one, it must not be opened a second time, let alone replaced.
    guard path != "-", !DiskStore.isStandardOutput(path) else {
      kind = .standardOutput
      return
    }
    guard let status = try store.status(of: path) else {
      kind = .file
      let folder = DiskStore.folder(of: path)
      guard try store.status(of: folder)?.isFolder == true else {
        throw BatchError(
          .unwritableFile, "The folder of \(path) is not there; make it first, or choose another path.")
      }
      return
    }
    guard !status.isFolder else {
      throw BatchError(.unwritableFile, "\(path) is a folder; name a file in it.")
    }
    kind = try Self.isRegular(path) ? .file : .device
    if kind == .file, !replacing {
      throw BatchError(
        .unwritableFile,
        "\(path) is there already and was left as it is; choose another name, or add --force.")
    }
  }

  /// Whether both paths lead to one file, however they are written; devices may be written to twice.
  static func isOneFile(_ path: String, _ other: String) throws -> Bool {
    guard path != "-", other != "-", try DiskStore.shared.status(of: path)?.isDevice != true else {
      return false
    }
    return DiskStore.resolving(path) == DiskStore.resolving(other)
  }

  var isStandardOutput: Bool { kind == .standardOutput }
  var isFile: Bool { kind == .file }

  /// The path with a number behind its name: `requests-0001.jsonl`.
  func numbered(_ number: Int) -> String {
    let digits = String(number)
    let tail = "-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return path + tail }
    return path[..<dot] + tail + path[dot...]
  }

  /// Lets `body` write a file, and returns what it does; what is no file is filled from a draft afterwards.
  @discardableResult
  func write<Written>(_ session: Session, _ body: (String) throws -> Written) throws -> Written {
    guard kind != .file else { return try body(path) }
    let draft = try session.draft("out")
    let written = try body(draft)
    let source = try FileHandle(forReadingFrom: URL(fileURLWithPath: draft))
    defer { source.closeFile() }
    let device = kind == .device ? try Self.opened(path) : nil
    while let data = try source.read(upToCount: 1 << 18), !data.isEmpty {
      guard let device else {
        try Console.print(Array(data))
        continue
      }
      try Self.write(data, to: device, path)
    }
    return written
  }

  private static func opened(_ path: String) throws -> FileHandle {
    guard let handle = FileHandle(forWritingAtPath: path) else {
      throw BatchError(.unwritableFile, "\(path) can't be written to; choose another path.")
    }
    return handle
  }

  private static func write(_ data: Data, to handle: FileHandle, _ path: String) throws {
    do { try handle.write(contentsOf: data) } catch {
      throw BatchError(
        .unwritableFile, "The disk is full: \(path) can't be written; free some room and run it again.",
        cause: error)
    }
  }

  private static func isRegular(_ path: String) throws -> Bool {
    guard case .file = try DiskStore.shared.destination(of: path) else { return false }
    let resolved = DiskStore.resolving(path)
    let type = try FileManager.default.attributesOfItem(atPath: resolved)[.type] as? FileAttributeType
    return type == .typeRegular
  }
}

extension Session {
  /// The place that `--output` names.
  ///
  /// - Parameter inputs: The files that are read, which must stay as they are.
  func output(otherwise path: String? = nil, sparing inputs: [String] = []) throws -> OutputFile {
    guard let path = arguments["output"] ?? path else {
      throw UsageError("Where to write to is missing: -o FILE, or -o - for standard output.")
    }
    return try place(path, sparing: inputs)
  }

  /// The place that `--output` names for a table and its answers, which are CSV and must be called so.
  func tableOutput() throws -> OutputFile {
    if let path = arguments["output"] {
      try spare(arguments.operands, from: path)
      do throws(BatchError) { _ = try CSVDialect().fitting(path) } catch { throw UsageError(error.message) }
    }
    return try output(sparing: arguments.operands)
  }

  /// A place to write to.
  func place(_ path: String, sparing inputs: [String] = []) throws -> OutputFile {
    try spare(inputs, from: path)
    return try OutputFile(path, replacing: arguments.has("force"))
  }

  /// Throws where the output would replace what is read.
  ///
  /// `--force` is meant for what an earlier call wrote. What this call reads, and the list of all jobs, it
  /// must not cost anybody.
  private func spare(_ inputs: [String], from path: String) throws {
    for input in inputs + [registry.path] where try OutputFile.isOneFile(path, input) {
      throw UsageError("\(path) is read here, so it can't be written over; choose another name.")
    }
  }

  /// Says the outcome where it does not get mixed up with the data.
  func conclude(_ output: OutputFile, _ object: JSONObject, _ text: String) throws {
    let json = outcome(object)
    if output.isStandardOutput { console.tellAside(json, text) } else { try console.tell(json, text) }
  }
}
