public import BatchKit
public import Foundation

/// The emulator's face in memory: a transport that never leaves the process.
///
/// Answers are those that it gives over a port, and their faults come as the failures that a network would
/// bring. So a test goes through all of the client, from its retries to its files.
///
/// ```swift
/// let emulator = Emulator(.echo.injecting(.serverError))
/// let client = BatchClient(.openAI(apiKey: "test"), transport: .emulator(emulator), clock: emulator.clock)
/// ```
public struct EmulatorTransport: HTTPTransport {
  private let emulator: Emulator

  /// A transport to this emulator.
  public init(_ emulator: Emulator) { self.emulator = emulator }

  /// True: nothing sent through here ever reaches a service.
  ///
  /// Jobs sent through it are kept out of the registry that real ones are in.
  public var isSimulated: Bool { true }

  /// Asks the emulator and returns the whole answer.
  /// - Parameter request: What to send, with any base address in front.
  /// - Returns: The answer, whatever its status.
  /// - Throws: `HTTPFailure` where the script lets the connection break.
  public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    let body = Locked(Data())
    var response = try await exchange(request) { chunk in body.withLock { $0.append(chunk) } }
    response.body = body.current
    return response
  }

  /// Asks the emulator and hands the body of a success over in pieces.
  /// - Parameters:
  ///   - request: What to send.
  ///   - receive: Is handed the body of a success piece by piece.
  /// - Returns: The answer, with a body only where it is no success.
  /// - Throws: `HTTPFailure` where the script lets the connection break, after what came before was handed
  ///   on.
  public func download(
    _ request: HTTPRequest, into receive: @escaping @Sendable (Data) throws -> Void
  ) async throws -> HTTPResponse {
    let refusal = Locked(Data())
    let answer = try await answer(to: request)
    var response = HTTPResponse(answer)
    if response.isSuccess {
      try answer.deliver(to: receive)
    } else {
      try answer.deliver { chunk in refusal.withLock { $0.append(chunk) } }
    }
    response.body = refusal.current
    return response
  }

  /// Asks the emulator and hands the body on, whatever the status.
  private func exchange(
    _ request: HTTPRequest, _ receive: (Data) throws -> Void
  ) async throws -> HTTPResponse {
    let answer = try await answer(to: request)
    try answer.deliver(to: receive)
    return HTTPResponse(answer)
  }

  /// Puts the request to the emulator, in its own time, and acts out what is wrong with the connection.
  private func answer(to request: HTTPRequest) async throws -> EmulatorAnswer {
    try Task.checkCancellation()
    // Every exchange takes a second where time passes by itself: a client with a clock of its own, which the
    // emulator can't see, would otherwise wait for a batch that never moves.
    if let clock = emulator.clock as? VirtualClock, clock.advancesByItself { clock.advance(by: .seconds(1)) }
    let answer = emulator.respond(to: request, now: emulator.clock.now)
    if request.body.length > 0 { request.progress?(request.body.length) }
    // Lets other tasks in between, as a network does.
    await Task.yield()
    guard answer.fault != .lost else {
      throw HTTPFailure(.interrupted, "The connection was reset before an answer came.")
    }
    return answer
  }
}

extension EmulatorAnswer {
  /// Hands the body over in pieces, up to where the connection breaks.
  ///
  /// In pieces, since a receiver that has seen only whole bodies is not tested.
  fileprivate func deliver(to receive: (Data) throws -> Void) throws {
    var end = body.length
    if case .cut(let count) = fault { end = min(end, count) }
    var position = 0
    while position < end {
      let chunk = try body.read(at: position, count: min(64 * 1024, end - position))
      guard !chunk.isEmpty else { throw BatchError.shortenedBody }
      try receive(chunk)
      position += chunk.count
    }
    guard fault == nil else {
      throw HTTPFailure(.interrupted, "The connection broke after \(end) of \(body.length) bytes.")
    }
  }
}

extension HTTPResponse {
  /// The length is stated even where the body is cut short: by it a client notices.
  fileprivate init(_ answer: EmulatorAnswer) {
    self.init(status: answer.status, headers: answer.headers)
    headers["Content-Length"] = "\(answer.body.length)"
  }
}

extension HTTPTransport where Self == EmulatorTransport {
  /// A transport to this emulator, within the process.
  /// - Parameter emulator: Who answers.
  /// - Returns: A transport for `BatchClient`.
  public static func emulator(_ emulator: Emulator) -> Self { Self(emulator) }
}
