/// The `.env` notation: one `NAME=value` a line, with comments, `export` and quotes.
///
/// Nothing in it is expanded or run, and only the name asked for is taken out.
///
/// It is read by itself, not handed to a shell: a `$` or a backtick in a key is part of the key. Lines that
/// are not understood are passed over, since the file belongs to other tools too.
package enum DotEnv {
  /// What the last line that sets `name` sets it to.
  ///
  /// The last line wins, as it would in a shell that read the file. Names differ by case.
  package static func value(of name: String, in bytes: [UInt8]) -> String? {
    var found: String?
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      if let value = value(of: name, on: line) { found = value }
    }
    return found
  }

  /// What this line sets `name` to; `nil` where it sets another name, or nothing. Blanks around the equals
  /// sign are let pass, though a shell would not have them.
  private static func value(of name: String, on line: Substring) -> String? {
    var rest = line.drop { $0.isWhitespace || $0 == "\u{feff}" }
    if rest.hasPrefix("export"), rest.dropFirst(6).first?.isWhitespace == true {
      rest = rest.dropFirst(6).drop(while: \.isWhitespace)
    }
    guard rest.hasPrefix(name) else { return nil }
    rest = rest.dropFirst(name.count).drop(while: \.isWhitespace)
    guard rest.first == "=" else { return nil }
    rest = rest.dropFirst().drop(while: \.isWhitespace)
    switch rest.first {
    case "'": return literal(rest.dropFirst())
    case "\"": return quoted(rest.dropFirst())
    default: return plain(rest)
    }
  }

  /// Up to the next single quote, word for word; a quote that never closes sets nothing.
  private static func literal(_ text: Substring) -> String? {
    text.firstIndex(of: "'").map { String(text[..<$0]) }
  }

  /// Up to the next double quote that no backslash hides.
  ///
  /// `\n`, `\r` and `\t` are the characters they stand for; before any other character a backslash is
  /// dropped. A quote that never closes sets nothing.
  private static func quoted(_ text: Substring) -> String? {
    var value = ""
    var isEscaped = false
    for character in text {
      if isEscaped {
        value.append(escapes[character] ?? character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == "\"" {
        return value
      } else {
        value.append(character)
      }
    }
    return nil
  }

  private static let escapes: [Character: Character] = ["n": "\n", "r": "\r", "t": "\t"]

  /// Up to a `#` that follows a blank, or to the end.
  ///
  /// A `#` within a word belongs to it: `abc#1` is a value, `abc #1` a value and a comment.
  private static func plain(_ text: Substring) -> String {
    var end = text.startIndex
    var isAfterBlank = true
    for index in text.indices {
      let character = text[index]
      if character == "#", isAfterBlank { break }
      isAfterBlank = character.isWhitespace
      if !isAfterBlank { end = text.index(after: index) }
    }
    return String(text[..<end])
  }
}
