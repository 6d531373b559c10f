import BatchKit
import Testing

/// A type whose fields lie deeper in the answer than in itself.
private struct Flat: Decodable, Sendable {
  enum Keys: String, CodingKey { case person, tags, pairs, grid }
  enum PersonKeys: String, CodingKey { case name, age }
  enum PairKeys: String, CodingKey { case left, right }

  var name: String
  var age: Int?
  var tags: [String] = []
  var lefts: [Int] = []
  var cells: [Double] = []

  init(from decoder: any Decoder) throws {
    let outer = try decoder.container(keyedBy: Keys.self)
    let person = try outer.nestedContainer(keyedBy: PersonKeys.self, forKey: .person)
    name = try person.decode(String.self, forKey: .name)
    age = try person.decodeIfPresent(Int.self, forKey: .age)
    var list = try outer.nestedUnkeyedContainer(forKey: .tags)
    while !list.isAtEnd { tags.append(try list.decode(String.self)) }
    var pairs = try outer.nestedUnkeyedContainer(forKey: .pairs)
    while !pairs.isAtEnd {
      let pair = try pairs.nestedContainer(keyedBy: PairKeys.self)
      lefts.append(try pair.decode(Int.self, forKey: .left))
      _ = try pair.decode(Bool.self, forKey: .right)
    }
    var grid = try outer.nestedUnkeyedContainer(forKey: .grid)
    while !grid.isAtEnd {
      var row = try grid.nestedUnkeyedContainer()
      while !row.isAtEnd { cells.append(try row.decode(Double.self)) }
    }
  }
}

private class Base: Decodable, @unchecked Sendable {
  let id: String
}
private final class Derived: Base, @unchecked Sendable {
  enum Keys: String, CodingKey { case score, base }
  let score: Int
  required init(from decoder: any Decoder) throws {
    let own = try decoder.container(keyedBy: Keys.self)
    score = try own.decode(Int.self, forKey: .score)
    try super.init(from: own.superDecoder(forKey: .base))
  }
}

private struct Nullable: Decodable, Sendable {
  let text: String?
  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    text = value.decodeNil() ? nil : try value.decode(String.self)
  }
}
private struct HasNullable: Decodable, Sendable {
  let note: Nullable
  let list: [Nullable]
}

private struct Counted: Decodable, Sendable {
  let sum: Int
  init(from decoder: any Decoder) throws {
    var list = try decoder.unkeyedContainer()
    var sum = 0
    for _ in 0..<(list.count ?? 0) { sum += try list.decodeNil() ? 0 : list.decode(Int.self) }
    self.sum = sum
  }
}

private struct Optionals: Decodable, Sendable {
  struct Inner: Decodable, Sendable { let n: Int }
  let first: Inner?
  let second: Inner
  let third: Nullable?
  let fourth: Nullable
}

@Suite struct `A schema is read off a type that reads itself` {
  @Test(arguments: [
    (
      JSONSchema(for: Flat.self),
      """
      {"type":"object","properties":{"person":{"type":"object","properties":{"name":{"type":"string"},"age":\
      {"type":["integer","null"]}},"required":["name","age"],"additionalProperties":false},"tags":{"type":"array",\
      "items":{"type":"string"}},"pairs":{"type":"array","items":{"type":"object","properties":{"left":\
      {"type":"integer"},"right":{"type":"boolean"}},"required":["left","right"],"additionalProperties":false}},\
      "grid":{"type":"array","items":{"type":"array","items":{"type":"number"}}}},"required":["person","tags",\
      "pairs","grid"],"additionalProperties":false}
      """
    ),
    (
      JSONSchema(for: Derived.self),
      """
      {"type":"object","properties":{"score":{"type":"integer"},"base":{"type":"object","properties":{"id":\
      {"type":"string"}},"required":["id"],"additionalProperties":false}},"required":["score","base"],\
      "additionalProperties":false}
      """
    ),
    (
      JSONSchema(for: HasNullable.self),
      """
      {"type":"object","properties":{"note":{"type":["string","null"]},"list":{"type":"array","items":{"type":\
      ["string","null"]}}},"required":["note","list"],"additionalProperties":false}
      """
    ),
    (
      JSONSchema(for: Counted.self),
      """
      {"type":"object","properties":{"value":{"type":"array","items":{"type":["integer","null"]}}},"required":\
      ["value"],"additionalProperties":false}
      """
    ),
  ]) func `with all that it asks for, in its order`(schema: JSONSchema, text: String) {
    #expect(schema.description == text)
    #expect(schema.problems.isEmpty)
  }

  @Test func `a type met twice may be null where it may be missing, and wherever it says so itself`() throws {
    let schema = try JSONValue(parsing: JSONSchema(for: Optionals.self).description)["properties"]
    func mayBeNull(_ name: String) -> Bool { schema[name].description.contains("null") }
    #expect(["first", "second", "third", "fourth"].map(mayBeNull) == [true, false, true, true])
  }
}
