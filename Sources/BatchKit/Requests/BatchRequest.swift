/// One kind of request: what it asks of each input, and what it makes of each answer.
///
/// The two primary associated types keep a batch honest: it takes one kind of input only, and the type of its
/// answers flows untouched from ``Batch`` through ``BatchJob`` into ``BatchResults``. A value of a request
/// type is a prototype that carries the settings; each `add` gives it one input.
///
/// A conformance of your own is a small struct: the library asks it for bodies and gives it answers, and
/// everything between the two is the same for all.
/// ```swift
/// struct Rerank: BatchRequest {
///   let endpoint: Endpoint = "/v1/rerank"
///   let model: Model? = "rerank-3"
///
///   func body(for input: [String: String]) -> JSONValue {
///     ["model": "rerank-3", "query": .string(input["query"] ?? "")]
///   }
///
///   func output(of reply: Reply) throws(LineError) -> Double {
///     guard let score = reply.raw["score"].double else { throw LineError(.empty, message: "No score.") }
///     return score
///   }
/// }
/// ```
public protocol BatchRequest<Input, Output>: Sendable {
  /// What each request is about, such as a ``Prompt``.
  associatedtype Input: Sendable
  /// What a good answer becomes.
  associatedtype Output: Sendable

  /// The endpoint that all requests of the kind go to.
  var endpoint: Endpoint { get }

  /// The model asked, so far as the prototype knows it.
  var model: Model? { get }

  /// What is wrong with the settings themselves, whatever the input.
  ///
  /// They are reported once for the batch, not once for each line. An error among them keeps the batch from
  /// being sent.
  var problems: [Problem] { get }

  /// The body of the request about `input`, in the shape that OpenAI gave it; providers translate it.
  ///
  /// It is asked once for each line, in order, and again when the batch is looked at without being sent. The
  /// same input must therefore give the same body: the bytes are what a job is known by.
  func body(for input: Input) throws -> JSONValue

  /// What a line that succeeded means.
  ///
  /// - Throws: ``LineError`` where the answer is there and yet of no use.
  ///
  /// It is asked when an answer is looked at, perhaps more than once and from several threads, and must not
  /// keep anything. What it throws becomes the failure of that line alone.
  func output(of reply: Reply) throws(LineError) -> Output
}

extension BatchRequest {
  /// What is wrong with the settings.
  public var problems: [Problem] { [] }
}
