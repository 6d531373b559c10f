/// One kind of request: what it asks of each input, and what it makes of each answer.
///
/// The two primary associated types keep a batch honest: it takes one kind of input only, and the type of its
/// answers flows untouched from ``Batch`` through ``BatchJob`` into ``BatchResults``. A value of a request
/// type is a prototype that carries the settings; each `add` gives it one input.
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
  var problems: [Problem] { get }

  /// The body of the request about `input`, in the shape that OpenAI gave it; providers translate it.
  func body(for input: Input) throws -> JSONValue

  /// What a line that succeeded means.
  ///
  /// - Throws: ``LineError`` where the answer is there and yet of no use.
  func output(of reply: Reply) throws(LineError) -> Output
}

extension BatchRequest {
  /// What is wrong with the settings.
  public var problems: [Problem] { [] }
}
