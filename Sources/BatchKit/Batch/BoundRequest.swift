/// A request template whose columns were found in a table: pieces of finished JSON with places for cells
/// between.
///
/// All that is the same in every row is put into words once, in one buffer; a row only copies it.
///
/// The template was JSON when it was bound and is JSON again when it is filled, whatever the cells hold: they
/// only ever stand inside a string, escaped, or are read as a value first. That is why no cell can break out
/// of its place.
struct BoundRequest: Sendable {
  /// A stretch of JSON that is the same in every row, and what stands behind it.
  private struct Piece {
    /// What stands behind it.
    enum Content {
      /// Nothing: it is the last one.
      case json
      /// The text of a cell, inside a string.
      case cell(Int)
      /// A cell that stands for a value, and the name of its column.
      case value(Int, CellKind, String)
    }

    /// The stretch of finished JSON that stands before the cell.
    var before: Range<Int>
    var content: Content
  }

  /// The stretches of all pieces, one after the other.
  private let json: [UInt8]
  private let pieces: [Piece]

  /// The compact JSON that the fields of one row make of it.
  ///
  /// - Throws: ``BatchError`` where a cell is not of the kind that the template asks for.
  func bytes(from fields: Fields) throws -> [UInt8] {
    var writer = JSONWriter()
    try write(fields, to: &writer)
    return writer.bytes
  }

  /// Writes that JSON as the next value.
  ///
  /// - Throws: ``BatchError`` where a cell is not of the kind that the template asks for; the writer then
  ///   holds half a value, and its line must be given up.
  func write(_ fields: Fields, to writer: inout JSONWriter) throws {
    try writer.assembled { writer in
      try json.withUnsafeBufferPointer { json in
        for piece in pieces {
          writer.appendVerbatim(UnsafeBufferPointer(rebasing: json[piece.before]))
          switch piece.content {
          case .json: break
          case .cell(let index): fields.withBytes(of: index) { writer.appendEscaped($0) }
          case .value(let index, let kind, let name):
            writer.appendVerbatim(try kind.json(of: fields[index], column: name))
          }
        }
      }
    }
  }
}

extension BoundRequest {
  /// Finds every column in `body`, and makes JSON of all between them.
  init(_ body: JSONValue, to columns: ColumnNames) throws(BatchError) {
    var compiler = Compiler(columns: columns)
    try compiler.value(body)
    compiler.endPiece(.json)
    (json, pieces) = (compiler.json, compiler.pieces)
  }

  /// Walks through a template once and writes down what it becomes.
  private struct Compiler {
    let columns: ColumnNames
    var pieces: [Piece] = []
    var json: [UInt8] = []

    /// Writes a value, and whatever is in it.
    mutating func value(_ value: JSONValue) throws(BatchError) {
      switch value {
      case .string(let text): try string(text)
      case .array(let elements):
        for (index, element) in elements.enumerated() {
          json.append(UInt8(ascii: index == 0 ? "[" : ","))
          try self.value(element)
        }
        json.append(contentsOf: elements.isEmpty ? "[]".utf8 : "]".utf8)
      case .object(let object):
        for (index, pair) in object.pairs.enumerated() {
          json.append(UInt8(ascii: index == 0 ? "{" : ","))
          json.append(contentsOf: JSONWriter.bytes(of: .string(pair.key)))
          json.append(UInt8(ascii: ":"))
          try self.value(pair.value)
        }
        json.append(contentsOf: object.pairs.isEmpty ? "{}".utf8 : "}".utf8)
      case .null, .bool, .number: json.append(contentsOf: JSONWriter.bytes(of: value))
      }
    }

    /// Writes a text, its columns as pieces of their own. One that is a single column and asks for a kind
    /// becomes a value without quotes.
    private mutating func string(_ text: String) throws(BatchError) {
      let template = Template(text)
      if template.pieces.count == 1, case .column(let name) = template.pieces[0],
        let (column, kind) = CellKind.asked(in: name, of: columns)
      {
        endPiece(.value(try columns.requiredPlace(of: column), kind, column))
        return
      }
      json.append(UInt8(ascii: "\""))
      for piece in try template.bound(to: columns).pieces {
        switch piece {
        case .literal(let literal):
          json.append(
            contentsOf: JSONWriter.bytes(of: .string(String(decoding: literal, as: UTF8.self))).dropFirst()
              .dropLast())
        case .column(let index): endPiece(.cell(index))
        }
      }
      json.append(UInt8(ascii: "\""))
    }

    /// Ends a stretch of JSON, behind which this stands.
    mutating func endPiece(_ content: Piece.Content) {
      pieces.append(Piece(before: (pieces.last?.before.upperBound ?? 0)..<json.count, content: content))
    }
  }
}

extension RequestTemplate {
  /// Finds every column of the body in a table.
  func bound(to columns: ColumnNames) throws(BatchError) -> BoundRequest {
    try BoundRequest(body, to: columns)
  }
}
