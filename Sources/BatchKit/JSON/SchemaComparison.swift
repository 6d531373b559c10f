/// Finds where two schemas describe different values; words to the model and limits are left aside.
///
/// It is asked when a request that was stored with its schema meets a type again: the type must read what the
/// stored schema makes the model write. Differences that do not change which values there are, in order, in
/// words or in how a schema is divided into definitions, are none.
struct SchemaComparison {
  private let left: JSONValue
  private let right: JSONValue
  /// How many places may still be compared, as a schema can contain itself many times over.
  private var budget = 20_000

  private init(_ left: JSONValue, _ right: JSONValue) {
    self.left = left
    self.right = right
  }

  /// The first difference, told as what the first schema has where the second has something else.
  ///
  /// - Parameters:
  ///   - left: the schema that answers follow.
  ///   - right: the schema of the type that reads them.
  /// - Returns: a piece of a sentence about the first place where they differ, or `nil`.
  static func difference(_ left: JSONValue, _ right: JSONValue) -> String? {
    var comparison = Self(left, right)
    return comparison.difference(left, right, "", 0)
  }

  /// Compares what stands at one place: types, values to choose from, properties, elements, in that order.
  private mutating func difference(
    _ one: JSONValue, _ other: JSONValue, _ path: String, _ depth: Int
  ) -> String? {
    // What is still equal so deep down is a schema that contains itself.
    budget -= 1
    guard depth < 24, budget > 0 else { return nil }
    let (one, other) = (resolved(one, in: left), resolved(other, in: right))
    let place = path.isEmpty ? "the whole" : "“\(path)”"
    if one.types != other.types {
      return "\(place) is \(one.types.joined(separator: " or ")) there "
        + "and \(other.types.joined(separator: " or ")) in the type"
    }
    if Set(one["enum"].array ?? []) != Set(other["enum"].array ?? []) {
      return "\(place) has other values to choose from (enum)"
    }
    if let difference = properties(one, other, path, depth) { return difference }
    if one["items"].object != nil || other["items"].object != nil {
      return difference(one["items"], other["items"], path.descending(to: "[]"), depth + 1)
    }
    return nil
  }

  /// Compares properties by their names; their order does not matter to who decodes.
  private mutating func properties(
    _ one: JSONValue, _ other: JSONValue, _ path: String, _ depth: Int
  ) -> String? {
    let (mine, theirs) = (one["properties"].object ?? [:], other["properties"].object ?? [:])
    for name in mine.keys where theirs[name] == nil { return "“\(path.descending(to: name))” is only there" }
    for name in theirs.keys where mine[name] == nil {
      return "“\(path.descending(to: name))” is only in the type"
    }
    for (name, property) in mine {
      let difference = difference(property, theirs[name] ?? .null, path.descending(to: name), depth + 1)
      if let difference { return difference }
    }
    return nil
  }

  /// What a reference points at, and a union with null as the one schema that may be null.
  private func resolved(_ schema: JSONValue, in root: JSONValue, hops: Int = 8) -> JSONValue {
    guard hops > 0 else { return schema }
    if let target = schema["$ref"].string, let found = root.definition(at: target) {
      return resolved(found, in: root, hops: hops - 1)
    }
    guard let choices = schema["anyOf"].array else { return schema }
    let others = choices.filter { $0["type"] != "null" }
    // A union of several types is left as it is, and two such are compared by nothing but what stands beside
    // them.
    guard others.count == 1 else { return schema }
    var only = resolved(others[0], in: root, hops: hops - 1)
    guard others.count < choices.count else { return only }
    only["type"] = .array(only.typeNames.map { .string($0) } + ["null"])
    if let values = only["enum"].array, !values.contains(nil) { only["enum"] = .array(values + [nil]) }
    return only
  }
}

extension JSONValue {
  /// The types that fit a schema, in one order.
  fileprivate var types: [String] {
    let names = self["type"].string.map { [$0] } ?? self["type"].array?.compactMap(\.string) ?? []
    return names.isEmpty ? ["anything"] : names.sorted()
  }
}
