import BatchKit
import Testing

/// Lines of all kinds that services write.
private let lines = [
  #"{"id":"b1","custom_id":"row-1","response":{"status_code":200,"request_id":"r1","body":{"id":"c1","object":"chat.completion","created":17,"model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"one \"text\"","refusal":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":31,"completion_tokens":7,"total_tokens":38,"prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":2}}}},"error":null}"#,
  #"{"id": "b2", "custom_id": "row-2", "response": {"status_code": 200, "body": {"object": "response", "status": "completed", "model": "o4", "output": [{"type": "reasoning", "summary": []}, {"type": "message", "content": [{"type": "output_text", "text": "two"}, {"type": "output_text", "text": "more"}]}], "usage": {"input_tokens": 5, "output_tokens": 6}}}, "error": null}"#,
  #"{"custom_id":"row-3","response":{"status_code":201,"body":{"choices":[{"text":"three","finish_reason":"length"}]}}}"#,
  #"{"custom_id":"row-4","response":{"status_code":200,"body":{"choices":[{"message":{"content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}]}}]}}}"#,
  #"{"custom_id":"row-5","response":{"status_code":200,"body":{"data":[{"embedding":[0.5,-1e-3,0]}],"usage":{"prompt_tokens":4}}}}"#,
  #"{"custom_id":"row-6","response":{"body":{"error":null,"choices":[{"message":{"refusal":"no","content":[{"type":"text","text":"six"}]}}]}}}"#,
  #"{"custom_id":"row-7","response":null,"error":{"code":"batch_expired","message":"too late"}}"#,
  #"{"custom_id":"row-8","response":{"status_code":429,"body":{"error":{"code":"rate_limit_exceeded"}}}}"#,
  #"{"custom_id":"row-9","response":{"status_code":200,"body":"{\"choices\":[]}"}}"#,
].map { Array($0.utf8) }

/// Changes that leave a line JSON, so that it may follow the layout of another and yet mean something else.
private let swaps: [(String, String)] = [
  ("200", "500"), ("200", "20e1"), ("completed", "incomplete"), ("chat.completion", "response"),
  ("message", "reasoning"), ("output_text", "refusal"), ("\"stop\"", "null"), ("null", "\"null\""),
  ("31", "31.5"), ("31", "-31"), ("7", "99999999999999999999"), ("two", ""), ("row", "\\u0072\\ud83d"),
  ("one", "1\\n\\t\\\\"), ("}", " }"), (",", " ,"), ("\"error\":null", "\"error\":\"\""), ("[]", "[1]"),
]

@Suite struct `Lines that are laid out alike are read by what they have in common` {
  @Test(arguments: [false, true], [UInt64(1), 2, 3, 4])
  func `whatever comes, a line reads as it would by itself`(readsAnswer: Bool, seed: UInt64) {
    var dice = SplitMix(seed: seed)
    var layouts = LineLayouts(readsAnswer: readsAnswer)
    for round in 0..<4000 {
      // Sound lines in between keep the layouts in use.
      if round.isMultiple(of: 500) { layouts = LineLayouts(readsAnswer: readsAnswer) }
      var line = lines[Int.random(in: 0..<(round % 500 < 250 ? 2 : lines.count), using: &dice)]
      if round.isMultiple(of: 3) { line = changed(line, &dice) }
      if round.isMultiple(of: 7) { line = dice.mutate(line, times: 1) }
      let (read, alone) = line.withSpan { bytes in
        layouts.read(bytes)
        return (
          String(describing: layouts.line), String(describing: ResultLine(bytes, readsAnswer: readsAnswer))
        )
      }
      #expect(read == alone, "\(String(decoding: line, as: UTF8.self))")
    }
  }

  private func changed(_ line: [UInt8], _ dice: inout SplitMix) -> [UInt8] {
    guard let (old, new) = swaps.randomElement(using: &dice) else { return line }
    let pieces = String(decoding: line, as: UTF8.self).split(separator: old, omittingEmptySubsequences: false)
    guard pieces.count > 1 else { return line }
    let cut = Int.random(in: 1..<pieces.count, using: &dice)
    return Array((pieces[..<cut].joined(separator: old) + new + pieces[cut...].joined(separator: old)).utf8)
  }

  @Test(arguments: lines.prefix(6).indices)
  func `the end of a line is known once two like it were read`(index: Int) {
    var layouts = LineLayouts(readsAnswer: false)
    let line = lines[index]
    for _ in 0..<2 {
      (line + [0x0A]).withSpan { #expect(layouts.lineFeed(in: $0) == nil) }
      line.withSpan { layouts.read($0) }
    }
    let text = String(decoding: line, as: UTF8.self).replacing("row-", with: "another-").replacing(
      "20", with: "21")
    let next = Array((text + "\n" + text).utf8)
    next.withSpan { #expect(layouts.lineFeed(in: $0) == text.utf8.count) }
    Array(text.utf8).withSpan { bytes in
      layouts.read(bytes)
      #expect(String(describing: layouts.line) == String(describing: ResultLine(bytes)))
    }
  }

  @Test(arguments: lines.suffix(3))
  func `nothing is learned from a line that is no plain answer`(line: [UInt8]) {
    var layouts = LineLayouts(readsAnswer: false)
    for _ in 0..<3 { line.withSpan { layouts.read($0) } }
    (line + [0x0A]).withSpan { #expect(layouts.lineFeed(in: $0) == nil) }
  }

  @Test func `the end is not told where the line goes on in what was not read yet`() {
    var layouts = LineLayouts(readsAnswer: true)
    for _ in 0..<2 { lines[0].withSpan { layouts.read($0) } }
    for length in lines[0].indices {
      Array(lines[0][..<length]).withSpan { #expect(layouts.lineFeed(in: $0) == nil) }
    }
    // A carriage return or space behind it is for the reader of lines to judge.
    (lines[0] + [0x0D, 0x0A]).withSpan { #expect(layouts.lineFeed(in: $0) == nil) }
    (lines[0] + [0x0A]).withSpan { #expect(layouts.lineFeed(in: $0) == lines[0].count) }
  }
}
