import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `What a batch made is fetched before the service forgets it` {
  let scratch: Scratch
  let stage: Stage

  init() throws {
    scratch = try Scratch()
    stage = Stage(.echo.taking(.seconds(600)))
  }

  private func clips(on stage: Stage) async throws -> BatchResults<Video> {
    var batch = Batch(Videos(model: "sora-2"))
    batch.add("sunrise", "The sun rises.")
    batch.add("../harbour", "A harbour.")
    return try await stage.client.run(batch, named: "clips")
  }

  @Test func `each video has the name of its row`() async throws {
    let clips = try await clips(on: stage)
    let folder = scratch("clips")
    let fetched = try await stage.client.fetchVideos(of: clips, into: folder)
    #expect(fetched.files == ["\(folder)/sunrise.mp4", "\(folder)/%2E.%2Fharbour.mp4"])
    #expect(fetched.failed.isEmpty)
    for (file, id) in zip(fetched.files, clips.succeeded.map(\.value.id)) {
      let bytes = try DiskStore.shared.read(file)
      #expect(Array(bytes[4..<8]) == Array("ftyp".utf8))
      #expect(String(decoding: bytes, as: UTF8.self).hasSuffix(id))
    }
    #expect(try DiskStore.shared.names(in: folder).count == 2)
  }

  @Test func `a day later what is there stays, and what is lost is told`() async throws {
    let clips = try await clips(on: stage)
    let folder = scratch("clips")
    let file = try await stage.client.fetchVideos(of: clips, into: folder).files[0]
    let video = try DiskStore.shared.read(file)
    stage.advance(by: .seconds(2 * 86_400))
    let late = try await stage.client.fetchVideos(of: clips, into: folder)
    #expect(late.files.isEmpty && late.failed.map(\.id) == ["sunrise", "../harbour"])
    #expect(late.failed.allSatisfy { $0.error.status == 404 })
    #expect(try DiskStore.shared.read(file) == video)
    #expect(try DiskStore.shared.names(in: folder).count == 2)
  }

  @Test(arguments: [EmulatorFault.truncatedBody, .status(503), .resetAfterActing])
  func `a broken connection is no lost video`(fault: EmulatorFault) async throws {
    let stage = Stage(.echo.taking(.seconds(600)).injecting(fault, into: .downloadVideo, first: 2))
    let fetched = try await stage.client.fetchVideos(of: clips(on: stage), into: scratch("clips"))
    #expect(fetched.files.count == 2 && fetched.failed.isEmpty)
    #expect(stage.emulator.ledger.faults.values.reduce(0, +) == 2)
  }

  @Test func `a refused key ends it`() async throws {
    let emulator = Emulator(.echo.taking(.seconds(600)), key: "sk-right", clock: VirtualClock.immediate)
    let clips = try await clips(on: Stage(emulator, registry: .memory(), key: "sk-right"))
    let wrong = Stage(emulator, registry: .memory(), key: "sk-wrong")
    let error = await #expect(throws: BatchError.self) {
      _ = try await wrong.client.fetchVideos(of: clips, into: scratch("clips"))
    }
    #expect(error?.code == .unauthorized)
  }

  @Test(arguments: [
    "file:///etc/hostname", "ftp://127.0.0.1/a.png", "http://127.0.0.1:1/a.png", "/a.png", "",
  ])
  func `an address that is none, or where nobody is, costs its own image alone`(address: String) async throws
  {
    let lines = [
      #"{"custom_id":"bad","response":{"status_code":200,"body":{"data":[{"url":"\#(address)","b64_json":"?"}]}}}"#,
      #"{"custom_id":"good","response":{"status_code":200,"body":{"data":[{"b64_json":"aGk="}]}}}"#,
    ]
    try DiskStore.shared.write(lines.joined(separator: "\n"), to: scratch("images.jsonl"))
    let images = try BatchResults(contentsOf: scratch("images.jsonl"), as: Images(model: "dall-e-2"))
    let client = BatchClient(
      .compatible(at: Stage.base, apiKey: "k"), registry: .memory(), clock: VirtualClock.immediate)
    let fetched = try await client.fetchImages(of: images, into: scratch("images"))
    #expect(fetched.files == [scratch("images/good.image")])
    #expect(fetched.failed.map(\.id) == ["bad"] && fetched.failed[0].error.code == .refused)
    #expect(try DiskStore.shared.names(in: scratch("images")) == ["good.image"])
  }

  @Test func `an image is fetched from its address, without the key`() async throws {
    let asked = Locked<[HTTPHeaders]>([])
    let server = try LoopbackServer { request in
      asked.withLock { $0.append(request.headers) }
      return request.url.path == "/gone.png" ? LoopbackAnswer(404) : LoopbackAnswer(text: "pixels")
    }
    let port = server.port
    let here = Data([0x89, 0x50, 0x4E, 0x47]).base64EncodedString()
    let lines = [
      #"{"custom_id":"far","response":{"status_code":200,"body":{"data":[{"url":"http://127.0.0.1:\#(port)/a.webp?sig=1"}]}}}"#,
      #"{"custom_id":"here","response":{"status_code":200,"body":{"data":[{"b64_json":"\#(here)"}]}}}"#,
      #"{"custom_id":"lost","response":{"status_code":200,"body":{"data":[{"url":"http://127.0.0.1:\#(port)/gone.png"}]}}}"#,
    ]
    try DiskStore.shared.write(lines.joined(separator: "\n"), to: scratch("images.jsonl"))
    let images = try BatchResults(contentsOf: scratch("images.jsonl"), as: Images(model: "dall-e-2"))
    let client = BatchClient(
      .compatible(at: server.baseURL, apiKey: "sk-secret-123"), registry: .memory())
    let folder = scratch("images")
    let fetched = try await client.fetchImages(of: images, into: folder)
    #expect(fetched.files == ["\(folder)/far.webp", "\(folder)/here.png"])
    #expect(fetched.failed.map(\.id) == ["lost"])
    #expect(try DiskStore.shared.read("\(folder)/far.webp") == Array("pixels".utf8))
    #expect(asked.current.count == 2 && asked.current.allSatisfy { $0["Authorization"] == nil })
  }
}
