import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct `A request over the network` {
  let transport = URLSessionTransport()

  @Test(arguments: ["POST", "PUT", "PATCH", "DELETE"])
  func `arrives as it was made`(method: String) async throws {
    let seen = Locked<HTTPRequest?>(nil)
    let server = try LoopbackServer { request in
      seen.withLock { $0 = request }
      return LoopbackAnswer()
    }
    let url = server.baseURL.appendingPathComponent("v1/batches")
    let headers: HTTPHeaders = ["Authorization": "Bearer k", "X-Umlaut": "grün", "Content-Length": "999"]
    _ = try await transport.send(HTTPRequest(method, url, headers: headers, body: .bytes("{\"a\":1}".utf8)))
    let request = try #require(seen.current)
    #expect(request.method == method)
    #expect(request.url == url)
    #expect(request.headers["Authorization"] == "Bearer k")
    #expect(request.headers["X-Umlaut"] == "grün")
    #expect(request.headers["User-Agent"] == "BatchKit")
    #expect(request.headers["Content-Length"] == "7")
    #expect(request.headers["Transfer-Encoding"] == nil)
    #expect(try request.body.hasSameBytes(as: .bytes("{\"a\":1}".utf8)))
  }

  @Test func `states that it has no body where one could be`() async throws {
    let server = try LoopbackServer { LoopbackAnswer(text: $0.headers["Content-Length"] ?? "none") }
    let response = try await transport.send(HTTPRequest("POST", server.baseURL))
    #expect(String(decoding: response.body, as: UTF8.self) == "0")
  }

  @Test(arguments: [
    ("X\r\nInjected: 1", "x"), ("", "x"), ("two words", "x"), ("ümlaut", "x"), ("X:", "x"),
    ("Authorization", "Bearer sk-secret\r\nInjected: 1"), ("Authorization", "sk-secret\n"),
    ("Authorization", "sk-secret\u{0}"), ("Authorization", "\u{1B}[2Jsk-secret"),
  ])
  func `is refused when a field could pass for two`(name: String, value: String) async throws {
    let server = try LoopbackServer { _ in LoopbackAnswer() }
    for way in Way.allCases {
      let request = HTTPRequest("GET", server.baseURL, headers: HTTPHeaders(dictionaryLiteral: (name, value)))
      let error = try #require(await transport.failure(way, request) as? BatchError)
      #expect(error.code == .invalidRequest)
      #expect(!error.message.contains("sk-secret") && !error.message.contains("Injected"))
    }
    #expect(server.connectionsAccepted == 0)
  }

  @Test(arguments: [("GET /x HTTP/1.1\r\nX: ", "http://127.0.0.1/"), ("", "http://127.0.0.1/")])
  func `is refused when its method is no word`(method: String, address: String) async throws {
    let request = HTTPRequest(method, try #require(URL(string: address)))
    #expect((await transport.failure(.send, request) as? BatchError)?.code == .invalidRequest)
  }

  @Test(arguments: ["GET", "HEAD"]) func `is refused when it may not have its body`(method: String)
    async throws
  {
    let server = try LoopbackServer { _ in LoopbackAnswer() }
    let request = HTTPRequest(method, server.baseURL, body: .bytes("{}".utf8))
    #expect((await transport.failure(.send, request) as? BatchError)?.code == .invalidRequest)
    #expect(server.connectionsAccepted == 0)
  }

  @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/x", "https:///nowhere", "relative"])
  func `is refused when its address is none of the web's`(address: String) async throws {
    let request = HTTPRequest("GET", try #require(URL(string: address)))
    #expect((await transport.failure(.send, request) as? BatchError)?.code == .invalidRequest)
  }

  // MARK: Other hosts and challenges

  @Test(arguments: [301, 302, 303, 307, 308], ["GET", "POST"])
  func `is never sent on to where a redirect points`(status: Int, method: String) async throws {
    let stranger = try LoopbackServer { _ in LoopbackAnswer() }
    let elsewhere = "\(stranger.baseURL.absoluteString)/take"
    let server = try LoopbackServer { _ in
      LoopbackAnswer(status, headers: ["Location": elsewhere], text: "there")
    }
    var request = HTTPRequest(method, server.baseURL, headers: ["Authorization": "Bearer sk-secret"])
    if method == "POST" { request.body = EndlessFile.body(1000) }
    for way in Way.allCases {
      let (response, body) = try await way.ask(transport, request)
      #expect(response.status == status)
      #expect(response.headers["Location"] == elsewhere)
      #expect(String(decoding: body, as: UTF8.self) == "there")
    }
    #expect(stranger.connectionsAccepted == 0)
    #expect(server.requestsReceived == 2)
  }

  @Test(arguments: [
    "", "//", "///x", "?q", "#f", "mailto:x", "http://", "//h:99999999", "http:relative", "%zz", "/a b", "::",
    "//u@h:-1/", "http://[bad", "/\u{1}", "//%zz", "//[::1", "file:///etc/passwd",
  ])
  func `survives a redirect to nowhere`(location: String) async throws {
    let server = try LoopbackServer { _ in LoopbackAnswer(302, headers: ["Location": location]) }
    for method in ["GET", "POST"] {
      let response = try await transport.send(HTTPRequest(method, server.baseURL))
      #expect(response.status == 302)
    }
    #expect(server.requestsReceived == 2)
  }

  @Test(arguments: ["Basic realm=\"x\"", "Bearer", "Digest realm=\"x\", nonce=\"y\"", "Negotiate"])
  func `that is challenged gets its 401 long before any time limit`(challenge: String) async throws {
    let server = try LoopbackServer { _ in
      LoopbackAnswer(401, headers: ["WWW-Authenticate": challenge], text: "no key")
    }
    for body in [HTTPBody.empty, .bytes("{}".utf8), EndlessFile.body(1000)] {
      for way in Way.allCases {
        let request = HTTPRequest(
          body.length == 0 ? "GET" : "POST", server.baseURL, headers: ["Authorization": "Bearer k"],
          body: body)
        let time = try await shortest(of: 3) {
          let (response, body) = try await way.ask(transport, request)
          #expect(response.status == 401)
          #expect(response.headers["WWW-Authenticate"] == challenge)
          #expect(String(decoding: body, as: UTF8.self) == "no key")
        }
        // A request that hangs on the challenge would wait out the minute of its limit, on any machine.
        #expect(time < .seconds(20))
      }
    }
    #expect(server.requestsReceived == 18)
  }

  // MARK: Uploads

  @Test func `of many megabytes arrives byte for byte, with its length stated`() async throws {
    let sent = HTTPBody(
      pieces: [.bytes([1, 2, 3]), .file(EndlessFile(), length: 50_000_000), .bytes([]), .bytes([4])])
    let seen = Locked<(headers: HTTPHeaders, isSame: Bool)?>(nil)
    let server = try LoopbackServer { request in
      let isSame = (try? request.body.hasSameBytes(as: sent)) == true
      seen.withLock { $0 = (request.headers, isSame) }
      return LoopbackAnswer()
    }
    _ = try await transport.send(HTTPRequest("POST", server.baseURL, body: sent))
    let (headers, isSame) = try #require(seen.current)
    #expect(headers["Content-Length"] == "50000004")
    #expect(headers["Transfer-Encoding"] == nil && headers["Expect"] == nil)
    #expect(isSame)
  }

  @Test func `leaves no connection open behind it`() async throws {
    let server = try LoopbackServer { _ in LoopbackAnswer(text: "kept") }
    for _ in 0..<10 {
      _ = try await transport.send(HTTPRequest("POST", server.baseURL, body: .bytes("{}".utf8)))
    }
    let limit = ContinuousClock.now + .seconds(30)
    while server.connectionsOpen > 0, ContinuousClock.now < limit { await Task.yield() }
    #expect(server.connectionsOpen == 0)
    #expect(server.connectionsAccepted == 10)
  }

  @Test(arguments: [nil, LoopbackAnswer.Fault.closeWithoutAnswer, .resetWithoutAnswer])
  func `leaves no trace of its body on disk`(fault: LoopbackAnswer.Fault?) async throws {
    let folder = try TransportFolder()
    let meanwhile = Locked<[String: Int]>([:])
    let server = try LoopbackServer { _ in
      meanwhile.withLock { $0 = (try? folder.contents()) ?? [:] }
      return LoopbackAnswer(fault: fault)
    }
    let transport = URLSessionTransport(spoolFolder: folder.url)
    let failure = await transport.failure(
      .send, HTTPRequest("POST", server.baseURL, body: EndlessFile.body(300_000)))
    #expect((failure == nil) == (fault == nil))
    #expect(meanwhile.current.values.sorted() == [0o600, 0o700])
    #expect(try folder.contents().isEmpty)
  }

  @Test func `is not sent when its file became shorter`() async throws {
    let folder = try TransportFolder()
    let transport = URLSessionTransport(spoolFolder: folder.url)
    let server = try LoopbackServer { _ in LoopbackAnswer() }
    let body = HTTPBody(pieces: [.bytes([1]), .file(ShortenedFile(), length: 10)])
    let failure = await transport.failure(.send, HTTPRequest("POST", server.baseURL, body: body))
    #expect((failure as? BatchError)?.code == .unreadableFile)
    #expect(server.connectionsAccepted == 0)
    #expect(try folder.contents().isEmpty)
  }

  @Test func `is not sent when there is no room to gather it`() async throws {
    let folder = try TransportFolder()
    let missing = folder.url.appendingPathComponent("missing")
    let transport = URLSessionTransport(spoolFolder: missing)
    let server = try LoopbackServer { _ in LoopbackAnswer() }
    let failure = await transport.failure(
      .send, HTTPRequest("POST", server.baseURL, body: EndlessFile.body(10)))
    let error = try #require(failure as? BatchError)
    #expect(error.code == .unwritableFile)
    #expect(error.message.contains(missing.path))
    #expect(server.connectionsAccepted == 0)
  }

  @Test(arguments: [HTTPBody.bytes(wireNoise(5000, seed: 1)), EndlessFile.body(300_000), .empty])
  func `arrives once, on connections that close as it is sent`(body: HTTPBody) async throws {
    let arrivals = Locked<[String: Int]>([:])
    let server = try LoopbackServer { request in
      let isWhole = (try? request.body.hasSameBytes(as: body)) == true
      if request.method == "POST", isWhole { arrivals.withLock { $0[request.url.path, default: 0] += 1 } }
      return LoopbackAnswer(text: "{}", fault: .closeAtNextRequest)
    }
    // Connections that promise to be kept, for whoever falls for it.
    await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<12 {
        group.addTask { _ = try await transport.send(HTTPRequest("GET", server.baseURL)) }
      }
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<24 {
        let url = server.baseURL.appendingPathComponent("\(number)")
        let request = HTTPRequest("POST", url, body: body, idleLimit: .seconds(20))
        group.addTask {
          let response = try await transport.send(request)
          #expect(response.status == 200)
        }
      }
      try await group.waitForAll()
    }
    #expect(arrivals.current == Dictionary(uniqueKeysWithValues: (0..<24).map { ("/\($0)", 1) }))
  }
}
