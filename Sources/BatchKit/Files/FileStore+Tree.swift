extension FileStore {
  /// Takes away a file, or a folder with all that is in it; links in it are removed, never followed.
  package func removeTree(_ path: String) throws(BatchError) {
    do {
      try remove(path)
    } catch {
      guard error.fileFault == .notEmpty else { throw error }
      for name in try names(in: path) { try removeTree("\(path)/\(name)") }
      try remove(path)
    }
  }
}
