import BatchKit
import Foundation

extension Command {
  static let config = Command(
    "config", .around, "Keep the key in a file that only you can read, or show what is set.",
    [
      Operand("WHAT", "set or show; show if not told.", .optional, choices: ["show", "set"]),
      Operand("NAME", "The name of the setting: OPENAI_API_KEY, told or not.", .optional),
    ],
    discussion: """
      set asks for the key without showing it, or reads it from standard input. A key is never taken from the \
      command line, where others could read it, and never shown.
      """,
    examples: ["batchkit config set", "pass show openai | batchkit config set"], reach: .registry
  ) { session in
    let operands = session.arguments.operands
    let settings = SettingsFile(environment: ProcessInfo.processInfo.environment)
    guard operands.first == "set" else { return try session.show(settings) }
    let name = operands.count > 1 ? operands[1] : "OPENAI_API_KEY"
    guard name == "OPENAI_API_KEY" else {
      // The word is not repeated: somebody may have put the key itself here.
      throw UsageError(
        "config set keeps OPENAI_API_KEY and nothing else; set what has another name in the environment.")
    }
    guard let key = Terminal.readSecret(prompt: "\(name): ")?.trimmingCharacters(in: .whitespacesAndNewlines),
      !key.isEmpty
    else { throw UsageError("No key came; type it when asked, or send it through standard input.") }
    guard key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw UsageError("That is no key: it holds a blank or a sign beyond ASCII; copy it again.")
    }
    try settings.set(name, to: key)
    try session.console.tell(
      ["file": .string(settings.path), "set": .string(name)], "\(name) is set in \(settings.path)")
    return .done
  }
}

extension Session {
  fileprivate func show(_ settings: SettingsFile) throws -> ExitCode {
    let environment = ProcessInfo.processInfo.environment
    let names = try settings.names()
    let registry = arguments["registry"] ?? BatchRegistry.standard.path
    var rows = Columns()
    rows.add("settings file", settings.path)
    rows.add("set there", names.isEmpty ? "nothing" : names.map { "\($0) (hidden)" }.joined(separator: ", "))
    let variables = [
      "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "BATCHKIT_API_KEY",
    ]
    .filter { environment[$0]?.isEmpty == false }
    rows.add("in the environment", variables.isEmpty ? "nothing" : variables.joined(separator: ", "))
    rows.add("registry", registry)
    let json: JSONValue = [
      "file": .string(settings.path), "set": .array(names.map { .string($0) }),
      "environment": .array(variables.map { .string($0) }), "registry": .string(registry),
    ]
    try console.tell(json, rows.text)
    return .done
  }
}

/// The file of settings in the user's own folder.
private struct SettingsFile {
  let path: String
  private let store = DiskStore.shared

  init(environment: [String: String]) { path = "\(DiskStore.home(environment))/.batchkit/settings.json" }

  func names() throws -> [String] { try content().keys }

  /// Sets one value and leaves the others as they are.
  func set(_ name: String, to value: String) throws {
    var content = try content()
    content[name] = .string(value)
    try store.createFolder(DiskStore.folder(of: path))
    try store.replace(path, with: Array("\(JSONValue.object(content))\n".utf8))
  }

  private func content() throws -> JSONObject {
    guard try store.status(of: path) != nil else { return [:] }
    let bytes = try store.read(path)
    do throws(JSONFault) {
      if let object = try JSONValue.parse(bytes).object { return object }
    } catch {
      // The fault's own words could quote the file, and with it a key.
      throw unreadable
    }
    throw unreadable
  }

  private var unreadable: BatchError {
    BatchError(
      .unreadableFile,
      "The settings file \(path) is no JSON object and was left as it is; mend it or remove it.")
  }
}
