/// What has been seen of a type while it was read off: a draft of its schema that grows as the type asks.
final class SchemaShape {
  enum Kind {
    /// Nothing was asked for yet.
    case unknown
    /// A value of these keywords, `type` first.
    case simple(JSONObject)
    /// One of these values, all of this type.
    case choice([JSONValue], type: String)
    /// Elements that are alike; of a fixed number where the type asks for one after the other.
    case array(SchemaShape, count: Int?)
    case object
    /// A type that is being read off further up.
    case reference
  }

  var kind = Kind.unknown
  var members: [(name: String, shape: SchemaShape)] = []
  var isNullable = false
  /// The type, where it may turn out to contain itself.
  var owner: ObjectIdentifier?

  /// The shape of a property, a new one where it was not asked for before.
  func member(_ name: String) -> SchemaShape {
    if case .unknown = kind { kind = .object }
    if let known = members.first(where: { $0.name == name }) { return known.shape }
    let shape = SchemaShape()
    members.append((name, shape))
    return shape
  }

  /// Becomes what another shape is, but for the question whether it may be null.
  func adopt(_ other: SchemaShape) {
    kind = other.kind
    members = other.members
    owner = other.owner
    isNullable = isNullable || other.isNullable
  }

  func simple(_ type: String, _ others: (String, JSONValue)...) {
    kind = .simple(JSONObject([("type", .string(type))] + others))
  }
}

/// Writes shapes as schemas; types that contain themselves become definitions.
struct SchemaRendering {
  /// The names of the types that are referred to.
  let names: [ObjectIdentifier: String]
  let root: SchemaShape
  private var definitions: [(owner: ObjectIdentifier, schema: JSONValue)] = []

  init(_ root: SchemaShape, names: [ObjectIdentifier: String]) {
    self.root = root
    self.names = names
  }

  /// The whole schema, wrapped under `value` where it is no plain object.
  static func schema(_ root: SchemaShape, names: [ObjectIdentifier: String]) -> JSONSchema {
    var rendering = Self(root, names: names)
    let isWrapped = !root.isPlainObject
    var schema: JSONSchema
    if isWrapped {
      schema = .object([("value", rendering.schema(of: root))])
    } else {
      schema = JSONSchema(rendering.body(of: root))
    }
    schema.isWrapped = isWrapped
    let definitions = rendering.definitions.map { (names[$0.owner] ?? "", $0.schema) }
    if !definitions.isEmpty { schema.json["$defs"] = .object(JSONObject(definitions)) }
    return schema
  }

  private mutating func schema(of shape: SchemaShape) -> JSONValue {
    guard let owner = shape.owner, let name = names[owner] else { return nullable(shape, body(of: shape)) }
    if owner == root.owner, root.isPlainObject { return nullable(shape, ["$ref": "#"]) }
    if case .reference = shape.kind {
      return nullable(shape, JSONSchema.reference(name).json)
    }
    if !definitions.contains(where: { $0.owner == owner }) {
      let place = definitions.count
      definitions.append((owner, nil))
      definitions[place].schema = body(of: shape)
    }
    return nullable(shape, JSONSchema.reference(name).json)
  }

  private func nullable(_ shape: SchemaShape, _ schema: JSONValue) -> JSONValue {
    shape.isNullable ? schema.orNull : schema
  }

  private mutating func body(of shape: SchemaShape) -> JSONValue {
    switch shape.kind {
    case .unknown, .reference: return [:]
    case .simple(let keywords): return .object(keywords)
    case .choice(let values, let type): return ["type": .string(type), "enum": .array(values)]
    case .array(let element, let count):
      var array: JSONValue = ["type": "array", "items": schema(of: element)]
      if let count {
        array["minItems"] = .number(JSONNumber(count))
        array["maxItems"] = .number(JSONNumber(count))
      }
      return array
    case .object:
      var properties: [(String, JSONValue)] = []
      for member in shape.members { properties.append((member.name, schema(of: member.shape))) }
      return JSONSchema.object(properties).json
    }
  }
}

extension SchemaShape {
  /// Whether a service takes it at the root as it is.
  var isPlainObject: Bool {
    if case .object = kind { !isNullable } else { false }
  }
}
