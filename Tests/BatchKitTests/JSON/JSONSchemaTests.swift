import BatchKit
import Foundation
import Testing

private enum Label: String, Codable, CaseIterable, Sendable { case praise, complaint, question }

private struct Verdict: Codable, Sendable, Equatable {
  var label: Label
  var confidence: Double
  var reason: String?
}

private struct Address: Codable, Sendable, Equatable {
  var street: String
  var number: Int?
  enum CodingKeys: String, CodingKey {
    case street = "street_name"
    case number
  }
}

private struct Person: Codable, Sendable, Equatable {
  var name: String
  var home: Address
  var others: [Address]
  var work: Address?
}

private struct Odds: Codable, Sendable, Equatable {
  var born: Date
  var page: URL
  var id: UUID
  var price: Decimal
  var seal: Data
  var tags: Set<String>
  var grid: [[Int]]
  var gaps: [Int?]
  var flag: Bool
  var small: UInt8
  var ratio: Float
}

private enum Grade: Int, Codable, CaseIterable, Sendable { case low = 1, high = 3 }
private struct Graded: Codable, Sendable, Equatable {
  var grade: Grade
  var earlier: Grade?
  var label: Label?
}

private struct Tree: Codable, Sendable, Equatable {
  var name: String
  var children: [Tree]
}

private final class Link: Codable, Sendable {
  let name: String
  let next: Link?
}

private struct Forest: Codable, Sendable, Equatable {
  var oldest: Tree
  var trees: [Tree]
}

/// Two types that contain each other, one of them without an optional.
private struct Shelf: Codable, Sendable { var boxes: [Box] }
private struct Box: Codable, Sendable {
  var owner: Shelf
  var label: String
}

private struct Pair<First: Codable & Sendable, Second: Codable & Sendable>: Codable, Sendable {
  var first: First
  var second: Second
}

private struct Tag: RawRepresentable, Codable, Sendable { var rawValue: String }
private struct Tagged: Codable, Sendable { var tag: Tag }

private struct Span: Codable, Sendable { var range: ClosedRange<Int> }

@Suite struct `A schema is read off a type` {
  @Test(arguments: [
    (
      JSONSchema(for: Verdict.self),
      """
      {"type":"object","properties":{"label":{"type":"string","enum":["praise","complaint","question"]},\
      "confidence":{"type":"number"},"reason":{"type":["string","null"]}},\
      "required":["label","confidence","reason"],"additionalProperties":false}
      """
    ),
    (
      JSONSchema(for: Person.self),
      """
      {"type":"object","properties":{"name":{"type":"string"},"home":{"type":"object","properties":{"street_name":\
      {"type":"string"},"number":{"type":["integer","null"]}},"required":["street_name","number"],\
      "additionalProperties":false},"others":{"type":"array","items":{"type":"object","properties":{"street_name":\
      {"type":"string"},"number":{"type":["integer","null"]}},"required":["street_name","number"],\
      "additionalProperties":false}},"work":{"anyOf":[{"type":"object","properties":{"street_name":\
      {"type":"string"},"number":{"type":["integer","null"]}},"required":["street_name","number"],\
      "additionalProperties":false},{"type":"null"}]}},"required":["name","home","others","work"],\
      "additionalProperties":false}
      """
    ),
    (
      JSONSchema(for: Odds.self),
      """
      {"type":"object","properties":{"born":{"type":"string","format":"date-time"},"page":{"type":"string",\
      "description":"A URL."},"id":{"type":"string","format":"uuid"},"price":{"type":"number"},"seal":\
      {"type":"string","description":"Bytes in base64."},"tags":{"type":"array","items":{"type":"string"}},\
      "grid":{"type":"array","items":{"type":"array","items":{"type":"integer"}}},"gaps":{"type":"array","items":\
      {"type":["integer","null"]}},"flag":{"type":"boolean"},"small":{"type":"integer"},"ratio":{"type":"number"}},\
      "required":["born","page","id","price","seal","tags","grid","gaps","flag","small","ratio"],\
      "additionalProperties":false}
      """
    ),
    (
      JSONSchema(for: Graded.self),
      """
      {"type":"object","properties":{"grade":{"type":"integer","enum":[1,3]},"earlier":{"type":["integer","null"],\
      "enum":[1,3,null]},"label":{"type":["string","null"],"enum":["praise","complaint","question",null]}},\
      "required":["grade","earlier","label"],"additionalProperties":false}
      """
    ),
    (
      JSONSchema(for: Tree.self),
      """
      {"type":"object","properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#"}}},\
      "required":["name","children"],"additionalProperties":false}
      """
    ),
    (
      JSONSchema(for: Link.self),
      """
      {"type":"object","properties":{"name":{"type":"string"},"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},\
      "required":["name","next"],"additionalProperties":false}
      """
    ),
    (
      JSONSchema(for: Forest.self),
      """
      {"type":"object","properties":{"oldest":{"$ref":"#/$defs/Tree"},"trees":{"type":"array","items":\
      {"$ref":"#/$defs/Tree"}}},"required":["oldest","trees"],"additionalProperties":false,"$defs":{"Tree":\
      {"type":"object","properties":{"name":{"type":"string"},"children":{"type":"array","items":\
      {"$ref":"#/$defs/Tree"}}},"required":["name","children"],"additionalProperties":false}}}
      """
    ),
    (
      JSONSchema(for: Shelf.self),
      """
      {"type":"object","properties":{"boxes":{"type":"array","items":{"type":"object","properties":{"owner":\
      {"$ref":"#"},"label":{"type":"string"}},"required":["owner","label"],"additionalProperties":false}}},\
      "required":["boxes"],"additionalProperties":false}
      """
    ),
    (
      JSONSchema(for: Pair<Tagged, [Bool]?>.self),
      """
      {"type":"object","properties":{"first":{"type":"object","properties":{"tag":{"type":"string"}},"required":\
      ["tag"],"additionalProperties":false},"second":{"anyOf":[{"type":"array","items":{"type":"boolean"}},\
      {"type":"null"}]}},"required":["first","second"],"additionalProperties":false}
      """
    ),
    (
      JSONSchema(for: Span.self),
      """
      {"type":"object","properties":{"range":{"type":"array","items":{"type":"integer"},"minItems":2,"maxItems":2}},\
      "required":["range"],"additionalProperties":false}
      """
    ),
    (
      JSONSchema(for: [Label].self),
      """
      {"type":"object","properties":{"value":{"type":"array","items":{"type":"string","enum":["praise","complaint",\
      "question"]}}},"required":["value"],"additionalProperties":false}
      """
    ),
    (
      JSONSchema(for: Label.self),
      """
      {"type":"object","properties":{"value":{"type":"string","enum":["praise","complaint","question"]}},\
      "required":["value"],"additionalProperties":false}
      """
    ),
    (
      JSONSchema(for: Verdict?.self),
      """
      {"type":"object","properties":{"value":{"anyOf":[{"type":"object","properties":{"label":{"type":"string",\
      "enum":["praise","complaint","question"]},"confidence":{"type":"number"},"reason":{"type":["string","null"]}},\
      "required":["label","confidence","reason"],"additionalProperties":false},{"type":"null"}]}},\
      "required":["value"],"additionalProperties":false}
      """
    ),
    (
      JSONSchema(for: [Tree].self),
      """
      {"type":"object","properties":{"value":{"type":"array","items":{"$ref":"#/$defs/Tree"}}},"required":["value"],\
      "additionalProperties":false,"$defs":{"Tree":{"type":"object","properties":{"name":{"type":"string"},\
      "children":{"type":"array","items":{"$ref":"#/$defs/Tree"}}},"required":["name","children"],\
      "additionalProperties":false}}}
      """
    ),
  ])
  func `in the order of its declaration, strict, without a doubt`(_ schema: JSONSchema, _ text: String) {
    #expect(schema.description == text)
    #expect(schema.problems == [])
  }

  @Test func `the same bytes each time`() {
    let texts = Set((0..<20).map { _ in JSONSchema(for: Odds.self).description })
    #expect(texts.count == 1)
  }

  @Test func `what the schema allows decodes into the type, full or sparse`() throws {
    func check<Value: Decodable>(_ type: Value.Type) throws {
      let schema = JSONSchema(for: type)
      for isSparse in [false, true] {
        let sample = schema.sample(isSparse: isSparse)
        _ = try schema.decode(type, from: Array(sample.description.utf8))
      }
    }
    try check(Verdict.self)
    try check(Person.self)
    try check(Odds.self)
    try check(Graded.self)
    try check(Tree.self)
    try check(Link.self)
    try check(Forest.self)
    try check(Pair<Tagged, [Bool]?>.self)
    try check(Span.self)
    try check([Label].self)
    try check(Label.self)
    try check(Verdict?.self)
    try check([[String: Int]]?.self)
  }
}

private enum Open: String, Codable, Sendable { case a, b }
private struct HasOpen: Codable, Sendable { var inner: [Open] }
private enum Payload: Codable, Sendable { case text(String), number(Int) }
private struct HasPayload: Codable, Sendable { var payload: Payload }
private struct HasMap: Codable, Sendable {
  var counts: [String: Int]
  var also: [String: String]?
}
private enum NoCases: String, Codable, CaseIterable, Sendable {
  case one
  static var allCases: [NoCases] { [] }
}
private struct HasNoCases: Codable, Sendable { var none: NoCases }

private struct Lenient: Decodable, Sendable {
  var text: String
  enum CodingKeys: CodingKey { case text }
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let number = try? container.decode(Int.self, forKey: .text) {
      text = "\(number)"
    } else {
      text = try container.decode(String.self, forKey: .text)
    }
  }
}

private struct Choosy: Decodable, Sendable {
  init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard text.hasPrefix("#") else {
      throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "no colour"))
    }
  }
}
private struct HasChoosy: Decodable, Sendable { var colour: Choosy }

private struct Either: Decodable, Sendable {
  var verdict: Verdict?
  var address: Address?
  init(from decoder: any Decoder) throws {
    verdict = try? Verdict(from: decoder)
    if verdict == nil { address = try Address(from: decoder) }
  }
}

private struct Switching: Decodable, Sendable {
  enum CodingKeys: CodingKey { case isShort, short, long }
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if try container.decode(Bool.self, forKey: .isShort) {
      _ = try container.decode(String.self, forKey: .short)
    } else {
      _ = try container.decode([String].self, forKey: .long)
    }
  }
}

private struct Dynamic: Decodable, Sendable {
  struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
  init(from decoder: any Decoder) throws {
    _ = try decoder.container(keyedBy: Key.self).allKeys
  }
}

private struct Mixed: Decodable, Sendable {
  init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    _ = try container.decode(String.self)
    _ = try container.decode(Int.self)
  }
}

private final class Endless: Decodable, Sendable { let next: Endless }
private struct HasEndless: Decodable, Sendable {
  let name: String
  let loop: Endless?
}
private final class Russian<Value: Decodable & Sendable>: Decodable, Sendable {
  let inner: Russian<[Value]>?
}
private struct Silent: Decodable, Sendable {
  enum CodingKeys: CodingKey { case there }
  init(from decoder: any Decoder) throws {
    _ = try decoder.container(keyedBy: CodingKeys.self).contains(.there)
  }
}

@Suite struct `What can't be read off a type is told` {
  @Test(arguments: [
    (
      JSONSchema(for: HasOpen.self), "“inner[]” (Open)",
      "make it CaseIterable, with a raw type of String or Int"
    ),
    (JSONSchema(for: HasPayload.self), "“payload” (Payload)", "use a struct with optional properties"),
    (JSONSchema(for: HasMap.self), "“counts” (Dictionary<String, Int>)", "use an array of values"),
    (JSONSchema(for: HasMap.self), "“also” (Dictionary<String, String>)", "use an array of values"),
    (JSONSchema(for: HasNoCases.self), "“none” (NoCases)", "it has no cases"),
    (JSONSchema(for: Lenient.self), "“text” (Lenient)", "tries one type after the other"),
    (JSONSchema(for: Either.self), "(Either)", "tries one type after the other"),
    (JSONSchema(for: HasChoosy.self), "“colour” (Choosy)", "refused a made-up value (no colour)"),
    (JSONSchema(for: Switching.self), "read off Switching", "depends on the values it finds"),
    (JSONSchema(for: Dynamic.self), "read off Dynamic", "its keys are not fixed"),
    (JSONSchema(for: Mixed.self), "read off Mixed", "an array whose elements differ in type"),
    (JSONSchema(for: HasEndless.self), "“loop.next” (Endless)", "it contains itself without an optional"),
    (JSONSchema(for: Endless.self), "“next” (Endless)", "it contains itself without an optional"),
    (JSONSchema(for: Russian<Int>.self), "(Russian<", "nested too deeply"),
    (JSONSchema(for: Silent.self), "“there” (Silent)", "never says what stands there"),
  ])
  func `with its place and a remedy, and never by a trap`(
    _ schema: JSONSchema, _ place: String, _ remedy: String
  ) {
    let messages = schema.problems.filter { $0.severity == .error }.map(\.message)
    #expect(messages.contains { $0.contains(place) && $0.contains(remedy) }, "\(messages)")
  }

  @Test func `a type that refuses some of what fits is doubted`() {
    struct Even: Decodable {
      init(from decoder: any Decoder) throws {
        let number = try decoder.singleValueContainer().decode(Int.self)
        guard number == 1 else {
          throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "not one"))
        }
      }
    }
    let problems = JSONSchema(for: Even.self).problems
    #expect(problems.map(\.severity) == [.warning])
    #expect(problems.first?.message.contains("not one") == true)
  }
}

@Suite struct `More is said of a property than its type can` {
  private let schema = JSONSchema(for: Person.self)

  @Test func `words and limits, at any depth`() {
    let said = JSONSchema(for: Verdict.self)
      .describing("confidence", "How sure, 0 to 1", range: 0...1)
      .describing("reason", "In a sentence", pattern: "^[A-Z]")
    #expect(
      said.description == """
        {"type":"object","properties":{"label":{"type":"string","enum":["praise","complaint","question"]},\
        "confidence":{"type":"number","minimum":0,"maximum":1,"description":"How sure, 0 to 1"},"reason":\
        {"type":["string","null"],"pattern":"^[A-Z]","description":"In a sentence"}},\
        "required":["label","confidence","reason"],"additionalProperties":false}
        """)
    #expect(said.problems == [])
    let deep = schema.describing("others.street_name", format: "hostname").describing(
      "work.number", range: 1...9
    )
    .describing("others[]", "Elsewhere", count: 0...3).describing("work", "In the week")
    let properties = deep.json["properties"]
    #expect(properties["others"]["items"]["properties"]["street_name"]["format"] == "hostname")
    #expect(properties["others"]["maxItems"] == 3 && properties["others"]["description"] == "Elsewhere")
    #expect(properties["work"]["anyOf"][0]["properties"]["number"]["maximum"] == 9)
    #expect(properties["work"]["description"] == "In the week")
    #expect(deep.problems == [])
  }

  @Test func `behind references and inside a wrapped root`() {
    let forest = JSONSchema(for: Forest.self).describing("trees.children.name", "A name")
      .describing("oldest", "The oldest")
    #expect(forest.json["$defs"]["Tree"]["properties"]["name"]["description"] == "A name")
    #expect(
      forest.json["properties"]["oldest"].description
        == ##"{"anyOf":[{"$ref":"#/$defs/Tree"}],"description":"The oldest"}"##)
    let list = JSONSchema(for: [Address].self).describing("number", range: 1...9).describing("All of them")
    #expect(list.json["properties"]["value"]["items"]["properties"]["number"]["minimum"] == 1)
    #expect(list.json["properties"]["value"]["description"] == "All of them")
    #expect(forest.problems.isEmpty && list.problems.isEmpty)
  }

  @Test(arguments: [
    ("street", "There is no property “street”; there are name, home, others, work."),
    ("hom", "Did you mean “home”?"),
    ("home.street", "“street” (in “home.street”); there are street_name, number."),
    ("name.first", "nothing there has properties"),
  ])
  func `a wrong name lists the right ones`(_ name: String, _ message: String) {
    let wrong = schema.describing(name, "…")
    #expect(wrong.problems.map(\.severity) == [.error])
    #expect(wrong.problems.first?.message.contains(message) == true, "\(wrong.problems)")
    #expect(wrong.json == schema.json)
  }

  @Test func `a limit of the wrong kind is a problem`() {
    #expect(
      schema.describing("name", range: 0...1).problems.first?.message.contains("of type string") == true)
    #expect(schema.describing("others", pattern: "x").problems.count == 1)
  }
}
