/// What has been seen of a type while it was read off: a draft of its schema that grows as the type asks.
///
/// It is a reference, since decoders and containers are copied while the type asks, and all of them note into
/// the same draft. Order is that of the questions.
final class SchemaShape {
  /// What it is, as far as it is known by now.
  enum Kind {
    /// Nothing was asked for yet.
    case unknown
    /// A value of these keywords, `type` first.
    case simple(JSONObject)
    /// One of these values, all of this type.
    case choice([JSONValue], type: String)
    /// Elements that are alike; of a fixed number where the type asks for one after the other.
    case array(SchemaShape, count: Int?)
    /// Named members, which stand beside the kind.
    case object
    /// A type that is being read off further up.
    case reference
  }

  /// What was asked for last; a type that asks for two things in one place is found by other means.
  var kind = Kind.unknown
  /// The properties in the order in which they were first asked for.
  var members: [(name: String, shape: SchemaShape)] = []
  /// Whether the type has a way of going on with `null`.
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

  /// Becomes what another shape is; what may be null already still may.
  func adopt(_ other: SchemaShape) {
    kind = other.kind
    members = other.members
    owner = other.owner
    isNullable = isNullable || other.isNullable
  }

  /// Becomes a value of this type, with these keywords beside it.
  func simple(_ type: String, _ others: (String, JSONValue)...) {
    kind = .simple(JSONObject([("type", .string(type))] + others))
  }
}

/// Writes shapes as schemas; types that contain themselves become definitions.
struct SchemaRendering {
  /// The names of the types that are referred to.
  let names: [ObjectIdentifier: String]
  /// Where it all begins; a type that contains itself there refers to `#`.
  let root: SchemaShape
  /// The definitions written so far, in the order in which they were first needed.
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

  /// What stands in the place of a shape: itself, or a reference where its type has a name.
  ///
  /// A definition gets its place in the list before its body is written, since the body may refer to it.
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

  /// The schema, widened by null where the shape may be null.
  private func nullable(_ shape: SchemaShape, _ schema: JSONValue) -> JSONValue {
    shape.isNullable ? schema.orNull : schema
  }

  /// The shape written out, its members by reference where they have names.
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
