import BatchKit
import BatchKitTesting
import Foundation

/// A conversation with an emulator, in a time that only the test moves.
final class Talk {
  let emulator: Emulator
  var now = VirtualClock.dawn
  var key = "sk-test"
  private var service = URL(string: "http://emulator.test/v1/")!

  init(_ script: EmulatorScript = .echo, key: String? = nil, base: String = "http://emulator.test/v1/") {
    emulator = Emulator(script, key: key)
    service = URL(string: base)!
  }

  func request(
    _ method: String, _ path: String, headers: HTTPHeaders = [:], body: HTTPBody = .empty
  ) -> HTTPRequest {
    var headers = headers
    headers["Authorization"] = "Bearer \(key)"
    return HTTPRequest(method, URL(string: path, relativeTo: service)!, headers: headers, body: body)
  }

  func answer(_ method: String, _ path: String, _ json: JSONValue? = nil) -> EmulatorAnswer {
    let body = json.map { HTTPBody.bytes($0.description.utf8) } ?? .empty
    return emulator.respond(
      to: request(method, path, headers: ["Content-Type": "application/json"], body: body), now: now)
  }

  func get(_ path: String) throws -> JSONValue { try answer("GET", path).json }

  func uploadAnswer(
    _ text: String, name: String = "requests.jsonl", fields: [(String, String)] = [("purpose", "batch")]
  ) -> EmulatorAnswer {
    emulator.respond(to: uploadRequest(text, name: name, fields: fields), now: now)
  }

  func uploadRequest(
    _ text: String, name: String = "requests.jsonl", fields: [(String, String)] = [("purpose", "batch")]
  ) -> HTTPRequest {
    var form = ""
    for (field, value) in fields {
      form += "--edge\r\nContent-Disposition: form-data; name=\"\(field)\"\r\n\r\n\(value)\r\n"
    }
    form += "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(name)\"\r\n"
    form += "Content-Type: application/jsonl\r\n\r\n\(text)\r\n--edge--\r\n"
    return request(
      "POST", "files", headers: ["Content-Type": "multipart/form-data; boundary=edge"],
      body: .bytes(form.utf8))
  }

  /// Uploads `text` and returns the id of the file.
  func upload(_ text: String) throws -> String {
    try uploadAnswer(text).json["id"].string ?? "no file"
  }

  func order(_ file: String, endpoint: Endpoint = .chatCompletions, metadata: JSONValue = nil) -> JSONValue {
    [
      "input_file_id": .string(file), "endpoint": .string(endpoint.rawValue), "completion_window": "24h",
      "metadata": metadata,
    ]
  }

  /// Makes a batch of `text` and returns its id.
  func make(
    _ text: String, endpoint: Endpoint = .chatCompletions, metadata: JSONValue = nil
  ) throws -> String {
    let order = order(try upload(text), endpoint: endpoint, metadata: metadata)
    return try answer("POST", "batches", order).json["id"].string ?? "no batch"
  }

  /// The batch after so many seconds more.
  func batch(_ id: String, after seconds: Double = 0) throws -> JSONValue {
    now += seconds
    return try get("batches/\(id)")
  }

  /// The lines of a result file, none where there is no file.
  func lines(_ file: JSONValue) throws -> [JSONValue] {
    guard let id = file.string else { return [] }
    let text = try answer("GET", "files/\(id)/content").text
    return try text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
  }
}

extension EmulatorAnswer {
  var text: String {
    get throws { String(decoding: try body.bytes(in: 0..<body.length), as: UTF8.self) }
  }

  var json: JSONValue {
    get throws { try JSONValue(parsing: try text) }
  }
}

/// A sound line of an input file.
func chatLine(_ id: String, _ prompt: String = "Hi", model: String = "gpt-5.4-mini") -> String {
  let line: JSONValue = [
    "custom_id": .string(id), "method": "POST", "url": "/v1/chat/completions",
    "body": ["model": .string(model), "messages": [["role": "user", "content": .string(prompt)]]],
  ]
  return line.description
}

/// A sound input file of `count` lines with the ids `row-1` and so on.
func chatFile(_ count: Int) -> String {
  (1...count).map { chatLine("row-\($0)", "Say \($0)") + "\n" }.joined()
}
