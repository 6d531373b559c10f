extension Batch {
  /// Adds a request about each of `inputs`, under ids made up from their numbers.
  ///
  /// - Parameter inputs: What each request is about; gone through at once, and kept in memory.
  public mutating func add(contentsOf inputs: some Sequence<Request.Input>) {
    for input in inputs { add(input) }
  }

  /// Adds a request for each element of a collection.
  ///
  /// The collection is held, not copied: `input` is asked when the batch is checked, and again when it is
  /// written.
  /// - Parameters:
  ///   - rows: The elements.
  ///   - id: The property that makes the id of each.
  ///   - input: What the request about an element is about.
  public mutating func add<Rows: Collection & Sendable, ID: CustomStringConvertible & Sendable>(
    contentsOf rows: Rows, id: any KeyPath<Rows.Element, ID> & Sendable,
    _ input: @escaping @Sendable (Rows.Element) throws -> Request.Input
  ) {
    let source = CollectionSource<Request, Rows>(
      rows: rows, id: { CustomID("\($0[keyPath: id])") }, input: input)
    numbered += rows.count
    groups.append(.source(source))
  }

  /// Adds a request for each element of a sequence, which is gone through at once, as it may not come again.
  ///
  /// The requests are written down as they come: a long sequence goes to a private temporary file, not to
  /// memory.
  ///
  /// - Parameters:
  ///   - rows: The elements.
  ///   - id: The property that makes the id of each.
  ///   - input: What the request about an element is about; what it throws is a problem of that request.
  @_disfavoredOverload
  public mutating func add<Element, ID: CustomStringConvertible>(
    contentsOf rows: some Sequence<Element>, id: KeyPath<Element, ID>,
    _ input: (Element) throws -> Request.Input
  ) {
    var spill = SpillWriter(request)
    for row in rows { spill.take(CustomID("\(row[keyPath: id])")) { try input(row) } }
    append(spill.finish())
  }

  /// Adds a request for each element that comes, until no more come.
  ///
  /// - Throws: what the sequence throws; what came before is then not added.
  ///
  /// ```swift
  /// try await batch.add(contentsOf: database.reviews, id: \.id) { Prompt("Rate this: \($0.text)") }
  /// ```
  /// - Parameters:
  ///   - rows: The elements, which may come slowly and be more than fit into memory.
  ///   - id: The property that makes the id of each.
  ///   - input: What the request about an element is about; what it throws is a problem of that request.
  public mutating func add<Rows: AsyncSequence, ID: CustomStringConvertible>(
    contentsOf rows: Rows, id: KeyPath<Rows.Element, ID>,
    _ input: (Rows.Element) throws -> Request.Input
  ) async throws {
    var spill = SpillWriter(request)
    for try await row in rows { spill.take(CustomID("\(row[keyPath: id])")) { try input(row) } }
    append(spill.finish())
  }

  /// Adds what was written down, and goes on counting behind it.
  private mutating func append(_ spilled: SpilledRequests<Request>) {
    numbered += spilled.count()
    groups.append(.source(spilled))
  }
}

extension Batch where Request.Input == Prompt {
  /// Adds a request about each of `texts`, under ids made up from their numbers.
  @_disfavoredOverload
  public mutating func add(contentsOf texts: some Sequence<String>) {
    for text in texts { add(Prompt(text)) }
  }

  /// Adds a request for each element of a collection, about the text that `text` makes of it.
  @_disfavoredOverload
  public mutating func add<Rows: Collection & Sendable, ID: CustomStringConvertible & Sendable>(
    contentsOf rows: Rows, id: any KeyPath<Rows.Element, ID> & Sendable,
    _ text: @escaping @Sendable (Rows.Element) throws -> String
  ) {
    add(contentsOf: rows, id: id) { row -> Prompt in Prompt(try text(row)) }
  }
}
