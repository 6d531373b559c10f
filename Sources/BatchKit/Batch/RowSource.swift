/// The rows of a table, each made into a request by templates.
///
/// Columns are looked up once for a table and not once for a row, and a column that isn't there is one
/// problem and not a million.
struct RowSource<Request: BatchRequest>: RequestSource {
  /// Makes the body of a request of the fields of a row.
  typealias WriteBody = @Sendable (Request, Fields, inout JSONWriter) throws -> Void

  let table: Table
  /// The template of the ids; the number of the row makes one where there is none.
  let id: Template?
  /// Finds the columns once, before the first row.
  let bind: @Sendable (ColumnNames) throws(BatchError) -> WriteBody

  /// The rows are read for it, and not made into requests.
  func count() throws -> Int {
    var count = 0
    var row = Row(table.source.columns)
    var cursor = try table.source.rows()
    while try cursor.next(into: &row) { count += 1 }
    return count
  }

  func walk(_ request: Request, _ visit: (RenderedStep) throws -> Void) throws {
    guard let (id, writeBody) = try boundTemplates(visit) else { return }
    var iterator = table.makeIterator()
    var writer = LineWriter()
    while let row = iterator.next() {
      if let problem = row.problem {
        try visit(.problem(Problem(.error, problem.code.rawValue, problem.message)))
        continue
      }
      let rowID = id.map { CustomID($0.text(from: row.fields)) } ?? .numbered(row.number, digits: 6)
      try visit(step(rowID, row, request, writeBody, &writer))
    }
  }

  /// The line of one row, or why there is none.
  private func step(
    _ id: CustomID, _ row: Row, _ request: Request, _ writeBody: WriteBody, _ writer: inout LineWriter
  ) -> RenderedStep {
    do {
      let origin = RequestOrigin.row(row.number, of: row.columnNames.source)
      return try writer.line(id, request.endpoint, origin: origin) { json in
        try writeBody(request, row.fields, &json)
      }
    } catch {
      return .problem(.unwritableRequest(error, id, row.place))
    }
  }

  /// The templates with their columns found, or `nil` after every column that is not there was told.
  private func boundTemplates(
    _ visit: (RenderedStep) throws -> Void
  ) throws -> (id: BoundTemplate?, writeBody: WriteBody)? {
    var boundID: BoundTemplate?
    var problems: [Problem] = []
    do throws(BatchError) { boundID = try id?.bound(to: table.source.columns) } catch {
      problems.append(Problem(.error, error.code.rawValue, error.message))
    }
    do throws(BatchError) {
      let writeBody = try bind(table.source.columns)
      if problems.isEmpty { return (boundID, writeBody) }
    } catch { problems.append(Problem(.error, error.code.rawValue, error.message)) }
    for problem in problems { try visit(.problem(problem)) }
    return nil
  }
}

extension Batch {
  /// Adds a request for each row of a table, made of the row by `bind`.
  mutating func add(
    rowsOf table: Table, id: Template?,
    bind: @escaping @Sendable (ColumnNames) throws(BatchError) -> RowSource<Request>.WriteBody
  ) {
    groups.append(.source(RowSource<Request>(table: table, id: id, bind: bind)))
  }
}

extension Batch where Request.Input == Prompt {
  /// Adds a request for each row of a table, its prompt filled from the row.
  ///
  /// The table is held, not read: its rows are gone through when the batch is written or sent.
  /// - Parameters:
  ///   - table: The table.
  ///   - id: What makes the id of each row; the number of the row does if `nil`: `request-000017`.
  ///   - prompt: What makes the prompt, such as `{{product}}: {{text}}`.
  public mutating func add(contentsOf table: Table, id: Template? = nil, prompt: Template) {
    add(rowsOf: table, id: id) { columns throws(BatchError) in
      let prompt = try prompt.bound(to: columns)
      return { request, fields, json in
        json.value(try request.body(for: Prompt(prompt.text(from: fields))))
      }
    }
  }

  /// Adds a request for each row of a table, every text of its messages filled from the row.
  ///
  /// A local file that goes with a message is named by a template too, and read for each row when its request
  /// is written.
  /// - Parameters:
  ///   - table: The table.
  ///   - id: What makes the id of each row; the number of the row does if `nil`.
  ///   - messages: The messages, with `{{column}}` in their texts.
  public mutating func add(contentsOf table: Table, id: Template? = nil, messages: [Message]) {
    add(rowsOf: table, id: id) { columns throws(BatchError) in
      var bound: [BoundMessage] = []
      for message in messages { bound.append(try BoundMessage(message, to: columns)) }
      return { [bound] request, fields, json in
        json.value(try request.body(for: Prompt(try bound.map { try $0.message(from: fields) })))
      }
    }
  }

  /// Adds a request for each row of a table, its prompt filled from the row.
  @_disfavoredOverload
  public mutating func add(contentsOf table: Table, id: String, prompt: String) {
    add(contentsOf: table, id: Template(id), prompt: Template(prompt))
  }

  /// Adds a request for each row of a table, every text of its messages filled from the row.
  @_disfavoredOverload
  public mutating func add(contentsOf table: Table, id: String, messages: [Message]) {
    add(contentsOf: table, id: Template(id), messages: messages)
  }
}

extension Batch where Request == RequestTemplate {
  /// Adds a request for each row of a table, every text of its body filled from the row.
  ///
  /// - Parameters:
  ///   - table: The table.
  ///   - id: What makes the id of each row; if `nil`, that of the template, or else the number of the row.
  public mutating func add(contentsOf table: Table, id: Template? = nil) {
    let request = request
    add(rowsOf: table, id: id ?? request.id) { columns throws(BatchError) in
      let bound = try request.bound(to: columns)
      return { _, fields, json in try bound.write(fields, to: &json) }
    }
  }

  /// Adds a request for each row of a table, every text of its body filled from the row.
  @_disfavoredOverload
  public mutating func add(contentsOf table: Table, id: String) { add(contentsOf: table, id: Template(id)) }
}

/// A message whose texts are templates.
///
/// A part in the service's own words has templates in all its texts as well.
private struct BoundMessage: Sendable {
  private enum Part {
    case text(BoundTemplate)
    case media(Attachment, BoundTemplate)
    case json(BoundRequest)
  }

  private let role: Message.Role
  private var parts: [Part] = []

  init(_ message: Message, to columns: ColumnNames) throws(BatchError) {
    role = message.role
    for part in message.parts {
      switch part.kind {
      case .text(let text): parts.append(.text(try Template(text).bound(to: columns)))
      case .media(let attachment):
        parts.append(.media(attachment, try Template(attachment.place).bound(to: columns)))
      case .other(let value): parts.append(.json(try BoundRequest(value, to: columns)))
      }
    }
  }

  /// The message with the cells of a row in their places.
  func message(from fields: Fields) throws -> Message {
    Message(
      role,
      try parts.map { part in
        switch part {
        case .text(let template): .text(template.text(from: fields))
        case .media(let attachment, let template):
          .init(kind: .media(attachment.at(template.text(from: fields))))
        case .json(let value): .json(try JSONValue(parsing: try value.bytes(from: fields)))
        }
      })
  }
}
