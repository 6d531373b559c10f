/// How the columns in a ``Template`` are written.
public enum Placeholders: String, Sendable, Hashable, Codable, CaseIterable {
  /// `{{column}}`; `{{{{` stands for two braces that are meant, and a single brace needs no care.
  case mustache
  /// `[column]`; `[[` stands for one bracket that is meant.
  case brackets
  /// `{column}`; `{{` stands for one brace that is meant.
  case braces

  /// The text of a placeholder for this column.
  package func around(_ column: String) -> String {
    switch self {
    case .mustache: "{{\(column)}}"
    case .brackets: "[\(column)]"
    case .braces: "{\(column)}"
    }
  }

  /// What a text is made of, and why it is no template where it is none.
  func pieces(of text: String) -> (pieces: [Template.Piece], fault: String?) {
    switch self {
    case .mustache: mustachePieces(of: text)
    case .brackets: (pieces(of: text, "[", "]"), nil)
    case .braces: (pieces(of: text, "{", "}"), nil)
    }
  }

  private func mustachePieces(of text: String) -> (pieces: [Template.Piece], fault: String?) {
    var pieces: [Template.Piece] = []
    var literal = ""
    var rest = text[...]
    while let brace = rest.firstIndex(of: "{") {
      literal += rest[..<brace]
      let run = rest[brace...].prefix { $0 == "{" }
      rest = rest[run.endIndex...]
      literal += String(repeating: "{{", count: run.count / 4)
      if run.count % 4 == 1 || run.count % 4 == 3 { literal += "{" }
      guard run.count % 4 >= 2 else { continue }
      guard let end = rest.firstRange(of: "}}") else {
        return (
          pieces, "“{{\(rest.prefix(20))” is never closed by “}}”; write {{{{ for two braces that are meant"
        )
      }
      let name = rest[..<end.lowerBound].trimmed
      guard !name.isEmpty else { return (pieces, "“{{}}” names no column") }
      pieces.append(literal: &literal, column: name)
      rest = rest[end.upperBound...]
    }
    literal += rest
    return (literal.isEmpty ? pieces : pieces + [.literal(literal)], nil)
  }

  /// The pieces of a text whose single brackets are placeholders.
  ///
  /// People write such brackets for other things too, so what can't be a name is text: nothing, or what has
  /// a quote, a line end or another bracket in it.
  private func pieces(of text: String, _ open: Character, _ close: Character) -> [Template.Piece] {
    var pieces: [Template.Piece] = []
    var literal = ""
    var rest = text[...]
    while let start = rest.firstIndex(of: open) {
      literal += rest[..<start]
      let run = rest[start...].prefix { $0 == open }
      literal += String(repeating: open, count: run.count / 2)
      rest = rest[run.endIndex...]
      guard run.count % 2 == 1 else { continue }
      let inside = rest.prefix { $0 != open && $0 != close && $0 != "\"" && !$0.isNewline }
      let name = inside.trimmed
      if !name.isEmpty, rest[inside.endIndex...].first == close {
        pieces.append(literal: &literal, column: name)
        rest = rest[inside.endIndex...].dropFirst()
      } else {
        literal.append(open)
      }
    }
    literal += rest
    return literal.isEmpty ? pieces : pieces + [.literal(literal)]
  }
}

extension [Template.Piece] {
  /// Appends the text that came before a column, and the column.
  fileprivate mutating func append(literal: inout String, column: String) {
    if !literal.isEmpty { append(.literal(literal)) }
    literal = ""
    append(.column(column))
  }
}

extension Template {
  /// The text of the same template with its columns written `{{column}}`.
  package var mustacheText: String {
    pieces.map { piece in
      switch piece {
      case .literal(let text): text.replacing("{{", with: "{{{{")
      case .column(let name): Placeholders.mustache.around(name)
      }
    }.joined()
  }
}
