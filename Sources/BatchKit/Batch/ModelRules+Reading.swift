extension ModelRules {
  /// Reads a table from a file.
  ///
  /// - Throws: ``BatchError`` where it can't be read, is no JSON, or is no such table, with the entry.
  ///
  /// - Parameter path: The file.
  public init(path: String) throws { try self.init(path: path, store: DiskStore.shared) }

  package init(path: String, store: any FileStore) throws(BatchError) {
    let bytes = try store.read(path)
    let table: JSONValue
    do throws(JSONFault) { table = try JSONValue.parse(bytes) } catch {
      let place = error.place(in: bytes)
      throw BatchError(
        .invalidJSON,
        "\(path) is not JSON: \(error.reason.rawValue) at line \(place.line), column \(place.column).")
    }
    try self.init(table, from: path)
  }

  /// Reads a table from the text of one.
  ///
  /// - Throws: ``BatchError`` where it is no JSON, or no such table, with the entry.
  ///
  /// - Parameter text: The table as JSON.
  public init(parsing text: String) throws(BatchError) {
    try self.init(try JSONValue(parsing: text), from: "The table of models")
  }

  /// Reads a table out of JSON; what it does not know is an error, since a misspelt rule would never apply.
  private init(_ table: JSONValue, from source: String) throws(BatchError) {
    guard let entries = table["families"].array else {
      throw .noModelRules(source, "it has no list “families”")
    }
    updated = table["updated"].string ?? ""
    families = []
    for (index, entry) in entries.enumerated() {
      families.append(try Family(entry, "\(source), family \(index + 1)"))
    }
  }
}

extension ModelRules.Family {
  private static let keys = [
    "models", "contextTokens", "refuses", "refusesWhileReasoning", "isBatchable",
  ]

  /// Reads one entry.
  fileprivate init(_ entry: JSONValue, _ source: String) throws(BatchError) {
    for key in entry.object?.keys ?? [] where !Self.keys.contains(key) {
      let hint = nearestName(to: key, among: Self.keys).map { "; “\($0)” was probably meant" } ?? ""
      throw .noModelRules(source, "it knows nothing of “\(key)”\(hint)")
    }
    let names = entry["models"].array?.compactMap(\.string) ?? []
    guard !names.isEmpty, names.count == entry["models"].array?.count else {
      throw .noModelRules(source, "“models” must be a list of names, such as [\"gpt-5*\"]")
    }
    self.init()
    models = names
    refuses = try Self.remedies(entry["refuses"], source)
    refusesWhileReasoning = try Self.remedies(entry["refusesWhileReasoning"], source)
    isBatchable = entry["isBatchable"].bool ?? true
    guard !entry["contextTokens"].isNull else { return }
    guard let tokens = entry["contextTokens"].number?.int, tokens > 0 else {
      throw .noModelRules(source, "“contextTokens” must be a whole number above 0")
    }
    contextTokens = tokens
  }

  /// Parameters with what to do instead; a remedy that is no text says to leave the parameter out.
  private static func remedies(_ value: JSONValue, _ source: String) throws(BatchError) -> [String: String] {
    if value.isNull { return [:] }
    guard let pairs = value.object else {
      throw .noModelRules(source, "what it refuses must be an object, of parameters and what to do instead")
    }
    var remedies: [String: String] = [:]
    for (name, remedy) in pairs { remedies[name] = remedy.string ?? "leave it out" }
    return remedies
  }
}

extension BatchError {
  fileprivate static func noModelRules(_ source: String, _ reason: String) -> Self {
    Self(.invalidJSON, "\(source) is no table of models: \(reason).")
  }
}
