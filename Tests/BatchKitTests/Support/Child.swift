import Foundation

/// Another process, for what only another process can show.
final class Child {
  private let process = Process()
  private let output = Pipe()
  // Kept open, so that a child which reads until its input ends goes on until it is told otherwise.
  private let input = Pipe()

  init(_ program: String, _ arguments: [String]) throws {
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardInput = input
    process.standardOutput = output
    try process.run()
  }

  deinit { if process.isRunning { process.terminate() } }

  /// The first line it prints.
  func line() -> String {
    String(decoding: output.fileHandleForReading.availableData, as: UTF8.self).split(separator: "\n").first
      .map(String.init) ?? ""
  }

  /// Ends it without warning.
  func kill() { Foundation.kill(process.processIdentifier, SIGKILL) }

  /// Its exit status, once it has ended.
  func status() -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }
}
