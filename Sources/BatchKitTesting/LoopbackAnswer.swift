package import BatchKit

/// What the loopback server sends back, and what goes wrong on the way.
///
/// It is what a test says of a server; how that looks in bytes is the writer's business.
package struct LoopbackAnswer: Sendable {
  package var status: Int
  /// The fields beyond those that frame the body: `Content-Length` and `Transfer-Encoding` are the server's
  /// own.
  package var headers: HTTPHeaders
  package var body: HTTPBody
  /// What goes wrong on the wire; `nil` is a sound answer.
  package var fault: Fault?
  /// How long the server thinks before it answers, in real time.
  package var delay: Duration?

  package init(
    _ status: Int = 200, headers: HTTPHeaders = [:], body: HTTPBody = .empty, fault: Fault? = nil,
    delay: Duration? = nil
  ) {
    self.status = status
    self.headers = headers
    self.body = body
    self.fault = fault
    self.delay = delay
  }

  /// An answer whose body is this text.
  package init(
    _ status: Int = 200, headers: HTTPHeaders = [:], text: String, fault: Fault? = nil,
    delay: Duration? = nil
  ) {
    self.init(status, headers: headers, body: .bytes(text.utf8), fault: fault, delay: delay)
  }

  /// The ways in which an answer goes wrong, or is only framed in another way.
  ///
  /// They differ in what a client can notice: a reset it always sees, a close only where it knows how much
  /// should come.
  package enum Fault: Sendable {
    /// The connection is closed where the answer should be.
    case closeWithoutAnswer
    /// The connection is reset where the answer should be.
    ///
    /// To the client the request may have been acted on or not.
    case resetWithoutAnswer
    /// The length of the whole body is promised, so many bytes are sent, and the connection is closed.
    case cutBody(after: Int)
    /// The length of the whole body is promised, so many bytes are sent, and the connection is reset.
    case resetBody(after: Int)
    /// A sound answer that promises to keep the connection, which is then closed.
    case closeAfterAnswer
    /// A sound answer, after which the connection is closed as soon as the next request begins to arrive.
    ///
    /// It is the race that a kept connection can lose: the request was sent, and no answer will come.
    case closeAtNextRequest
    /// A sound answer whose body comes in chunks, without a length.
    case chunked
    /// A body in chunks that ends after so many bytes, without the last chunk.
    case cutChunked(after: Int)
    /// A body without a length that ends when the connection does, as HTTP/1.0 had it.
    ///
    /// Nobody can tell it from one that was cut.
    case withoutLength
    /// A sound answer that comes in small pieces with a pause after each.
    case dripping(pieceLength: Int, pause: Duration)
    /// These bytes and nothing else; then the connection is closed.
    case raw([UInt8])
  }
}
