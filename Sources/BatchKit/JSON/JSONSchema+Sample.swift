extension JSONSchema {
  /// A value that fits the schema, all that may be null being null, or nothing that can be avoided.
  ///
  /// It is what a type is tried with before anything is paid: if the made-up answer does not decode, some
  /// real ones won't.
  ///
  /// - Parameter isSparse: whether all that can be left out is left out, which finds types that want what is
  ///   optional.
  package func sample(isSparse: Bool) -> JSONValue {
    var maker = SampleMaker(root: json, isSparse: isSparse)
    return maker.value(json, 0)
  }
}

/// Makes a value that fits a schema.
///
/// Numbers and texts are plain ones: patterns and lengths are not looked at, so a failure with them is a
/// doubt only.
private struct SampleMaker {
  let root: JSONValue
  let isSparse: Bool
  /// How many values may still be made, as a schema can contain itself many times over.
  private var budget = 20_000

  init(root: JSONValue, isSparse: Bool) {
    self.root = root
    self.isSparse = isSparse
  }

  /// How deep a schema that contains itself is followed, where it may stop.
  private static let deepest = 4

  /// References are followed to where they lead, however often; a value that is cut short, by depth or by the
  /// budget, is null.
  mutating func value(_ schema: JSONValue, _ depth: Int) -> JSONValue {
    budget -= 1
    guard depth < 40, budget > 0 else { return nil }
    if let constant = schema.object?["const"] { return constant }
    let isTired = isSparse || depth > Self.deepest
    if isTired, schema.mayBeNull { return nil }
    if let choice = schema["enum"].array?.first { return choice }
    if let target = schema["$ref"].string { return value(root.definition(at: target) ?? nil, depth + 1) }
    if let choice = schema["anyOf"].array?.first { return value(choice, depth + 1) }
    switch schema.typeNames.first {
    case "object": return object(schema, depth)
    case "array": return array(schema, depth, fewest: isTired ? 0 : 1)
    case "string": return .string(Self.text(of: schema["format"].string))
    // The least number is in the range wherever there is one.
    case "integer": return .number(schema["minimum"].number ?? JSONNumber(1))
    case "number": return .number(schema["minimum"].number ?? JSONNumber(0.5))
    case "boolean": return true
    default: return nil
    }
  }

  /// All properties, each with a value: in a schema by the rules, all are required.
  private mutating func object(_ schema: JSONValue, _ depth: Int) -> JSONValue {
    var members: JSONObject = [:]
    for (name, property) in schema["properties"].object ?? [:] { members[name] = value(property, depth + 1) }
    return .object(members)
  }

  /// As few elements as the schema lets, all alike.
  private mutating func array(_ schema: JSONValue, _ depth: Int, fewest: Int) -> JSONValue {
    let count = max(0, min(schema["minItems"].int ?? fewest, 100))
    return .array(count == 0 ? [] : Array(repeating: value(schema["items"], depth + 1), count: count))
  }

  /// A text of a format.
  private static func text(of format: String?) -> String {
    switch format.map({ JSONSchema.Format(rawValue: $0) }) {
    case .dateTime?: "2026-01-31T12:30:00Z"
    case .date?: "2026-01-31"
    case .time?: "12:30:00Z"
    case .duration?: "PT1H"
    case .email?: "someone@example.org"
    case .hostname?: "example.org"
    case .ipv4?: "192.0.2.1"
    case .ipv6?: "2001:db8::1"
    case .uuid?: "7f1d1a52-9d4c-4c6a-8f43-0d6e5f1f2a3b"
    default: "text"
    }
  }
}

extension JSONValue {
  /// The types that a schema names, `null` left aside.
  ///
  /// A type may be one name or a list of names.
  var typeNames: [String] {
    let names = self["type"].string.map { [$0] } ?? self["type"].array?.compactMap(\.string) ?? []
    return names.filter { $0 != "null" }
  }

  /// Whether `null` fits the schema.
  var mayBeNull: Bool {
    self["type"] == "null" || self["type"].array?.contains("null") == true
      || self["anyOf"].array?.contains { $0.mayBeNull } == true
  }

  /// What a reference into this schema points at.
  ///
  /// - Returns: the schema, or `nil` where there is none; the whole one for `#`.
  func definition(at reference: String) -> JSONValue? {
    guard reference.hasPrefix("#") else { return nil }
    let path = reference.split(separator: "/").dropFirst()
    return path.reduce(self as JSONValue?) { schema, step in
      schema?.object?[String(step).replacing("~1", with: "/").replacing("~0", with: "~")]
    }
  }
}
