import BatchKit
import Foundation
import Testing

/// A result set at random: shuffled, doubled, lost and broken lines, with the numbers that must come out.
private struct Scene {
  var output: [[UInt8]] = []
  var errors: [[UInt8]] = []
  var (succeeded, failed, nameless) = (Set<String>(), Set<String>(), 0)
  var lines = 0

  init(rows: Int, _ dice: inout SplitMix) {
    for row in 0..<rows {
      let id = "row-\(row)"
      switch Int.random(in: 0..<12, using: &dice) {
      case 0: continue
      case 1: add(failure(id), id, isSuccess: false, toErrors: true)
      case 2: for _ in 0..<2 { add(success(id), id, isSuccess: true) }
      case 3:
        add(failure(id), id, isSuccess: false, toErrors: true)
        add(success(id), id, isSuccess: true)
      case 4: add(Array(success(id).dropLast(5)), id, isSuccess: false)
      case 5:
        output.append(Array("{\"custom_id\":\"row".utf8))
        nameless += 1
      default: add(success(id), id, isSuccess: true)
      }
    }
    failed.subtract(succeeded)
    output.shuffle(using: &dice)
    errors.shuffle(using: &dice)
    lines = output.count + errors.count
  }

  private mutating func add(_ line: [UInt8], _ id: String, isSuccess: Bool, toErrors: Bool = false) {
    if toErrors { errors.append(line) } else { output.append(line) }
    if isSuccess { succeeded.insert(id) } else { failed.insert(id) }
  }

  private func success(_ id: String) -> [UInt8] {
    Array(
      #"{"custom_id":"\#(id)","response":{"status_code":200,"body":{"choices":[{"message":{"content":"answer to \#(id)"}}]}}}"#
        .utf8)
  }

  private func failure(_ id: String) -> [UInt8] {
    Array(#"{"custom_id":"\#(id)","response":null,"error":{"code":"batch_expired","message":"late"}}"#.utf8)
  }
}

@Suite struct `Nothing is lost whatever comes back` {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func write(_ lines: [[UInt8]], _ name: String, end: String) throws -> String {
    let file = try DiskStore.shared.create(scratch(name), .exclusive)
    try file.write(Array(lines.joined(separator: Array(end.utf8))))
    try file.close()
    return scratch(name)
  }

  @Test(arguments: 0..<40)
  func `every line is accounted for, and the better of two answers counts`(seed: Int) throws {
    var dice = SplitMix(seed: UInt64(seed))
    let scene = Scene(rows: Int.random(in: 1..<200, using: &dice), &dice)
    let end = Bool.random(using: &dice) ? "\n" : "\r\n\n"
    let results = try BatchResults(
      contentsOf: write(scene.output, "output.jsonl", end: end),
      errors: write(scene.errors, "errors.jsonl", end: end))
    let sums = results.reconciliation
    #expect(sums.succeeded == scene.succeeded.count)
    #expect(sums.failed == scene.failed.count)
    #expect(sums.nameless == scene.nameless)
    #expect(sums.succeeded + sums.failed + sums.duplicates + sums.nameless == scene.lines)
    #expect(Set(results.succeeded.map(\.id.rawValue)) == scene.succeeded)
    #expect(Set(results.failed.map(\.id.rawValue)) == scene.failed)
    for id in scene.succeeded { #expect(results[CustomID(id)]?.text == "answer to \(id)") }
  }

  @Test(arguments: [1, 2, 3, 7])
  func `an export is the same however many processors make it`(processors: Int) throws {
    var dice = SplitMix(seed: 5)
    let scene = Scene(rows: 4000, &dice)
    let results = try BatchResults(
      contentsOf: write(scene.output, "output.jsonl", end: "\n"),
      errors: write(scene.errors, "e.jsonl", end: "\n"))
    let rows = (0..<4000).map { ["\($0)", String(repeating: "x, \"y\" ", count: $0 % 90)] }
    let joined = results.joined(to: try Table(columns: ["id", "text"], rows: rows), by: "row-{{id}}")
    let summary = try joined.write(to: scratch("out.csv"), processors: processors, store: DiskStore.shared)
    #expect(summary.rows == 4000 && summary.succeeded == scene.succeeded.count)
    #expect(summary.missing == 4000 - scene.succeeded.count - scene.failed.count)
    var expected = CSVWriter()
    expected.row(["id", "text", "content", "finish_reason", "prompt_tokens", "completion_tokens", "error"])
    for pair in joined {
      let (text, error) = (pair.line?.text ?? "", pair.line?.error?.message ?? "")
      expected.row([pair.row["id"], pair.row["text"], text, "", "", "", error])
    }
    #expect(try DiskStore.shared.read(scratch("out.csv")) == expected.bytes)
  }

  /// Answers of some megabytes: more than stays in memory, in an order of their own.
  private func largeScene() throws -> BatchResults<Reply> {
    var dice = SplitMix(seed: 11)
    var lines = (0..<4000).filter { $0 % 50 != 0 }.map { row in
      let text = String(repeating: #"\u00e4\ud83d\ude00 \"x\", \n\\"#, count: row % 97)
      return Array(
        #"{"custom_id":"row-\#(row)","response":{"status_code":200,"body":{"choices":[{"message":{"content":"\#(text)"}}]}}}"#
          .utf8)
    }
    // Text that is no UTF-8 leaves its cell empty, escapes or not.
    lines[7] = lines[7].flatMap { $0 == UInt8(ascii: "x") ? [0xFF] : [$0] }
    lines.shuffle(using: &dice)
    return try BatchResults(contentsOf: write(lines, "large.jsonl", end: "\n"))
  }

  @Test(arguments: [1, 2, 5], [true, false])
  func `an export larger than its memory is what a walk along the rows gives`(
    processors: Int, isFile: Bool
  ) throws {
    let results = try largeScene()
    let rows = (0..<4000).map { ["\($0)", String(repeating: "x, \"y\" ", count: $0 % 90)] }
    var text = CSVWriter()
    text.row(["id", "text"])
    for row in rows { text.row(row) }
    let table =
      isFile
      ? try Table(path: write([text.bytes.dropLast(1).map { $0 }], "rows.csv", end: ""))
      : try Table(columns: ["id", "text"], rows: rows)
    let joined = results.joined(to: table, by: "row-{{id}}")
    let summary = try joined.write(
      to: scratch("out.csv"), columns: [.content], processors: processors, store: DiskStore.shared)
    #expect(summary.succeeded == 3920 && summary.missing == 80)
    var expected = CSVWriter()
    expected.row(["id", "text", "content"])
    for pair in joined { expected.row([pair.row["id"], pair.row["text"], pair.line?.text ?? ""]) }
    #expect(try DiskStore.shared.read(scratch("out.csv")) == expected.bytes)
  }

  @Test func `answers that do not decode are counted where all are decoded`() throws {
    struct Verdict: Decodable, Sendable { var label: String }
    let lines = ["{\\\"label\\\":\\\"good\\\"}", "no JSON", "{\\\"label\\\":7}"].enumerated().map {
      row, text in
      Array(
        #"{"custom_id":"row-\#(row)","response":{"status_code":200,"body":{"choices":[{"message":{"content":"\#(text)"}}]}}}"#
          .utf8)
    }
    let failed = Array(#"{"custom_id":"row-9","response":null,"error":{"code":"x","message":"y"}}"#.utf8)
    let path = try write(lines + [failed], "typed.jsonl", end: "\n")
    let typed = try BatchResults(contentsOf: path, as: Verdict.self)
    #expect(typed.reconciliation.description == "4 answered = 3 succeeded + 1 failed + 0 missing")
    let sums = typed.decodedReconciliation
    #expect(sums.description == "4 answered = 1 succeeded + 3 failed (2 undecodable) + 0 missing")
    #expect(sums.succeeded == typed.succeeded.count && sums.failed == typed.failed.count)
    #expect(sums.isComplete && (sums + sums).undecodable == 4)
    // Where nothing is decoded there is nothing to tell.
    let plain = try BatchResults(contentsOf: path)
    #expect(plain.decodedReconciliation == plain.reconciliation)
  }

  @Test(arguments: 0..<4)
  func `damaged lines stop nothing, and none is lost`(seed: Int) throws {
    var dice = SplitMix(seed: UInt64(seed))
    let scene = Scene(rows: 400, &dice)
    let lines = scene.output.map { line in
      dice.mutate(line, times: Int.random(in: 1..<4, using: &dice)).map { $0 == 0x0A ? 0x20 : $0 }
    }
    let results = try BatchResults(contentsOf: write(lines, "damaged.jsonl", end: "\n"))
    let sums = results.reconciliation
    #expect(sums.succeeded + sums.failed + sums.duplicates + sums.nameless == lines.count)
    #expect(results.filter { $0.error == nil }.count <= sums.succeeded)
  }

  @Test func `a line of many megabytes, and lines across the edges of what is read at once`() throws {
    let long = String(repeating: "abcdefg\\n", count: 1 << 20)
    let lines = (0..<30).map { number in
      let text = number == 7 ? long : String(repeating: "x", count: 300_000 + number)
      return Array(
        #"{"custom_id":"\#(number)","response":{"status_code":200,"body":{"choices":[{"message":{"content":"\#(text)"}}]}}}"#
          .utf8)
    }
    let results = try BatchResults(contentsOf: write(lines, "long.jsonl", end: "\n"))
    #expect(results.map(\.id.rawValue) == (0..<30).map(String.init))
    #expect(results[7].text?.utf8.count == 8 << 20)
    #expect(results[29].text?.utf8.count == 300_029)
  }
}

@Suite struct `An export shows what is asked for` {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  struct Verdict: Decodable, Sendable {
    var label: String
  }

  private func joined() throws -> JoinedTable<Verdict> {
    let answers = [
      #"{\"label\":\"good\",\"place\":{\"town\":\"Köln\"},\"tags\":[1,\"x\"]}"#, #"{\"label\":7}"#,
    ]
    let lines = answers.enumerated().map { number, text in
      #"{"custom_id":"\#(number)","response":{"status_code":200,"body":{"model":"m","choices":[{"message":{"content":"\#(text)"},"finish_reason":"stop"}]}}}"#
    }
    let expired = #"{"custom_id":"2","error":{"code":"batch_expired","message":"=late"}}"#
    try DiskStore.shared.write((lines + [expired]).joined(separator: "\n"), to: scratch("out.jsonl"))
    let rows = [["0", "=1+1"], ["1", "-x"], ["2", ""], ["3", "a"]]
    let table = try Table(columns: ["id", "text"], rows: rows)
    return try BatchResults(contentsOf: scratch("out.jsonl"), as: Verdict.self).joined(
      to: table, by: "{{id}}")
  }

  @Test func `columns are chosen, objects are taken apart, formulas are guarded`() throws {
    try joined().write(
      to: scratch("out.csv"), columns: [.flattened("verdict"), .model, .errorCode, .error.named("reason")],
      guardingFormulas: true)
    let text = try DiskStore.shared.text(scratch("out.csv"))
    #expect(
      text == """
        id,text,verdict.label,verdict.place.town,verdict.tags,model,error_code,reason
        0,'=1+1,good,Köln,"[1,""x""]",m,,
        1,'-x,,,,m,undecodable,The answer does not decode: “label” is not of type String. It reads 7.
        2,,,,,,batch_expired,'=late
        3,a,,,,,,

        """)
  }

  @Test func `lines of JSON hold the row and the answer`() throws {
    try joined().writeJSONLines(to: scratch("out.jsonl.new"), columns: [.flattened("verdict"), .errorCode])
    let lines = try DiskStore.shared.text(scratch("out.jsonl.new")).split(separator: "\n")
    #expect(
      lines[0]
        == #"{"id":"0","text":"=1+1","verdict":{"label":"good","place":{"town":"Köln"},"tags":[1,"x"]},"error_code":null}"#
    )
    #expect(lines[2] == #"{"id":"2","text":"","verdict":null,"error_code":"batch_expired"}"#)
    #expect(lines.count == 4)
  }

  @Test func `requests without a good answer become a new input file`() throws {
    let requests = (0..<4).map { #"{"custom_id":"\#($0)","method":"POST","url":"/v1/x","body":{}}"# }
    try DiskStore.shared.write(requests.joined(separator: "\n"), to: scratch("in.jsonl"))
    _ = try joined()
    let results = try BatchResults(contentsOf: scratch("out.jsonl"), as: Verdict.self)
    #expect(try results.writeFailedRequests(to: scratch("again.jsonl"), of: scratch("in.jsonl")) == 3)
    let again = try DiskStore.shared.text(scratch("again.jsonl"))
    #expect(again == requests.dropFirst().joined(separator: "\n") + "\n")
    #expect { try results.writeFailedRequests(to: scratch("no.jsonl")) } throws: {
      "\($0)".contains("name the file")
    }
  }

  @Test func `failures say what to do, and messages that differ in numbers are one group`() throws {
    let lines = (1...7).map { number in
      #"{"custom_id":"\#(number)","response":{"status_code":400,"body":{"error":{"code":"context_length_exceeded","message":"You sent \#(number)000 tokens."}}}}"#
    }
    try DiskStore.shared.write(lines.joined(separator: "\n"), to: scratch("long.jsonl"))
    let failures = try BatchResults(contentsOf: scratch("long.jsonl")).failures
    #expect(
      failures.advice
        == "7 x context_length_exceeded: shorten the prompt or choose a larger model (1, 2, 3, 4, 5, …)")
    #expect(failures.groups[0].example == "You sent 1000 tokens.")
  }

  @Test(arguments: [
    LineError.Kind.truncated, .refusal, .filtered, .undecodable, .expired, .cancelled, .missing, .empty,
    .unreadable,
    .rejected, .refused,
  ])
  func `every kind of failure has a remedy`(kind: LineError.Kind) {
    #expect(LineError(kind, message: "m").remedy.count > 8)
  }
}
