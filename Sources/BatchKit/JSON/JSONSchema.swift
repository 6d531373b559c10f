/// The shape that a model has to give its answer, as JSON Schema.
///
/// It is read off a type by ``init(for:)``, put together by the static members, or written as JSON:
/// ```swift
/// let schema: JSONSchema = .object([
///   "label": .choice(of: "praise", "complaint"),
///   "confidence": .number(in: 0...1).described("How sure, 0 to 1"),
///   "reason": .string.orNull,
/// ])
/// ```
/// A schema never fails while it is made: what is wrong with it is told by the `problems` of the request
/// that it is given to. The same schema makes the same bytes, its properties in the order they were written.
///
/// Bytes matter because a schema is part of every request: a service that caches what requests begin with
/// would find nothing in common, and a batch that is rendered twice would not be known again.
public struct JSONSchema: Sendable, Hashable {
  /// The schema itself, as it is sent, in the words of JSON Schema.
  public internal(set) var json: JSONValue

  /// What went wrong while the schema was made.
  ///
  /// They are carried along by everything that is made of the schema, so that a fluent chain can't lose them.
  package var faults: [Problem] = []

  /// Whether parts of the schema are missing, for reasons that are among the faults.
  ///
  /// The rules are not gone through then: they would complain of what the faults explain already.
  package var isIncomplete = false

  /// Whether the answer stands under `value`, because a service takes nothing but objects at the root.
  ///
  /// The caller never sees it: what decodes an answer looks here, and takes the value out again.
  package var isWrapped = false

  /// A schema written as JSON.
  ///
  /// It may be anything; what strict output would refuse is among the ``problems``.
  public init(_ json: JSONValue) { self.json = json }

  /// Reads a schema from the text of one.
  ///
  /// - Throws: ``BatchError`` with the line and column at which it stops to be JSON.
  public init(parsing text: String) throws(BatchError) { self.init(try JSONValue(parsing: text)) }
}

extension JSONSchema: ExpressibleByDictionaryLiteral {
  /// A schema written as a literal.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self.init(.object(JSONObject(elements)))
  }
}

extension JSONSchema: CustomStringConvertible {
  /// The schema as compact JSON.
  public var description: String { json.description }
}

extension JSONSchema {
  /// Everything that is wrong with the schema, certain refusals before doubts.
  ///
  /// The rules are those of strict structured output; where what is known of them differs, it is a warning.
  public var problems: [Problem] {
    let all = faults + (isIncomplete ? [] : SchemaRules.problems(of: json))
    return all.filter { $0.severity == .error } + all.filter { $0.severity == .warning }
  }

  /// The same with one more thing that is wrong with it.
  func withFault(_ message: String) -> Self {
    var copy = self
    copy.faults.append(.schema(message))
    return copy
  }
}

extension Problem {
  /// A schema that can't be right.
  package static func schema(_ message: String) -> Self { Self(.error, "invalid_schema", message) }

  /// A schema that may not be right.
  package static func doubtfulSchema(_ message: String) -> Self {
    Self(.warning, "doubtful_schema", message)
  }
}
