extension JSONSchema {
  /// Reads a schema from a file of JSON.
  ///
  /// - Throws: ``BatchError`` where the file can't be read or is no JSON.
  public init(path: String) throws(BatchError) { try self.init(path: path, store: DiskStore.shared) }

  package init(path: String, store: any FileStore) throws(BatchError) {
    let json = try store.read(path)
    do throws(JSONFault) {
      self.init(try JSONValue.parse(json))
    } catch {
      let place = error.place(in: json)
      throw BatchError(
        .invalidJSON,
        "\(path) is not JSON: \(error.reason.rawValue) at line \(place.line), column \(place.column).")
    }
  }
}
