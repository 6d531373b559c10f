import BatchKit
import Foundation

/// A folder of one test's own, gone when the test is over.
final class Scratch: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "batchkit-test-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of something in the folder.
  func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }
}

extension FileStore {
  /// A whole file as text.
  func text(_ path: String) throws -> String { String(decoding: try read(path), as: UTF8.self) }

  /// Writes a file that is not there yet.
  func write(_ text: String, to path: String, _ mode: CreateMode = .exclusive) throws {
    let file = try create(path, mode)
    try file.write(Array(text.utf8))
    try file.sync()
    try file.close()
  }
}
