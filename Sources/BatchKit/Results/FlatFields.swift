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
