import BatchKit
import BatchKitTesting

/// Damaged files of rows.
enum FuzzedTables {
  /// Reads one of them to its end, and tells whether it could be read.
  static func read(
    _ tables: [(ending: String, bytes: [UInt8])], _ dice: inout SplitMix
  ) throws -> Bool {
    let sound = tables[Int.random(in: tables.indices, using: &dice)]
    let column = Bool.random(using: &dice) ? "text" : "a"
    return try Requests.make(
      of: dice.damaged(sound.bytes), ending: sound.ending,
      by: RequestTemplate(
        .chatCompletions, body: ["model": "m", "messages": [["content": .string("{{\(column)}}")]]]))
  }
}

/// What every batch made of damaged input has to keep to.
enum Requests {
  /// Makes requests of a table, if it is one, and looks at every line that comes of it.
  static func make(of bytes: [UInt8], ending: String, by template: RequestTemplate) throws -> Bool {
    // In memory, since syncing a million files would take longer than reading them.
    let store = MemoryStore()
    try store.replace("/damaged.\(ending)", with: bytes)
    let table: Table
    do { table = try Table(path: "/damaged.\(ending)", store: store) } catch { return false }
    var isTaken = true
    var rows = 0
    for row in table { rows += row.problem == nil ? 1 : 0 }
    var batch = Batch(template)
    batch.add(contentsOf: table)
    let problems = batch.problems()
    do { try batch.render { try look(at: $0.bytes) } } catch let error as BatchError {
      isTaken = false
      guard problems.contains(where: { $0.severity == .error }) else {
        throw FuzzFailure(description: "no problem was told, and then: \(error)")
      }
    }
    return isTaken && rows > 0
  }

  /// Fails unless the bytes are one line that holds one request.
  static func look(at line: [UInt8]) throws {
    guard line.last == 0x0A, line.firstIndex(of: 0x0A) == line.count - 1, line.allSatisfy({ $0 != 0x0D })
    else {
      throw FuzzFailure(description: "not one line: \(String(decoding: line, as: UTF8.self))")
    }
    let value: JSONValue
    do { value = try JSONValue(parsing: line) } catch {
      throw FuzzFailure(description: "\(error) in \(String(decoding: line, as: UTF8.self))")
    }
    guard value["custom_id"].string != nil, value["method"] == "POST", value["body"].object != nil else {
      throw FuzzFailure(description: "no request: \(value)")
    }
  }
}

/// Templates that are damaged, filled with cells that try to break out of them.
enum FuzzedTemplates {
  private static let sound = [
    #"{"custom_id":"r-{{id}}","method":"POST","url":"/v1/chat/completions","body":{"model":"{{m}}","messages":[{"role":"user","content":"{{{{x}} {{ text }}: [a] {b}"}],"temperature":"{{t | number}}","x":"{{j|json}}"}}"#,
    #"{"model":"m","input":["{{text}}","{{id}}\u00e9\n"],"metadata":{"k{{id}}":"{{text}}"}}"#,
    #"{"model":"m","prompt":"[text] {text} [[x]] {{id}}","n":1.5e3,"stop":[null,true]}"#,
  ]
  private static let cells = [
    "", "x", "\"}],\"x\":[{", "{{id}}", "\\u0041\\", "line\nend\r\n", "\u{0}\u{1F}\u{7F}\u{2028}", "😀é",
    "1e999", "[1,{}]",
    "tRuE", "-0.0", "{{", "}}",
  ]

  static func fill(_ dice: inout SplitMix) throws -> Bool {
    let text = String(
      decoding: dice.damaged(Array(sound[Int.random(in: 0..<3, using: &dice)].utf8)), as: UTF8.self)
    let placeholders = Placeholders.allCases[Int.random(in: 0..<3, using: &dice)]
    try fillText(text, placeholders, &dice)
    let template: RequestTemplate
    do { template = try RequestTemplate(parsing: text, placeholders: placeholders) } catch is BatchError {
      return false
    }
    var batch = Batch(template)
    batch.add(contentsOf: try table(&dice))
    let problems = batch.problems()
    do { try batch.render { try Requests.look(at: $0.bytes) } } catch let error as BatchError {
      guard problems.contains(where: { $0.severity == .error }) else {
        throw FuzzFailure(description: "no problem was told, and then: \(error)")
      }
      return false
    }
    return true
  }

  private static func table(_ dice: inout SplitMix) throws -> Table {
    let rows = (0..<3).map { _ in
      (0..<7).map { _ in cells[Int.random(in: cells.indices, using: &dice)] }
    }
    return try Table(columns: ["id", "text", "m", "t", "j", "a", "b"], rows: rows)
  }

  /// The same text as the template of a prompt, which is written by another way.
  private static func fillText(
    _ text: String, _ placeholders: Placeholders, _ dice: inout SplitMix
  ) throws {
    var batch = Batch(Chat(model: "m"))
    let template = Template(text, placeholders: placeholders)
    batch.add(contentsOf: try table(&dice), id: nil, prompt: template, overriding: ["seed": template])
    do { try batch.render { try Requests.look(at: $0.bytes) } } catch is BatchError {}
  }
}

/// Request files that are damaged, checked by the walk that makes no values and by one that does.
enum FuzzedRequests {
  private static let sound = Array(
    #"""
    {"custom_id": "row-1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o-mini", "messages": [{"role": "system", "content": "Be \"brief\"."}, {"role": "user", "content": [{"type": "text", "text": "Hi \u00e9 {{x}}"}, {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]}], "temperature": 0.5e1, "stream": false}}
    {"custom_id": "row-2", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "é😀"}], "response_format": {"type": "json_schema", "json_schema": {"name": "s", "strict": true, "schema": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": false}}}}}

    {"custom_id":"row-3","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o-mini","messages":[{"role":"user","content":""}],"tools":[{"type":"function","function":{"name":"f"}}],"reasoning_effort":"none"}}

    """#.utf8)

  static func check(_ dice: inout SplitMix) throws -> Bool {
    let bytes = dice.damaged(sound)
    let store = MemoryStore()
    try store.replace("/r.jsonl", with: bytes)
    let check = try BatchFile.check("/r.jsonl", store: store)
    try compare(check, bytes)
    let batch: Batch<BatchFile>
    do { batch = try Batch(path: "/r.jsonl", store: store) } catch { return false }
    let isSendable = !batch.problems().contains { $0.severity == .error }
    guard isSendable || !check.isAccepted else {
      throw FuzzFailure(description: "accepted as a file and refused as a batch: \(batch.problems())")
    }
    do { try batch.write(to: "/copy.jsonl", store: store) } catch is BatchError { return check.isAccepted }
    for line in try store.read("/copy.jsonl").split(separator: 0x0A) { try Requests.look(at: line + [0x0A]) }
    return check.isAccepted
  }

  /// Lines that are no JSON objects by the slow way must be those that the check names, and no others.
  private static func compare(_ check: FileCheck, _ bytes: [UInt8]) throws {
    var (broken, ids, requests) = (Set<Int>(), [String](), 0)
    for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      var line = Array(line)
      if line.last == 0x0D { line.removeLast() }
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
      requests += 1
      if let value = try? JSONValue(parsing: line), value.object != nil {
        if let id = value["custom_id"].string { ids.append(id) }
      } else {
        broken.insert(number + 1)
      }
    }
    let named = check.problems.filter { $0.code == "invalid_json_line" && $0.place != nil }.compactMap(
      \.place)
    guard Set(named) == Set(broken.map { "line \($0) of /r.jsonl" }) else {
      throw FuzzFailure(description: "lines \(broken.sorted()) are broken, and \(named) were named")
    }
    let doubles = check.problems.count { $0.code == "duplicate_custom_id" }
    guard doubles == ids.count - Set(ids).count, check.statistics.requests == requests else {
      throw FuzzFailure(description: "\(doubles) doubles among \(ids), \(requests) requests")
    }
  }
}
