import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct `An answer over the network` {
  let transport = URLSessionTransport()

  @Test(
    arguments: Way.allCases, [200, 201, 301, 302, 304, 307, 400, 401, 403, 404, 408, 409, 422, 429, 500, 503])
  func `is returned whatever its status`(way: Way, status: Int) async throws {
    let server = try LoopbackServer { _ in
      LoopbackAnswer(status, headers: ["Retry-After": "7", "x-request-id": "r1"], text: "said")
    }
    let (response, body) = try await way.ask(transport, HTTPRequest("GET", server.baseURL))
    #expect(response.status == status)
    #expect(response.headers["retry-after"] == "7")
    #expect(response.headers["X-Request-ID"] == "r1")
    // What comes with a redirect is of no use, and Foundation on Linux drops it at times.
    if !(300..<400).contains(status) { #expect(String(decoding: body, as: UTF8.self) == "said") }
    #expect(server.requestsReceived == 1)
  }

  @Test(arguments: Way.allCases) func `may have no body`(way: Way) async throws {
    let server = try LoopbackServer { _ in LoopbackAnswer(204) }
    let (response, body) = try await way.ask(transport, HTTPRequest("DELETE", server.baseURL))
    #expect(response.status == 204)
    #expect(body.isEmpty)
  }

  @Test(arguments: [
    nil, LoopbackAnswer.Fault.chunked, .withoutLength, .closeAfterAnswer,
    .dripping(pieceLength: 9_000, pause: .milliseconds(1)),
  ])
  func `arrives whole however it is framed`(framing: LoopbackAnswer.Fault?) async throws {
    let sent = wireNoise(100_000, seed: 4)
    let server = try LoopbackServer { _ in LoopbackAnswer(body: .bytes(sent), fault: framing) }
    for way in Way.allCases {
      let (_, body) = try await way.ask(transport, HTTPRequest("GET", server.baseURL))
      #expect(Array(body) == sent)
    }
  }

  @Test func `of many megabytes arrives byte for byte`() async throws {
    let sent = EndlessFile.body(50_000_000)
    let server = try LoopbackServer { _ in LoopbackAnswer(body: sent) }
    let arrived = Locked((length: 0, isSame: true))
    let response = try await transport.download(HTTPRequest("GET", server.baseURL)) { piece in
      try arrived.withLock { arrived in
        let rest = HTTPBody(pieces: [.file(ShiftedFile(by: arrived.length), length: piece.count)])
        arrived.isSame = try arrived.isSame && rest.hasSameBytes(as: .bytes(piece))
        arrived.length += piece.count
      }
    }
    #expect(response.body.isEmpty)
    #expect(arrived.current.length == sent.length)
    #expect(arrived.current.isSame)
  }

  @Test func `that is an endless refusal is cut at a megabyte`() async throws {
    let server = try LoopbackServer { _ in
      LoopbackAnswer(500, body: EndlessFile.body(1 << 40), fault: .steady)
    }
    for way in Way.allCases {
      let (response, body) = try await way.ask(transport, HTTPRequest("GET", server.baseURL))
      #expect(response.status == 500)
      #expect(body.count == 1 << 20)
    }
  }

  @Test func `keeps an idle limit, not a limit of its whole time`() async throws {
    let server = try LoopbackServer { _ in
      LoopbackAnswer(text: "12345678", fault: .dripping(pieceLength: 1, pause: .milliseconds(250)))
    }
    let request = HTTPRequest("GET", server.baseURL, idleLimit: .seconds(1))
    #expect(try await transport.send(request).body.count == 8)
  }

  @Test func `leaves no cookie and nothing in a cache`() async throws {
    let cookies = Locked<[String?]>([])
    let server = try LoopbackServer { request in
      cookies.withLock { $0.append(request.headers["Cookie"]) }
      return LoopbackAnswer(headers: ["Set-Cookie": "a=b", "Cache-Control": "max-age=3600"], text: "x")
    }
    for _ in 0..<3 { _ = try await transport.send(HTTPRequest("GET", server.baseURL)) }
    #expect(cookies.current == [nil, nil, nil])
  }

  @Test func `to a question comes over a connection that is kept`() async throws {
    let server = try LoopbackServer { _ in LoopbackAnswer(text: "x") }
    for _ in 0..<20 { _ = try await transport.send(HTTPRequest("GET", server.baseURL)) }
    #expect(server.connectionsAccepted == 1)
  }

  @Test func `that is compressed unasked is still read when it is short`() async throws {
    let packed = try #require(Data(base64Encoded: "H4sIAAAAAAAC/8tIzcnJBwCGphA2BQAAAA=="))
    let server = try LoopbackServer { _ in
      LoopbackAnswer(headers: ["Content-Encoding": "gzip"], body: .bytes(packed))
    }
    let response = try await transport.send(HTTPRequest("GET", server.baseURL))
    #expect(String(decoding: response.body, as: UTF8.self) == "hello")
  }
}

/// The endless file from some place on.
private struct ShiftedFile: ReadableFile {
  let shift: Int

  init(by shift: Int) { self.shift = shift }

  func size() -> Int { .max }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    EndlessFile().read(at: shift + offset, into: buffer)
  }
}
