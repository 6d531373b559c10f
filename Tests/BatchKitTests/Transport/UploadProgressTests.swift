import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct `An upload tells how far it is` {
  private let reports = Locked<[Int]>([])

  private func exchange(_ transport: some HTTPTransport, retries: Int = 0) -> HTTPExchange {
    var policy = RetryPolicy()
    policy.limit = retries + 1
    let reports = reports
    return HTTPExchange(transport: transport, clock: VirtualClock.immediate, policy: policy)
      .reporting { sent, total in
        reports.withLock { $0.append(sent) }
        #expect(sent <= total)
      }
  }

  private func body(_ count: Int) -> HTTPBody { .bytes([UInt8](repeating: 0x61, count: count)) }

  @Test func `over a real connection, in steps that only grow`() async throws {
    let server = try LoopbackServer { request in LoopbackAnswer(text: "\(request.body.length)") }
    defer { server.stop() }
    let size = 8 << 20
    let request = HTTPRequest("POST", server.baseURL, body: body(size))
    let answer = try await exchange(URLSessionTransport()).send(request)
    #expect(String(decoding: answer.body, as: UTF8.self) == "\(size)")
    let told = reports.current
    #expect(!told.isEmpty && told.count <= 101)
    #expect(told == told.sorted())
    #expect(told.allSatisfy { $0 > 0 && $0 <= size })
  }

  @Test func `a small one says nothing, being gone before anybody looks`() async throws {
    let server = try LoopbackServer { _ in LoopbackAnswer() }
    defer { server.stop() }
    let request = HTTPRequest("POST", server.baseURL, body: body(1 << 18))
    _ = try await exchange(URLSessionTransport()).send(request)
    #expect(reports.current.isEmpty)
  }

  /// A network that reports each of these counts and then answers with the next status.
  private struct Reporting: HTTPTransport {
    let counts: [[Int]]
    let calls = Locked(0)

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
      let call = calls.withLock { calls in
        calls += 1
        return calls - 1
      }
      for count in counts[call] { request.progress?(count) }
      return HTTPResponse(status: call == counts.count - 1 ? 200 : 503)
    }

    func download(
      _ request: HTTPRequest, into receive: @escaping @Sendable (Data) throws -> Void
    ) async throws -> HTTPResponse { HTTPResponse(status: 500) }
  }

  @Test func `steps too small to see are left out, the end is not, and another try begins anew`() async throws
  {
    let step = 1 << 18
    let transport = Reporting(counts: [[step, step + 1, 3 * step], [10, step + 10, 4 * step, 4 * step]])
    let request = HTTPRequest(
      "POST", try #require(URL(string: "http://127.0.0.1/")), body: body(4 * step))
    _ = try await exchange(transport, retries: 3).send(request)
    #expect(reports.current == [step, 3 * step, 10, step + 10, 4 * step])
  }
}

@Suite(.serialized) struct `Who waits sees the upload` {
  @Test func `as a live line on a terminal, and not in a pipe or a log`() async throws {
    let scratch = try Scratch()
    for isInteractive in [true, false] {
      let told = Locked("")
      let terminal = Terminal(isInteractive: isInteractive, style: Terminal.Style()) { text in
        told.withLock { $0 += text }
      }
      let events = Locked<[String]>([])
      let emulator = Emulator(.echo, clock: VirtualClock.immediate)
      let client = BatchClient(
        .compatible(at: Stage.base, apiKey: .none), transport: .emulator(emulator),
        observer: .all(
          .progressBar(on: terminal), .jsonLines(to: scratch("log.jsonl")),
          .calling { event in
            if case .uploading = event.kind { events.withLock { $0.append(event.description) } }
          }), clock: emulator.clock)
      let batch = Stage.batch(3000, saying: String(repeating: "a", count: 200))
      _ = try await client.run(batch)
      #expect(events.current == ["uploading part 1: 1.0 MB of 1.0 MB"])
      #expect(
        told.current.contains("\r\u{1B}[K[████████████████████████] uploading 1.0 MB of 1.0 MB, part 1")
          == isInteractive)
    }
    #expect(try !DiskStore.shared.text(scratch("log.jsonl")).contains("uploading"))
  }
}
