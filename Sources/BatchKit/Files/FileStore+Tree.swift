extension FileStore {
  /// Takes away a file, or a folder with all that is in it; links in it are removed, never followed.
  ///
  /// It tries the simple removal first, so that a file and an empty folder cost one call. Nothing there is no
  /// failure. What is put into the folder meanwhile makes the last removal fail, and stays.
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
