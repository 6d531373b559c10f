/// Any JSON value, its object keys in the order they were written, its numbers digit by digit.
///
/// Write it as a literal, read it by subscript:
/// ```swift
/// let body: JSONValue = ["model": "gpt-5.4-mini", "seed": 7, "stop": ["\n", .null]]
/// body["stop"][0].string        // "\n"
/// body["no such key"].string    // nil
/// ```
///
/// Reading never fails: a step that leads nowhere is `null`, and so is every step after it. So an answer is
/// asked for what it may hold without a check at each level, and what is not there is `nil` at the end.
///
/// `null` and a missing key read the same by subscript; ``object`` tells them apart.
public enum JSONValue: Sendable, Hashable {
  /// The value `null`.
  case null
  /// A truth value.
  case bool(Bool)
  /// A number, digit by digit.
  case number(JSONNumber)
  /// A text.
  case string(String)
  /// A list.
  case array([JSONValue])
  /// Named values in order.
  case object(JSONObject)
}

extension JSONValue {
  /// The value under `key`, or `null` where this is no object or has no such key.
  ///
  /// Setting a key of anything but an object makes an object of it. A key can't be taken out by setting it:
  /// `null` is a value; for that, set `nil` in ``JSONObject``.
  public subscript(_ key: String) -> JSONValue {
    get { object?[key] ?? .null }
    set {
      var object = self.object ?? [:]
      object[key] = newValue
      self = .object(object)
    }
  }

  /// The element at `index`, or `null` where this is no array or is shorter.
  public subscript(_ index: Int) -> JSONValue {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return .null }
    return elements[index]
  }

  /// The text, where this is one.
  public var string: String? { if case .string(let text) = self { text } else { nil } }

  /// The truth value, where this is one.
  public var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }

  /// The whole number, where this is one that fits.
  public var int: Int? { number?.int }

  /// The number as a floating-point one, where this is a number.
  public var double: Double? { number?.double }

  /// The number as it was written, where this is one.
  public var number: JSONNumber? { if case .number(let number) = self { number } else { nil } }

  /// The elements, where this is an array.
  public var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }

  /// The named values, where this is an object.
  public var object: JSONObject? { if case .object(let object) = self { object } else { nil } }

  /// Whether this is `null`, which is also what a missing key reads as.
  public var isNull: Bool { self == .null }
}

extension JSONValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  /// A text.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A whole number.
  public init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
  /// A number.
  public init(floatLiteral value: Double) { self = .number(JSONNumber(value)) }
  /// A truth value.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// The value `null`.
  public init(nilLiteral: ()) { self = .null }
  /// An array of these elements.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// An object of these pairs, in this order.
  public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}

extension JSONValue: CustomStringConvertible {
  /// The value as compact JSON.
  public var description: String { String(decoding: JSONWriter.bytes(of: self), as: UTF8.self) }
}
