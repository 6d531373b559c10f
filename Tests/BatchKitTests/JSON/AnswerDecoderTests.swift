import BatchKit
import Foundation
import Testing

/// A type with one of everything that answers are decoded into.
private struct Sample: Codable, Equatable {
  enum Label: String, Codable { case praise, complaint, question }
  struct Place: Codable, Equatable {
    var town: String
    var position: [Double]
  }

  var label: Label
  var count: Int
  var small: Int8?
  var share: Double
  var single: Float?
  var isTrue: Bool
  var note: String?
  var words: [String]
  var places: [Place]
  var table: [String: Int]
  var grid: [[Int?]]
  var link: URL?
  var price: Decimal?
}

private func ours<Value: Decodable>(_ type: Value.Type, _ json: [UInt8]) -> Value? {
  try? AnswerDecoder.decode(type, from: json)
}

private func theirs<Value: Decodable>(_ type: Value.Type, _ json: [UInt8]) -> Value? {
  try? JSONDecoder().decode(type, from: Data(json))
}

/// A value at random for each field of ``Sample``, now and then of the wrong kind or not there at all.
private struct SampleWriter {
  var dice: SplitMix

  mutating func json() -> String {
    let fields = [
      ("label", pick(["\"praise\"", "\"complaint\"", "\"que\\u0073tion\"", "\"other\""], rarely: 0.02)),
      ("count", number()), ("small", pick(["1", "-128", "127", "null", "128"], rarely: 0.02)),
      ("share", number()), ("single", pick(["0.5", "1e3", "null", "3.4028235e38"], rarely: 0)),
      ("isTrue", pick(["true", "false", "1"], rarely: 0.02)), ("note", pick([text(), "null"], rarely: 0.3)),
      ("words", list { $0.text() }),
      ("places", list { "{\"town\":\($0.text()),\"position\":\($0.list { $0.number() })}" }),
      ("table", "{\"a\":1,\"b\\n\":\(number())}"),
      ("grid", list { $0.list { $0.pick(["1", "null"], rarely: 0.5) } }),
      ("link", pick(["\"https://example.org/a?b=c\"", "null"], rarely: 0.5)),
      ("price", pick(["12.30", "null", "\"12\""], rarely: 0.02)),
    ]
    let kept = fields.filter { _ in Double.random(in: 0..<1, using: &dice) < 0.995 }
    return "{" + kept.shuffled(using: &dice).map { "\"\($0)\" : \($1)" }.joined(separator: " ,\n") + "}"
  }

  private mutating func pick(_ values: [String], rarely share: Double) -> String {
    if Double.random(in: 0..<1, using: &dice) < share { return values[values.count - 1] }
    return values.dropLast().randomElement(using: &dice) ?? values[0]
  }

  private mutating func number() -> String {
    switch Int.random(in: 0..<24, using: &dice) {
    case 0: "1.0"
    case 1: "-0"
    case 2: "2e2"
    case 3: "9007199254740993"
    case 4: "null"
    case 5: "0.1"
    case 6: "1.7976931348623157"
    default: "\(Int.random(in: -1_000_000...1_000_000, using: &dice))"
    }
  }

  private mutating func text() -> String {
    let pieces = [
      "a", "é", "中", "😀", "\\n", "\\\"", "\\\\", "\\/", "\\u00e9", "\\ud83d\\ude00", "{", "]", " ",
      "\u{2028}",
    ]
    let count = Int.random(in: 0..<12, using: &dice)
    return "\"" + (0..<count).map { _ in pieces.randomElement(using: &dice) ?? "" }.joined() + "\""
  }

  private mutating func list(_ element: (inout Self) -> String) -> String {
    let count = Int.random(in: 0..<4, using: &dice)
    return "[" + (0..<count).map { _ in element(&self) }.joined(separator: ",") + "]"
  }
}

@Suite struct `Answers decode as with Foundation` {
  @Test func `thousands of values decode to the same, or to nothing in both`() {
    var writer = SampleWriter(dice: SplitMix(seed: 41))
    var decoded = 0
    for _ in 0..<3000 {
      let json = Array(writer.json().utf8)
      let (mine, other) = (ours(Sample.self, json), theirs(Sample.self, json))
      #expect(mine == other, "\(String(decoding: json, as: UTF8.self))")
      if mine != nil { decoded += 1 }
    }
    // Neither all nor nothing, or the comparison would prove little.
    #expect((300..<2900).contains(decoded))
  }

  @Test func `damaged text is refused by both, or read alike`() {
    var writer = SampleWriter(dice: SplitMix(seed: 42))
    var dice = SplitMix(seed: 43)
    for _ in 0..<1500 {
      let json = dice.mutate(Array(writer.json().utf8), times: Int.random(in: 1..<3, using: &dice))
      guard !hasDeliberateDifference(json) else { continue }
      #expect(
        ours(Sample.self, json) == theirs(Sample.self, json), "\(String(decoding: json, as: UTF8.self))")
    }
  }

  /// Damage may make two keys one, or half a pair of surrogates.
  private func hasDeliberateDifference(_ json: [UInt8]) -> Bool {
    guard let value = try? JSONValue.parse(json) else {
      // Foundation reads bytes that are no UTF-8 only where it looks at them, as we do, but not at the same
      // ones.
      return !json.withSpan(isWellFormedUTF8)
    }
    return json.split(separator: UInt8(ascii: "u")).count > 1 && value.description.contains("\u{FFFD}")
      || (value.object?.keys.count ?? 0) < 13
  }

  @Test(arguments: [
    "0", "-0", "1", "-1", "127", "128", "255", "256", "65536", "2147483648", "9223372036854775807",
    "9223372036854775808", "18446744073709551615", "18446744073709551616", "1.0", "1.5", "1e2", "12e-1",
    "120e-1",
    "-9223372036854775808", "-9223372036854775809", "1e400", "0.1", "123456789012345678",
    "0.30000000000000004",
    "5e-324", "2.2250738585072014e-308", "179769313486231570000000000000000000000", "true", "null",
    "\"1\"", "[]", "{}", "01", "1.", ".5", "+1", "NaN", "9007199254740993.0", "0.000001", "-0.0",
  ])
  func `every number means the same in every type`(_ text: String) {
    let json = Array(text.utf8)
    #expect(ours(Int.self, json) == theirs(Int.self, json))
    #expect(ours(Int8.self, json) == theirs(Int8.self, json))
    #expect(ours(UInt8.self, json) == theirs(UInt8.self, json))
    #expect(ours(Int32.self, json) == theirs(Int32.self, json))
    #expect(ours(Int64.self, json) == theirs(Int64.self, json))
    #expect(ours(UInt64.self, json) == theirs(UInt64.self, json))
    #expect(ours(Double.self, json)?.bitPattern == theirs(Double.self, json)?.bitPattern)
    #expect(ours(Float.self, json)?.bitPattern == theirs(Float.self, json)?.bitPattern)
    #expect(ours(Bool.self, json) == theirs(Bool.self, json))
    #expect(ours(String.self, json) == theirs(String.self, json))
    #expect(ours([Int?].self, json) == theirs([Int?].self, json))
    #expect(ours([String: Double].self, json) == theirs([String: Double].self, json))
  }

  @Test(arguments: [
    "", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\"}", "[1 2]", "\"\\x\"", "\"\n\"", "tru", "// c\n1", "1 1",
    "{'a':1}",
  ])
  func `text that is no JSON is refused`(_ text: String) {
    #expect(ours([String: Int].self, Array(text.utf8)) == nil)
    #expect(ours(Int.self, Array(text.utf8)) == nil)
    #expect(theirs(Int.self, Array(text.utf8)) == nil)
  }

  /// A class with a parent, keys of two kinds and containers within containers, all asked for by hand.
  private class Parent: Decodable {
    let name: String
    enum Keys: String, CodingKey { case name }
    required init(from decoder: any Decoder) throws {
      name = try decoder.container(keyedBy: Keys.self).decode(String.self, forKey: .name)
    }
  }

  private final class Child: Parent {
    let numbers: [Int]
    let inner: String
    enum ChildKeys: String, CodingKey { case list, box, inner }
    required init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: ChildKeys.self)
      var list = try container.nestedUnkeyedContainer(forKey: .list)
      var numbers: [Int] = []
      while !list.isAtEnd { numbers.append(try list.decodeNil() ? -1 : try list.decode(Int.self)) }
      self.numbers = numbers
      let box = try container.nestedContainer(keyedBy: ChildKeys.self, forKey: .box)
      inner = try box.decodeIfPresent(String.self, forKey: .inner) ?? "none"
      try super.init(from: container.superDecoder())
    }
  }

  @Test func `containers within containers and parents of classes are found`() throws {
    let json = Array(#"{"list":[1,null,3],"box":{"inner":"x"},"super":{"name":"p"}}"#.utf8)
    let child = try AnswerDecoder.decode(Child.self, from: json)
    #expect((child.numbers, child.inner, child.name) == ([1, -1, 3], "x", "p"))
    #expect(ours(Child.self, Array(#"{"list":[1],"box":{}}"#.utf8)) == nil)
  }

  @Test func `an object of very many members is not walked along for each`() throws {
    let members = (0..<20_000).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
    let table = try AnswerDecoder.decode([String: Int].self, from: Array("{\(members)}".utf8))
    #expect(table.count == 20_000 && table["key19999"] == 19_999)
  }
}

@Suite struct `Answers decode unlike Foundation only where it is meant` {
  @Test(arguments: [
    ("2030-01-31T18:30:00Z", 1_896_114_600.0), ("2030-01-31T18:30:00.250Z", 1_896_114_600.25),
    ("2030-01-31T19:30:00+01:00", 1_896_114_600.0),
  ])
  func `a date is read as a schema has it`(text: String, seconds: Double) throws {
    let dates = try AnswerDecoder.decode([Date].self, from: Array("[\"\(text)\"]".utf8))
    #expect(dates == [Date(timeIntervalSince1970: seconds)])
  }

  @Test(arguments: ["true", "\"tomorrow\"", "\"2030-13-01T00:00:00Z\"", "null"])
  func `anything else is no date`(_ json: String) {
    #expect(ours(Date.self, Array(json.utf8)) == nil)
  }

  @Test func `of two members under one key the last counts, here and in a JSON value`() throws {
    let json = #"{"a":1,"b":0,"\u0061":2}"#
    #expect(ours([String: Int].self, Array(json.utf8)) == ["a": 2, "b": 0])
    #expect(try JSONValue(parsing: json)["a"] == 2)
  }

  @Test func `a number too small to tell from zero is refused as a whole one too`() {
    #expect(
      ours(Double.self, Array("1e-400".utf8)) == nil && theirs(Double.self, Array("1e-400".utf8)) == nil)
    #expect(ours(Int.self, Array("1e-400".utf8)) == nil)
  }

  @Test func `half of a surrogate pair is replaced`() {
    #expect(ours([String].self, Array(#"["\ud83d!"]"#.utf8)) == ["\u{FFFD}!"])
  }

  @Test(arguments: ["[", "{\"a\":"])
  func `what is nested without end is refused, not followed`(_ opening: String) {
    #expect(ours([String: Int].self, Array(String(repeating: opening, count: 100_000).utf8)) == nil)
  }

  @Test func `text that is no UTF-8 is refused where it is asked for`() {
    #expect(ours([String].self, [0x5B, 0x22, 0xFF, 0x22, 0x5D]) == nil)
  }

  @Test(arguments: [
    (#"{"items":[{"label":"a"},{"label":7}]}"#, "items.1.label", "It reads 7."),
    (#"{"items":[{"label":"a"},{"label":null}]}"#, "items.1.label", "It reads null."),
    (#"{"items":{"label":"a"}}"#, "items", "It reads {\"label\":\"a\"}}."),
    (#"{"items":[[]]}"#, "items.0", "It reads []]}."),
  ])
  func `an error names the path and shows what stands there`(json: String, path: String, said: String) throws
  {
    struct Item: Decodable { var label: String }
    struct List: Decodable { var items: [Item] }
    do {
      _ = try AnswerDecoder.decode(List.self, from: Array(json.utf8))
      Issue.record("it decoded")
    } catch let DecodingError.typeMismatch(_, context), let DecodingError.valueNotFound(_, context) {
      #expect(
        context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
          == path)
      #expect(context.debugDescription == said)
    }
  }
}
