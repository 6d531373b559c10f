public import Foundation

/// The only seam to the network: carries one request out, once.
///
/// A transport never retries and never follows a redirect: both are decisions for whoever knows what the
/// request costs. It returns every answer, whatever its status, and throws ``HTTPFailure`` where there was
/// none.
///
/// Put one of your own before a client to record what it sends, to count, or to reach the network some other
/// way:
///
/// ```swift
/// struct Counting: HTTPTransport {
///   let inner: any HTTPTransport
///   let count: @Sendable (HTTPRequest) -> Void
///
///   func send(_ request: HTTPRequest) async throws -> HTTPResponse {
///     count(request)
///     return try await inner.send(request)
///   }
///
///   func download(
///     _ request: HTTPRequest, into receive: @escaping @Sendable (Data) throws -> Void
///   ) async throws -> HTTPResponse {
///     count(request)
///     return try await inner.download(request, into: receive)
///   }
///
///   var isSimulated: Bool { inner.isSimulated }
/// }
/// ```
/// Calls come from many tasks at once. A cancelled task should end its call soon, unless the answer is there.
public protocol HTTPTransport: Sendable {
  /// Sends a request and returns the whole answer.
  /// - Parameter request: What to send, its body streamed where it is not in memory.
  /// - Returns: The answer with its body, whatever its status.
  /// - Throws: ``HTTPFailure`` where there was no answer.
  func send(_ request: HTTPRequest) async throws -> HTTPResponse

  /// Sends a request and hands the body of a success to `receive`, piece by piece as it arrives.
  ///
  /// The body of any other answer is in the returned value. What `receive` throws ends the transfer and is
  /// thrown on. The call returns only when the body is known to be complete, so far as HTTP can tell.
  /// - Parameters:
  ///   - request: What to send.
  ///   - receive: Is handed the pieces one after the other, in order, from any thread.
  /// - Returns: The answer, with an empty body where it was a success.
  /// - Throws: ``HTTPFailure`` where there was no answer, or not all of it.
  func download(
    _ request: HTTPRequest, into receive: @escaping @Sendable (Data) throws -> Void
  ) async throws -> HTTPResponse

  /// Whether this transport only plays a service; jobs sent through it are kept out of the real registry.
  ///
  /// So a rehearsal with an emulator is never taken for a job that was paid for. A transport that wraps
  /// another hands on the other's answer.
  var isSimulated: Bool { get }
}

extension HTTPTransport {
  /// Whether it only plays a service.
  ///
  /// `false` unless a transport says otherwise.
  public var isSimulated: Bool { false }
}

/// Why a request got no answer. It may have been acted on nevertheless.
///
/// That doubt is why the one call that is paid for is never repeated after it. Only ``Kind/unreachable`` says
/// that nothing was sent.
public struct HTTPFailure: Error, Sendable, CustomStringConvertible {
  /// The kinds of failure.
  ///
  /// They tell how far the request can have come, which decides what is safe to do next.
  public enum Kind: String, Sendable {
    /// No connection came about.
    ///
    /// So nothing can have been acted on.
    case unreachable
    /// Nothing moved for too long.
    case timedOut
    /// The connection broke, or the answer was cut short or garbled.
    case interrupted
  }

  /// What kind of failure it is.
  public let kind: Kind
  /// What the system said.
  ///
  /// It tells no key, no query of an address and no field of the request.
  public let message: String

  /// A failure of this kind.
  /// - Parameters:
  ///   - kind: What kind of failure it is; ``Kind/interrupted`` in doubt.
  ///   - message: A sentence for people, without secrets.
  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// What people are shown of it.
  public var description: String { message }
}
