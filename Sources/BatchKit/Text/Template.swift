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
  /// How the columns in it are written.
  public let placeholders: Placeholders
  package let pieces: [Piece]
  /// Why the text is no template; told when it is used, since a literal can't throw.
  package let fault: String?

  /// A template of this text, whose columns are written `{{column}}` unless you say otherwise.
  ///
  /// `Template("[product]: [text]", placeholders: .brackets)` reads the templates of other tools.
  public init(_ text: String, placeholders: Placeholders = .mustache) {
    self.text = text
    self.placeholders = placeholders
    (pieces, fault) = placeholders.pieces(of: text)
  }

  /// A template that is one column and nothing else, whatever its name.
  public init(column: String) {
    placeholders = .mustache
    text = placeholders.around(column)
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
}

extension Template: ExpressibleByStringInterpolation, CustomStringConvertible {
  /// A value written as a literal.
  public init(stringLiteral value: String) { self.init(value) }
  /// The value as text.
  public var description: String { text }
}

extension Template: Codable {
  private enum CodingKeys: String, CodingKey { case text, placeholders, column }

  /// Reads what was encoded.
  public init(from decoder: any Decoder) throws {
    if let text = try? decoder.singleValueContainer().decode(String.self) {
      self.init(text)
      return
    }
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let column = try container.decodeIfPresent(String.self, forKey: .column) {
      self.init(column: column)
    } else {
      self.init(
        try container.decode(String.self, forKey: .text),
        placeholders: try container.decode(Placeholders.self, forKey: .placeholders))
    }
  }

  /// Writes the text alone where that says everything.
  public func encode(to encoder: any Encoder) throws {
    let again = Template(text, placeholders: placeholders)
    if again == self, placeholders == .mustache {
      var container = encoder.singleValueContainer()
      return try container.encode(text)
    }
    var container = encoder.container(keyedBy: CodingKeys.self)
    if again == self {
      try container.encode(text, forKey: .text)
      try container.encode(placeholders, forKey: .placeholders)
    } else {
      try container.encodeIfPresent(columns.first, forKey: .column)
    }
  }
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
    append(fields, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the text that the fields of one row make of it.
  package func append(_ fields: Fields, to bytes: inout [UInt8]) {
    for piece in pieces {
      switch piece {
      case .literal(let literal): bytes.append(contentsOf: literal)
      case .column(let index): fields.withBytes(of: index) { bytes.append(contentsOf: $0) }
      }
    }
  }
}

extension BatchError {
  static func unreadableTemplate(_ text: String, _ fault: String) -> Self {
    Self(.invalidTemplate, "The template “\(text.prefix(60))” can't be read: \(fault).")
  }
}
