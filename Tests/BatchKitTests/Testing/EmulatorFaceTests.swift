import BatchKit
import BatchKitTesting
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

struct `The emulator's two faces` {
  private func request(_ talk: Talk, _ path: String) -> HTTPRequest { talk.request("GET", path) }

  @Test func `in memory an answer has its length, and a request id`() async throws {
    let talk = Talk()
    let transport = EmulatorTransport(talk.emulator)
    #expect(transport.isSimulated)
    let response = try await transport.send(talk.uploadRequest(chatFile(1)))
    #expect(response.status == 200)
    #expect(response.headers["Content-Length"] == "\(response.body.count)")
    #expect(response.headers["x-request-id"] != nil)
    let id = try JSONValue(parsing: Array(response.body))["id"].string!
    let bytes = Locked(Data())
    let downloaded = try await transport.download(request(talk, "files/\(id)/content")) { chunk in
      bytes.withLock { $0.append(chunk) }
    }
    #expect(downloaded.body.isEmpty)
    #expect(bytes.current == Data(chatFile(1).utf8))
    let refused = try await transport.download(request(talk, "files/none/content")) { _ in
      Issue.record("a refusal is no file")
    }
    #expect(refused.status == 404 && !refused.body.isEmpty)
  }

  @Test func `in memory a lost answer and a cut body are failures of the connection`() async throws {
    let talk = Talk(
      .echo.injecting(.resetAfterActing, into: .listBatches).injecting(.truncatedBody, into: .downloadFile)
        .injecting(.truncatedBody, into: .listFiles))
    let transport = EmulatorTransport(talk.emulator)
    let id = try talk.upload(chatFile(1))
    for path in ["batches", "files"] {
      let failure = await #expect(throws: HTTPFailure.self) {
        try await transport.send(request(talk, path))
      }
      #expect(failure?.kind == .interrupted)
    }
    let bytes = Locked(0)
    let failure = await #expect(throws: HTTPFailure.self) {
      try await transport.download(request(talk, "files/\(id)/content")) { chunk in
        bytes.withLock { $0 += chunk.count }
      }
    }
    #expect(failure?.kind == .interrupted)
    #expect(bytes.current == chatFile(1).utf8.count / 2)
  }

  @Test func `a client with a clock of its own still sees the batch end`() async throws {
    let talk = Talk(.echo.taking(.seconds(10)))
    let id = try talk.make(chatFile(2))
    let transport = EmulatorTransport(talk.emulator)
    var status = ""
    for _ in 0..<12 {
      let response = try await transport.send(request(talk, "batches/\(id)"))
      status = try JSONValue(parsing: Array(response.body))["status"].string!
    }
    #expect(status == "completed")
  }

  @Test func `a cancelled task gets no answer`() async {
    let talk = Talk()
    let request = request(talk, "batches")
    let transport = EmulatorTransport(talk.emulator)
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await transport.send(request)
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(talk.emulator.ledger.calls.isEmpty)
  }

  /// One exchange over a plain socket: head and body of what the server said.
  private static func exchange(_ port: Int, _ text: String) throws -> (head: String, body: String) {
    let socket = try PlainSocket(port: port)
    try socket.send(Array(text.utf8)[...])
    return parts(of: socket.received())
  }

  private static func parts(of bytes: [UInt8]) -> (head: String, body: String) {
    let whole = String(decoding: bytes, as: UTF8.self)
    let parts = whole.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
    return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
  }

  private static func text(of request: HTTPRequest) throws -> String {
    var text = "\(request.method) \(request.url.path)"
    if let query = request.url.query { text += "?\(query)" }
    text += " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: \(request.body.length)\r\n"
    for (name, value) in request.headers.fields { text += "\(name): \(value)\r\n" }
    let body = try request.body.bytes(in: 0..<request.body.length)
    return text + "\r\n" + String(decoding: body, as: UTF8.self)
  }

  @Test func `both faces give the same answers`() throws {
    let script = EmulatorScript.echo.completing(after: 2).failing("row-2", with: .contentFilter)
    let (near, far) = (Talk(script), Talk(script))
    let server = try EmulatorServer(far.emulator)
    defer { server.stop() }
    #expect(server.baseURL.absoluteString == "http://127.0.0.1:\(server.port)/v1")
    var ids = ["file": "", "batch": "", "output_file": ""]
    func both(_ request: HTTPRequest) throws -> JSONValue? {
      let one = near.emulator.respond(to: request, now: near.now)
      let other = try Self.exchange(server.port, Self.text(of: request))
      #expect(other.head.hasPrefix("HTTP/1.1 \(one.status) "))
      #expect(try Self.timeless(one.text) == Self.timeless(other.body))
      return try? one.json
    }
    ids["file"] = try both(near.uploadRequest(chatFile(3)))?["id"].string
    let order = near.order(ids["file"]!)
    ids["batch"] = try both(
      near.request("POST", "batches", body: .bytes(order.description.utf8)))?["id"].string
    for _ in 0..<3 {
      ids["output_file"] = try both(near.request("GET", "batches/\(ids["batch"]!)"))?["output_file_id"].string
    }
    for path in ["files/\(ids["output_file"]!)/content", "files?limit=2", "batches?limit=5", "batches/none"] {
      _ = try both(near.request("GET", path))
    }
  }

  /// The text with every date taken out: the two services live in different times.
  private static func timeless(_ text: String) -> String {
    text.replacing(/"(created|[a-z_]+_at)":[0-9]+/, with: "date")
  }

  @Test func `a server's service lives faster than the clock on the wall`() throws {
    let talk = Talk(.echo.taking(.seconds(100)))
    let server = try EmulatorServer(talk.emulator, speed: 1e6)
    defer { server.stop() }
    let file = try Self.exchange(server.port, Self.text(of: talk.uploadRequest(chatFile(1))))
    let order = talk.order(try JSONValue(parsing: file.body)["id"].string!)
    let body = HTTPBody.bytes(order.description.utf8)
    let made = try Self.exchange(server.port, Self.text(of: talk.request("POST", "batches", body: body)))
    let id = try JSONValue(parsing: made.body)["id"].string!
    let batch = try Self.exchange(server.port, Self.text(of: request(talk, "batches/\(id)")))
    #expect(try JSONValue(parsing: batch.body)["status"] != "validating")
  }

  @Test func `a large upload through the library's own transport arrives, and a cut download is noticed`()
    async throws
  {
    let talk = Talk(.echo.injecting(.truncatedBody, into: .downloadFile))
    let server = try EmulatorServer(talk.emulator)
    defer { server.stop() }
    let content = Array((1...5000).map { chatLine("row-\($0)", "Say \($0)") + "\n" }.joined().utf8)
    var form = Multipart()
    form.add("purpose", "batch")
    let store = MemoryStore()
    try store.createFolder("/parts")
    try store.replace("/parts/big.jsonl", with: content)
    form.add(
      "file", HTTPBody(pieces: [.file(try store.open("/parts/big.jsonl"), length: content.count)]),
      named: "big.jsonl")
    let upload = HTTPRequest(
      "POST", server.baseURL.appendingPathComponent("files"), headers: ["Content-Type": form.contentType],
      body: form.body)
    let answer = try await URLSessionTransport().send(upload)
    let file = try JSONValue(parsing: Array(answer.body))
    #expect(file["bytes"].int == content.count)
    let path = "files/\(file["id"].string!)/content"
    let download = HTTPRequest("GET", server.baseURL.appendingPathComponent(path))
    let received = Locked(Data())
    await #expect(throws: HTTPFailure.self) {
      try await URLSessionTransport().download(download) { _ in }
    }
    _ = try await URLSessionTransport().download(download) { chunk in received.withLock { $0.append(chunk) } }
    #expect(received.current == Data(content))
  }

  @Test func `sixty-four clients at once are served, each its own`() throws {
    let talk = Talk(.echo.completing(after: 1))
    let server = try EmulatorServer(talk.emulator)
    defer { server.stop() }
    let uploads = try (0..<64).map {
      try Array(Self.text(of: talk.uploadRequest(chatLine("only-\($0)"))).utf8)
    }
    // All requests are half sent before the first is whole, so that every connection is open at the same
    // time.
    let sockets = try uploads.map { _ in try PlainSocket(port: server.port) }
    for (socket, upload) in zip(sockets, uploads) { try socket.send(upload[..<(upload.count / 2)]) }
    #expect(talk.emulator.ledger.calls.isEmpty)
    for (socket, upload) in zip(sockets, uploads).reversed() {
      try socket.send(upload[(upload.count / 2)...])
    }
    let ids = try sockets.map { socket in
      let (_, body) = Self.parts(of: socket.received())
      return try JSONValue(parsing: body)["id"].string ?? "none"
    }
    #expect(Set(ids).count == 64)
    for (index, id) in ids.enumerated() {
      #expect(try talk.answer("GET", "files/\(id)/content").text == chatLine("only-\(index)"))
    }
  }

  @Test func `parallel use loses no batch and pays no row twice`() async throws {
    let emulator = Emulator(.echo.completing(after: 2), clock: VirtualClock())
    await withTaskGroup(of: Void.self) { group in
      for job in 0..<40 {
        group.addTask {
          let talk = Conversation(emulator: emulator, job: job)
          #expect(await talk.run() == "completed")
        }
      }
    }
    let ledger = emulator.ledger
    #expect(ledger.batches.count == 40)
    #expect(ledger.paidRows == 40)
    #expect(ledger.paidTwice.isEmpty)
    #expect(ledger.mostOpenRequests >= 1)
  }
}

/// One job of many that share an emulator, over the transport.
private struct Conversation: Sendable {
  let emulator: Emulator
  let job: Int

  func run() async -> String? {
    do {
      let talk = Talk()
      let transport = EmulatorTransport(emulator)
      let file = try await ask(transport, talk.uploadRequest(chatLine("job-\(job)")))["id"].string!
      let order = HTTPBody.bytes(talk.order(file).description.utf8)
      let id = try await ask(transport, talk.request("POST", "batches", body: order))["id"].string!
      _ = try await ask(transport, talk.request("GET", "batches/\(id)"))
      return try await ask(transport, talk.request("GET", "batches/\(id)"))["status"].string
    } catch {
      return "\(error)"
    }
  }

  private func ask(_ transport: EmulatorTransport, _ request: HTTPRequest) async throws -> JSONValue {
    try JSONValue(parsing: Array(try await transport.send(request).body))
  }
}

/// The least that speaks to a server, so that nothing stands between the test and what is on the wire.
private final class PlainSocket {
  struct Failure: Error {}

  private let descriptor: Int32

  init(port: Int) throws {
    #if canImport(Glibc)
      let stream = Int32(SOCK_STREAM.rawValue)
    #else
      let stream = SOCK_STREAM
    #endif
    descriptor = socket(AF_INET, stream, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw Failure() }
  }

  deinit { close(descriptor) }

  func send(_ bytes: ArraySlice<UInt8>) throws {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { throw Failure() }
      rest = rest.dropFirst(count)
    }
  }

  /// Everything up to the end of the connection.
  func received() -> [UInt8] {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { return all }
      all += buffer[..<count]
    }
  }
}
