import Foundation

/// A private folder that is gone, with all that is in it, when the value is released.
///
/// It is a class for the sake of that: the last copy of a table or a batch that refers to it takes it along.
/// A process that is killed leaves it behind, private as it is.
package final class TemporaryFolder: Sendable {
  package let path: String
  package let store: any FileStore

  /// A folder under the system's temporary one; what is written in it first makes it.
  ///
  /// Its name can't be guessed, so nobody else on the machine can have made it before.
  package init(store: any FileStore = DiskStore.shared) {
    self.store = store
    let parent = DiskStore.resolving(FileManager.default.temporaryDirectory.path)
    path = "\(parent)/batchkit-\(UUID().uuidString.lowercased())"
  }

  deinit {
    // Nobody is left to be told; the system clears its temporary folder by and by.
    try? store.removeTree(path)
  }
}

extension DiskStore {
  /// The user's own folder, where settings and the usual registry are.
  ///
  /// By the variable first, as programs of the shell have it; tests and services set it to keep to a folder
  /// of their own.
  package static func home(_ environment: [String: String]) -> String {
    environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
  }
}
