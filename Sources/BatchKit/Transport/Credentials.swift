import Foundation

/// Finds keys and settings where their owner left them: the environment, `.env`, the settings file.
///
/// It holds the environment, and with that secrets: no description or mirror of it shows anything.
///
/// Keys are looked up when a call is made and not when a client is, so that a program can be set up without
/// one. Nothing that is found is kept here.
package struct Credentials: Sendable {
  private let environment: [String: String]
  /// Through it the files are read, so that tests need none on the disk.
  private let store: any FileStore
  private let folder: String

  /// Credentials looked up in these places.
  ///
  /// - Parameter folder: Where `.env` is looked for: the working folder.
  package init(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    store: any FileStore = DiskStore.shared, folder: String = "."
  ) {
    self.environment = environment
    self.store = store
    self.folder = folder
  }

  /// The text of a key, or `nil` where none is asked for.
  ///
  /// - Throws: ``BatchError`` where there is none, it is no key, or others can read where it lies.
  ///
  /// A key named by its variable is looked for in the environment, then in `.env`, then in the settings file
  /// of the user's folder; what stands nearest to the program wins. One that is there but can't be a key
  /// stops the search: to go on would use another key than the one its owner sees.
  package func text(of key: APIKey) throws(BatchError) -> String? {
    switch key.source {
    case .absent: return nil
    case .value(let text):
      guard let key = try checked(text, in: "given in the program") else { throw .emptyKey }
      return key
    case .environment(let name):
      if let key = try checked(environment[name], in: "in the environment variable \(name)") { return key }
      if let key = try checked(try dotEnv(name), in: "\(name) in \(dotEnvPath)") { return key }
      if let key = try settingsKey(name, at: settingsPath) { return key }
      throw .missingKey(name, dotEnvPath: dotEnvPath, settingsPath: settingsPath)
    case .settings(let path, let name):
      if let key = try settingsKey(name, at: path) { return key }
      throw .missingKey(name, inSettings: path)
    }
  }

  /// A setting that is no secret, such as `OPENAI_BASE_URL`: from the environment, else from `.env`.
  ///
  /// A `.env` that can't be read is a failure: the key must not go to another host than the one it names.
  package func setting(_ name: String) throws(BatchError) -> String? {
    if let value = environment[name]?.trimmed, !value.isEmpty { return value }
    // Also behind an empty variable: an empty one is how scripts leave a setting out.
    guard let value = try dotEnv(name)?.trimmed, !value.isEmpty else { return nil }
    return value
  }
}

extension Credentials {
  /// More than any file of settings holds; a mistaken path must not be read whole.
  private static let sizeLimit = 1 << 20

  /// As messages show it: `.env` alone in the working folder.
  private var dotEnvPath: String { folder == "." ? ".env" : "\(folder)/.env" }

  /// The file for a key that serves all projects of a user.
  private var settingsPath: String { "\(DiskStore.home(environment))/.batchkit/settings.json" }

  /// What `.env` sets `name` to; `nil` where there is no such file, or it is a folder, as some tools make
  /// one. It is not asked who else may read it, for it is written by editors and other tools in their own
  /// way.
  private func dotEnv(_ name: String) throws(BatchError) -> String? {
    guard let status = try store.status(of: dotEnvPath), !status.isFolder else { return nil }
    guard status.size <= Self.sizeLimit else { throw .oversizedSettings(dotEnvPath) }
    return DotEnv.value(of: name, in: try store.read(dotEnvPath))
  }

  /// What the settings file has under `name`; `nil` where there is no such file.
  ///
  /// Unlike `.env` this file is ours, and holds nothing but keys. So it must be its owner's alone: a key that
  /// others can read is refused before it is used, with the command that mends it.
  private func settingsKey(_ name: String, at path: String) throws(BatchError) -> String? {
    guard let status = try store.status(of: path) else { return nil }
    guard status.permissions & 0o077 == 0 else { throw .openSettings(path) }
    guard status.size <= Self.sizeLimit else { throw .oversizedSettings(path) }
    let bytes = try store.read(path)
    do {
      let texts = try JSONDecoder().decode([String: Setting].self, from: Data(bytes))
      return try checked(texts[name]?.text, in: "\(name) in \(path)")
    } catch let error as BatchError {
      throw error
    } catch {
      // The decoder's own error could quote the file, and is not told on.
      throw .unreadableSettings(path)
    }
  }

  /// The key without the white space that copying brings along, or `nil` where nothing is left.
  ///
  /// A line break within it would begin another header field; it and all else that no key has is refused with
  /// the place where the key stands, never with the key.
  private func checked(_ text: String?, in place: String) throws(BatchError) -> String? {
    guard let text = text?.trimmed, !text.isEmpty else { return nil }
    guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { throw .malformedKey(place) }
    return text
  }
}

/// A value of the settings file; only texts can be keys, but others may stand beside them.
///
/// Any other value is no key, and no reason to refuse the file.
private struct Setting: Decodable {
  let text: String?

  init(from decoder: any Decoder) throws {
    text = try? decoder.singleValueContainer().decode(String.self)
  }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "Credentials(redacted)" }
  package var debugDescription: String { description }
  /// Empty, so that neither `dump` nor a debugger's summary walks into the environment.
  package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

extension String {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}

extension BatchError {
  /// All three places are named, with the very line that each takes.
  fileprivate static func missingKey(_ name: String, dotEnvPath: String, settingsPath: String) -> Self {
    Self(
      .missingKey,
      "No key was found: set the environment variable \(name), or write \(name)=… into \(dotEnvPath), or "
        + "{\"\(name)\": \"…\"} into \(settingsPath) (and run chmod 600 on it).")
  }

  fileprivate static func missingKey(_ name: String, inSettings path: String) -> Self {
    Self(
      .missingKey,
      "The settings file \(path) holds no key: write {\"\(name)\": \"…\"} into it and run "
        + "chmod 600 \(path).")
  }

  fileprivate static var emptyKey: Self {
    Self(.missingKey, "The key given in the program is empty; give the key, or `.none` where none is needed.")
  }

  fileprivate static func malformedKey(_ place: String) -> Self {
    Self(
      .missingKey,
      "The key \(place) holds a character that no key has, such as a line break or a blank; copy it again.")
  }

  fileprivate static func openSettings(_ path: String) -> Self {
    Self(.missingKey, "The settings file \(path) is readable by others; run chmod 600 \(path).")
  }

  fileprivate static func unreadableSettings(_ path: String) -> Self {
    Self(
      .missingKey,
      "The settings file \(path) is no JSON object; write it as {\"OPENAI_API_KEY\": \"…\"} and run "
        + "this again."
    )
  }

  fileprivate static func oversizedSettings(_ path: String) -> Self {
    Self(.unreadableFile, "\(path) is larger than 1 MB, so it can't be a file of settings; check what it is.")
  }
}
