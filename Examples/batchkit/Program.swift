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
    if first == "--version" { return tellVersion() }
    guard let command = Command.all.first(where: { $0.name == first }) else {
      return complain(UsageError.unknownCommand(first), console(for: words[...]))
    }
    return await run(command, words.dropFirst())
  }

  private static func run(_ command: Command, _ words: ArraySlice<String>) async -> ExitCode {
    let arguments: Arguments
    do { arguments = try Arguments(words, for: command) } catch {
      return complain(error, console(for: words))
    }
    if arguments.has("help") { return help(command.name) }
    if arguments.has("version") { return tellVersion() }
    let session = Session(arguments)
    do {
      return try await command.run(session)
    } catch {
      if Task.isCancelled || error is CancellationError { return interrupted(session) }
      return complain(error, session.console, advice: advice(after: error, to: command, session.arguments))
    }
  }

  /// What this program can do about a failure that the library, which knows no program, tells in general.
  private static func advice(
    after error: any Error, to command: Command, _ arguments: Arguments
  ) -> String? {
    switch (error as? BatchError)?.code {
    case .missingKey:
      "batchkit config set keeps it there for you."
        + (command.reach == .emulator ? " With --offline no key is needed." : "")
    case .damagedRegistry:
      "batchkit rebuild\(arguments["registry"].map { " --registry \($0)" } ?? "") does the latter."
    default: nil
    }
  }

  /// Where to complain of words that were not understood, save for the one that says in which language.
  private static func console(for words: ArraySlice<String>) -> Console {
    var spoken = Arguments()
    if words.contains("--json") { spoken.flags = ["json"] }
    return Console(spoken)
  }

  private static func tellVersion() -> ExitCode {
    finish(.done) { try Console.print("batchkit \(version)\n") }
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
    session.console.complain("interrupted. \(way)", code: "interrupted")
    return .interrupted
  }

  private static func finish(_ code: ExitCode, _ body: () throws -> Void) -> ExitCode {
    do { try body() } catch { return complain(error, Console(Arguments())) }
    return code
  }

  private static func complain(
    _ error: any Error, _ console: Console, advice: String? = nil
  ) -> ExitCode {
    switch error {
    case let error as UsageError:
      console.complain(error.message, code: "usage")
      return .misuse
    case let error as Refusal:
      console.complain(error.message, code: error.code.rawValue, error.details)
      return .negative
    case let error as BatchError:
      let text = [error.description, advice].compactMap(\.self).joined(separator: " ")
      console.complain(text, code: error.code.rawValue, error.details)
      return ExitCode(error.code)
    case let error as CreateRefusal:
      console.complain(error.error.description, code: error.error.code.rawValue, error.error.details)
      return ExitCode(error.error.code)
    default:
      console.complain("something went wrong that should not: \(type(of: error)).", code: "unknown")
      return .service
    }
  }
}

/// The answer is no, for a reason that is told; what was found on the way comes with it.
struct Refusal: Error {
  let code: BatchError.Code
  let message: String
  var details: JSONObject = [:]
}

extension BatchError {
  /// What the service said of it, for a script.
  fileprivate var details: JSONObject {
    var details: JSONObject = [:]
    details["status"] = status.map { .number(JSONNumber($0)) }
    details["request_id"] = requestID.map { .string($0) }
    details["server_code"] = serverCode.map { .string($0) }
    return details
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
