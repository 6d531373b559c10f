import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite struct `Answers recorded from real servers are understood` {
  static func recorded(_ wanted: (RecordedAnswer) -> Bool) -> [RecordedAnswer] {
    RecordedAnswer.all.filter(wanted)
  }

  let provider = OpenAI.compatible(at: URL(string: "http://localhost:1/v1")!, apiKey: .none)

  func exchange(_ answers: HTTPResponse...) -> HTTPExchange {
    var policy = RetryPolicy()
    policy.limit = 0
    let transport = ReplayTransport(answers[0])
    return HTTPExchange(transport: transport, clock: VirtualClock.immediate, policy: policy)
  }

  let order = BatchOrder(
    inputFileID: "file-1", endpoint: .chatCompletions, metadata: [], resultLifetime: nil)

  @Test func `all recordings are here`() { #expect(RecordedAnswer.all.count == 103) }

  @Test(arguments: recorded { $0.requestLine == "POST /v1/files" && $0.response.isSuccess })
  func `an upload gives its file id`(answer: RecordedAnswer) async throws {
    let part = PartUpload(lines: .bytes(Array("{}\n".utf8)), filename: "a.jsonl", lifetime: nil)
    let id = try await provider.upload(part, through: exchange(answer.response))
    #expect(id == answer.json["id"].string)
  }

  @Test(arguments: recorded { $0.requestLine == "POST /v1/batches" && $0.response.isSuccess })
  func `a create gives a batch`(answer: RecordedAnswer) async throws {
    let batch = try await provider.create(order, through: exchange(answer.response))
    #expect(batch.id == answer.json["id"].string)
    #expect(batch.inputFileID == answer.json["input_file_id"].string)
    #expect(!batch.status.isFinal)
    #expect(batch.createdAt != nil)
  }

  @Test(arguments: recorded { $0.name.contains("-status-") || $0.name.contains("-cancel-") })
  func `a batch says how far it is`(answer: RecordedAnswer) async throws {
    guard answer.response.isSuccess else { return }
    let batch = try await provider.retrieve("b", through: exchange(answer.response))
    #expect(batch.status.rawValue == answer.json["status"].string)
    #expect(batch.status.meaning != .unknown)
    if batch.status.isFinal { #expect(batch.endedAt != nil) }
    if batch.status.meaning == .failed {
      #expect(!batch.problems.isEmpty)
      #expect(batch.problems.allSatisfy { !$0.message.isEmpty })
    }
    let files = [answer.json["output_file_id"].string, answer.json["error_file_id"].string].compactMap(\.self)
    #expect(batch.results.map(\.id) == files)
  }

  @Test(arguments: recorded { $0.name.hasSuffix("file-meta") })
  func `a file object gives the true length of a result`(answer: RecordedAnswer) async throws {
    let size = try await provider.download(ResultFile(.output, id: "f"), through: exchange(answer.response)) {
      { _ in }
    }
    #expect(size == answer.json["bytes"].int)
  }

  @Test(arguments: recorded { $0.name.hasSuffix("-content") && $0.response.isSuccess })
  func `every line of a result file is somebody's`(answer: RecordedAnswer) throws {
    let scratch = try Scratch()
    let path = scratch("results.jsonl")
    try answer.response.body.write(to: URL(fileURLWithPath: path))
    let results = try BatchResults(contentsOf: path)
    let lines = answer.response.body.split(separator: 0x0A).count
    let reconciliation = results.reconciliation
    #expect(results.count + reconciliation.duplicates == lines)
    #expect(reconciliation.nameless == 0)
    for line in results {
      #expect(!line.id.rawValue.isEmpty)
      if answer.name.contains("error_file") {
        #expect(line.error.map { !$0.message.isEmpty } == true)
      } else {
        #expect(line.value != nil, "\(line)")
        #expect(line.raw["object"].string != nil)
      }
    }
  }

  @Test func `failed lines of an offline run say why`() throws {
    let path = Bundle.module.bundleURL.appendingPathComponent(
      "Fixtures/wire/vllm-0.32.0-run-batch/output.jsonl")
    let results = try BatchResults(contentsOf: path.path)
    #expect(results.reconciliation.description == "4 answered = 2 succeeded + 2 failed + 0 missing")
    #expect(results["c-bad"]?.error?.message.hasPrefix("max_tokens=99999 cannot be greater") == true)
    #expect(results["c-bad"]?.error?.status == 400)
    #expect(results["d-emb"]?.error?.message == "Model does not support endpoint: /v1/embeddings")
  }

  @Test(arguments: recorded { $0.name.hasSuffix("list-batches") })
  func `a list of batches is a page`(answer: RecordedAnswer) async throws {
    let page = try await provider.batches(after: nil, through: exchange(answer.response))
    #expect(page.elements.map(\.id) == answer.json["data"].array?.map { $0["id"].string ?? "" })
    #expect(!page.elements.isEmpty)
  }

  @Test(arguments: recorded { $0.name.hasSuffix("list-files") })
  func `a list of files is a page`(answer: RecordedAnswer) async throws {
    let page = try await provider.files(after: nil, through: exchange(answer.response))
    #expect(page.elements.count == answer.json["data"].array?.count)
    #expect(page.elements.allSatisfy { $0.filename != nil && $0.bytes != nil })
  }

  @Test(arguments: recorded { !$0.response.isSuccess && !$0.requestLine.hasPrefix("POST /v1/files") })
  func `a refusal becomes one sentence with the server's own words`(answer: RecordedAnswer) async throws {
    let error = await #expect(throws: BatchError.self) {
      _ = try await provider.retrieve("b", through: exchange(answer.response))
    }
    #expect(error?.status == answer.response.status)
    #expect(error?.message.hasPrefix("Could not look at batch b: the service ") == true)
    let said = answer.json["error"]["message"].string ?? answer.json["detail"].string
    if let said { #expect(error?.message.contains(said) == true) }
  }

  @Test(arguments: recorded { !$0.response.isSuccess && $0.requestLine == "POST /v1/batches" })
  func `a refused create is certain`(answer: RecordedAnswer) async throws {
    await #expect(throws: CreateRefusal.self) {
      _ = try await provider.create(order, through: exchange(answer.response))
    }
  }

  @Test(arguments: recorded { $0.requestLine.hasPrefix("DELETE") })
  func `a deletion is understood`(answer: RecordedAnswer) async throws {
    try await provider.delete(file: "f", through: exchange(answer.response))
  }
}
