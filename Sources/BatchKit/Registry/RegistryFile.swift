import Foundation

/// The bytes of the registry's file and of the card in each job's folder.
enum RegistryFile {
  /// The shape these files have; a field more is a version more, so that no older library drops it unseen.
  static let version = 1

  private struct Head: Decodable {
    var version: Int
  }

  private struct Jobs: Decodable {
    var jobs: [RegistryEntry]
  }

  private struct Card: Codable {
    var version: Int
    var job: RegistryEntry
  }

  /// One job a line, so that a person, `grep` and `diff` can read it.
  static func render(_ entries: [RegistryEntry]) throws -> [UInt8] {
    let lines = try entries.map { String(decoding: try RegistryCoding.encoder.encode($0), as: UTF8.self) }
    let jobs = lines.isEmpty ? "" : "\n\(lines.joined(separator: ",\n"))\n"
    return Array("{\"version\":\(version),\"jobs\":[\(jobs)]}\n".utf8)
  }

  /// The entries in the bytes of the registry at `path`.
  static func entries(in bytes: [UInt8], of path: String) throws(BatchError) -> [RegistryEntry] {
    try checkVersion(bytes, path)
    let jobs = try decode(Jobs.self, bytes, path).jobs
    for entry in jobs where !RegistryEntry.isID(entry.id) {
      throw .damagedRegistry(path, "an id holds other than letters, digits, '.', '_' and '-'")
    }
    guard Set(jobs.map(\.id)).count == jobs.count else {
      throw .damagedRegistry(path, "it lists a job twice")
    }
    return jobs
  }

  static func renderCard(_ entry: RegistryEntry) throws -> [UInt8] {
    try Array(RegistryCoding.encoder.encode(Card(version: version, job: entry))) + [UInt8(ascii: "\n")]
  }

  /// The entry on the card at `path`, which stands in the folder of job `id`.
  static func entry(onCard bytes: [UInt8], of path: String, id: String) throws(BatchError) -> RegistryEntry {
    try checkVersion(bytes, path)
    let entry = try decode(Card.self, bytes, path).job
    guard entry.id == id else { throw .damagedRegistry(path, "it belongs to another job") }
    return entry
  }

  private static func checkVersion(_ bytes: [UInt8], _ path: String) throws(BatchError) {
    guard !bytes.isEmpty else { throw .damagedRegistry(path, "it is empty") }
    let found = try decode(Head.self, bytes, path).version
    guard found <= version else { throw .newerRegistry(path) }
    guard found > 0 else { throw .damagedRegistry(path, "there was never a version \(found)") }
  }

  private static func decode<Value: Decodable>(
    _ type: Value.Type, _ bytes: [UInt8], _ path: String
  ) throws(BatchError) -> Value {
    do {
      return try RegistryCoding.decoder.decode(type, from: Data(bytes))
    } catch {
      throw .damagedRegistry(path, "it does not read as one", cause: error)
    }
  }
}

extension BatchError {
  static func damagedRegistry(_ path: String, _ what: String, cause: (any Error)? = nil) -> Self {
    Self(
      .damagedRegistry,
      "The registry file \(path) is damaged (\(what)) and was left as it is; put a good copy back, or "
        + "rebuild the registry, which makes it anew from the folders of its jobs.", cause: cause)
  }

  static func newerRegistry(_ path: String) -> Self {
    Self(
      .newerRegistry,
      "The registry file \(path) was written by a newer version of BatchKit and was left as it is; update "
        + "BatchKit, or use another registry.")
  }

  static func heldRegistry(_ path: String, for limit: Duration) -> Self {
    Self(
      .busyJob,
      "Another process has held the registry \(path) for \(Int(limit.seconds)) seconds; wait until it is "
        + "done, or end it, and run this again.")
  }

  static func busyJob(_ entry: RegistryEntry) -> Self {
    Self(
      .busyJob,
      "Another process is working on the job \(entry.name ?? entry.id); wait until it is done, or end it, "
        + "and run this again.")
  }

  static func unknownJob(_ nameOrID: String, in path: String) -> Self {
    Self(
      .unknownJob,
      "Nothing in the registry \(path) goes by \"\(nameOrID)\"; look for its name or id among the registry's "
        + "entries.")
  }

  static func takenName(_ name: String, by id: String) -> Self {
    Self(
      .differentJob,
      "The name \"\(name)\" belongs to another job (\(id)); choose another name, or remove that job first.")
  }

  static func badID(_ id: String) -> Self {
    Self(
      .unknownJob,
      "\"\(id)\" can't be the id of a job; an id holds letters, digits, '.', '_' and '-', and begins "
        + "with no '.'."
    )
  }
}
