import Foundation

extension BatchObserver {
  /// One live line on the standard error stream, or a line for each change where that is no terminal.
  public static var progressBar: Self { progressBar(on: .standardError) }

  package static func progressBar(on terminal: Terminal) -> Self {
    let line = Locked(ProgressLine())
    return .calling { event in
      let text = line.withLock { $0.text(for: event, isInteractive: terminal.isInteractive) }
      if let text { terminal.show(text) }
    }
  }
}

/// What a person who waits is shown of each event.
struct ProgressLine: Sendable {
  private var lastStep = ""
  private var isOpen = false

  /// The text to show for an event, or `nil` where it shows nothing new.
  mutating func text(for event: BatchEvent, isInteractive: Bool) -> String? {
    switch event.kind {
    case .progressed(let status), .settled(let status):
      let line = Self.line(status, at: event.date)
      if isInteractive { return live(line, isLast: status.phase == .settled) }
      return Self.step(of: status) == lastStep ? nil : plain(line, step: Self.step(of: status))
    case .collected: return nil
    default:
      return isInteractive ? interrupted(by: event.description) : plain(event.description, step: lastStep)
    }
  }

  /// Piped output gets a line for each phase and each tenth, not one for each look.
  private static func step(of status: BatchStatus) -> String {
    "\(status.phase.rawValue) \(status.counts.done * 10 / max(1, status.counts.total)) \(status.counts.failed > 0)"
  }

  private mutating func plain(_ line: String, step: String) -> String {
    lastStep = step
    return line + "\n"
  }

  /// Draws over the line that stands there.
  private mutating func live(_ line: String, isLast: Bool) -> String {
    isOpen = !isLast
    return "\r\u{1B}[K" + line + (isLast ? "\n" : "")
  }

  /// Puts a line of its own above the live one.
  private mutating func interrupted(by line: String) -> String {
    let isOver = isOpen
    isOpen = false
    return (isOver ? "\r\u{1B}[K" : "") + line + "\n"
  }

  private static func line(_ status: BatchStatus, at date: Date) -> String {
    let width = 24
    let total = max(1, status.counts.total)
    let filled = width * status.counts.done / total
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
    let left = status.expectedEnd.map { $0.timeIntervalSince(date) } ?? 0
    let time = status.phase == .running && left > 0 ? ", about \(Self.spoken(left)) left" : ""
    return "[\(bar)] \(status)\(time)"
  }

  private static func spoken(_ seconds: TimeInterval) -> String {
    switch seconds {
    case ..<90: "\(Int(seconds.rounded(.up))) s"
    case ..<5400: "\(Int((seconds / 60).rounded(.up))) min"
    default: "\(Int((seconds / 3600).rounded(.up))) h"
    }
  }
}
