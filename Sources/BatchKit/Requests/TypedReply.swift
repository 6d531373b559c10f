import Foundation

/// A JSON Schema by which a model shapes its answer, and the name it goes by.
struct AnswerSchema: Sendable, Hashable {
  let name: String
  let schema: JSONValue

  /// The schema and its name, in the words that chat and responses share.
  var fields: JSONObject { ["name": .string(name), "schema": schema, "strict": true] }

  var problems: [Problem] {
    let isNameSound = name.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    var problems: [Problem] = []
    if !isNameSound || !(1...64).contains(name.utf8.count) {
      problems.append(
        Problem(
          .error, "invalid_schema",
          "The schema name “\(name.prefix(64))” must be 1 to 64 letters, digits, hyphens and underscores."))
    }
    if schema["type"].string != "object" {
      problems.append(
        Problem(.error, "invalid_schema", "The schema of an answer must be of type object at its root."))
    }
    return problems
  }
}

extension Reply {
  /// The text of the answer decoded as JSON, or why it can't be.
  func decoded<Value: Decodable>(as type: Value.Type) throws(LineError) -> Value {
    let json = try wholeJSON()
    do {
      return try AnswerDecoder.decode(type, from: json)
    } catch let error as DecodingError {
      throw .undecodable(error.sentence)
    } catch {
      throw .undecodable("\(error)")
    }
  }
}

extension StringProtocol {
  /// The text without the fence of three backticks that models like to put round JSON.
  var withoutCodeFence: String {
    let text = trimmed
    guard text.hasPrefix("```"), text.hasSuffix("```"), text.utf8.count >= 6 else { return text }
    let inner = text.dropFirst(3).dropLast(3)
    // The word behind the opening fence names the language and ends with its line.
    let body = inner.drop { $0.isLetter || $0.isNumber }
    return (body.first?.isWhitespace == true ? body : inner).trimmed
  }
}

extension LineError {
  static func undecodable(_ reason: String) -> Self {
    Self(.undecodable, message: "The answer does not decode: \(reason)")
  }
}

extension DecodingError {
  /// What is wrong and where, by its path in the answer, and without the answer itself.
  fileprivate var sentence: String {
    switch self {
    case .keyNotFound(let key, let context):
      "“\((context.codingPath + [key]).dotted)” is missing."
    case .typeMismatch(let type, let context):
      "“\(context.codingPath.dotted)” is not of type \(type). \(context.debugDescription)"
    case .valueNotFound(let type, let context):
      "“\(context.codingPath.dotted)” is null where \(type) is wanted."
    case .dataCorrupted(let context) where context.codingPath.isEmpty:
      "it is no valid JSON."
    case .dataCorrupted(let context):
      "“\(context.codingPath.dotted)” is unusable: \(context.debugDescription)"
    @unknown default: "\(self)"
    }
  }
}

extension [any CodingKey] {
  /// The path as one would write it: `items[2].label`.
  fileprivate var dotted: String {
    let path = map { key in key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)" }.joined()
    return path.isEmpty ? "the whole" : path.hasPrefix(".") ? String(path.dropFirst()) : path
  }
}
