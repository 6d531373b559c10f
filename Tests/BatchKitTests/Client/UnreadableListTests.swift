import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `A list that can't be followed to its end proves nothing` {
  private func page(_ body: String) async throws -> Page<RemoteBatch> {
    let transport = ReplayTransport(HTTPResponse(status: 200, body: Data(body.utf8)))
    return try await OpenAI.compatible(at: Stage.base, apiKey: "k").batches(
      after: nil, through: HTTPExchange(transport: transport, clock: VirtualClock.immediate))
  }

  @Test(arguments: [
    (#"{"data":[{"id":"b-1","status":"completed"},{"id":"b-2"}],"has_more":true}"#, "b-2"),
    (#"{"data":[{"object":"batch"}],"has_more":true,"last_id":"b-9"}"#, "b-9"),
    (#"{"data":[{"id":"b-1","status":"completed"}],"has_more":true,"last_id":null}"#, "b-1"),
    (#"{"data":[{"object":"batch"}],"has_more":false}"#, nil), (#"{"data":[]}"#, nil),
  ]) func `the next page begins behind the last entry, be it readable or not`(body: String, next: String?)
    async throws
  {
    #expect(try await page(body).next == next)
  }

  @Test(arguments: [
    #"{"data":[{"object":"batch"}],"has_more":true}"#, #"{"data":[],"has_more":true,"last_id":""}"#,
    #"{"data":[{"id":7,"status":"completed"}],"has_more":true}"#, #"{"has_more":true}"#,
  ]) func `more without a place where it begins is an error`(body: String) async throws {
    let error = await #expect(throws: BatchError.self) { try await page(body) }
    #expect(error?.code == .unsupported)
    #expect(error?.message.contains("to the end") == true)
  }

  @Test(arguments: [EmulatorFault.resetAfterActing, .resetBeforeActing])
  func `a create without an answer stays unresolved and is not sent again`(fault: EmulatorFault) async throws
  {
    let emulator = Emulator(
      .echo.taking(.seconds(60)).injecting(fault, into: .createBatch), clock: VirtualClock.immediate)
    let client = BatchClient(
      .compatible(at: Stage.base, apiKey: "k"), transport: MuteList(EmulatorTransport(emulator)),
      registry: .memory(), clock: emulator.clock)
    for _ in 1...2 {
      let error = await #expect(throws: BatchError.self) {
        try await client.submit(Stage.batch(2), named: "n")
      }
      #expect(error?.code == .unresolvedPart)
    }
    #expect(emulator.ledger.calls[.createBatch] == 1 && emulator.ledger.calls[.deleteFile] == nil)
  }

  @Test func `what only saves calls or sweeps up goes on without it`() async throws {
    let emulator = Emulator(
      .echo.taking(.seconds(60)).injecting(.status(500), into: .uploadFile), clock: VirtualClock.immediate)
    let client = BatchClient(
      .compatible(at: Stage.base, apiKey: "k"), transport: MuteList(EmulatorTransport(emulator)),
      registry: .memory(), clock: emulator.clock)
    for number in 1...7 { try await client.submit(Stage.batch(number), named: "n-\(number)") }
    (emulator.clock as? VirtualClock)?.advance(by: .seconds(120))
    #expect(try await client.pollAll().map(\.phase) == Array(repeating: "settled", count: 7))
  }
}

/// A service whose lists say that they go on, and hold nothing that could be read.
private struct MuteList: HTTPTransport {
  private let emulator: EmulatorTransport

  init(_ emulator: EmulatorTransport) { self.emulator = emulator }

  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    guard request.method == "GET", ["batches", "files"].contains(request.url.lastPathComponent) else {
      return try await emulator.send(request)
    }
    return HTTPResponse(status: 200, body: Data(#"{"data":[{"object":"?"}],"has_more":true}"#.utf8))
  }

  func download(
    _ request: HTTPRequest, into receive: @escaping @Sendable (Data) throws -> Void
  ) async throws -> HTTPResponse { try await emulator.download(request, into: receive) }
}
