/// One request that stands in memory.
///
/// Its body is made anew each time the batch is gone through, so a batch of settings and texts stays small.
struct RequestItem<Request: BatchRequest>: Sendable {
  let id: CustomID
  let input: Request.Input
  /// The request with settings of its own, where it has any.
  let adjusted: Request?
}

/// Requests of a batch that came in one go: in memory, or to be read from a source each time.
///
/// A batch is a list of these, in the order of its `add`s. Requests added one by one after another share a
/// group, since a group for each would cost more than the request.
enum RequestGroup<Request: BatchRequest>: Sendable {
  /// Requests that stand in memory.
  case items([RequestItem<Request>])
  /// Requests that are made anew each time, of a table, a collection or a file.
  case source(any RequestSource<Request>)

  /// How many requests there are, for which a source may have to be read to its end.
  func count() throws -> Int {
    switch self {
    case .items(let items): items.count
    case .source(let source): try source.count()
    }
  }

  /// Goes through the requests in order.
  ///
  /// - Parameters:
  ///   - request: the prototype that all requests are copies of.
  ///   - visit: is given each request as a line, or why there is none. What it throws ends the walk.
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
///
/// A batch is walked more than once: to check it, to look at it, to send it. What comes only once is written
/// down first, and is a source then. The same source must make the same bytes each time, since by them a job
/// is known again.
protocol RequestSource<Request>: Sendable {
  associatedtype Request: BatchRequest

  /// How many requests it makes, those that can't be written among them.
  func count() throws -> Int

  /// Goes through the requests in order; what can't become one is a step too.
  func walk(_ request: Request, _ visit: (RenderedStep) throws -> Void) throws
}

/// Values of the user's own, held and gone through when the batch is.
///
/// A closure that throws for an element makes a problem of that element, and the walk goes on: all of them
/// should be told at once.
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
