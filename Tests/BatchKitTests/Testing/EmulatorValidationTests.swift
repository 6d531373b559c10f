import BatchKit
import BatchKitTesting
import Testing

struct `The emulator's validation` {
  private static func line(_ change: (inout JSONValue) -> Void) throws -> String {
    var line = try JSONValue(parsing: chatLine("two"))
    change(&line)
    return line.description
  }

  private static func without(_ key: String) throws -> String {
    let line = try JSONValue(parsing: chatLine("two")).object!
    return JSONValue.object(JSONObject(line.filter { $0.key != key }.map { ($0.key, $0.value) })).description
  }

  /// What is wrong with the second line of a file: the line, and the code and parameter it is refused with.
  static let faults: [(line: String, code: String, parameter: String?)] =
    (try? [
      ("not json", "invalid_json_line", nil),
      ("", "invalid_json_line", nil),
      ("[1,2]", "invalid_json_line", nil),
      (chatLine("two").dropLast() + "", "invalid_json_line", nil),
      (without("custom_id"), "missing_required_parameter", "custom_id"),
      (without("method"), "missing_required_parameter", "method"),
      (without("url"), "missing_required_parameter", "url"),
      (without("body"), "missing_required_parameter", "body"),
      (line { $0["url"] = "/v1/embeddings" }, "invalid_url", "url"),
      (line { $0["method"] = "GET" }, "invalid_request", "method"),
      (line { $0["body"]["model"] = nil }, "invalid_request", "body.model"),
      (line { $0["body"]["messages"] = nil }, "invalid_request", "body.messages"),
      (line { $0["body"]["stream"] = true }, "streaming_unsupported", "body.stream"),
      (line { $0["body"]["model"] = "gpt-4" }, "model_mismatch", "body.model"),
      (chatLine("one"), "duplicate_custom_id", "custom_id"),
    ]) ?? []

  @Test(arguments: faults)
  func `a bad line is told with its number`(line: String, code: String, parameter: String?) throws {
    let talk = Talk()
    let id = try talk.make("\(chatLine("one"))\n\(line)\n\(chatLine("three"))\n")
    let batch = try talk.batch(id, after: 60)
    #expect(batch["status"] == "failed")
    #expect(batch["failed_at"].int != nil)
    let errors = batch["errors"]["data"].array!
    #expect(errors.count == 1)
    #expect(errors[0]["code"].string == code)
    #expect(errors[0]["param"].string == parameter)
    #expect(errors[0]["line"].int == 2)
    #expect(talk.emulator.ledger.paidRows == 0)
  }

  @Test func `the table above is whole`() { #expect(Self.faults.count == 15) }

  @Test func `a byte-order mark spoils the first line`() throws {
    let talk = Talk()
    let id = try talk.make("\u{FEFF}" + chatFile(2))
    #expect(try talk.batch(id, after: 60)["errors"]["data"][0]["line"] == 1)
  }

  @Test func `every bad line is told at once`() throws {
    let talk = Talk()
    let id = try talk.make("\(chatLine("a"))\nx\n{}\n\(chatLine("a"))\n")
    let errors = try talk.batch(id, after: 60)["errors"]["data"].array!
    #expect(errors.map { $0["line"].int } == [2, 3, 3, 3, 3, 4])
  }

  @Test func `too many requests are too many`() throws {
    let talk = Talk(.echo.limiting(requests: 3))
    #expect(try talk.batch(talk.make(chatFile(3)), after: 60)["status"] == "completed")
    let batch = try talk.batch(talk.make(chatFile(4)), after: 60)
    #expect(batch["errors"]["data"][0]["code"] == "too_many_tasks")
  }

  @Test func `too many bytes are refused at the door`() throws {
    let talk = Talk(.echo.limiting(bytes: chatFile(3).utf8.count))
    #expect(talk.uploadAnswer(chatFile(3)).status == 200)
    let answer = talk.uploadAnswer(chatFile(4))
    #expect(answer.status == 400)
    #expect(try answer.json["error"]["message"] == "File is too large.")
  }

  @Test func `an unknown model is not run`() throws {
    let talk = Talk(.echo.offering("gpt-5.4"))
    let batch = try talk.batch(talk.make(chatFile(1)), after: 60)
    #expect(batch["errors"]["data"][0]["code"] == "model_not_found")
  }

  @Test func `tokens are enqueued up to the limit, and again when others are done`() throws {
    let talk = Talk(.echo.enqueuing(atMost: 50).taking(.seconds(100)))
    let text = chatLine("a", String(repeating: "x", count: 100)) + "\n"
    let first = try talk.make(text)
    let second = try talk.make(text)
    let failed = try talk.batch(second, after: 50)
    #expect(failed["errors"]["data"][0]["code"] == "token_limit_exceeded")
    #expect(failed["errors"]["data"][0]["line"].isNull)
    #expect(try talk.batch(first, after: 60)["status"] == "completed")
    #expect(try talk.batch(talk.make(text), after: 200)["status"] == "completed")
  }

  @Test func `a file deleted before it was checked fails the batch`() throws {
    let talk = Talk()
    let file = try talk.upload(chatFile(1))
    let id = try talk.answer("POST", "batches", talk.order(file)).json["id"].string!
    _ = talk.answer("DELETE", "files/\(file)")
    let error = try talk.batch(id, after: 60)["errors"]["data"][0]
    #expect(error["code"] == "invalid_request")
    #expect(error["param"] == "file_id")
    #expect(talk.emulator.ledger.paidRows == 0)
  }

  @Test func `batches fail for the reason the script gives`() throws {
    let reason = ScriptedFailure.custom(code: "billing", message: "No money.")
    let talk = Talk(.echo.failingBatches(with: reason, first: 1))
    #expect(try talk.batch(talk.make(chatFile(1)), after: 60)["errors"]["data"][0]["message"] == "No money.")
    #expect(try talk.batch(talk.make(chatFile(1)), after: 60)["status"] == "completed")
  }
}
