import Foundation

/// What the build made, found beside the test bundle, and the programs in it, run as a person would run them.
enum Built {
  /// The folder of the package.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The folder that the build put its products into.
  static let products: URL = {
    let program = URL(fileURLWithPath: CommandLine.arguments[0])
    // Run by the package manager, the tests are a bundle or a program in that folder, or deeper within one of
    // it.
    let folders = sequence(first: program.deletingLastPathComponent()) { $0.deletingLastPathComponent() }
    let found = folders.prefix(8).first { folder in
      FileManager.default.isExecutableFile(atPath: folder.appendingPathComponent("quickstart").path)
    }
    return found ?? root.appendingPathComponent(".build/debug")
  }()

  /// How a program ended, and what it printed.
  struct Ending {
    var status: Int32
    var output: String
    var errors: String
  }

  /// Runs a program to its end.
  static func run(
    _ program: String, _ arguments: [String] = [], in folder: String, environment: [String: String] = [:]
  ) throws -> Ending {
    let process = Process()
    process.executableURL =
      program.hasPrefix("/") ? URL(fileURLWithPath: program) : products.appendingPathComponent(program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files rather than pipes: a pipe that nobody reads meanwhile fills up and stops the program.
    let output = URL(fileURLWithPath: folder).appendingPathComponent(".output-\(UUID())")
    let errors = output.appendingPathExtension("errors")
    for file in [output, errors] { try Data().write(to: file) }
    let files = try [output, errors].map { try FileHandle(forWritingTo: $0) }
    (process.standardOutput, process.standardError) = (files[0], files[1])
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    for file in files { try file.close() }
    defer { for file in [output, errors] { try? FileManager.default.removeItem(at: file) } }
    return Ending(
      status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
      errors: try String(contentsOf: errors, encoding: .utf8))
  }
}

/// A folder of one test's own, gone when the test is over.
final class Workplace {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("batchkit-example-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String) throws {
    try text.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8)
  }

  func read(_ name: String) throws -> String {
    try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
  }
}
