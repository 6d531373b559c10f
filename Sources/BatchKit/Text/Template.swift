/// A text with the names of columns in it, such as `{{product}}: {{text}}`, to be filled from rows.
///
/// A name is found without regard to case and to space around it; an empty cell fills in nothing. What a cell
/// holds is put in as it is and never looked at again, so a `{{name}}` inside a cell stays as it is. Write
/// `{{{{` for two braces that are meant; a single brace needs no care.
public struct Template: Sendable, Hashable {
  package enum Piece: Sendable, Hashable {
    case literal(String)
    case column(String)
  }

  /// The text as it was written.
  public let text: String
  package let pieces: [Piece]
  /// Why the text is no template; told when it is used, since a literal can't throw.
  package let fault: String?

  /// A template of this text.
  public init(_ text: String) {
    self.text = text
    (pieces, fault) = Self.pieces(of: text)
  }

  /// A template that is one column and nothing else, whatever its name.
  public init(column: String) {
    text = "{{\(column)}}"
    pieces = [.column(column)]
    fault = nil
  }

  /// The names of the columns in it, in order of appearance.
  public var columns: [String] {
    pieces.compactMap { if case .column(let name) = $0 { name } else { nil } }
  }

  /// Finds every column, so that filling in a row is only copying.
  package func bound(to columns: ColumnNames) throws(BatchError) -> BoundTemplate {
    if let fault { throw .unreadableTemplate(text, fault) }
    var bound: [BoundTemplate.Piece] = []
    for piece in pieces {
      switch piece {
      case .literal(let text): bound.append(.literal(Array(text.utf8)))
      case .column(let name): bound.append(.column(try columns.requiredPlace(of: name)))
      }
    }
    return BoundTemplate(pieces: bound)
  }

  private static func pieces(of text: String) -> (pieces: [Piece], fault: String?) {
    var pieces: [Piece] = []
    var literal = ""
    var rest = text[...]
    while let brace = rest.firstIndex(of: "{") {
      literal += rest[..<brace]
      let run = rest[brace...].prefix { $0 == "{" }
      rest = rest[run.endIndex...]
      literal += String(repeating: "{{", count: run.count / 4)
      if run.count % 4 == 1 || run.count % 4 == 3 { literal += "{" }
      guard run.count % 4 >= 2 else { continue }
      guard let (name, after) = column(in: rest) else {
        return (
          pieces, "“{{\(rest.prefix(20))” is never closed by “}}”; write {{{{ for two braces that are meant"
        )
      }
      guard !name.isEmpty else { return (pieces, "“{{}}” names no column") }
      if !literal.isEmpty { pieces.append(.literal(literal)) }
      literal = ""
      pieces.append(.column(name))
      rest = after
    }
    literal += rest
    return (literal.isEmpty ? pieces : pieces + [.literal(literal)], nil)
  }

  /// The name up to the next two closing braces, and what follows them.
  private static func column(in text: Substring) -> (name: String, after: Substring)? {
    guard let end = text.firstRange(of: "}}") else { return nil }
    return (text[..<end.lowerBound].trimmed, text[end.upperBound...])
  }
}

extension Template: ExpressibleByStringInterpolation, CustomStringConvertible {
  /// A value written as a literal.
  public init(stringLiteral value: String) { self.init(value) }
  /// The value as text.
  public var description: String { text }
}

/// A template whose columns were found in a table.
package struct BoundTemplate: Sendable {
  package enum Piece: Sendable {
    case literal([UInt8])
    case column(Int)
  }

  package let pieces: [Piece]

  package init(pieces: [Piece]) { self.pieces = pieces }

  /// The text that the fields of one row make of it.
  package func text(from fields: Fields) -> String {
    var bytes: [UInt8] = []
    for piece in pieces {
      switch piece {
      case .literal(let literal): bytes.append(contentsOf: literal)
      case .column(let index): bytes.append(contentsOf: fields.bytes[fields.range(of: index)])
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension BatchError {
  static func unreadableTemplate(_ text: String, _ fault: String) -> Self {
    Self(.invalidTemplate, "The template “\(text.prefix(60))” can't be read: \(fault).")
  }
}
