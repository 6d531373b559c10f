/// Requests of one kind, gathered to be sent together.
///
/// ```swift
/// var batch = Batch(Chat(model: "gpt-5.4-mini").system("Answer in one word."))
/// batch.add("paris", "What is the capital of France?")
/// try batch.write(to: "requests.jsonl")
/// ```
/// Adding never fails: `problems()` tells of everything that is wrong at once, before anything is sent. A
/// batch is a value, its requests are written in the order in which they were added, and the same batch makes
/// the same bytes.
public struct Batch<Request: BatchRequest>: Sendable {
  /// The request that all others are copies of.
  public let request: Request
  var groups: [RequestGroup<Request>] = []
  /// How many requests got a number so far, which is what a made-up id is made of.
  var numbered = 0
  /// In what other way than row by row the requests are sent.
  var shape = BatchShape()

  /// An empty batch of copies of `request`.
  public init(_ request: Request) { self.request = request }

  /// The endpoint that all requests go to.
  public var endpoint: Endpoint { request.endpoint }

  /// Whether nothing was added yet; a table without rows counts as something.
  public var isEmpty: Bool { groups.isEmpty }

  /// The number of requests, for which the tables in the batch are walked.
  ///
  /// - Throws: ``BatchError`` where a table can't be read to its end.
  public var count: Int {
    get throws { try groups.reduce(0) { try $0 + $1.count() } }
  }
}

extension Batch {
  /// Adds a request about `input`, under an id made up from its number: `request-0004`.
  public mutating func add(_ input: Request.Input) { add(nextID(), input) }

  /// Adds a request about `input`.
  public mutating func add(_ id: CustomID, _ input: Request.Input) {
    append(RequestItem(id: id, input: input, adjusted: nil))
  }

  /// Adds a request about `input`, with settings of its own.
  public mutating func add(_ id: CustomID, _ input: Request.Input, _ adjust: (Request) -> Request) {
    append(RequestItem(id: id, input: input, adjusted: adjust(request)))
  }

  /// Returns the batch with a request about `input` added, under an id made up from its number.
  public func adding(_ input: Request.Input) -> Self { with { $0.add(input) } }

  /// Returns the batch with a request about `input` added.
  public func adding(_ id: CustomID, _ input: Request.Input) -> Self { with { $0.add(id, input) } }

  /// Returns the batch with a request about `input` added, with settings of its own.
  public func adding(
    _ id: CustomID, _ input: Request.Input, _ adjust: (Request) -> Request
  ) -> Self {
    with { $0.add(id, input, adjust) }
  }

  private func with(_ edit: (inout Self) -> Void) -> Self {
    var copy = self
    edit(&copy)
    return copy
  }

  private func nextID() -> CustomID { .numbered(numbered + 1, digits: 4) }

  /// Puts a request behind the others that stand in memory, or begins a group of such.
  private mutating func append(_ item: RequestItem<Request>) {
    numbered += 1
    if case .items(var items)? = groups.last {
      // Taken out while it grows, so that the list is not copied for every request.
      groups.removeLast()
      items.append(item)
      groups.append(.items(items))
    } else {
      groups.append(.items([item]))
    }
  }
}

extension Batch where Request.Input == Prompt {
  /// Adds a request about `text`.
  @_disfavoredOverload
  public mutating func add(_ text: String) { add(Prompt(text)) }

  /// Adds a request about `text`.
  @_disfavoredOverload
  public mutating func add(_ id: some CustomStringConvertible, _ text: String) {
    add(CustomID("\(id)"), Prompt(text))
  }

  /// Adds a request about `text`, with settings of its own.
  @_disfavoredOverload
  public mutating func add(
    _ id: some CustomStringConvertible, _ text: String, _ adjust: (Request) -> Request
  ) {
    add(CustomID("\(id)"), Prompt(text), adjust)
  }

  /// Returns the batch with a request about `text` added.
  @_disfavoredOverload
  public func adding(_ id: some CustomStringConvertible, _ text: String) -> Self {
    adding(CustomID("\(id)"), Prompt(text))
  }
}

extension CustomID {
  /// An id made up from a number, with zeros in front so that ids sort as numbers do.
  static func numbered(_ number: Int, digits: Int) -> Self {
    let text = String(number)
    return Self("request-" + String(repeating: "0", count: max(0, digits - text.utf8.count)) + text)
  }
}
