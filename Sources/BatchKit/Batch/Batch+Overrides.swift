extension Batch where Request: TextRequest {
  /// Adds a request for each row of a table, with settings that the row itself names.
  ///
  /// ```swift
  /// batch.add(
  ///   contentsOf: trials, id: "{{id}}", prompt: "{{question}}",
  ///   overriding: ["model": "{{model}}", "temperature": "{{temperature | number}}"])
  /// ```
  /// A setting goes by its name on the wire. It is a text unless the template asks for a value, as those of
  /// ``RequestTemplate`` do: `| number`, `| boolean`, `| json`. Where a row leaves it empty, the request
  /// keeps the setting of the batch. Rows that ask several models are divided when they are sent.
  /// - Parameters:
  ///   - table: The table.
  ///   - id: What makes the id of each row; the number of the row does if `nil`.
  ///   - prompt: What makes the prompt, such as `{{product}}: {{text}}`.
  ///   - settings: What makes each setting, by the name of the setting.
  public mutating func add(
    contentsOf table: Table, id: Template? = nil, prompt: Template, overriding settings: [String: Template]
  ) {
    add(rowsOf: table, id: id) { columns throws(BatchError) in
      let prompt = try prompt.bound(to: columns)
      let overrides = try RowOverrides(settings, to: columns)
      return { request, fields, json in
        let adjusted = try overrides.applied(to: request, fields)
        json.value(try adjusted.body(for: Prompt(prompt.text(from: fields))))
      }
    }
  }
}

/// Settings that a row gives to its request.
private struct RowOverrides: Sendable {
  private let settings: BoundRequest

  /// Finds every column of the templates.
  ///
  /// The settings are taken in the order of their names, so that the same row makes the same bytes.
  init(_ settings: [String: Template], to columns: ColumnNames) throws(BatchError) {
    var body: JSONObject = [:]
    for (name, template) in settings.sorted(by: { $0.key < $1.key }) {
      body[name] = .string(template.mustacheText)
    }
    self.settings = try BoundRequest(.object(body), to: columns)
  }

  /// The request with every setting that the row fills in.
  func applied<Request: TextRequest>(to request: Request, _ fields: Fields) throws -> Request {
    var request = request
    for (name, value) in try JSONValue(parsing: try settings.bytes(from: fields)).object ?? [:] {
      if value.isNull || value.string?.trimmed.isEmpty == true { continue }
      request = request.parameter(name, value)
    }
    return request
  }
}
