public import Foundation

/// The only seam to the network: carries one request out, once.
///
/// A transport never retries and never follows a redirect: both are decisions for whoever knows what the
/// request costs. It returns every answer, whatever its status, and throws ``HTTPFailure`` where there was
/// none.
public protocol HTTPTransport: Sendable {
  /// Sends a request and returns the whole answer.
  func send(_ request: HTTPRequest) async throws -> HTTPResponse

  /// Sends a request and hands the body of a success to `receive`, piece by piece as it arrives.
  ///
  /// The body of any other answer is in the returned value. What `receive` throws ends the transfer and is
  /// thrown on. The call returns only when the body is known to be complete, so far as HTTP can tell.
  func download(
    _ request: HTTPRequest, into receive: @escaping @Sendable (Data) throws -> Void
  ) async throws -> HTTPResponse

  /// Whether this transport only plays a service; jobs sent through it are kept out of the real registry.
  var isSimulated: Bool { get }
}

extension HTTPTransport {
  /// Whether it only plays a service.
  public var isSimulated: Bool { false }
}

/// Why a request got no answer. It may have been acted on nevertheless.
public struct HTTPFailure: Error, Sendable, CustomStringConvertible {
  /// The kinds of failure.
  public enum Kind: String, Sendable {
    /// No connection came about.
    case unreachable
    /// Nothing moved for too long.
    case timedOut
    /// The connection broke, or the answer was cut short or garbled.
    case interrupted
  }

  /// What kind of failure it is.
  public let kind: Kind
  /// What the system said.
  public let message: String

  /// A failure of this kind.
  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// What people are shown of it.
  public var description: String { message }
}
