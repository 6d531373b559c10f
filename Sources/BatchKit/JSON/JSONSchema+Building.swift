extension JSONSchema {
  /// A text.
  public static var string: Self { ["type": "string"] }
  /// A whole number.
  public static var integer: Self { ["type": "integer"] }
  /// A number.
  public static var number: Self { ["type": "number"] }
  /// A truth value.
  public static var boolean: Self { ["type": "boolean"] }

  /// A text of a format, such as `.dateTime`, or one that matches a pattern.
  ///
  /// - Parameters:
  ///   - format: The format, a known one or one as JSON Schema spells it.
  ///   - pattern: A regular expression; begin it with `^` and end it with `$` to mean the whole text.
  public static func string(format: Format? = nil, pattern: String? = nil) -> Self {
    string.limited(pattern: pattern, format: format)
  }

  /// A whole number within limits.
  public static func integer(in range: ClosedRange<Int>) -> Self {
    integer.with("minimum", .number(JSONNumber(range.lowerBound)))
      .with("maximum", .number(JSONNumber(range.upperBound)))
  }

  /// A number within limits.
  public static func number(in range: ClosedRange<Double>) -> Self { number.limited(range: range) }

  /// One of these texts.
  public static func choice(of texts: String...) -> Self { choice(of: texts) }

  /// One of these texts.
  ///
  /// The order is that in which the model is shown them.
  public static func choice(of texts: [String]) -> Self {
    ["type": "string", "enum": .array(texts.map { .string($0) })]
  }

  /// A list of elements that are alike, of any length or of a length within limits.
  ///
  /// - Parameters:
  ///   - element: What each element is.
  ///   - count: The least and the greatest number of elements.
  public static func array(of element: JSONSchema, count: ClosedRange<Int>? = nil) -> Self {
    var schema: Self = ["type": "array", "items": element.json]
    schema.faults = element.faults
    return schema.limited(count: count)
  }

  /// An object of these properties and no others, all of them required, as strict output wants it.
  ///
  /// The order of the properties is that in which the model writes its answer. So put reasons before the
  /// verdict that follows from them:
  /// ```swift
  /// .object(["reason": .string, "label": .choice(of: "spam", "ham")])
  /// ```
  /// A name that is given twice is among the ``problems``.
  public static func object(_ properties: KeyValuePairs<String, JSONSchema>) -> Self {
    var schema = Self.object(properties.map { ($0.key, $0.value.json) })
    schema.faults = properties.flatMap(\.value.faults)
    for name in properties.map(\.key).repeated {
      schema.faults.append(.schema("The schema has two properties named “\(name)”; name one otherwise."))
    }
    return schema
  }

  /// The same of schemas that are JSON already.
  static func object(_ properties: [(String, JSONValue)]) -> Self {
    let object = JSONObject(properties)
    return [
      "type": "object", "properties": .object(object),
      "required": .array(object.keys.map { .string($0) }), "additionalProperties": false,
    ]
  }

  /// What any one of these schemas describes.
  ///
  /// It may stand anywhere but at the root, where strict output wants an object.
  public static func any(of schemas: JSONSchema...) -> Self {
    var schema: Self = ["anyOf": .array(schemas.map(\.json))]
    schema.faults = schemas.flatMap(\.faults)
    return schema
  }

  /// What the definition of this name describes; see ``defining(_:_:)``.
  public static func reference(_ name: String) -> Self { ["$ref": .string("#/$defs/\(name)")] }

  /// Adds a definition for ``reference(_:)``, by which a schema can contain itself.
  ///
  /// ```swift
  /// let tree = JSONSchema.object(["root": .reference("node")])
  ///   .defining("node", .object(["name": .string, "children": .array(of: .reference("node"))]))
  /// ```
  /// - Parameters:
  ///   - name: The name, without a slash.
  ///   - schema: What it stands for.
  public func defining(_ name: String, _ schema: JSONSchema) -> Self {
    var definitions = json["$defs"].object ?? [:]
    definitions[name] = schema.json
    var copy = with("$defs", .object(definitions))
    copy.faults += schema.faults
    return copy
  }

  /// The same, or `null`.
  ///
  /// Strict output knows no properties that may be left out: one that may be missing is one that may be null.
  public var orNull: Self { with { $0.json = $0.json.orNull } }

  /// The same with a word to the model about what is wanted.
  ///
  /// A model reads it beside the name of the property; it is the place for units, bounds and doubts.
  public func described(_ text: String) -> Self { with("description", .string(text)) }

  /// A copy and an edit.
  func with(_ edit: (inout Self) -> Void) -> Self {
    var copy = self
    edit(&copy)
    return copy
  }

  /// Sets a keyword; one that stands alone, a reference, is put into a union first.
  ///
  /// Strict output takes no keywords beside a `$ref`, and the union is how its rules have it said.
  func with(_ keyword: String, _ value: JSONValue) -> Self {
    with { copy in
      if copy.json.object?["$ref"] != nil, keyword != "$defs" { copy.json = ["anyOf": [copy.json]] }
      copy.json[keyword] = value
    }
  }

  /// Sets limits, each where it is given and where it belongs.
  ///
  /// Nothing is checked against the type here; ``describing(_:_:range:pattern:format:count:)`` does.
  package func limited(
    range: ClosedRange<Double>? = nil, pattern: String? = nil, format: Format? = nil,
    count: ClosedRange<Int>? = nil
  ) -> Self {
    var pairs: [(String, JSONValue)] = []
    if let range {
      pairs.append(("minimum", .number(JSONNumber(range.lowerBound))))
      pairs.append(("maximum", .number(JSONNumber(range.upperBound))))
    }
    if let pattern { pairs.append(("pattern", .string(pattern))) }
    if let format { pairs.append(("format", .string(format.rawValue))) }
    if let count {
      pairs.append(("minItems", .number(JSONNumber(count.lowerBound))))
      pairs.append(("maxItems", .number(JSONNumber(count.upperBound))))
    }
    return pairs.reduce(self) { $0.with($1.0, $1.1) }
  }
}

extension JSONSchema {
  /// The format of a text; services may know others than are named here.
  ///
  /// The formats named here are those that strict output keeps to; others are a warning, and at best a hint.
  public struct Format: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
    /// The format as JSON Schema spells it.
    public let rawValue: String

    /// A format with this name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A format with this name.
    public init(stringLiteral value: String) { rawValue = value }

    /// A date and a time of day with its zone, by RFC 3339.
    public static let dateTime: Self = "date-time"
    /// A date.
    public static let date: Self = "date"
    /// A time of day.
    public static let time: Self = "time"
    /// A length of time.
    public static let duration: Self = "duration"
    /// An address of electronic mail.
    public static let email: Self = "email"
    /// The name of a host.
    public static let hostname: Self = "hostname"
    /// A numeric address of four bytes.
    public static let ipv4: Self = "ipv4"
    /// A numeric address of sixteen bytes.
    public static let ipv6: Self = "ipv6"
    /// A universally unique identifier.
    public static let uuid: Self = "uuid"

    /// The formats that strict output is known to take.
    static let known: Set<Self> = [
      .dateTime, .date, .time, .duration, .email, .hostname, .ipv4, .ipv6, .uuid,
    ]
  }
}

extension JSONValue {
  /// The schema, widened by `null`: in its list of types where it is simple, else in a union.
  ///
  /// A schema that may be null already is returned as it is.
  var orNull: JSONValue {
    if let choices = self["anyOf"].array {
      var copy = self
      if !choices.contains(["type": "null"]) { copy["anyOf"] = .array(choices + [["type": "null"]]) }
      return copy
    }
    // A constant is one value whatever types stand beside it.
    guard object?["const"] == nil else { return ["anyOf": [self, ["type": "null"]]] }
    var copy = self
    if let types = self["type"].array {
      if !types.contains("null") { copy["type"] = .array(types + ["null"]) }
      if let choices = self["enum"].array, !choices.contains(nil) { copy["enum"] = .array(choices + [nil]) }
      return copy
    }
    guard let type = self["type"].string, type != "object", type != "array" else {
      return ["anyOf": [self, ["type": "null"]]]
    }
    copy["type"] = [.string(type), "null"]
    if let choices = self["enum"].array { copy["enum"] = .array(choices + [nil]) }
    return copy
  }
}

extension [String] {
  /// The texts that come more than once.
  fileprivate var repeated: [String] {
    var seen: Set<String> = []
    return filter { !seen.insert($0).inserted }
  }
}
