import Foundation

/// Data to measure on, made up the same way every time: a table of reviews, and answers to it in another
/// order.
struct SampleData {
  let folder: String
  let rows: Int

  var table: String { "\(folder)/input.csv" }
  var output: String { "\(folder)/output.jsonl" }
  var errors: String { "\(folder)/errors.jsonl" }
  var structured: String { "\(folder)/structured.jsonl" }

  private static let sentences = [
    "The product broke after three weeks of use.", "Great value, and it arrived a day early.",
    "Très déçu : la poignée s'est cassée.", "おすすめです。とても静か。", "Sehr gut, aber \"zu teuer\", finde ich.",
    "Não recomendo; a bateria dura pouco.", "It does what it says {nothing more} \\ nothing less.",
  ]

  /// Writes the files, unless they are there from an earlier run.
  func make() throws {
    guard !FileManager.default.fileExists(atPath: structured) else { return }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var generator = Steps(state: 20_240_611)
    try write(table) { add in
      add("review_id,sku,product,category,rating,country,title,review,tags,purchased_at\n")
      for row in 0..<rows { add(record(row, &generator)) }
    }
    let order = Array(0..<rows).shuffled(using: &generator)
    let failed = Set(order.prefix(rows / 50))
    let answered = order.dropFirst(rows / 50 + rows / 1000).shuffled(using: &generator)
    try write(output) { add in
      for row in answered { add(answer(row, isStructured: row % 5 != 0, &generator)) }
    }
    try write(errors) { add in for row in failed.sorted() { add(failure(row)) } }
    try write(structured) { add in
      for row in answered { add(answer(row, isStructured: true, &generator)) }
    }
  }

  private func write(_ path: String, _ body: ((String) -> Void) throws -> Void) throws {
    guard FileManager.default.createFile(atPath: path, contents: nil) else {
      throw CocoaError(.fileWriteUnknown)
    }
    let file = try FileHandle(forWritingTo: URL(filePath: path))
    var text = ""
    var failure: (any Error)?
    try body { piece in
      text += piece
      guard text.utf8.count > 1 << 20 else { return }
      do { try file.write(contentsOf: Data(text.utf8)) } catch { failure = error }
      text = ""
    }
    if let failure { throw failure }
    try file.write(contentsOf: Data(text.utf8))
    try file.close()
  }

  private func prose(_ count: Int, _ generator: inout Steps) -> String {
    (0..<count).map { _ in Self.sentences[Int(generator.next() % 7)] }.joined(separator: " ")
  }

  private func record(_ row: Int, _ generator: inout Steps) -> String {
    let review = prose(3, &generator).replacingOccurrences(of: "\"", with: "\"\"")
    let end = row % 10 == 0 ? "\r\n" : "\n"
    return """
      \(100_000 + row),SKU-\(row % 977),"Kettle, 1.7 l",Küche & Co,\(row % 5 + 1),DE,"Title\n\(row)","\(review)",a|b,\
      2024-06-11\(end)
      """
  }

  private func answer(_ row: Int, isStructured: Bool, _ generator: inout Steps) -> String {
    let summary = prose(2, &generator).replacingOccurrences(of: "\\", with: "\\\\")
      .replacingOccurrences(of: "\"", with: "\\\"")
    let sentiment = ["positive", "neutral", "negative", "mixed"][row % 4]
    let content =
      isStructured
      ? """
      {"sentiment":"\(sentiment)","confidence":0.\(row % 90 + 10),"topics":["price","delivery"],\
      "summary":"\(summary)","would_recommend":\(["true", "false", "null"][row % 3])}
      """ : summary
    let escaped = content.unicodeScalars.map { scalar -> String in
      switch scalar {
      case "\"", "\\": "\\\(scalar)"
      case _ where scalar.isASCII: String(scalar)
      default: String(scalar).utf16.map { String(format: "\\u%04x", Int($0)) }.joined()
      }
    }.joined()
    let id = String(format: "%032x", row &* 2_654_435_761)
    return """
      {"id": "batch_req_\(id)", "custom_id": "review-\(100_000 + row)", "response": {"status_code": 200, \
      "request_id": "\(id)", "body": {"id": "chatcmpl-\(id)", "object": "chat.completion", "created": 1718035687, \
      "model": "gpt-4o-mini-2024-07-18", "choices": [{"index": 0, "message": {"role": "assistant", "content": \
      "\(escaped)", "refusal": null, "annotations": []}, "logprobs": null, "finish_reason": "stop"}], "usage": \
      {"prompt_tokens": \(400 + row % 100), "completion_tokens": 142, "total_tokens": 594, "prompt_tokens_details": \
      {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0}}, "system_fingerprint": \
      "fp_003c6e62b5"}}, "error": null}\n
      """
  }

  private func failure(_ row: Int) -> String {
    """
    {"id": "batch_req_\(row)", "custom_id": "review-\(100_000 + row)", "response": {"status_code": 429, "request_id": \
    "r", "body": {"error": {"message": "Rate limit reached, \\"slow down\\".", "code": "rate_limit_exceeded"}}}, \
    "error": null}\n
    """
  }
}

/// Numbers that are the same in every run.
private struct Steps: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 29)
  }
}
