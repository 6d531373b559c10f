import Foundation

/// A type whose schema is known, whatever it would ask a decoder for.
///
/// Foundation's types decode themselves in ways that say little: a date asks for a number, an address for a
/// text. What the schema should say, and what our decoder reads, stands here instead.
protocol KnownShape {
  /// A made-up value of the type, after its schema was noted in `shape`.
  static func madeUp(by probe: SchemaProbe, into shape: SchemaShape, path: String) throws -> Any
}

/// A known type that is a value of its own, with no parts to ask for.
private protocol SimpleShape: KnownShape {
  /// What the schema says of it, `type` first.
  static var keywords: JSONObject { get }
  /// Two values that differ, neither of them zero or empty, which an initializer might trip over.
  static var samples: (Self, Self) { get }
}

extension SimpleShape {
  static func madeUp(by probe: SchemaProbe, into shape: SchemaShape, path: String) -> Any {
    shape.kind = .simple(keywords)
    return probe.usesSecondValues ? samples.1 : samples.0
  }
}

extension String: KnownShape, SimpleShape {
  fileprivate static var keywords: JSONObject { ["type": "string"] }
  fileprivate static var samples: (String, String) { ("lorem ipsum", "dolor sit") }
}

extension Bool: KnownShape, SimpleShape {
  fileprivate static var keywords: JSONObject { ["type": "boolean"] }
  fileprivate static var samples: (Bool, Bool) { (false, true) }
}

extension Double: KnownShape, SimpleShape {
  fileprivate static var keywords: JSONObject { ["type": "number"] }
  fileprivate static var samples: (Double, Double) { (1, 2) }
}

extension Float: KnownShape, SimpleShape {
  fileprivate static var keywords: JSONObject { ["type": "number"] }
  fileprivate static var samples: (Float, Float) { (1, 2) }
}

extension Decimal: KnownShape, SimpleShape {
  fileprivate static var keywords: JSONObject { ["type": "number"] }
  fileprivate static var samples: (Decimal, Decimal) { (1, 2) }
}

extension Date: KnownShape, SimpleShape {
  fileprivate static var keywords: JSONObject { ["type": "string", "format": "date-time"] }
  fileprivate static var samples: (Date, Date) {
    (Date(timeIntervalSince1970: 1_700_000_000), Date(timeIntervalSince1970: 1_800_000_000))
  }
}

extension UUID: KnownShape, SimpleShape {
  fileprivate static var keywords: JSONObject { ["type": "string", "format": "uuid"] }
  fileprivate static var samples: (UUID, UUID) { (UUID(), UUID()) }
}

extension URL: KnownShape, SimpleShape {
  // Strict output knows no format for addresses, so the model is told in words.
  fileprivate static var keywords: JSONObject { ["type": "string", "description": "A URL."] }
  fileprivate static var samples: (URL, URL) { (URL(filePath: "/a"), URL(filePath: "/b")) }
}

extension Data: KnownShape, SimpleShape {
  fileprivate static var keywords: JSONObject { ["type": "string", "description": "Bytes in base64."] }
  fileprivate static var samples: (Data, Data) { (Data([1]), Data([2])) }
}

/// A whole number of any width.
///
/// JSON has one kind of whole number, so the width shows in no schema; an answer that does not fit fails to
/// decode.
private protocol WholeShape: KnownShape, FixedWidthInteger {}

extension WholeShape {
  static func madeUp(by probe: SchemaProbe, into shape: SchemaShape, path: String) -> Any {
    shape.simple("integer")
    // The first whole numbers are likely ones for the cases of an enumeration that doesn't list them.
    let value: Self = probe.usesRareValues ? 113 : 1
    return probe.usesSecondValues ? value + 1 : value
  }
}

extension Int: KnownShape, WholeShape {}
extension Int8: KnownShape, WholeShape {}
extension Int16: KnownShape, WholeShape {}
extension Int32: KnownShape, WholeShape {}
extension Int64: KnownShape, WholeShape {}
extension UInt: KnownShape, WholeShape {}
extension UInt8: KnownShape, WholeShape {}
extension UInt16: KnownShape, WholeShape {}
extension UInt32: KnownShape, WholeShape {}
extension UInt64: KnownShape, WholeShape {}
extension Int128: KnownShape, WholeShape {}
extension UInt128: KnownShape, WholeShape {}

extension Optional: KnownShape {
  static func madeUp(by probe: SchemaProbe, into shape: SchemaShape, path: String) throws -> Any {
    shape.isNullable = true
    do {
      return Self.some(try probe.value(of: Wrapped.self, into: shape, path: path)) as Any
    } catch SchemaProbe.Stop.unfinished { return Self.none as Any }
  }
}

/// A list of elements that are alike; it can be empty where none can be made yet.
private protocol ListShape: KnownShape {
  associatedtype Element
  init(_ elements: [Element])
}

extension ListShape {
  static func madeUp(by probe: SchemaProbe, into shape: SchemaShape, path: String) throws -> Any {
    let element = SchemaShape()
    shape.kind = .array(element, count: nil)
    do {
      return Self([try probe.value(of: Element.self, into: element, path: path.descending(to: "[]"))])
    } catch SchemaProbe.Stop.unfinished { return Self([]) }
  }
}

extension Array: KnownShape, ListShape {}
extension ContiguousArray: KnownShape, ListShape {}
extension ArraySlice: KnownShape, ListShape {}
extension Set: KnownShape, ListShape {}

extension Dictionary: KnownShape {
  static func madeUp(by probe: SchemaProbe, into shape: SchemaShape, path: String) throws -> Any {
    probe.fault(Self.self, path, .dictionary)
    shape.kind = .object
    return Self()
  }
}
