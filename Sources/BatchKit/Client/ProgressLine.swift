import Foundation

extension BatchObserver {
  /// One live line on the standard error stream, or a line for each change where that is no terminal.
  ///
  /// It is what the command line shows. Each part, each phase and each tenth has a line of its own in a file
  /// or a pipe, so that a log of many hours stays short.
  /// ```swift
  /// let client = BatchClient(.openAI(), observer: .progressBar)
  /// ```
  public static var progressBar: Self { progressBar(on: .standardError) }

  /// The same on another terminal, or on one that a test made.
  package static func progressBar(on terminal: Terminal) -> Self {
    let line = Locked(ProgressLine(terminal.style))
    return .calling { event in
      let text = line.withLock { $0.text(for: event, isInteractive: terminal.isInteractive) }
      if let text { terminal.show(text) }
    }
  }
}

/// What a person who waits is shown of each event.
///
/// It turns events into text and writes nothing itself, so that a test can read what a person would see.
struct ProgressLine: Sendable {
  private let style: Terminal.Style
  private let paint: Paint
  /// What was told last where no line can be drawn over.
  private var lastStep = ""
  /// Whether the cursor stands at the end of a live line.
  private var isOpen = false
  /// Where the pace is measured from: the first look at which the service ran.
  private var start: (date: Date, done: Int)?
  /// The same for the upload that is under way.
  private var upload: (part: Int, date: Date, sent: Int)?

  init(_ style: Terminal.Style = Terminal.Style()) {
    self.style = style
    paint = Paint(isOn: style.hasColor)
  }

  /// The text to show for an event, or `nil` where it shows nothing new.
  ///
  /// - Parameters:
  ///   - event: what happened.
  ///   - isInteractive: whether a line can be drawn over, as on a terminal.
  mutating func text(for event: BatchEvent, isInteractive: Bool) -> String? {
    switch event.kind {
    case .progressed(let status), .settled(let status):
      if start == nil, status.phase == .running { start = (event.date, status.counts.done) }
      if isInteractive {
        return live(bar(status, at: event.date), isLast: status.phase == .settled)
      }
      let step = Self.step(of: status)
      return step == lastStep ? nil : plain(Self.sentence(status, facts(status, at: event.date)), step: step)
    case .collected: return nil
    case .uploading(let part, let sent, let total):
      // Piped output gets the line that says that it is done; here somebody looks on meanwhile.
      return isInteractive ? live(bar(ofUpload: part, sent, total, at: event.date), isLast: false) : nil
    case .uploaded(let part, let bytes):
      let size = ByteCount.text(bytes)
      return told("uploaded part \(part + 1): \(size)", isInteractive)
    default: return told(event.description, isInteractive)
    }
  }

  /// A line that stays, in characters that the terminal has.
  private mutating func told(_ text: String, _ isInteractive: Bool) -> String {
    let text = style.isUnicode ? text.spelled : text.spelled.asASCII
    return isInteractive ? interrupted(by: text) : plain(text, step: lastStep)
  }

  /// Piped output gets a line for each phase and each tenth, not one for each look.
  private static func step(of status: BatchStatus) -> String {
    let counts = status.counts
    return "\(status.phase.rawValue) \(counts.done * 10 / max(1, counts.total)) \(counts.failed > 0)"
  }

  /// A line where nothing is drawn over, and the note of what it told.
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
}

extension ProgressLine {
  /// The status and what else is known, in a line.
  private static func sentence(_ status: BatchStatus, _ facts: [String]) -> String {
    ([status.description] + facts).joined(separator: ", ")
  }

  /// The pace and the time left, so far as they are known.
  private func facts(_ status: BatchStatus, at date: Date) -> [String] {
    guard status.phase == .running else { return [] }
    var facts: [String] = []
    if let start {
      let seconds = date.timeIntervalSince(start.date)
      let done = status.counts.done - start.done
      // Before there is a pace, all that is known is the end of the window, which nobody should plan by.
      if seconds > 0, done > 0 {
        facts.append(Self.pace(Double(done) / seconds))
        let left = Double(status.counts.total - status.counts.done) * seconds / Double(done)
        if left > 0 { facts.append("about \(Self.spoken(left)) left") }
      }
    }
    return facts
  }

  /// A pace in the unit in which it is a number that people can imagine.
  private static func pace(_ perSecond: Double) -> String {
    if perSecond >= 10 { return "\(Int(perSecond.rounded())) per second" }
    if perSecond >= 0.5 { return "\((perSecond * 10).rounded() / 10) per second" }
    return "\(max(1, Int((perSecond * 60).rounded()))) per minute"
  }

  /// A time that is left, rounded up: an estimate that is beaten pleases more than one that is missed.
  private static func spoken(_ seconds: TimeInterval) -> String {
    switch seconds {
    case ..<90: "\(Int(seconds.rounded(.up))) s"
    case ..<5400: "\(Int((seconds / 60).rounded(.up))) min"
    default: "\(Int((seconds / 3600).rounded(.up))) h"
    }
  }

  /// The live line: what matters most stands first, and what does not fit is left out.
  private func bar(_ status: BatchStatus, at date: Date) -> String {
    let counts = status.counts
    var words = ["\(status.phase.rawValue) \(counts.done)/\(counts.total)"]
    if counts.failed > 0 { words.append("\(counts.failed) failed") }
    words += facts(status, at: date)
    if status.parts.count > 1 { words.append("\(status.parts.count) parts") }
    if status.isStalled { words.append("nothing has moved for an hour") }
    return drawing(counts, size) + " " + fitting(words)
  }

  /// The live line of an upload: what has gone, how fast, and how long the rest may take.
  private mutating func bar(ofUpload part: Int, _ sent: Int, _ total: Int, at date: Date) -> String {
    // An upload that is made again begins again at nothing.
    if upload == nil || upload?.part != part || sent < upload?.sent ?? 0 { upload = (part, date, sent) }
    var words = ["uploading \(ByteCount.text(sent)) of \(ByteCount.text(total))", "part \(part + 1)"]
    if let upload {
      let (seconds, gone) = (date.timeIntervalSince(upload.date), sent - upload.sent)
      if seconds >= 1, gone > 0 {
        words.append("\(ByteCount.text(Int(Double(gone) / seconds))) per second")
        words.append("about \(Self.spoken(Double(total - sent) * seconds / Double(gone))) left")
      }
    }
    let counts = RequestCounts(total: total, completed: sent, failed: 0)
    return drawing(counts, size) + " " + fitting(words)
  }

  /// How many columns the drawing has.
  private var size: Int { style.width >= 60 ? 24 : 10 }

  /// As many of the words as fit behind the drawing.
  private func fitting(_ words: [String]) -> String {
    var line = ""
    // One column stays free: a full line would wrap, and could not be drawn over.
    let room = style.width - size - 4
    for word in words {
      let longer = line.isEmpty ? word : "\(line), \(word)"
      guard longer.count <= room else { break }
      line = longer
    }
    return line
  }

  /// The bar itself. A single failure shows as one column, however many requests there are.
  private func drawing(_ counts: RequestCounts, _ size: Int) -> String {
    let total = max(1, counts.total)
    let done = min(size, max(0, size * counts.done / total))
    let failed = min(done, counts.failed == 0 ? 0 : max(1, size * counts.failed / total))
    let (full, free) = style.isUnicode ? ("█", "░") : ("#", ".")
    return "[" + paint(.good, String(repeating: full, count: done - failed))
      + paint(.bad, String(repeating: style.isUnicode ? "▒" : "x", count: failed))
      + paint(.faint, String(repeating: free, count: size - done)) + "]"
  }
}

extension String {
  /// The text for a place that shows ASCII only.
  package var asASCII: String {
    reduce(into: "") { result, character in
      switch character {
      case "“", "”": result += "\""
      case "’": result += "'"
      case "→": result += "->"
      case "…": result += "..."
      case "·": result += "-"
      case "⏎": result += "\\n"
      default: result += character.isASCII ? String(character) : "?"
      }
    }
  }
}

/// A number of bytes as people say it.
package enum ByteCount {
  /// The number with one digit behind the point, in the unit that makes it short.
  package static func text(_ bytes: Int) -> String {
    let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)]
    guard let (name, size) = units.first(where: { bytes >= $0.1 }) else { return "\(bytes) bytes" }
    return "\((Double(bytes) / Double(size) * 10).rounded() / 10) \(name)"
  }
}
