import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite struct `A call is made again by the rules of the services` {
  static let now = Date(timeIntervalSince1970: 1_700_000_000)
  let policy = RetryPolicy()

  func delay(_ status: Int, _ headers: HTTPHeaders = [:], tries: Int = 1, sparing: Bool = false) -> Duration?
  {
    policy.delay(
      after: .answer(status: status, headers: headers), tries: tries, now: Self.now, dice: 0, sparing: sparing
    )
  }

  @Test(arguments: [408, 409, 429, 500, 502, 503, 504, 529, 599])
  func `these are worth another try`(status: Int) { #expect(delay(status) == .milliseconds(500)) }

  @Test(arguments: [200, 301, 400, 401, 403, 404, 413, 422])
  func `these stand`(status: Int) { #expect(delay(status) == nil) }

  @Test func `a conflict stands where it is an answer`() { #expect(delay(409, sparing: true) == nil) }

  @Test(arguments: zip(1...8, [0.5, 1, 2, 4, 8, 8, 8, 8]))
  func `our own delay doubles up to a bound`(tries: Int, seconds: Double) {
    #expect(delay(500, tries: tries) == .seconds(seconds))
    let jittered = policy.delay(after: .failure, tries: tries, now: Self.now, dice: 1)
    #expect(jittered == .seconds(seconds * 0.75))
  }

  @Test func `patience ends`() { #expect(delay(500, tries: policy.limit + 1) == nil) }

  @Test(
    arguments: [
      (["retry-after-ms": "1500", "retry-after": "9"], 1.5), (["retry-after": "9"], 9),
      (["Retry-After": "0.25"], 0.25),
      (["retry-after": "Tue, 14 Nov 2023 22:13:50 GMT"], 30), (["retry-after": "nonsense"], 0.5),
      (["retry-after": "-3"], 0.5), (["retry-after": "nan"], 0.5),
      (["retry-after-ms": "x", "retry-after": "3"], 3),
      (["retry-after": "120"], 120),
    ] as [([String: String], Double)])
  func `the server's delay wins where it gives a sound one`(fields: [String: String], seconds: Double) {
    var headers: HTTPHeaders = [:]
    for (name, value) in fields { headers[name] = value }
    #expect(delay(429, headers) == .seconds(seconds))
  }

  @Test func `a very long delay is not waited for, whatever else the server says`() {
    #expect(delay(429, ["retry-after": "121", "x-should-retry": "true"]) == nil)
  }

  @Test func `the server's own word on retrying counts`() {
    #expect(delay(400, ["x-should-retry": "true"]) == .milliseconds(500))
    #expect(delay(500, ["x-should-retry": "false"]) == nil)
    #expect(delay(500, ["x-should-retry": "perhaps"]) == .milliseconds(500))
  }
}

@Suite struct `An exchange has patience` {
  let url = URL(string: "http://localhost/v1/files")!

  @Test func `a passing failure is waited out on the clock that was given`() async throws {
    let clock = VirtualClock.immediate
    let start = clock.now
    let transport = ReplayTransport(
      HTTPResponse(status: 429, headers: ["retry-after": "60"]), HTTPResponse(status: 500),
      HTTPResponse(status: 200))
    let waits = Locked<[Duration]>([])
    let exchange = HTTPExchange(
      transport: transport, clock: clock, dice: { 0 },
      notice: { _, delay in waits.withLock { $0.append(delay) } })
    #expect(try await exchange.send(HTTPRequest("GET", url)).status == 200)
    #expect(waits.current == [.seconds(60), .seconds(1)])
    #expect(clock.now.timeIntervalSince(start) == 61)
  }

  @Test func `a call that is paid for is made once, whatever comes of it`() async throws {
    let transport = ReplayTransport(HTTPResponse(status: 500), HTTPResponse(status: 200))
    let exchange = HTTPExchange(transport: transport, clock: VirtualClock.immediate)
    #expect(try await exchange.send(HTTPRequest("POST", url), .once).status == 500)
    #expect(transport.requests.count == 1)
  }

  @Test func `a quota that is used up is not waited for`() async throws {
    let body = Data(
      #"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#.utf8)
    let transport = ReplayTransport(HTTPResponse(status: 429, body: body), HTTPResponse(status: 200))
    let exchange = HTTPExchange(transport: transport, clock: VirtualClock.immediate)
    #expect(try await exchange.send(HTTPRequest("GET", url)).status == 429)
    #expect(transport.requests.count == 1)
  }

  @Test(arguments: [
    ("http://localhost/other", true), ("https://elsewhere.example/f", false),
    ("http://localhost:81/f", false),
    ("/relative", true),
  ])
  func `a download follows a redirect, and takes its key only to the same server`(
    target: String, keepsKey: Bool
  ) async throws {
    let transport = ReplayTransport(
      HTTPResponse(status: 302, headers: ["location": target]),
      HTTPResponse(status: 200, body: Data("x".utf8)))
    let exchange = HTTPExchange(transport: transport, clock: VirtualClock.immediate)
    let request = HTTPRequest("GET", url, headers: ["Authorization": "Bearer sk-secret"])
    let answer = try await exchange.download(request) { { _ in } }
    #expect(answer.status == 200)
    #expect(transport.requests.count == 2)
    #expect((transport.requests[1].headers["authorization"] != nil) == keepsKey)
  }

  @Test func `a circle of redirects ends`() async throws {
    let transport = ReplayTransport(HTTPResponse(status: 302, headers: ["location": "/again"]))
    let exchange = HTTPExchange(transport: transport, clock: VirtualClock.immediate)
    #expect(try await exchange.download(HTTPRequest("GET", url)) { { _ in } }.status == 302)
    #expect(transport.requests.count == 4)
  }
}

@Suite struct `What a refusal means` {
  func error(_ status: Int, _ body: String, secret: String? = nil) -> BatchError {
    .refused(HTTPResponse(status: status, body: Data(body.utf8)), doing: "send it", secret: secret)
  }

  @Test(arguments: [
    (400, #"{"error":{"message":"No.","code":"bad"}}"#, "No.", "bad"),
    (
      400, #"{"error":{"message":"No.","type":"invalid_request_error","code":null}}"#, "No.",
      "invalid_request_error"
    ),
    (400, #"{"error":"just words"}"#, "just words", ""),
    (422, #"{"detail":"No such field"}"#, "No such field", ""),
    (422, #"{"detail":[{"msg":"JSON decode error"}]}"#, "JSON decode error", ""),
    (
      400, #"{"errors":{"data":[{"code":"token_limit_exceeded","message":"Full."}]}}"#, "Full.",
      "token_limit_exceeded"
    ),
    (400, #"{"error":{"message":"No.","code":400}}"#, "No.", "400"), (413, "<html>too large</html>", "", ""),
    (400, "", "", ""), (400, #"{"error":null}"#, "", ""),
  ])
  func `the server's words are found in every shape`(status: Int, body: String, message: String, code: String)
  {
    let error = error(status, body)
    #expect(error.message.contains(message.isEmpty ? "(\(status))" : message))
    #expect(error.serverCode ?? "" == code)
    #expect(error.status == status)
  }

  @Test(arguments: [
    (401, BatchError.Code.unauthorized), (403, .unauthorized), (429, .rateLimited), (500, .unreachable),
    (404, .refused), (302, .refused),
  ])
  func `statuses have a code of our own`(status: Int, code: BatchError.Code) {
    #expect(error(status, "{}").code == code)
  }

  @Test func `a key that the server quotes is blotted out`() {
    let key = "sk-proj-abcdef0123456789"
    let quoted = error(
      400, #"{"error":{"message":"Key \#(key) may not do this","code":"\#(key)"}}"#, secret: key)
    #expect(!"\(quoted) \(String(reflecting: quoted))".contains(key))
    #expect(quoted.message.contains("Key [key] may not do this"))
    let masked = error(
      401, #"{"error":{"message":"Incorrect API key provided: sk-pr****6789."}}"#, secret: key)
    #expect(!masked.message.contains("6789"))
  }
}
