extension BatchLine {
  /// The fields of an answer that is a JSON object, by their paths such as `label` or `place.town`.
  var flatFields: [String: String] {
    Dictionary(flatPairs.map { ($0.path, $0.value.cellText) }, uniquingKeysWith: { $1 })
  }

  /// The fields in order, objects taken apart.
  var flatPairs: [(path: String, value: JSONValue)] {
    guard let text, let value = try? JSONValue(parsing: text.withoutCodeFence) else { return [] }
    return value.fields(beneath: "")
  }
}

extension JSONValue {
  /// Only an object has fields; an empty one is a field without any.
  fileprivate func fields(beneath path: String) -> [(path: String, value: JSONValue)] {
    (object?.pairs ?? []).flatMap { key, value in
      let path = path.isEmpty ? key : "\(path).\(key)"
      return value.object?.pairs.isEmpty == false ? value.fields(beneath: path) : [(path, value)]
    }
  }
}

extension BatchResults {
  /// Whether some answer has a text that is no JSON object, and so has no fields to show.
  ///
  /// Its text would be lost to a table whose only trace of it were those fields. The results are gone through
  /// up to the first such answer.
  package var hasUnflattenedText: Bool {
    contains { line in
      guard let text = line.text(in: .content), !text.isEmpty else { return false }
      // What was paid for and is no JSON, such as an answer that was cut off, counts as well.
      return line.value == nil || (try? JSONValue(parsing: text.withoutCodeFence))?.object == nil
    }
  }

  /// The paths of all fields that answers have, in the order in which they first appear.
  func flatPaths() -> [String] {
    var paths: [String] = []
    var seen: Set<String> = []
    for line in self where line.value != nil {
      for (path, _) in line.flatPairs where seen.insert(path).inserted { paths.append(path) }
    }
    return paths
  }
}
