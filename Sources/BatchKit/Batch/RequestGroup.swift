/// One request that stands in memory.
struct RequestItem<Request: BatchRequest>: Sendable {
  let id: CustomID
  let input: Request.Input
  /// The request with settings of its own, where it has any.
  let adjusted: Request?
}

/// Requests of a batch that came in one go: in memory, or to be read from a source each time.
enum RequestGroup<Request: BatchRequest>: Sendable {
  case items([RequestItem<Request>])
  case source(any RequestSource<Request>)

  func count() throws -> Int {
    switch self {
    case .items(let items): items.count
    case .source(let source): try source.count()
    }
  }

  /// Goes through the requests in order.
  func walk(_ request: Request, _ visit: (RenderedStep) throws -> Void) throws {
    switch self {
    case .items(let items):
      var writer = LineWriter()
      for item in items {
        try visit(writer.line(item.id, item.adjusted ?? request, item.input, place: nil))
      }
    case .source(let source): try source.walk(request, visit)
    }
  }

  /// What is wrong with the settings that requests have of their own.
  var problems: [Problem] {
    guard case .items(let items) = self else { return [] }
    return items.flatMap { item in item.adjusted?.problems.map { $0.at(item.id, nil) } ?? [] }
  }
}

/// Something that can be read again and again, and makes the same requests each time.
protocol RequestSource<Request>: Sendable {
  associatedtype Request: BatchRequest

  func count() throws -> Int

  /// Goes through the requests in order; what can't become one is a step too.
  func walk(_ request: Request, _ visit: (RenderedStep) throws -> Void) throws
}

/// Values of the user's own, held and gone through when the batch is.
struct CollectionSource<Request: BatchRequest, Rows: Collection & Sendable>: RequestSource {
  let rows: Rows
  let id: @Sendable (Rows.Element) -> CustomID
  let input: @Sendable (Rows.Element) throws -> Request.Input

  func count() -> Int { rows.count }

  func walk(_ request: Request, _ visit: (RenderedStep) throws -> Void) throws {
    var writer = LineWriter()
    for (index, row) in rows.enumerated() {
      let place = "element \(index + 1)"
      let id = id(row)
      let line = Result { try input(row) }.map { writer.line(id, request, $0, place: place) }
      switch line {
      case .success(let step): try visit(step)
      case .failure(let error): try visit(.problem(.unwritableRequest(error, id, place)))
      }
    }
  }
}
