extension JSONSchema {
  /// How deep a sample follows a schema that contains itself, where it may stop.
  private static let deepest = 4

  /// A value that fits the schema, all that may be null being null, or nothing that can be avoided.
  package func sample(isSparse: Bool) -> JSONValue { value(json, 0, isSparse) }

  private func value(_ schema: JSONValue, _ depth: Int, _ isSparse: Bool) -> JSONValue {
    guard depth < 40 else { return nil }
    if let constant = schema.object?["const"] { return constant }
    let isTired = isSparse || depth > Self.deepest
    if isTired, schema.mayBeNull { return nil }
    if let choice = schema["enum"].array?.first { return choice }
    if let target = schema["$ref"].string {
      return value(json.definition(at: target) ?? nil, depth + 1, isSparse)
    }
    if let choice = schema["anyOf"].array?.first { return value(choice, depth + 1, isSparse) }
    switch schema.typeNames.first {
    case "object":
      let members = schema["properties"].object ?? [:]
      return .object(JSONObject(members.map { ($0.key, value($0.value, depth + 1, isSparse)) }))
    case "array":
      let count = schema["minItems"].int ?? (isTired ? 0 : 1)
      let element = count > 0 ? value(schema["items"], depth + 1, isSparse) : nil
      return .array(Array(repeating: element, count: max(0, min(count, 100))))
    case "string": return .string(Self.text(of: schema["format"].string))
    case "integer": return .number(schema["minimum"].number ?? JSONNumber(1))
    case "number": return .number(schema["minimum"].number ?? JSONNumber(0.5))
    case "boolean": return true
    default: return nil
    }
  }

  /// A text of a format.
  private static func text(of format: String?) -> String {
    switch format.map({ Format(rawValue: $0) }) {
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
  func definition(at reference: String) -> JSONValue? {
    guard reference.hasPrefix("#") else { return nil }
    let path = reference.split(separator: "/").dropFirst()
    return path.reduce(self as JSONValue?) { schema, step in
      schema?.object?[String(step).replacing("~1", with: "/").replacing("~0", with: "~")]
    }
  }
}
