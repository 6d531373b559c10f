import BatchKit
import Foundation

/// The check of a request file, and the least that any check of it would have to do.
enum Checking {
  /// Checks a request file: `check FILE`.
  static func check(_ path: String) throws {
    let check = try BatchFile.check(path)
    print("\(check.statistics); \(check.errorCount) errors, \(check.warningCount) warnings")
    print("peak memory \(try peakMemory())")
  }

  /// Reads the lines of a file and sees that each is JSON, in UTF-8 as JSON has to be, and nothing else:
  /// `scan FILE`.
  static func scan(_ path: String) throws {
    var reader = LineReader(try DiskStore.shared.open(path))
    var (lines, broken) = (0, 0)
    while try reader.next() {
      lines += 1
      reader.line.withSpan { span in
        var scanner = JSONScanner()
        do throws(JSONFault) {
          try scanner.skipValue(span)
          try scanner.finish(span)
          if !isWellFormedUTF8(span) { broken += 1 }
        } catch { broken += 1 }
      }
    }
    print("\(lines) lines, \(broken) broken")
    print("peak memory \(try peakMemory())")
  }

  /// Makes a request file of so many lines of about 4000 bytes, as programs write them: `requests COUNT FILE`.
  static func makeRequests(_ count: Int, _ path: String) throws {
    let words = ["kettle", "boils", "quickly", "however", "the", "handle", "“café”", "is", "warm,", "12.5%"]
    var file = ""
    guard FileManager.default.createFile(atPath: path, contents: nil) else {
      throw CocoaError(.fileWriteUnknown)
    }
    let out = try FileHandle(forWritingTo: URL(filePath: path))
    for number in 0..<count {
      let text = (0..<620).map { words[($0 &* 7 &+ number &* $0) % words.count] }.joined(separator: " ")
      file += """
        {"custom_id":"request-\(number)","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o-mini",\
        "messages":[{"role":"system","content":"Be brief.\\nAnswer in \\"English\\"."},{"role":"user","content":\
        "\(text)"}],"max_completion_tokens":300,"temperature":0.2}}\n
        """
      guard file.utf8.count > 1 << 20 || number == count - 1 else { continue }
      try out.write(contentsOf: Data(file.utf8))
      file = ""
    }
    try out.close()
  }

  /// How far the estimate of tokens is from the truth, kind by kind: `tokens TEXTS`.
  ///
  /// Each line of the file is a text with what a vocabulary makes of it:
  /// `{"kind": "French", "text": "…", "o200k": 120, "cl100k": 140}`.
  static func tokens(_ path: String) throws {
    var errors: [String: (texts: Int, estimate: Int, truths: [Int], distance: Double)] = [:]
    var order: [String] = []
    for row in try Table(path: path) {
      let text = row["text"]
      let truths = ["o200k", "cl100k"].map { Int(row[$0]) ?? 0 }
      let estimate = ApproximateTokenCounter().count(of: text)
      let kind = row["kind"]
      if errors[kind] == nil { order.append(kind) }
      var error = errors[kind] ?? (0, 0, [0, 0], 0)
      error.texts += 1
      error.estimate += estimate
      error.truths = zip(error.truths, truths).map(+)
      error.distance += abs(Double(estimate) / Double(max(1, truths[0])) - 1)
      errors[kind] = error
    }
    print("kind, texts, all of them by o200k, one of them by o200k, all of them by cl100k")
    for kind in order {
      guard let error = errors[kind] else { continue }
      let shares = error.truths.map { Double(error.estimate) / Double(max(1, $0)) - 1 }
      print(
        kind, error.texts, percent(shares[0]), percent(error.distance / Double(error.texts)),
        percent(shares[1]), separator: ", ")
    }
  }

  private static func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }

  /// Looks for doubles among so many ids, of which the last is one: `ids COUNT`.
  static func ids(_ count: Int) throws {
    let before = try peakMemory()
    var census = IDCensus()
    for number in 0..<count { try census.add(CustomID("request-\(number == count - 1 ? 0 : number)")) }
    let repeats = try census.repeated()
    print(
      "\(count) ids, \(repeats.count) given twice; peak memory \(before) before, \(try peakMemory()) after")
  }

  /// The most memory that the process has taken so far, where the system tells.
  private static func peakMemory() throws -> String {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line.map { $0.dropFirst(6).trimmingCharacters(in: .whitespaces) } ?? "unknown"
  }
}
