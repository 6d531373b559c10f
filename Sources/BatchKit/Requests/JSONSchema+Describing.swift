extension JSONSchema {
  /// Says what a type can't say of a property: in words for the model, and in limits that the service keeps.
  ///
  /// - Parameters:
  ///   - property: The coding key of the property, or the keys on the way to it: `items.label`. Arrays and
  ///     optionals on the way need no mention. A list or a choice at the root is called `value`.
  ///   - text: A word to the model.
  ///   - range: The least and the greatest number.
  ///   - pattern: A regular expression that the text matches.
  ///   - format: The format of the text.
  ///   - count: The least and the greatest number of elements.
  ///
  /// It edits the schema and leaves the type alone, and may be said several times:
  /// ```swift
  /// JSONSchema(for: Review.self)
  ///   .describing("stars", "0 is worst", range: 0...5)
  ///   .describing("quotes.text", "Word for word from the review")
  /// ```
  /// A name that the type doesn't have, or a limit that its type can't have, makes no error here: it is among
  /// the problems of the schema, with the nearest name, and keeps the batch from being sent.
  public func describing(
    _ property: String, _ text: String? = nil, range: ClosedRange<Double>? = nil, pattern: String? = nil,
    format: Format? = nil, count: ClosedRange<Int>? = nil
  ) -> Self {
    var keys = property.split(separator: ".").map { String($0).replacing("[]", with: "") }
    if isWrapped, keys.first != "value" { keys.insert("value", at: 0) }
    let limits = SchemaLimits(text: text, range: range, pattern: pattern, format: format, count: count)
    var copy = self
    do throws(WrongName) {
      try copy.edit(keys[...], [], limits)
    } catch {
      return withFault(error.sentence(property))
    }
    return copy
  }

  /// Walks to the property and sets what is to be said of it.
  ///
  /// - Parameters:
  ///   - keys: The names still to go.
  ///   - path: Where the walk stands, in keys of the schema's JSON.
  private mutating func edit(
    _ keys: ArraySlice<String>, _ path: [SchemaStep], _ limits: SchemaLimits
  ) throws(WrongName) {
    guard let key = keys.first else { return apply(limits, at: path) }
    let places = json.objects(below: path)
    guard let place = places.first(where: { json.value(at: $0)["properties"].object?[key] != nil }) else {
      let names = places.flatMap { json.value(at: $0)["properties"].object?.keys ?? [] }
      throw WrongName(name: key, known: names)
    }
    try edit(keys.dropFirst(), place + [.key("properties"), .key(key)], limits)
  }

  /// Sets the limits on the part at a path; of an optional or another union, on the branch that can have
  /// them.
  ///
  /// The words always go to the whole property, so that they stand where the model reads first.
  private mutating func apply(_ limits: SchemaLimits, at path: [SchemaStep]) {
    var part = JSONSchema(json.value(at: path))
    let target = part.json["anyOf"].array?.firstIndex { limits.fit($0.typeNames) }
    if let target, limits.isLimiting {
      let inner = path + [.key("anyOf"), .index(target)]
      json.set(limits.limiting(JSONSchema(json.value(at: inner))).json, at: inner)
      part = JSONSchema(json.value(at: path))
    } else {
      if limits.isLimiting, !limits.fit(part.json.typeNames) {
        faults.append(.schema(limits.misfit(path.name, part.json.typeNames)))
        return
      }
      part = limits.limiting(part)
    }
    if let text = limits.text { part = part.described(text) }
    json.set(part.json, at: path)
  }
}

/// What is to be said of a property.
private struct SchemaLimits {
  let text: String?
  let range: ClosedRange<Double>?
  let pattern: String?
  let format: JSONSchema.Format?
  let count: ClosedRange<Int>?

  /// Whether there is more than words, which fit every type.
  var isLimiting: Bool { range != nil || pattern != nil || format != nil || count != nil }

  func limiting(_ schema: JSONSchema) -> JSONSchema {
    schema.limited(range: range, pattern: pattern, format: format, count: count)
  }

  /// Whether all limits mean something for values of a type.
  func fit(_ types: [String]) -> Bool {
    (range == nil || types.contains("number") || types.contains("integer"))
      && ((pattern == nil && format == nil) || types.contains("string"))
      && (count == nil || types.contains("array"))
  }

  /// The sentence for limits that mean nothing for the types found.
  func misfit(_ name: String, _ types: [String]) -> String {
    "“\(name)” is of type \(types.first ?? "object"); a range is for numbers, a pattern or format for texts, "
      + "a count for arrays."
  }
}

/// A name that the schema doesn't have, and those it has in its place.
private struct WrongName: Error {
  let name: String
  let known: [String]

  /// The sentence for a path that the user gave; the whole path is in it only where it is longer than the
  /// name.
  func sentence(_ path: String) -> String {
    let inPath = path == name ? "" : " (in “\(path)”)"
    guard !known.isEmpty else {
      return "There is no property “\(name)”\(inPath): nothing there has properties."
    }
    let nearest = nearestName(to: name, among: known).map { " Did you mean “\($0)”?" } ?? ""
    return "There is no property “\(name)”\(inPath); there are \(known.joined(separator: ", ")).\(nearest)"
  }
}

/// One step down in the JSON of a schema.
///
/// A path of steps, and no reference to the part: JSON is made of values, so the way is walked once to look
/// and once more to write.
private enum SchemaStep: Hashable {
  case key(String)
  case index(Int)
}

extension [SchemaStep] {
  /// The last property on the way.
  fileprivate var name: String {
    for case .key(let key) in reversed() where !["properties", "anyOf", "items", "$defs"].contains(key) {
      return key
    }
    return "value"
  }
}

extension JSONValue {
  /// What stands at a path; `null` where it leads nowhere.
  fileprivate func value(at path: some Collection<SchemaStep>) -> JSONValue {
    path.reduce(self) { value, step in
      switch step {
      case .key(let key): value[key]
      case .index(let index): value[index]
      }
    }
  }

  /// Puts a value in the place of what stands at a path; a list is never made longer.
  fileprivate mutating func set(_ value: JSONValue, at path: some Collection<SchemaStep>) {
    guard let step = path.first else {
      self = value
      return
    }
    switch step {
    case .key(let key): self[key].set(value, at: path.dropFirst())
    case .index(let index):
      guard var elements = array, elements.indices.contains(index) else { return }
      elements[index].set(value, at: path.dropFirst())
      self = .array(elements)
    }
  }

  /// The paths of the object schemas that stand at a path, behind arrays, unions and references.
  ///
  /// A reference may lead back to where it stands, as in a tree of comments; paths that were seen are not
  /// walked again, so the search ends.
  fileprivate func objects(below path: [SchemaStep]) -> [[SchemaStep]] {
    var open = [path]
    var seen: Set<[SchemaStep]> = []
    var paths: [[SchemaStep]] = []
    while let path = open.popLast() {
      guard seen.insert(path).inserted else { continue }
      let schema = value(at: path)
      if schema.typeNames.contains("object") { paths.append(path) }
      for index in (schema["anyOf"].array ?? []).indices.reversed() {
        open.append(path + [.key("anyOf"), .index(index)])
      }
      if schema.typeNames.contains("array") { open.append(path + [.key("items")]) }
      if let reference = schema["$ref"].string, reference.hasPrefix("#") {
        open.append(reference.split(separator: "/").dropFirst().map { .key(String($0)) })
      }
    }
    return paths
  }
}
