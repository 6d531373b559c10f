extension Reply {
  /// The text of the answer decoded as JSON, or why it can't be.
  ///
  /// - Parameters:
  ///   - type: What the answer becomes.
  ///   - schema: The schema that was asked for; it knows whether the value was wrapped and how dates are
  ///     written.
  /// - Throws: ``LineError`` of the answer itself (refused, cut off, empty), or where it does not decode.
  func decoded<Value: Decodable>(
    as type: Value.Type, by schema: JSONSchema? = nil
  ) throws(LineError) -> Value {
    let json = try wholeJSON()
    do {
      if let schema { return try schema.decode(type, from: json) }
      return try AnswerDecoder.decode(type, from: json)
    } catch let error as DecodingError {
      throw .undecodable(error.sentence)
    } catch {
      throw .undecodable("\(error)")
    }
  }

  /// The text of the answer decoded as JSON of a schema that is not known, or why it can't be.
  ///
  /// Results that are opened from files alone have no request to tell the schema. The error thrown is that of
  /// the plain reading, since most answers are not wrapped.
  func decoded<Value: Decodable>(as type: Value.Type) throws(LineError) -> Value {
    do throws(LineError) {
      return try decoded(as: type, by: nil)
    } catch {
      // What is no object by itself was wrapped for the service's sake.
      var schema: JSONSchema = [:]
      schema.isWrapped = true
      if let value = try? decoded(as: type, by: schema) { return value }
      throw error
    }
  }
}

extension StringProtocol {
  /// The text without the fence of three backticks that models like to put round JSON.
  ///
  /// The word behind the fence goes too, but only where a space or the end of the line follows: else it is a
  /// part of the answer, such as a number.
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
  /// What is wrong and where, by its path in the answer, and without the answer as a whole.
  ///
  /// Foundation's own description of these errors spreads over lines and names types of the decoder; this is
  /// what goes into a table of failures beside the row.
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
