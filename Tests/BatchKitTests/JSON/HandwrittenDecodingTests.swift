import BatchKit
import Foundation
import Testing

/// A value that is read in one of the ways in which a type may read itself, told as text.
private struct Reading: Decodable {
  @TaskLocal static var way = Way(name: "nothing") { _ in "" }

  /// One way of reading.
  struct Way: CustomTestStringConvertible, Sendable {
    var name: String
    var read: @Sendable (any Decoder) throws -> String
    var testDescription: String { name }
  }

  var text: String
  init(from decoder: any Decoder) throws { text = try Self.way.read(decoder) }
}

private enum Key: String, CodingKey { case a, b, `super` }

/// Ways of reading numbers and texts by every name that a decoder has for them.
private func ways<Value: Decodable & Sendable>(_ type: Value.Type) -> [Reading.Way] {
  [
    .init(name: "\(type), alone") { "\(try $0.singleValueContainer().decode(type))" },
    .init(name: "\(type), from a list") { decoder in
      var list = try decoder.unkeyedContainer()
      return "\(try list.decode(type)) \(list.currentIndex) \(list.isAtEnd)"
    },
    .init(name: "\(type), from a list if there") { decoder in
      var list = try decoder.unkeyedContainer()
      // Behind the end of a list Foundation counts on.
      let isEmpty = list.isAtEnd
      return "\(String(describing: try list.decodeIfPresent(type))) \(isEmpty ? 0 : list.currentIndex)"
    },
    .init(name: "\(type), by name") { "\(try $0.container(keyedBy: Key.self).decode(type, forKey: .a))" },
    .init(name: "\(type), by name if there") {
      String(describing: try $0.container(keyedBy: Key.self).decodeIfPresent(type, forKey: .a))
    },
  ]
}

private let ownWays: [Reading.Way] = [
  .init(name: "all of a list, whatever it holds") { decoder in
    var list = try decoder.unkeyedContainer()
    var told = "\(list.count ?? -1):"
    while !list.isAtEnd {
      if try list.decodeNil() {
        told += " null"
      } else if let number = try? list.decode(Int.self) {
        told += " \(number)"
      } else {
        told += " " + (try list.decode(String.self))
      }
    }
    return told
  },
  .init(name: "null behind the end") { decoder in
    var list = try decoder.unkeyedContainer()
    while !list.isAtEnd { _ = try list.superDecoder() }
    return "\(try list.decodeNil())"
  },
  .init(name: "a list within a list") { decoder in
    var list = try decoder.unkeyedContainer()
    var inner = try list.nestedUnkeyedContainer()
    return
      "\(inner.count ?? -1) \(try inner.decode(Int.self)) \(list.currentIndex) \(inner.codingPath.map(\.stringValue))"
  },
  .init(name: "an object within a list") { decoder in
    var list = try decoder.unkeyedContainer()
    let inner = try list.nestedContainer(keyedBy: Key.self)
    return
      "\(inner.allKeys.map(\.stringValue).sorted()) \(try inner.decode(Int.self, forKey: .a)) \(list.isAtEnd)"
  },
  .init(name: "an object within an object") { decoder in
    let outer = try decoder.container(keyedBy: Key.self)
    let inner = try outer.nestedContainer(keyedBy: Key.self, forKey: .b)
    return
      "\(outer.contains(.b)) \(try inner.decode(Int.self, forKey: .a)) \(inner.codingPath.map(\.stringValue))"
  },
  .init(name: "a list within an object") { decoder in
    let outer = try decoder.container(keyedBy: Key.self)
    var inner = try outer.nestedUnkeyedContainer(forKey: .b)
    return "\(try inner.decode(Int.self)) \(try outer.decodeNil(forKey: .b))"
  },
  .init(name: "what a superclass reads") { decoder in
    let outer = try decoder.container(keyedBy: Key.self)
    return "\(try outer.superDecoder().singleValueContainer().decode(Int.self))"
  },
  .init(name: "what a superclass reads by a name") { decoder in
    let named = try decoder.container(keyedBy: Key.self).superDecoder(forKey: .b)
    return "\(try named.singleValueContainer().decodeNil())"
  },
  .init(name: "what a superclass reads from a list") { decoder in
    var list = try decoder.unkeyedContainer()
    return "\(try list.superDecoder().singleValueContainer().decode(Int.self)) \(list.currentIndex)"
  },
]

private let values = [
  "true", "\"a\"", "0", "1", "-1", "127", "128", "255", "256", "32768", "65536", "4294967296", "-2147483649",
  "18446744073709551615", "18446744073709551616", "1.0", "1.5", "1e2", "1e400", "null", "[]", "{}", "[1,2]",
  "{\"a\":1}",
]

/// Each value alone, in lists, and by name.
private let documents: [String] =
  values + values.flatMap { ["[\($0)]", "[\($0),null,7]", "{\"a\":\($0)}", "{\"b\":\($0),\"super\":3}"] }
  + ["{\"b\":{\"a\":4}}", "[[5,6],\"x\",null]", "[{\"a\":5,\"b\":6}]"]

@Suite struct `Types that read themselves read answers as with Foundation` {
  @Test(
    arguments: ways(Bool.self) + ways(String.self) + ways(Double.self) + ways(Float.self) + ways(Int.self)
      + ways(Int8.self) + ways(Int16.self) + ways(Int32.self) + ways(Int64.self) + ways(UInt.self)
      + ways(UInt8.self) + ways(UInt16.self) + ways(UInt32.self) + ways(UInt64.self) + ownWays)
  fileprivate func `by every question that a decoder answers`(way: Reading.Way) {
    Reading.$way.withValue(way) {
      for json in documents {
        let ours = try? AnswerDecoder.decode(Reading.self, from: Array(json.utf8)).text
        let theirs = try? JSONDecoder().decode(Reading.self, from: Data(json.utf8)).text
        #expect(ours == theirs, "\(way.name) of \(json)")
      }
    }
  }

  @Test func `what is missing from a list is told with its place`() {
    let way = Reading.Way(name: "two of a list") { decoder in
      var list = try decoder.container(keyedBy: Key.self).nestedUnkeyedContainer(forKey: .b)
      return "\(try list.decode(Int.self)) \(try list.decode(Int.self))"
    }
    let error = Reading.$way.withValue(way) {
      #expect(throws: DecodingError.self) {
        try AnswerDecoder.decode(Reading.self, from: Array("{\"b\":[1]}".utf8))
      }
    }
    guard case .valueNotFound(_, let context)? = error else {
      Issue.record("the list was not found to be short")
      return
    }
    #expect(context.codingPath.map(\.stringValue) == ["b", "Index 1"])
    #expect(context.codingPath.last?.intValue == 1)
  }
}
