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

  /// Reads the lines of a file and sees that each is JSON, and nothing else: `scan FILE`.
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

  /// The most memory that the process has taken so far, where the system tells.
  private static func peakMemory() throws -> String {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line.map { $0.dropFirst(6).trimmingCharacters(in: .whitespaces) } ?? "unknown"
  }
}
