import Foundation

/// The drawings of a report: inline SVG, each with its content in words for who can't see it.
///
/// SVG is drawn here rather than by a script, so that a report shows the same when it is printed, or opened
/// where scripts are not run.
enum ReportChart {
  /// How many requests used how many tokens.
  ///
  /// - Parameter bars: the steps with how many requests fall into each; a step with few of them still shows.
  /// - Returns: a figure in HTML.
  static func histogram(_ bars: [(range: String, count: Int)]) -> String {
    let highest = max(1, bars.map(\.count).max() ?? 1)
    // Eighty units to a bar: sixty are drawn, the rest is air for the numbers above and below.
    let (width, height) = (max(4, bars.count) * 80, 220)
    let drawn = bars.enumerated().map { index, bar in
      let size = bar.count == 0 ? 0 : max(2, 150 * bar.count / highest)
      let (x, y) = (index * 80 + 10, 180 - size)
      return """
        <rect x="\(x)" y="\(y)" width="60" height="\(size)" rx="3"/>
        <text x="\(x + 30)" y="\(y - 8)">\(bar.count.grouped)</text>
        <text x="\(x + 30)" y="202" class="axis">\(bar.range)</text>
        """
    }
    let words = bars.map { "\($0.count.grouped) with \($0.range)" }.joined(separator: ", ")
    return figure(
      "Requests by tokens", words, width: width, height: height, drawn.joined(separator: "\n"),
      caption: "Requests by the tokens they used, read and written together.")
  }

  /// When each part was created, ran and ended.
  ///
  /// The first forty parts are drawn; the table beneath has more of them.
  /// - Parameters:
  ///   - parts: the parts in order.
  ///   - now: where a part that still runs ends, for the time being.
  /// - Returns: a figure in HTML; nothing where no part took any time.
  static func timeline(_ parts: [PartState], now: Date) -> String {
    let spans = parts.prefix(40).compactMap { Span($0, now: now) }
    guard let start = spans.map(\.created).min(), let end = spans.map(\.end).max(), end > start
    else { return "" }
    let scale = 520 / end.timeIntervalSince(start)
    func x(_ date: Date) -> Int { 70 + Int(date.timeIntervalSince(start) * scale) }
    let drawn = spans.enumerated().map { index, span in
      let y = index * 26 + 6
      let stages = span.stages.map { stage in
        let left = x(stage.start)
        let size = "width=\"\(max(2, x(stage.end) - left))\" height=\"16\""
        return "<rect class=\"\(stage.name)\" x=\"\(left)\" y=\"\(y)\" \(size)/>"
      }
      return "<text x=\"62\" y=\"\(y + 13)\" class=\"label\">part \(span.number)</text>" + stages.joined()
    }
    let words = spans.map { "part \($0.number) took \($0.end.timeIntervalSince($0.created).spoken)" }
    return figure(
      "Time of each part", words.joined(separator: ", "), width: 600, height: spans.count * 26 + 10,
      drawn.joined(separator: "\n"),
      caption: """
        From \(start.report.html) to \(end.report.html): <span class="key waited">waiting</span> \
        <span class="key ran">running</span> <span class="key wrote">writing the results</span>
        """)
  }

  /// - Parameter caption: HTML, made of our own words.
  /// A drawing with its words: a title and the figures in the label, for readers who hear the page, and a
  /// caption for all.
  private static func figure(
    _ title: String, _ words: String, width: Int, height: Int, _ drawing: String, caption: String
  ) -> String {
    let label = "\(title): \(words)".html
    return """
      <figure>
      <svg viewBox="0 0 \(width) \(height)" width="\(width)" height="\(height)" \
      role="img" aria-label="\(label)">
      \(drawing)
      </svg>
      <figcaption>\(caption)</figcaption>
      </figure>
      """
  }

  /// The stretch of time that one part took.
  private struct Span {
    let number: Int
    let created: Date
    let end: Date
    let stages: [(name: String, start: Date, end: Date)]

    init?(_ part: PartState, now: Date) {
      guard let batch = part.batch, let created = batch.createdAt else { return nil }
      number = part.index + 1
      self.created = created
      // The service's clock may be ahead of ours, and its dates in any order.
      end = max(created, batch.endedAt ?? now)
      let started = min(max(created, batch.startedAt ?? end), end)
      let finalizing = min(max(started, batch.finalizingAt ?? end), end)
      stages = [
        ("waited", created, started), ("ran", started, finalizing), ("wrote", finalizing, end),
      ].filter { $0.1 < $0.2 }
    }
  }
}
