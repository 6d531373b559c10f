import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct `A request that gets no answer` {
  let transport = URLSessionTransport()

  @Test(
    arguments: Way.allCases,
    [
      LoopbackAnswer.Fault.closeWithoutAnswer, .resetWithoutAnswer, .cutBody(after: 0), .cutBody(after: 900),
      .resetBody(after: 900), .cutChunked(after: 900), .raw(Array("HTTP/1.1 2".utf8)),
      .raw(Array("nonsense".utf8)), .raw(Array("HTTP/9.9 200 OK\r\n\r\n".utf8)),
      .raw(Array("HTTP/1.1 200 OK\r\nno colon\r\n\r\n".utf8)),
      .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n".utf8)),
      .raw(Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".utf8)),
    ])
  func `fails as interrupted`(way: Way, fault: LoopbackAnswer.Fault) async throws {
    let server = try LoopbackServer { _ in
      LoopbackAnswer(body: .bytes(wireNoise(1000, seed: 2)), fault: fault)
    }
    for request in [
      HTTPRequest("GET", server.baseURL), HTTPRequest("POST", server.baseURL, body: .bytes("{}".utf8)),
    ] {
      let failure = try #require(await transport.failure(way, request) as? HTTPFailure)
      #expect(failure.kind == .interrupted)
    }
    #expect(server.requestsReceived == 2)
  }

  /// Where nobody listens: the port of a server that was stopped may be another test's in the next moment.
  private static let deadPort = 1

  @Test(arguments: Way.allCases) func `fails as unreachable where nobody listens`(way: Way) async throws {
    let url = try #require(URL(string: "http://127.0.0.1:\(Self.deadPort)/v1"))
    let failure = try #require(await transport.failure(way, HTTPRequest("GET", url)) as? HTTPFailure)
    #expect(failure.kind == .unreachable)
    #expect(failure.message.hasPrefix("No connection to 127.0.0.1:\(Self.deadPort) came about"))
  }

  @Test(arguments: Way.allCases) func `fails as timed out where nothing moves`(way: Way) async throws {
    let server = try LoopbackServer { _ in LoopbackAnswer(delay: .seconds(3600)) }
    let request = HTTPRequest("POST", server.baseURL, body: .bytes("{}".utf8), idleLimit: .seconds(1))
    let failure = try #require(await transport.failure(way, request) as? HTTPFailure)
    #expect(failure.kind == .timedOut)
    #expect(failure.message == "Nothing moved between here and 127.0.0.1:\(server.port) for 1 seconds.")
  }

  @Test(arguments: [LoopbackAnswer.Fault.chunked, nil])
  func `never takes a compressed file for a result`(framing: LoopbackAnswer.Fault?) async throws {
    // A gzip stream cut in the middle of its data, inside a body that is sound: unpacked, it looks whole.
    let head: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0, 100, 0, 155, 255]
    let server = try LoopbackServer { _ in
      LoopbackAnswer(
        headers: ["Content-Encoding": "gzip"], body: .bytes(head + Array("{}\n{}\n".utf8)), fault: framing)
    }
    let request = HTTPRequest("GET", server.baseURL)
    let failure = try #require(await transport.failure(.download, request) as? HTTPFailure)
    #expect(failure.kind == .interrupted)
  }

  @Test func `asks for files as they are`() async throws {
    let server = try LoopbackServer { LoopbackAnswer(text: $0.headers["Accept-Encoding"] ?? "") }
    let (_, body) = try await Way.download.ask(transport, HTTPRequest("GET", server.baseURL))
    #expect(String(decoding: body, as: UTF8.self) == "identity")
  }

  @Test func `ends with what its receiver throws`() async throws {
    struct Enough: Error {}
    let server = try LoopbackServer { _ in LoopbackAnswer(body: EndlessFile.body(1 << 40), fault: .steady) }
    let calls = Locked(0)
    await #expect(throws: Enough.self) {
      _ = try await transport.download(HTTPRequest("GET", server.baseURL)) { _ in
        calls.withLock { $0 += 1 }
        throw Enough()
      }
    }
    #expect(calls.current == 1)
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func `survives a full disk`() async throws {
    let server = try LoopbackServer { _ in LoopbackAnswer(body: EndlessFile.body(10_000_000)) }
    let disk = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let full = await #expect(throws: (any Error).self) {
      _ = try await transport.download(HTTPRequest("GET", server.baseURL)) { try disk.write(contentsOf: $0) }
    }
    #expect((full as? CocoaError)?.code == .fileWriteOutOfSpace)
  }

  // MARK: Cancellation

  @Test(arguments: Way.allCases) func `ends at once when its task is cancelled`(way: Way) async throws {
    let folder = try TransportFolder()
    let transport = URLSessionTransport(spoolFolder: folder.url)
    let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
    let server = try LoopbackServer { _ in
      arrival.yield()
      return LoopbackAnswer(delay: .seconds(3600))
    }
    var arrived = arrivals.makeAsyncIterator()
    for body in [HTTPBody.empty, .bytes("{}".utf8), EndlessFile.body(300_000)] {
      var best = Duration.seconds(3600)
      for _ in 0..<3 {
        let task = Task { try await way.ask(transport, HTTPRequest("POST", server.baseURL, body: body)) }
        await arrived.next()
        task.cancel()
        best = min(
          best,
          await ContinuousClock().measure {
            await #expect(throws: CancellationError.self) { _ = try await task.value }
          })
      }
      // Far from the hour that the answer takes, however busy the machine is.
      #expect(best < .seconds(60))
    }
    #expect(try folder.contents().isEmpty)
  }

  @Test func `is not even sent when its task is cancelled already`() async throws {
    let server = try LoopbackServer { _ in LoopbackAnswer() }
    for body in [HTTPBody.empty, .bytes("{}".utf8), EndlessFile.body(300_000)] {
      let request = HTTPRequest("POST", server.baseURL, body: body)
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await transport.send(request)
      }
      await #expect(throws: CancellationError.self) { _ = try await task.value }
    }
    #expect(server.connectionsAccepted == 0)
  }

  @Test(arguments: LoopbackStorm.Weather.allCases)
  func `comes through a storm of cancellations`(weather: LoopbackStorm.Weather) async throws {
    let folder = try TransportFolder()
    let storm = LoopbackStorm(requests: 500, seed: 7)
    let tally = try await storm.rage(over: URLSessionTransport(spoolFolder: folder.url), in: weather)
    #expect(tally.total == 500)
    #expect(tally.unexplained.isEmpty)
    #expect(tally.cancelled > 0)
  }

  // MARK: Secrets

  @Test(arguments: [
    LoopbackAnswer.Fault.closeWithoutAnswer, .resetWithoutAnswer, .cutBody(after: 3), .raw(Array("hm".utf8)),
    nil,
  ])
  func `tells no secret`(fault: LoopbackAnswer.Fault?) async throws {
    let server = try LoopbackServer { _ in LoopbackAnswer(text: "01234567", fault: fault) }
    let port = fault == nil ? Self.deadPort : server.port
    let url = try #require(URL(string: "http://ann:pass-word@127.0.0.1:\(port)/v1?token=query-secret"))
    var request = HTTPRequest(
      "POST", url, headers: ["Authorization": "Bearer sk-secret", "api-key": "127.0.0.1"])
    request.body = .bytes("body-secret".utf8)
    let failure = try #require(await transport.failure(.send, request))
    var dumped = "\(failure) \(String(reflecting: failure)) \(failure.localizedDescription)"
    dump(failure, to: &dumped)
    for secret in ["sk-secret", "query-secret", "pass-word", "body-secret"] {
      #expect(!dumped.contains(secret))
    }
  }
}
