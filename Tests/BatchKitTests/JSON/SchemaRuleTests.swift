import BatchKit
import Foundation
import Testing

@Suite struct `A schema is put together by hand` {
  @Test func `fluently, as a literal or from text`() throws {
    let fluent: JSONSchema = .object([
      "label": .choice(of: "praise", "complaint"),
      "confidence": .number(in: 0...1).described("How sure"),
      "tags": .array(of: .string(pattern: "^#"), count: 1...3),
      "born": .string(format: .date).orNull,
      "stars": .integer(in: 1...5),
      "good": .boolean,
      "parent": JSONSchema.reference("Node").orNull,
      "either": .any(of: .string, .integer),
    ]).defining("Node", .object(["name": .string]))
    let text = """
      {"type":"object","properties":{"label":{"type":"string","enum":["praise","complaint"]},"confidence":\
      {"type":"number","minimum":0,"maximum":1,"description":"How sure"},"tags":{"type":"array","items":\
      {"type":"string","pattern":"^#"},"minItems":1,"maxItems":3},"born":{"type":["string","null"],"format":"date"},\
      "stars":{"type":"integer","minimum":1,"maximum":5},"good":{"type":"boolean"},"parent":{"anyOf":\
      [{"$ref":"#/$defs/Node"},{"type":"null"}]},"either":{"anyOf":[{"type":"string"},{"type":"integer"}]}},\
      "required":["label","confidence","tags","born","stars","good","parent","either"],\
      "additionalProperties":false,"$defs":{"Node":{"type":"object","properties":{"name":{"type":"string"}},\
      "required":["name"],"additionalProperties":false}}}
      """
    #expect(fluent.description == text)
    #expect(fluent.problems == [])
    #expect(try JSONSchema(parsing: text) == fluent)
    let literal: JSONSchema = ["type": "object", "properties": ["a": ["type": "string"]]]
    #expect(
      literal.strict().description == """
        {"type":"object","properties":{"a":{"type":["string","null"]}},"required":["a"],"additionalProperties":false}
        """)
    #expect(literal.strict().problems == [] && literal.problems.count == 2)
  }

  @Test func `a property named twice is told`() {
    let schema = JSONSchema.object(["a": .string, "a": .integer])
    #expect(schema.problems.first?.message.contains("two properties named “a”") == true)
  }

  @Test func `text that is no JSON says where`() {
    #expect { try JSONSchema(parsing: "{\"type\":}") } throws: {
      ($0 as? BatchError)?.message.contains("line 1, column 9") == true
    }
  }
}

@Suite struct `A schema is held to the rules of strict output` {
  private static func inside(_ property: JSONValue) -> JSONSchema {
    [
      "type": "object", "properties": ["x": property], "required": ["x"], "additionalProperties": false,
    ]
  }

  private static let certain: [(JSONSchema, String)] = [
    (["type": "array", "items": ["type": "string"]], "must be of type object at its root"),
    (["anyOf": [["type": "string"]]], "must be of type object at its root"),
    (["type": "object", "anyOf": [], "additionalProperties": false], "must not be a union"),
    (["type": "object"], "\"additionalProperties\": false"),
    (
      inside(["type": "object", "additionalProperties": true]),
      "“x” must have \"additionalProperties\": false"
    ),
    (
      ["type": "object", "properties": ["y": ["type": "string"]], "additionalProperties": false],
      "“y” must be among the required"
    ),
    (["type": "object", "required": ["z"], "additionalProperties": false], "requires “z”"),
    (inside(["type": "string", "not": ["type": "null"]]), "“x” uses “not”"),
    (inside(["allOf": [["type": "string"]]]), "uses “allOf”"),
    (inside(["oneOf": [["type": "string"]]]), "uses “oneOf”"),
    (inside(["$ref": "#/$defs/Gone"]), "refers to “#/$defs/Gone”, which is not there"),
    (inside(["$ref": "https://x/y"]), "only what is in the schema itself"),
    (inside([:]), "“x” names no type"),
    (inside("string"), "“x” is no object"),
    (inside(["type": "int"]), "write “integer”"),
    (inside(["type": "array"]), "“x” doesn't say what the array holds"),
    (inside(["type": "string", "enum": []]), "empty list of values"),
    (inside(["type": "string", "enum": .array((0...1000).map { .string("\($0)") })]), "has 1001 values"),
    (
      inside([
        "type": "string",
        "enum": .array((0...250).map { .string("\($0)" + String(repeating: "x", count: 60)) }),
      ]), "characters in the values"
    ),
  ]

  @Test(arguments: certain)
  func `what is certain is refused`(_ schema: JSONSchema, _ message: String) {
    let errors = schema.problems.filter { $0.severity == .error }
    #expect(
      errors.contains { $0.message.contains(message) && $0.code == "invalid_schema" }, "\(schema.problems)")
  }

  private static let doubtful: [(JSONSchema, String)] = [
    (inside(["type": "string", "minLength": 1]), "“minLength”"),
    (inside(["type": "string", "format": "uri"]), "the format “uri”"),
    (inside(["type": "array", "items": ["type": "string"], "uniqueItems": true]), "“uniqueItems”"),
    (inside(["$ref": "#", "description": "x"]), "beside $ref"),
    (
      inside(["type": "string", "enum": .array((0..<600).map { .string("\($0)") })]),
      "some services allow 500"
    ),
    (nested(7), "stands 7 levels deep; some services allow 5"),
    (JSONSchema.object(wide(101)), "101 properties in all; some services allow 100"),
  ]

  @Test(arguments: doubtful)
  func `what lies between is doubted`(_ schema: JSONSchema, _ message: String) {
    #expect(schema.problems.allSatisfy { $0.severity == .warning })
    #expect(schema.problems.contains { $0.message.contains(message) }, "\(schema.problems)")
  }

  @Test(arguments: [
    "allOf", "oneOf", "not", "dependentRequired", "dependentSchemas", "if", "then", "else",
  ]) func `every keyword that is never taken is refused`(_ keyword: String) {
    let problems = Self.inside(["type": "string", keyword: [:]]).problems
    #expect(problems.map(\.severity) == [.error])
    #expect(problems.first?.message.contains("“\(keyword)”") ?? false)
  }

  @Test(arguments: [
    "minLength", "maxLength", "uniqueItems", "contains", "minContains", "maxContains", "unevaluatedItems",
    "patternProperties", "propertyNames", "minProperties", "maxProperties", "unevaluatedProperties",
    "default",
  ]) func `every keyword of which the newest rules are silent is doubted`(_ keyword: String) {
    let problems = Self.inside(["type": "string", keyword: 1]).problems
    #expect(problems.map(\.severity) == [.warning])
    #expect(problems.first?.message.contains("“\(keyword)”") ?? false)
  }

  @Test(
    arguments: [
      ["pattern": "^a$"], ["format": "date-time"], ["format": "time"], ["format": "date"],
      ["format": "duration"],
      ["format": "email"], ["format": "hostname"], ["format": "ipv4"], ["format": "ipv6"], ["format": "uuid"],
      ["multipleOf": 2], ["maximum": 2], ["minimum": 2], ["exclusiveMaximum": 2], ["exclusiveMinimum": 2],
      ["minItems": 1], ["maxItems": 2], ["enum": ["a"]], ["const": "a"], ["description": "what"],
    ] as [JSONValue]) func `every keyword that is taken is taken`(_ keyword: JSONValue)
  {
    var property = keyword
    property["type"] = "string"
    #expect(Self.inside(property).problems.isEmpty)
  }

  @Test func `names and values may have so many characters in all`() {
    func choices(_ count: Int) -> JSONSchema {
      Self.inside([
        "type": "string",
        "enum": .array((0..<200).map { .string("\($0)" + String(repeating: "x", count: count)) }),
      ])
    }
    #expect(choices(60).problems.isEmpty)
    #expect(choices(80).problems.map(\.severity) == [.warning])
    #expect(choices(80).problems[0].message.contains("some services allow 15000"))
    #expect(choices(600).problems.map(\.severity) == [.error])
    #expect(choices(600).problems[0].message.contains("120000 are allowed"))
  }

  private static func nested(_ levels: Int) -> JSONSchema {
    (1..<levels).reduce(JSONSchema.object(["leaf": .string])) { inner, _ in .object(["x": inner]) }
  }

  private static func wide(_ count: Int) -> KeyValuePairs<String, JSONSchema> {
    // A dictionary literal is the only way to such pairs, so one property holds the others.
    let properties = (1..<count).map { ("p\($0)", JSONValue.object(["type": "string"])) }
    return [
      "all": [
        "type": "object", "properties": .object(JSONObject(properties)),
        "required": .array(properties.map { .string($0.0) }), "additionalProperties": false,
      ]
    ]
  }

  @Test(
    arguments: [
      (["type": "string"], ["type": ["string", "null"]]),
      (["type": ["string", "integer"]], ["type": ["string", "integer", "null"]]),
      (["type": ["string", "null"]], ["type": ["string", "null"]]),
      (["type": "string", "enum": ["a"]], ["type": ["string", "null"], "enum": ["a", nil]]),
      (["type": "string", "const": "a"], ["anyOf": [["type": "string", "const": "a"], ["type": "null"]]]),
    ] as [(JSONValue, JSONValue)])
  func `what may be null besides says so in its own way`(schema: JSONValue, widened: JSONValue) {
    #expect(JSONSchema(schema).orNull.json == widened)
    #expect(JSONSchema(schema).orNull.orNull.json == widened)
  }

  @Test func `too deep and too much are refused`() {
    #expect(Self.nested(11).problems.contains { $0.severity == .error && $0.message.contains("11 levels") })
    #expect(Self.nested(200).problems.contains { $0.severity == .error })
    #expect(JSONSchema.object(Self.wide(5001)).problems.contains { $0.severity == .error })
  }
}

@Suite struct `Dates are read as the schema has them written` {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0.0), ("2026-01-31T12:30:00Z", 1_769_862_600), ("2000-02-29", 951_782_400),
    ("2026-01-31T12:30:00.250+02:00", 1_769_855_400.25), ("1969-12-31T23:59:59Z", -1),
    ("2026-01-31t12:30:00z", 1_769_862_600), ("2026-01-31T12:30-0100", 1_769_866_200),
    ("2026-01-31 12:30:00", 1_769_862_600),
  ])
  func `with zones, fractions, or only the day`(_ text: String, _ seconds: Double) {
    #expect(Date(rfc3339: text)?.timeIntervalSince1970 == seconds)
  }

  @Test(arguments: [
    "", "2026", "2026-13-01", "2026-01-00", "2026-01-31T", "2026-01-31T25:00:00Z", "2026-01-31T12:30:00X",
    "2026-02-30", "2027-02-29", "2026-04-31", "2026-01-31T12:30:00.Z", "2026-01-31T12:30:00+2", "31.1.2026",
    "٢٠٢٦-01-31", "2026-01-31T12:30:00Z ",
  ])
  func `what is no date is none`(_ text: String) {
    #expect(Date(rfc3339: text) == nil)
  }

  @Test func `a date in an answer names its path when it is none`() throws {
    struct Event: Decodable, Sendable { var on: Date }
    let schema = JSONSchema(for: Event.self)
    let event = try schema.decode(Event.self, from: Array(#"{"on":"1970-01-02T00:00:00Z"}"#.utf8))
    #expect(event.on.timeIntervalSince1970 == 86_400)
    #expect(try schema.decode(Event.self, from: Array(#"{"on":7}"#.utf8)).on.timeIntervalSince1970 == 7)
    #expect { try schema.decode(Event.self, from: Array(#"{"on":"soon"}"#.utf8)) } throws: {
      "\($0)".contains("“soon” is no date")
    }
  }
}

@Suite struct `A schema from elsewhere does no harm` {
  @Test func `one that contains itself many times over`() {
    let names = (0..<12).map { "p\($0)" }
    let schema: JSONSchema = [
      "type": "object", "properties": .object(JSONObject(names.map { ($0, ["$ref": "#"]) })),
      "required": .array(names.map { .string($0) }), "additionalProperties": false,
    ]
    #expect(schema.problems == [])
    #expect(schema.sample(isSparse: false)["p0"].object != nil)
    #expect(schema.describing("p0.p1.p2.p3", "Deep").json["properties"]["p3"]["description"] == "Deep")
    let loop: JSONSchema = ["$ref": "#"]
    #expect(loop.sample(isSparse: true).isNull && loop.describing("a", "b").problems.count >= 1)
  }

  @Test func `whatever stands in it, nothing traps`() {
    var dice = SplitMix(seed: 11)
    let words: [JSONValue] = [
      "object", "array", "string", "#", "#/$defs/a", "null", 1, -7, 1e99, true, nil, [], [:],
      ["type": "object"],
      ["a": ["type": "array"]], [["type": "string"], ["$ref": "#"]], ["string", "null"], "date-time",
    ]
    let keys = [
      "type", "properties", "items", "anyOf", "$ref", "$defs", "enum", "required", "minItems", "minimum",
      "const", "format", "additionalProperties", "allOf",
    ]
    for _ in 0..<1000 {
      let pairs = (0..<Int.random(in: 0..<8, using: &dice)).map { _ in
        (keys.randomElement(using: &dice) ?? "", words.randomElement(using: &dice) ?? .null)
      }
      let schema = JSONSchema(.object(JSONObject(pairs)))
      let strict = schema.strict().describing("a.b", "c", range: 0...1)
      #expect(strict.problems.count + schema.problems.count > 0)
      _ = [schema.sample(isSparse: true), strict.sample(isSparse: false), schema.orNull.json]
    }
  }
}
