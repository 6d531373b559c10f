/// The rules of strict structured output, gone through over one schema.
///
/// Where an older limit and a newer one are known, what lies between is a doubt and no refusal.
///
/// All that is wrong is told, not the first of it, since each refusal of a service costs an upload and a
/// wait. Paths in the sentences are those of the answer, as its reader knows them: `items[].label`.
struct SchemaRules {
  private var problems: [Problem] = []
  private let root: JSONValue
  /// Properties in the whole schema, for the limit on their number.
  private var propertyCount = 0
  /// Characters of all names and values, for the limit on their sum.
  private var nameLength = 0
  /// Values to choose from in all.
  private var choiceCount = 0
  /// How many objects stand around the place that is looked at.
  private var depth = 0

  /// Everything that is wrong with a schema, in the order in which it stands there.
  static func problems(of schema: JSONValue) -> [Problem] {
    var rules = Self(root: schema)
    rules.checkRoot()
    rules.check(schema, at: "")
    rules.checkTotals()
    return rules.problems
  }

  private init(root: JSONValue) { self.root = root }

  /// Keywords that strict output refuses.
  private static let refused = [
    "allOf", "oneOf", "not", "dependentRequired", "dependentSchemas", "if", "then", "else",
  ]
  /// Keywords of which the newest documents say nothing, and older ones that they are refused.
  private static let doubtful = [
    "minLength", "maxLength", "uniqueItems", "contains", "minContains", "maxContains", "unevaluatedItems",
    "patternProperties", "propertyNames", "minProperties", "maxProperties", "unevaluatedProperties",
    "default",
  ]
  /// The types that JSON Schema has.
  private static let types: Set<String> = [
    "string", "number", "integer", "boolean", "object", "array", "null",
  ]

  /// Notes an error: the service refuses the request.
  private mutating func refuse(_ path: String, _ message: String) {
    problems.append(.schema((path.isEmpty ? "The schema " : "The schema of “\(path)” ") + message))
  }

  /// Notes a warning: some services refuse it, or some models.
  private mutating func doubt(_ path: String, _ message: String) {
    problems.append(.doubtfulSchema((path.isEmpty ? "The schema " : "The schema of “\(path)” ") + message))
  }

  /// An answer is an object; whatever else it should be stands under a property.
  private mutating func checkRoot() {
    if root["type"].string != "object" {
      refuse("", "must be of type object at its root; put what it describes under a property.")
    } else if root.object?["anyOf"] != nil {
      refuse("", "must not be a union (anyOf) at its root; put the union under a property.")
    }
  }

  /// Goes through a schema and all those within it.
  ///
  /// The depth is bounded since it walks by recursion; a service takes far less.
  private mutating func check(_ schema: JSONValue, at path: String) {
    guard let keywords = schema.object else {
      return refuse(path, "is no object; write it as {\"type\": …}.")
    }
    guard depth <= 64 else { return }
    checkKeywords(keywords, path)
    checkType(schema, path)
    checkChoices(schema, path)
    if let reference = schema["$ref"].string { checkReference(reference, keywords, path) }
    let types = schema.typeNames
    if types.contains("object") { checkObject(schema, path) }
    if types.contains("array") { checkArray(schema, path) }
    for choice in schema["anyOf"].array ?? [] { check(choice, at: path) }
    for (name, definition) in schema["$defs"].object ?? schema["definitions"].object ?? [:] {
      nameLength += name.unicodeScalars.count
      check(definition, at: "$defs.\(name)")
    }
  }

  /// Finds keywords that are refused, and formats that are not known.
  private mutating func checkKeywords(_ keywords: JSONObject, _ path: String) {
    for (name, value) in keywords {
      if Self.refused.contains(name) {
        refuse(path, "uses “\(name)”, which strict output refuses; say it with anyOf or in the description.")
      } else if Self.doubtful.contains(name) {
        doubt(path, "uses “\(name)”, which services may refuse; say it in the description.")
      } else if name == "format", let format = value.string,
        !JSONSchema.Format.known.contains(JSONSchema.Format(rawValue: format))
      {
        doubt(path, "uses the format “\(format)”, which services may refuse; say it in the description.")
      }
    }
  }

  /// Finds types that don't exist, and schemas that say nothing of their type by any other keyword.
  private mutating func checkType(_ schema: JSONValue, _ path: String) {
    let names = schema["type"].string.map { [$0] } ?? schema["type"].array?.compactMap(\.string) ?? []
    for name in names where !Self.types.contains(name) {
      refuse(path, "names the type “\(name)”, which JSON Schema doesn't have; \(Self.hint(name)).")
    }
    let others = ["anyOf", "$ref", "const", "enum"] + Self.refused
    if names.isEmpty, !others.contains(where: { schema.object?[$0] != nil }) {
      refuse(path, "names no type; give it one, such as \"type\": \"string\".")
    }
  }

  /// What was probably meant by a type that doesn't exist.
  private static func hint(_ type: String) -> String {
    let meant = ["int": "integer", "float": "number", "double": "number", "bool": "boolean", "str": "string"]
    return meant[type.lowercased()].map { "write “\($0)”" } ?? "use \(types.sorted().joined(separator: ", "))"
  }

  /// Adds up the values to choose from, and finds lists that are empty or too long.
  private mutating func checkChoices(_ schema: JSONValue, _ path: String) {
    let constants = [schema["const"]].compactMap(\.string)
    nameLength += constants.reduce(0) { $0 + $1.unicodeScalars.count }
    guard let choices = schema["enum"].array else { return }
    if choices.isEmpty { refuse(path, "has an empty list of values (enum); name some.") }
    let length = choices.reduce(0) { $0 + ($1.string?.unicodeScalars.count ?? 0) }
    choiceCount += choices.count
    nameLength += length
    // Only long lists have a limit on their characters.
    guard choices.count > 250 else { return }
    limit(length, 7500, 15_000, "characters in the values of “\(path)”")
  }

  /// Finds references that lead nowhere or out of the schema.
  private mutating func checkReference(_ reference: String, _ keywords: JSONObject, _ path: String) {
    if !reference.hasPrefix("#") {
      refuse(path, "refers to “\(reference)”; only what is in the schema itself can be referred to.")
    } else if root.definition(at: reference) == nil {
      refuse(path, "refers to “\(reference)”, which is not there; define it under $defs.")
    }
    if keywords.keys.contains(where: { $0 != "$ref" && $0 != "$defs" }) {
      doubt(path, "has keywords beside $ref, which services may refuse; put the $ref into an anyOf.")
    }
  }

  /// Finds objects that are open, properties that may be missing, and objects too deep within each other.
  private mutating func checkObject(_ schema: JSONValue, _ path: String) {
    if schema["additionalProperties"].bool != false {
      refuse(path, "must have \"additionalProperties\": false, as every object; strict() adds it.")
    }
    let properties = schema["properties"].object ?? [:]
    let required = Set(schema["required"].array?.compactMap(\.string) ?? [])
    for name in properties.keys where !required.contains(name) {
      refuse(
        path.descending(to: name),
        "must be among the required ones, as every property; let it be null if it may be missing.")
    }
    for name in required.subtracting(properties.keys).sorted() {
      refuse(path, "requires “\(name)”, which is no property of it; take it out or describe it.")
    }
    propertyCount += properties.pairs.count
    depth += 1
    for (name, property) in properties {
      nameLength += name.unicodeScalars.count
      check(property, at: path.descending(to: name))
    }
    if depth > 10 {
      refuse(path, "stands \(depth) levels deep; 10 are allowed.")
    } else if depth > 5 {
      doubt(path, "stands \(depth) levels deep; some services allow 5.")
    }
    depth -= 1
  }

  /// Finds lists that don't say what they hold.
  private mutating func checkArray(_ schema: JSONValue, _ path: String) {
    guard let items = schema.object?["items"] else {
      return refuse(path, "doesn't say what the array holds; give it “items”.")
    }
    check(items, at: path.descending(to: "[]"))
  }

  /// Holds the sums against their limits, once the whole schema was gone through.
  private mutating func checkTotals() {
    limit(propertyCount, 100, 5000, "properties in all")
    limit(choiceCount, 500, 1000, "values to choose from (enum) in all")
    limit(nameLength, 15_000, 120_000, "characters in its names and values in all")
  }

  /// Tells of a number that is too large for all services, or for those with the older limits.
  private mutating func limit(_ count: Int, _ older: Int, _ newest: Int, _ what: String) {
    if count > newest {
      refuse("", "has \(count) \(what); \(newest) are allowed.")
    } else if count > older {
      doubt("", "has \(count) \(what); some services allow \(older).")
    }
  }
}

extension JSONSchema {
  /// The same by the rules of strict output: every object closed, every property required.
  ///
  /// A property that was not required before may be null instead.
  ///
  /// It is for schemas that were written for other purposes:
  /// ```swift
  /// let schema = try JSONSchema(path: "invoice.schema.json").strict()
  /// ```
  /// What can't be made to fit by that, such as a keyword that is refused, stays as it is and is among the
  /// ``problems``.
  public func strict() -> Self { with { $0.json = $0.json.madeStrict } }
}

extension JSONValue {
  /// The same with every object in it closed, however deep.
  fileprivate var madeStrict: JSONValue {
    guard let keywords = object else { return self }
    var copy = self
    for (name, value) in keywords {
      switch name {
      case "items": copy[name] = value.madeStrict
      case "anyOf": copy[name] = .array((value.array ?? []).map(\.madeStrict))
      case "$defs", "definitions":
        copy[name] = .object(JSONObject((value.object ?? [:]).map { ($0.key, $0.value.madeStrict) }))
      default: break
      }
    }
    return typeNames.contains("object") ? copy.closed : copy
  }

  /// An object schema whose properties are all required.
  private var closed: JSONValue {
    let properties = self["properties"].object ?? [:]
    let required = self["required"].array ?? []
    var copy = self
    copy["properties"] = .object(
      JSONObject(
        properties.map { name, property in
          let strict = property.madeStrict
          return (name, required.contains(.string(name)) || property.mayBeNull ? strict : strict.orNull)
        }))
    copy["required"] = .array(properties.keys.map { .string($0) })
    copy["additionalProperties"] = false
    return copy
  }
}
