import BatchKit
import BatchKitTesting
import Foundation

/// Damages result lines at random and sees that reading them never stops the process and never loses one.
enum MutatedLines {
  private static let sound = Array(
    #"""
    {"id":"b","custom_id":"row-7","response":{"status_code":200,"body":{"object":"chat.completion","choices":[{"index":0,\#
    "message":{"content":"{\"label\":\"pr\u00e4ise\",\"score\":0.5,\"tags\":[\"a\",null]}"},"finish_reason":"stop"}],\#
    "usage":{"prompt_tokens":3,"completion_tokens":2}}},"error":null}
    """#.utf8)

  private struct Verdict: Decodable, Sendable {
    var label: String
    var score: Double
    var tags: [String?]
  }

  /// Reads `count` damaged lines, and returns how many were still answers; throws where one was lost.
  ///
  /// Now and then a sound one is among them, so that what the lines have in common is learned and made use of.
  static func run(_ count: Int, seed: UInt64) throws -> Int {
    var generator = SplitMix(seed: seed)
    var answered = 0
    var done = 0
    while done < count {
      let lines = (0..<min(5000, count - done)).map { number in
        number.isMultiple(of: 3) ? sound : damaged(&generator)
      }
      for readsAnswer in [false, true] { try compare(lines, readsAnswer) }
      answered += try read(lines)
      done += lines.count
    }
    return answered
  }

  private static func damaged(_ generator: inout SplitMix) -> [UInt8] {
    var line = sound
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let place = Int.random(in: 0..<line.count, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: line[place] = UInt8.random(in: 0...255, using: &generator)
      case 1: line.remove(at: place)
      case 2: line.insert(Array("\"\\{}[],:u0".utf8)[place % 10], at: place)
      default: line.removeLast(Int.random(in: 0..<min(20, line.count - 1), using: &generator))
      }
    }
    return line.map { $0 == 0x0A ? 0x20 : $0 }
  }

  /// Sees that each line reads by what it has in common with others as it does by itself.
  private static func compare(_ lines: [[UInt8]], _ readsAnswer: Bool) throws {
    var layouts = LineLayouts(readsAnswer: readsAnswer)
    for line in lines {
      let isSame = line.withSpan { bytes in
        layouts.read(bytes)
        let alone = ResultLine(bytes, readsAnswer: readsAnswer)
        return String(describing: layouts.line) == String(describing: alone)
      }
      guard !isSame else { continue }
      throw BatchError(
        .unreadableAnswer, "Read otherwise than alone: \(String(decoding: line, as: UTF8.self))")
    }
  }

  private static func read(_ lines: [[UInt8]]) throws -> Int {
    let path = FileManager.default.temporaryDirectory.appending(path: "batchkit-\(UUID()).jsonl").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(lines.joined(separator: [0x0A])).write(to: URL(filePath: path))
    let results = try BatchResults(contentsOf: path, as: Verdict.self)
    let sums = results.reconciliation
    let blank = lines.filter { $0.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } }.count
    let told = sums.succeeded + sums.failed + sums.duplicates + sums.nameless + blank
    guard told == lines.count, results.reduce(0, { count, _ in count + 1 }) == results.count else {
      throw BatchError(.unreadableAnswer, "Of \(lines.count) damaged lines only \(told) are accounted for.")
    }
    return results.succeeded.count
  }
}
