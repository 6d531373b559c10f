import BatchKit
import BatchKitTesting
import Foundation

/// A folder of one test's own, from which the real executable is called.
final class Desk: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "batchkit-desk-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.resolvingSymlinksInPath().path
    try write("id,product,text\n1,Lamp,It hums.\n2,Kettle,\"Boils, fast\"\n", to: "reviews.csv")
    try write(
      #"{"model": "m-1", "messages": [{"role": "user", "content": "{{product}}: {{text}}"}]}"#,
      to: "prompt.json")
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
  }

  func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")), as: UTF8.self)
  }

  func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }

  var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

  /// Runs the program to its end.
  func run(
    _ words: String..., server: EmulatorServer? = nil, input: String = "", environment: [String: String] = [:]
  ) async throws -> Outcome {
    try await run(words, server: server, input: input, environment: environment)
  }

  func run(
    _ words: [String], server: EmulatorServer? = nil, input: String = "", environment: [String: String] = [:]
  ) async throws -> Outcome {
    let mark = UUID().uuidString
    let files = ["in", "out", "err"].map { "\(path)/.\(mark).\($0)" }
    for (file, text) in zip(files, [input, "", ""]) {
      try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    }
    defer { for file in files { try? FileManager.default.removeItem(atPath: file) } }
    let process = try process(words, server, environment)
    let input = try FileHandle(forReadingFrom: URL(fileURLWithPath: files[0]))
    let output = try FileHandle(forWritingTo: URL(fileURLWithPath: files[1]))
    let error = try FileHandle(forWritingTo: URL(fileURLWithPath: files[2]))
    (process.standardInput, process.standardOutput, process.standardError) = (input, output, error)
    try await process.runToEnd()
    // The process keeps what it was given for longer than it runs.
    for file in [input, output, error] { try file.close() }
    let texts = try files.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
    return Outcome(
      code: process.terminationStatus, output: tidied(String(decoding: texts[1], as: UTF8.self)),
      error: tidied(String(decoding: texts[2], as: UTF8.self)))
  }

  /// The program, ready to be started in this folder, which is its home too.
  func process(
    _ words: [String], _ server: EmulatorServer?, _ environment: [String: String] = [:]
  ) throws -> Process {
    let process = Process()
    process.executableURL = try Self.program()
    process.currentDirectoryURL = URL(fileURLWithPath: path)
    var all = ["HOME": path, "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"]
    if let server {
      all["OPENAI_BASE_URL"] = server.baseURL.absoluteString
      all["OPENAI_API_KEY"] = "sk-test-desk"
    }
    process.environment = all.merging(environment) { $1 }
    process.arguments = words
    return process
  }

  /// The executable that was built beside these tests.
  private static func program() throws -> URL {
    let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundlePath
    var folder = URL(fileURLWithPath: bundle ?? CommandLine.arguments[0]).deletingLastPathComponent()
    while folder.path != "/" {
      let program = folder.appending(path: "batchkit")
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: program.path, isDirectory: &isFolder), !isFolder.boolValue {
        return program
      }
      folder.deleteLastPathComponent()
    }
    throw CocoaError(.fileNoSuchFile)
  }

  /// The text without what differs from one run to the next.
  private func tidied(_ text: String) -> String {
    text.replacing(path, with: "~")
      .replacing(/job-\d{8}-\d{6}-[0-9a-f]+/, with: "job-1")
      .replacing(/job-(started|adopted)-[0-9a-f]+/) { "job-\($0.output.1)" }
      .replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/, with: "DATE")
      .replacing(/\d{4}-\d\d-\d\d/, with: "DAY")
      .replacing(/127\.0\.0\.1:\d+/, with: "SERVER")
      .replacing(/(batch_|file-)[0-9a-f]{12,}/) { "\($0.output.1)1" }
  }
}

/// What the program said, and the code it ended with.
struct Outcome: Equatable {
  var code: Int32
  var output = ""
  var error = ""
}

extension Process {
  /// Starts the process and waits for its end without holding a thread.
  func runToEnd() async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      terminationHandler = { _ in continuation.resume() }
      do { try run() } catch {
        terminationHandler = nil
        continuation.resume(throwing: error)
      }
    }
  }
}
