import BatchKit
import BatchKitTesting
import Foundation
import Testing

/// The server is driven by bare sockets here, so that no client's cleverness hides what it really sends.
@Suite(.serialized) struct `The loopback server` {
  @Test func `keeps a connection for request after request`() throws {
    let server = try LoopbackServer { LoopbackAnswer(text: "you asked \($0.method) \($0.url.path)") }
    let wire = try Wire(port: server.port)
    for number in 1...3 {
      let answer = try wire.exchange("GET /page/\(number)?q=a%20b HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(answer.body == Array("you asked GET /page/\(number)".utf8))
    }
    #expect(server.connectionsAccepted == 1)
    #expect(server.requestsReceived == 3)
  }

  @Test func `hands on method, address, fields and body as they came`() throws {
    let seen = Locked<[HTTPRequest]>([])
    let server = try LoopbackServer { request in
      seen.withLock { $0.append(request) }
      return LoopbackAnswer(201)
    }
    let wire = try Wire(port: server.port)
    let answer = try wire.exchange(
      "POST /v1/files?a=1&b=%2F HTTP/1.1\r\nHost: x\r\nX-Odd:  two words \r\nContent-Length: 5\r\n\r\nhello")
    #expect(answer.status == 201)
    let request = try #require(seen.current.first)
    #expect(request.method == "POST")
    #expect(request.url.absoluteString == "\(server.baseURL.absoluteString)/v1/files?a=1&b=%2F")
    #expect(request.headers["x-odd"] == "two words")
    #expect(try Array(request.body.read(at: 0, count: 9)) == Array("hello".utf8))
  }

  @Test(arguments: [[5, 0], [1, 1, 1], [300_000, 7, 300_000]])
  func `puts the chunks of a request together`(lengths: [Int]) throws {
    let server = try LoopbackServer { LoopbackAnswer(body: $0.body) }
    let wire = try Wire(port: server.port)
    let whole = wireNoise(lengths.reduce(0, +), seed: 3)
    var request = Array("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
    var rest = whole[...]
    for length in lengths where length > 0 {
      request += Array("\(String(length, radix: 16));extension=1\r\n".utf8) + rest.prefix(length) + [13, 10]
      rest = rest.dropFirst(length)
    }
    request += Array("0\r\nX-Trailer: ignored\r\n\r\n".utf8)
    #expect(try wire.exchange(request).body == whole)
    #expect(try wire.exchange("GET / HTTP/1.1\r\n\r\n").status == 200)
  }

  @Test func `keeps a large body in a file, byte for byte`() throws {
    let wasInMemory = Locked<Bool?>(nil)
    let server = try LoopbackServer { request in
      wasInMemory.withLock { $0 = request.body.isInMemory }
      return LoopbackAnswer(body: request.body)
    }
    let wire = try Wire(port: server.port)
    let whole = wireNoise(3_000_001, seed: 1)
    let answer = try wire.exchange(
      Array("PUT / HTTP/1.1\r\nContent-Length: \(whole.count)\r\n\r\n".utf8) + whole)
    #expect(answer.body == whole)
    #expect(wasInMemory.current == false)
  }

  @Test func `asks for the body of whoever waits to be asked`() throws {
    let server = try LoopbackServer { LoopbackAnswer(body: $0.body) }
    let wire = try Wire(port: server.port)
    try wire.send("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    #expect(try wire.line() == "HTTP/1.1 100 Continue")
    #expect(try wire.line() == "")
    #expect(try wire.exchange("late").body == Array("late".utf8))
  }

  @Test(arguments: [
    ("nonsense\r\n\r\n", 400), ("GET nowhere HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/2\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nno colon\r\n\r\n", 400), ("GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n", 400),
    ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400),
  ])
  func `refuses what is no request and goes on serving`(request: String, status: Int) throws {
    let server = try LoopbackServer { _ in LoopbackAnswer() }
    #expect(try Wire(port: server.port).exchange(request).status == status)
    #expect(try Wire(port: server.port).exchange("GET / HTTP/1.1\r\n\r\n").status == 200)
    #expect(server.requestsReceived == 1)
  }

  @Test func `does not read for ever what claims to be a field`() throws {
    let server = try LoopbackServer { _ in LoopbackAnswer() }
    let endless = "GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 65_600))"
    #expect(try Wire(port: server.port).exchange(endless).status == 431)
  }

  @Test func `answers 64 connections at once`() async throws {
    let inside = Locked(0)
    let everyoneIsHere = Locked(false)
    let server = try LoopbackServer { _ in
      inside.withLock { $0 += 1 }
      // Nobody is answered before all are in: one thread too few, and the limit below ends the wait.
      let limit = ContinuousClock.now + .seconds(30)
      while inside.current < 64, ContinuousClock.now < limit { Thread.yieldToOthers() }
      everyoneIsHere.withLock { $0 = inside.current == 64 }
      return LoopbackAnswer()
    }
    let wires = try (0..<64).map { _ in try Wire(port: server.port) }
    for wire in wires { try wire.send("GET / HTTP/1.1\r\n\r\n") }
    for wire in wires { #expect(try wire.answer().status == 200) }
    #expect(everyoneIsHere.current)
    #expect(server.connectionsAccepted == 64)
  }

  @Test(arguments: ["GET", "HEAD"], [200, 204, 304])
  func `sends a body only where there may be one`(method: String, status: Int) throws {
    let server = try LoopbackServer { _ in LoopbackAnswer(status, text: "body") }
    let wire = try Wire(port: server.port)
    try wire.send("\(method) / HTTP/1.1\r\nConnection: close\r\n\r\n")
    let text = String(decoding: wire.rest(), as: UTF8.self)
    #expect(text.hasPrefix("HTTP/1.1 \(status) "))
    #expect(text.hasSuffix("\r\n\r\nbody") == (method == "GET" && status == 200))
    #expect(text.contains("Content-Length: 4") == (status != 204))
  }

  @Test(arguments: [
    (LoopbackAnswer.Fault.closeWithoutAnswer, "", Wire.End.closed), (.resetWithoutAnswer, "", .reset),
    (.cutBody(after: 3), "Content-Length: 8\r\n\r\n012", .closed),
    (.resetBody(after: 3), "Content-Length: 8\r\n\r\n012", .reset),
    (.closeAfterAnswer, "Content-Length: 8\r\n\r\n01234567", .closed),
    (.cutChunked(after: 3), "Transfer-Encoding: chunked\r\n\r\n3\r\n012\r\n", .closed),
    (.withoutLength, "Connection: close\r\n\r\n01234567", .closed), (.raw(Array("hm".utf8)), "hm", .closed),
  ])
  func `goes wrong as it is told`(fault: LoopbackAnswer.Fault, ending: String, end: Wire.End) throws {
    let server = try LoopbackServer { _ in LoopbackAnswer(text: "01234567", fault: fault) }
    let wire = try Wire(port: server.port)
    try wire.send("GET / HTTP/1.1\r\n\r\n")
    let text = String(decoding: wire.rest(), as: UTF8.self)
    #expect(text.hasSuffix(ending) && (text.isEmpty == ending.isEmpty))
    #expect(wire.end == end)
  }

  @Test func `can promise to keep a connection and drop it at the next request`() throws {
    let server = try LoopbackServer { _ in LoopbackAnswer(text: "ok", fault: .closeAtNextRequest) }
    let wire = try Wire(port: server.port)
    #expect(try wire.exchange("GET / HTTP/1.1\r\n\r\n").status == 200)
    try wire.send("GET / HTTP/1.1\r\n\r\n")
    #expect(wire.rest().isEmpty)
    #expect(server.requestsReceived == 1)
  }

  @Test func `does not keep thinking for someone who left`() throws {
    let server = try LoopbackServer { _ in LoopbackAnswer(delay: .seconds(3600)) }
    var wire: Wire? = try Wire(port: server.port)
    try wire?.send("GET / HTTP/1.1\r\n\r\n")
    let limit = ContinuousClock.now + .seconds(30)
    while server.requestsReceived < 1, ContinuousClock.now < limit { Thread.yieldToOthers() }
    #expect(server.connectionsOpen == 1)
    wire = nil
    while server.connectionsOpen > 0, ContinuousClock.now < limit { Thread.yieldToOthers() }
    #expect(server.connectionsOpen == 0)
  }

  @Test func `answers requests that were sent all at once`() throws {
    let server = try LoopbackServer { LoopbackAnswer(text: $0.url.path, delay: .milliseconds(10)) }
    let wire = try Wire(port: server.port)
    try wire.send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n")
    #expect(try wire.answer().body == Array("/1".utf8))
    #expect(try wire.answer().body == Array("/2".utf8))
  }

  @Test func `names a port that is taken and one that can't be`() throws {
    let server = try LoopbackServer { _ in LoopbackAnswer() }
    let taken = #expect(throws: BatchError.self) {
      _ = try LoopbackServer(port: server.port) { _ in .init() }
    }
    #expect(taken?.message.contains("Port \(server.port) of 127.0.0.1") == true)
    let impossible = #expect(throws: BatchError.self) {
      _ = try LoopbackServer(port: 70_000) { _ in .init() }
    }
    #expect(impossible?.message.contains("no port 70000") == true)
  }

  @Test func `ends every connection and frees its port when stopped`() throws {
    let server = try LoopbackServer { _ in LoopbackAnswer(delay: .seconds(3600)) }
    let waiting = try Wire(port: server.port)
    try waiting.send("GET / HTTP/1.1\r\n\r\n")
    let idle = try Wire(port: server.port)
    server.stop()
    #expect(waiting.rest().isEmpty)
    #expect(idle.rest().isEmpty)
    let heir = try LoopbackServer(port: server.port) { _ in LoopbackAnswer(text: "heir") }
    #expect(try Wire(port: heir.port).exchange("GET / HTTP/1.1\r\n\r\n").body == Array("heir".utf8))
  }
}
