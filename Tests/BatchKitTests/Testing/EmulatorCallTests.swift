import BatchKit
import BatchKitTesting
import Foundation
import Testing

struct `The emulator's calls` {
  @Test func `an uploaded file is told of and given back byte for byte`() throws {
    let talk = Talk()
    let file = try talk.uploadAnswer(chatFile(2)).json
    #expect(file["object"] == "file")
    #expect(file["bytes"].int == chatFile(2).utf8.count)
    #expect(file["filename"] == "requests.jsonl")
    #expect(file["purpose"] == "batch")
    #expect(file["expires_at"].int == file["created_at"].int! + 2_592_000)
    let id = file["id"].string!
    #expect(try talk.get("files/\(id)") == file)
    #expect(try talk.answer("GET", "files/\(id)/content").text == chatFile(2))
  }

  @Test func `a file too large for memory is given back byte for byte`() throws {
    let talk = Talk()
    let text = (1...3000).map { chatLine("row-\($0)", String(repeating: "x", count: 100)) + "\n" }.joined()
    #expect(text.utf8.count > Spool.memoryLimit)
    let id = try talk.upload(text)
    let answer = talk.answer("GET", "files/\(id)/content")
    #expect(!answer.body.isInMemory)
    #expect(try answer.text == text)
  }

  @Test(arguments: [
    ("requests.csv", "{}\n", "Must be .jsonl"),
    ("requests.jsonl", "", "JSONL"),
    ("requests.jsonl", "one\ntwo\n", "JSONL"),
    ("requests.jsonl", "[1]\n", "JSONL"),
  ])
  func `an upload that is no batch file is refused`(name: String, text: String, words: String) throws {
    let answer = Talk().uploadAnswer(text, name: name)
    #expect(answer.status == 400)
    #expect(try answer.json["error"]["message"].string!.contains(words))
  }

  @Test(
    arguments: [
      ([], "purpose"), ([("purpose", "party")], "purpose"),
      ([("purpose", "batch"), ("expires_after[anchor]", "created_at")], "expires_after.seconds"),
      ([("purpose", "batch"), ("expires_after[seconds]", "3600")], "expires_after.anchor"),
      (
        [("purpose", "batch"), ("expires_after[anchor]", "created_at"), ("expires_after[seconds]", "60")],
        "expires_after.seconds"
      ),
    ] as [([(String, String)], String)])
  func `a wrong field of an upload is named`(fields: [(String, String)], parameter: String) throws {
    let answer = Talk().uploadAnswer(chatFile(1), fields: fields)
    #expect(answer.status == 400)
    #expect(try answer.json["error"]["param"].string == parameter)
  }

  @Test func `a file expires when it was asked to`() throws {
    let talk = Talk()
    let fields = [
      ("purpose", "batch"), ("expires_after[anchor]", "created_at"), ("expires_after[seconds]", "3600"),
    ]
    let id = try talk.uploadAnswer(chatFile(1), fields: fields).json["id"].string!
    talk.now += 3599
    #expect(talk.answer("GET", "files/\(id)").status == 200)
    talk.now += 1
    #expect(talk.answer("GET", "files/\(id)").status == 404)
  }

  @Test func `a deleted file is gone`() throws {
    let talk = Talk()
    let id = try talk.upload(chatFile(1))
    #expect(try talk.answer("DELETE", "files/\(id)").json["deleted"] == true)
    #expect(talk.answer("DELETE", "files/\(id)").status == 404)
    #expect(talk.emulator.ledger.filesAlive.isEmpty)
  }

  @Test func `files are listed newest first, page by page, of one purpose`() throws {
    let talk = Talk()
    let ids = try (1...5).map { try talk.upload(chatFile($0)) }
    _ = talk.uploadAnswer("{}", fields: [("purpose", "evals")])
    var seen: [String] = []
    var page = try talk.get("files?purpose=batch&limit=2")
    seen += page["data"].array!.map { $0["id"].string! }
    while page["has_more"] == true {
      page = try talk.get("files?purpose=batch&limit=2&after=\(seen.last!)")
      seen += page["data"].array!.map { $0["id"].string! }
    }
    #expect(seen == ids.reversed())
    #expect(try talk.get("files?order=asc")["data"].array!.count == 6)
  }

  @Test(
    arguments: [
      ("input_file_id", .null, "missing_required_parameter"),
      ("endpoint", .null, "missing_required_parameter"),
      ("completion_window", .null, "missing_required_parameter"),
      ("endpoint", "/v1/party", "invalid_value"), ("completion_window", "1h", "invalid_value"),
      ("input_file_id", 7, "invalid_type"), ("metadata", ["tags": [1]], "invalid_type"),
      ("metadata", "x", "invalid_type"),
      ("metadata", ["k": .string(String(repeating: "v", count: 513))], "string_above_max_length"),
      ("output_expires_after", ["anchor": "created_at", "seconds": 1], "invalid_value"),
      ("output_expires_after", ["anchor": "birth", "seconds": 3600], "invalid_value"),
      ("input_file_id", "file-none", nil),
    ] as [(String, JSONValue, String?)])
  func `a batch is refused for a wrong field`(key: String, value: JSONValue, code: String?) throws {
    let talk = Talk()
    var order = talk.order(try talk.upload(chatFile(1)))
    order[key] = value
    let answer = talk.answer("POST", "batches", order)
    #expect(answer.status == 400)
    #expect(try answer.json["error"]["code"].string == code)
    #expect(try answer.json["error"]["type"] == "invalid_request_error")
    #expect(talk.emulator.ledger.batches.isEmpty)
  }

  @Test func `a body that is no JSON is refused`() throws {
    let talk = Talk()
    let request = talk.request("POST", "batches", body: .bytes("{\"endpoint\":".utf8))
    #expect(talk.emulator.respond(to: request, now: talk.now).status == 400)
  }

  @Test(arguments: [
    ("GET", "batches/batch_none"), ("POST", "batches/batch_none/cancel"), ("GET", "files/file-none"),
    ("GET", "files/file-none/content"), ("DELETE", "files/file-none"), ("GET", "nothing"), ("PUT", "batches"),
    ("POST", "batches/a/b/c/d"), ("GET", "batches?after=batch_none"), ("GET", "files?after=file-none"),
  ])
  func `what is not there is answered by 404`(method: String, path: String) throws {
    let answer = Talk().answer(method, path)
    #expect(answer.status == 404)
    #expect(try answer.json["error"]["message"].string?.isEmpty == false)
    #expect(answer.headers["x-request-id"] != nil)
  }

  @Test(arguments: ["http://h/v1/", "http://h/proxy/v1/", "http://h/openai/v1/"])
  func `whatever stands before the version is tolerated`(base: String) throws {
    let talk = Talk(base: base)
    let id = try talk.make(chatFile(1))
    #expect(try talk.batch(id)["object"] == "batch")
  }

  @Test(arguments: ["limit=0", "limit=101", "limit=many"])
  func `a page of an impossible size is refused`(query: String) {
    #expect(Talk().answer("GET", "batches?\(query)").status == 400)
  }

  @Test func `who has not the key is kept out, and no message repeats it`() throws {
    let talk = Talk(key: "sk-right")
    talk.key = "sk-wrong-and-secret"
    let answer = talk.answer("GET", "batches")
    #expect(answer.status == 401)
    #expect(try answer.json["error"]["code"] == "invalid_api_key")
    #expect(try !answer.text.contains("secret"))
    #expect(talk.uploadAnswer(chatFile(1)).status == 401)
    talk.key = ""
    #expect(talk.answer("GET", "batches").status == 401)
    talk.key = "sk-right"
    #expect(talk.answer("GET", "batches").status == 200)
  }

  @Test func `a request to an endpoint itself is answered at once and noted`() throws {
    let talk = Talk(.echo.answering(promptsContaining: "fail", with: .failure(.rateLimit)))
    let body: JSONValue = ["model": "m", "messages": [["role": "user", "content": "Hello"]]]
    let answer = try talk.answer("POST", "chat/completions", body).json
    #expect(answer["choices"][0]["message"]["content"] == "Hello")
    #expect(talk.answer("POST", "responses", ["model": "m", "input": "fail"]).status == 429)
    #expect(talk.emulator.ledger.paidDirectly == 1)
    #expect(talk.emulator.ledger.calls[.runDirectly] == 2)
  }
}
