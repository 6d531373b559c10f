package import BatchKit
import Foundation

/// The program from its words to its exit code.
package enum Program {
  package static let version = "0.1.0"

  /// Does what the words ask for, and says what came of it.
  static func run(_ words: [String]) async -> ExitCode {
    guard let first = words.first else {
      return finish(.misuse) { Terminal.standardError.show(Help.overview(width: 80) + "\n") }
    }
    if ["--help", "-h", "help"].contains(first) { return help(words.dropFirst().first) }
    if first == "--version" { return finish(.done) { try Console.print("batchkit \(version)\n") } }
    guard let command = Command.all.first(where: { $0.name == first }) else {
      return finish(.misuse) { throw UsageError.unknownCommand(first) }
    }
    return await run(command, words.dropFirst())
  }

  private static func run(_ command: Command, _ words: ArraySlice<String>) async -> ExitCode {
    let arguments: Arguments
    do { arguments = try Arguments(words, for: command) } catch { return finish(.misuse) { throw error } }
    if arguments.has("help") { return help(command.name) }
    let session = Session(arguments)
    do {
      return try await command.run(session)
    } catch {
      if Task.isCancelled || error is CancellationError { return interrupted(session) }
      return complain(error, session.console)
    }
  }

  private static func help(_ name: String?) -> ExitCode {
    let terminal = Terminal.standardOutput
    let paint = Paint(isOn: terminal.style.hasColor)
    let width = min(terminal.style.width, 100)
    return finish(.done) {
      guard let name else { return try Console.print(Help.overview(width: width, paint: paint) + "\n") }
      guard let command = Command.all.first(where: { $0.name == name }) else {
        throw UsageError.unknownCommand(name)
      }
      try Console.print(Help.text(of: command, width: width, paint: paint) + "\n")
    }
  }

  private static func interrupted(_ session: Session) -> ExitCode {
    let way = session.wayBack.current ?? "Nothing was lost."
    session.console.complain("interrupted. \(way)")
    return .interrupted
  }

  private static func finish(_ code: ExitCode, _ body: () throws -> Void) -> ExitCode {
    do { try body() } catch { return complain(error, Console(Arguments())) }
    return code
  }

  private static func complain(_ error: any Error, _ console: Console) -> ExitCode {
    switch error {
    case let error as UsageError:
      console.complain(error.message)
      return .misuse
    case let error as BatchError:
      console.complain(error.description)
      return ExitCode(error.code)
    case let error as CreateRefusal:
      console.complain(error.error.description)
      return ExitCode(error.error.code)
    default:
      console.complain("something went wrong that should not: \(type(of: error)).")
      return .service
    }
  }
}

extension ExitCode {
  /// The exit code for a kind of failure.
  package init(_ code: BatchError.Code) {
    switch code {
    case .unreadableFile, .unwritableFile, .damagedRegistry, .newerRegistry: self = .file
    case .invalidBatch, .invalidTable, .invalidTemplate, .invalidJSON, .unknownJob, .differentJob, .busyJob,
      .nothingUsable, .deadlinePassed:
      self = .negative
    default: self = .service
    }
  }
}
