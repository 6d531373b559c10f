import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `Who waits sees how it goes` {
  private func shown(
    on style: Terminal.Style, interactive: Bool, _ script: EmulatorScript = .echo, rows: Int = 40
  ) async throws -> String {
    let told = Locked("")
    let terminal = Terminal(isInteractive: interactive, style: style) { text in
      told.withLock { $0 += text }
    }
    let emulator = Emulator(script, clock: VirtualClock.immediate)
    let client = BatchClient(
      .compatible(at: Stage.base, apiKey: .none), transport: .emulator(emulator),
      observer: .progressBar(on: terminal), clock: emulator.clock)
    _ = try await client.run(Stage.batch(rows))
    return told.current
  }

  private func style(width: Int = 80, color: Bool = false, unicode: Bool = true) -> Terminal.Style {
    var style = Terminal.Style()
    style.width = width
    style.hasColor = color
    style.isUnicode = unicode
    return style
  }

  @Test func `a pipe gets lines, and no order to a terminal`() async throws {
    let text = try await shown(on: style(), interactive: false, .echo.taking(.seconds(600)))
    #expect(!text.contains("\r") && !text.contains("\u{1B}"))
    #expect(text.hasPrefix("prepared 40 requests in 1 part\nuploaded part 1: "))
    #expect(text.hasSuffix("settled: 40 of 40 done\n"))
    #expect(text.contains(" per minute, about "))
    let lines = text.split(separator: "\n")
    #expect(Set(lines).count == lines.count)
  }

  @Test func `a terminal gets one line that is drawn over`() async throws {
    let text = try await shown(on: style(), interactive: true, .echo.taking(.seconds(600)))
    let drawn = text.components(separatedBy: "\r\u{1B}[K").dropFirst()
    #expect(drawn.count > 3)
    #expect(drawn.dropLast().allSatisfy { !$0.contains("\n") })
    #expect(drawn.last == "[████████████████████████] settled 40/40\n")
  }

  @Test(arguments: [20, 40, 60, 80, 200]) func `no line is wider than the terminal`(width: Int) async throws {
    let text = try await shown(
      on: style(width: width), interactive: true,
      .echo.taking(.seconds(600)).failing(every: 3, with: .serverError))
    for line in text.components(separatedBy: "\r\u{1B}[K").dropFirst() {
      #expect(line.trimmingCharacters(in: .newlines).count < width, "\(line)")
    }
  }

  @Test func `a locale without Unicode gets ASCII`() async throws {
    let text = try await shown(on: style(unicode: false), interactive: true)
    #expect(text.utf8.count == text.unicodeScalars.count)
    #expect(text.contains("[########################]"))
  }

  @Test func `colour comes only where it is wanted, and is ended`() async throws {
    let plain = try await shown(on: style(), interactive: true)
    #expect(!plain.contains("\u{1B}[9"))
    let colored = try await shown(on: style(color: true), interactive: true)
    #expect(colored.contains("\u{1B}[92m"))
    #expect(
      colored.components(separatedBy: "\u{1B}[0m").count == colored.components(separatedBy: "m█").count
        + colored.components(separatedBy: "m░").count - 1)
  }

  @Test(
    arguments: [
      (["TERM": "xterm", "LANG": "C.UTF-8"], true, true, true),
      (["LANG": "en_US.utf8", "NO_COLOR": "1"], true, false, true),
      (["NO_COLOR": "", "LC_ALL": "C", "LANG": "C.UTF-8"], true, true, false),
      (["TERM": "dumb", "LANG": "C.UTF-8"], true, false, true), ([:], false, false, false),
      (["LC_CTYPE": "de_DE.UTF-8", "LANG": "C"], false, false, true),
    ] as [([String: String], Bool, Bool, Bool)])
  func `the environment decides on colour and signs`(
    environment: [String: String], isTerminal: Bool, color: Bool, unicode: Bool
  ) {
    let style = Terminal.Style(isTerminal: isTerminal, columns: nil) { environment[$0] }
    #expect(style.hasColor == color)
    #expect(style.isUnicode == unicode)
    #expect(style.width == 80)
  }

  @Test(
    arguments: [(nil, "120", 120), (50, "120", 50), (3, nil, 20), (nil, "x", 80)] as [(Int?, String?, Int)])
  func `the width is the terminal's, else what COLUMNS says`(columns: Int?, variable: String?, width: Int) {
    #expect(
      Terminal.Style(isTerminal: true, columns: columns) { $0 == "COLUMNS" ? variable : nil }.width == width)
  }

  @Test(arguments: [
    (0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (12_345_678, "12.3 MB"),
    (Int.max, "9223372036.9 GB"),
  ])
  func `bytes are told in a unit that makes them short`(count: Int, text: String) {
    #expect(ByteCount.text(count) == text)
  }

  @Test(arguments: [
    (-5.0, "0 s"), (59.4, "59 s"), (125, "2 min 5 s"), (7260, "2 h 1 min"), (200_000, "2 d 7 h"),
    (.infinity, "11574 d 1 h"),
  ])
  func `times are told in the units that matter`(seconds: Double, text: String) {
    #expect(seconds.spoken == text)
  }
}
