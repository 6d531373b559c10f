import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `A keyed digest is that of RFC 4231` {
  static func bytes(_ hex: String) -> [UInt8] {
    stride(from: 0, to: hex.utf8.count, by: 2).map { place in
      UInt8(hex.dropFirst(place).prefix(2), radix: 16)!
    }
  }

  @Test(arguments: [
    (
      [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
    ),
    (
      (1...25).map { UInt8($0) }, [UInt8](repeating: 0xcd, count: 50),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
    ),
    (
      [UInt8](repeating: 0xaa, count: 131),
      Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
    (
      [UInt8](repeating: 0xaa, count: 131),
      Array(
        "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm."
          .utf8), "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
    ),
  ])
  func `the digest of each case`(key: [UInt8], message: [UInt8], digest: String) {
    #expect(HMAC.sha256(of: message, key: key) == Self.bytes(digest))
  }

  @Test func `two digests are equal only in every byte`() {
    #expect(HMAC.areEqual([1, 2, 3], [1, 2, 3]) && HMAC.areEqual([], []))
    #expect(!HMAC.areEqual([1, 2, 3], [1, 2, 4]) && !HMAC.areEqual([0, 2, 3], [1, 2, 3]))
    #expect(!HMAC.areEqual([1, 2, 3], [1, 2]) && !HMAC.areEqual([], [0]))
  }
}

/// A service that signs what it sends.
private struct Sender {
  static let secret = "whsec_" + Data("a secret of twenty-four!".utf8).base64EncodedString()
  static let key = Array("a secret of twenty-four!".utf8)

  var id = "msg_1"
  var time = VirtualClock.dawn
  var body =
    #"{"id":"evt_1","object":"event","type":"batch.completed","created_at":1767225600,"data":{"id":"batch_7"}}"#

  var timestamp: String { "\(Int(time.timeIntervalSince1970))" }

  func signature(_ key: [UInt8] = Self.key) -> String {
    let digest = HMAC.sha256(of: Array("\(id).\(timestamp).\(body)".utf8), key: key)
    return "v1," + Data(digest).base64EncodedString()
  }

  var headers: HTTPHeaders { headers(signature()) }

  func headers(_ signature: String) -> HTTPHeaders {
    ["Webhook-Id": id, "webhook-timestamp": timestamp, "WEBHOOK-SIGNATURE": signature]
  }

  func event(
    headers: HTTPHeaders? = nil, body: String? = nil, secret: APIKey = .value(Self.secret),
    later: Duration = .zero
  ) throws -> WebhookEvent {
    try WebhookEvent(
      verifying: Data((body ?? self.body).utf8), headers: headers ?? self.headers, secret: secret,
      clock: VirtualClock(startingAt: VirtualClock.dawn.addingTimeInterval(later.seconds)))
  }
}

@Suite(.inTurn) struct `A webhook's request is believed only when it is proved` {
  @Test func `a genuine one tells its event`() throws {
    let event = try Sender().event()
    #expect(event.id == "evt_1" && event.kind == .batchCompleted && event.batch == "batch_7")
    #expect(event.created == VirtualClock.dawn)
  }

  @Test func `the recorded example of the signature's own specification is accepted`() throws {
    // Of the Standard Webhooks libraries: secret, id, time, body and signature as they publish them.
    let secret: APIKey = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    let clock = VirtualClock(startingAt: Date(timeIntervalSince1970: 1_614_265_330))
    let headers: HTTPHeaders = [
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ]
    let error = #expect(throws: BatchError.self) {
      _ = try WebhookEvent(
        verifying: Data(#"{"test": 2432232314}"#.utf8), headers: headers, secret: secret, clock: clock)
    }
    // The signature is right, so that what is wrong with it is only that it tells of no batch.
    #expect(error?.message.contains("tells of no batch") == true)
  }

  @Test func `a secret without its prefix is taken as it is`() throws {
    let sender = Sender()
    let headers = sender.headers(sender.signature(Array("plain words".utf8).filter { $0 != 0x20 }))
    #expect(try sender.event(headers: headers, secret: "plainwords").batch == "batch_7")
  }

  @Test func `one right signature among several will do`() throws {
    let sender = Sender()
    let several = "v1,AAAA v2,\(sender.signature().dropFirst(3)) \(sender.signature()) v1,!!"
    #expect(try sender.event(headers: sender.headers(several)).batch == "batch_7")
  }

  @Test(arguments: [
    "", "v1,", "v1", "v2,abc", "v1,AAAA", "v1," + Data(repeating: 0, count: 32).base64EncodedString(),
    "v1,=====",
    String(repeating: "v1,AAAA ", count: 2000),
  ])
  func `any other signature is refused`(signature: String) {
    let sender = Sender()
    let error = #expect(throws: BatchError.self) { try sender.event(headers: sender.headers(signature)) }
    #expect(error?.code == .invalidWebhook)
  }

  @Test func `a byte more or less anywhere breaks the seal`() {
    let sender = Sender()
    for place in sender.body.utf8.indices {
      var body = Array(sender.body.utf8)
      body[sender.body.utf8.distance(from: sender.body.utf8.startIndex, to: place)] ^= 1
      #expect(throws: BatchError.self) {
        try WebhookEvent(
          verifying: Data(body), headers: sender.headers, secret: .value(Sender.secret),
          clock: VirtualClock())
      }
    }
    var other = sender
    other.id = "msg_2"
    #expect(throws: BatchError.self) { try sender.event(headers: other.headers(sender.signature())) }
    other = sender
    other.time += 1
    #expect(throws: BatchError.self) { try sender.event(headers: other.headers(sender.signature())) }
  }

  @Test(arguments: [(300, true), (-300, true), (301, false), (-301, false), (86_400, false)])
  func `its time may differ by five minutes`(seconds: Int, isAccepted: Bool) throws {
    let error: BatchError?
    do {
      _ = try Sender().event(later: .seconds(seconds))
      error = nil
    } catch let failure as BatchError { error = failure }
    #expect((error == nil) == isAccepted)
    if !isAccepted { #expect(error?.message.contains("\(abs(seconds)) s") == true) }
  }

  @Test(arguments: ["webhook-id", "webhook-timestamp", "webhook-signature"])
  func `a missing field is named`(name: String) {
    var headers = Sender().headers
    headers[name] = nil
    let error = #expect(throws: BatchError.self) { try Sender().event(headers: headers) }
    #expect(error?.message.contains(name) == true)
  }

  @Test(arguments: [
    "", "null", "[]", "{}", #"{"type":"response.completed","data":{"id":"resp_1"}}"#,
    #"{"type":"batch.completed","data":{"id":""}}"#, #"{"type":"batch.completed"}"#, #"{"type":"batch."#,
  ])
  func `a genuine body that tells of no batch is refused`(body: String) {
    var sender = Sender()
    sender.body = body
    let error = #expect(throws: BatchError.self) { try sender.event() }
    #expect(error?.message.contains("tells of no batch") == true)
  }

  @Test func `a kind of event that is not known yet is handed on`() throws {
    var sender = Sender()
    sender.body = #"{"type":"batch.paused","data":{"id":"batch_7"}}"#
    let event = try sender.event()
    #expect(event.kind.rawValue == "batch.paused" && event.id == "msg_1")
  }

  @Test func `neither the secret nor the right signature is ever shown`() throws {
    let sender = Sender()
    var shown = [everythingShown(of: try sender.event()), everythingShown(of: APIKey.value(Sender.secret))]
    for headers in [sender.headers("v1,AAAA"), [:]] {
      let error = #expect(throws: BatchError.self) { try sender.event(headers: headers) }
      shown.append(everythingShown(of: error as Any))
    }
    for secret: APIKey in ["whsec_", "whsec_nobase", "whsec_%%%%"] {
      let error = #expect(throws: BatchError.self) { try sender.event(secret: secret) }
      shown.append(everythingShown(of: error as Any))
    }
    let all = shown.joined()
    #expect(!all.contains(Sender.secret.dropFirst(6)) && !all.contains(sender.signature().dropFirst(3)))
    #expect(!all.contains("%%%%") && !all.contains("nobase"))
  }
}

@Suite(.inTurn) struct `A webhook does what waiting would have done` {
  private func event(of batch: String) throws -> WebhookEvent {
    var sender = Sender()
    sender.body = #"{"type":"batch.completed","data":{"id":"\#(batch)"}}"#
    return try sender.event()
  }

  @Test func `its job is looked at, fetched and closed, and no other`() async throws {
    let stage = Stage(.echo.taking(.seconds(60)))
    let job = try await stage.client.submit(Stage.batch(3), named: "n")
    let other = try await stage.client.submit(Stage.batch(2, saying: "other"), named: "other")
    stage.advance(by: .seconds(90))
    let event = try event(of: job.batchIDs[0])
    let received = try await stage.client.receive(event, as: Chat(model: "gpt-5.4-mini"))
    #expect(received?.id == job.id && received?.status.phase == .settled)
    #expect(try received?.results().reconciliation.succeeded == 3)
    #expect(stage.emulator.ledger.calls[.retrieveBatch] == 1)
    #expect(try await stage.registry.entry(named: "other")?.phase == "validating")
    #expect(other.status.phase == .validating)
    let waited = try await job.wait().map(\.text)
    #expect(try received?.results().map(\.text) == waited)
  }

  @Test func `the same event again asks nothing, and one of another's batch is none of ours`() async throws {
    let stage = Stage(.echo.taking(.seconds(60)))
    let job = try await stage.client.submit(Stage.batch(3), named: "n")
    stage.advance(by: .seconds(90))
    let event = try event(of: job.batchIDs[0])
    _ = try await stage.client.receive(event, as: Chat(model: "m"))
    let before = stage.emulator.ledger.calls
    #expect(try await stage.client.receive(event, as: Chat(model: "m"))?.status.phase == .settled)
    let foreign = try await stage.client.receive(try self.event(of: "batch_of_nobody"), as: Chat(model: "m"))
    #expect(foreign == nil)
    #expect(stage.emulator.ledger.calls == before)
  }

  @Test func `parts that were held back go with it`() async throws {
    let emulator = Emulator(.echo.taking(.seconds(60)), clock: VirtualClock.immediate)
    let client = BatchClient(
      .compatible(at: Stage.base, apiKey: "k"), transport: .emulator(emulator), registry: .memory(),
      throttle: .parts(1), clock: emulator.clock)
    let job = try await client.submit(Stage.batch(4), splitting: .requests(2))
    (emulator.clock as? VirtualClock)?.advance(by: .seconds(90))
    let received = try await client.receive(try event(of: job.batchIDs[0]), as: Chat(model: "m"))
    let again = try await client.receive(try event(of: job.batchIDs[0]), as: Chat(model: "m"))
    #expect(received?.id == job.id && again?.batchIDs.count == 2)
    #expect(emulator.ledger.paidTwice.isEmpty)
  }
}
