import Foundation

/// The page of a report, section by section.
///
/// Whatever comes from a job goes through `html` on its way into the page, since ids, prompts and answers are
/// other people's texts. The page is made for a single file that can be mailed: style, script and drawings
/// are in it.
struct ReportPage {
  private let facts: ReportFacts

  init(_ facts: ReportFacts) { self.facts = facts }

  /// What the job goes by: its name, or else its id.
  private var title: String { facts.card.name ?? facts.card.id }

  /// The whole page, from its doctype to its last line.
  var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta http-equiv="Content-Security-Policy" content="\(Self.policy)">
    <title>\(title.html) · batch report</title>
    <link rel="icon" href="data:,">
    <style>
    \(ReportStyle.sheet)
    </style>
    </head>
    <body>
    \(head)
    <main>
    \([counts, timeline, failures, tokens, sample, reconciliation].joined(separator: "\n"))
    </main>
    <footer><p>Made by BatchKit on \(facts.now.report). Prompts and answers below the head line are quoted \
    from the job: mind who may read them.</p></footer>
    <script>
    \(ReportStyle.script)
    </script>
    </body>
    </html>

    """
  }

  /// Even if something slipped through the escaping, the page could load nothing and tell nobody.
  private static let policy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
}

// MARK: - Head and counts

extension ReportPage {
  /// What the job is, and in one sentence how it went.
  private var head: String {
    let about = facts.card.description.map { "<p class=\"about\">\($0.html)</p>" } ?? ""
    let open =
      facts.status.phase == .settled ? "" : " The job is not over yet: this is how far it was."
    return """
      <header>
      <p class="kind">Batch report · <span class="phase">\(facts.status.phase.rawValue)</span></p>
      <h1>\(title.html)</h1>
      \(about)
      <p class="verdict">\(verdict.html)\(open)</p>
      <dl>
      <div><dt>Job</dt><dd>\(facts.card.id.html)</dd></div>
      <div><dt>Service</dt><dd>\(facts.card.identity.summary.html)</dd></div>
      <div><dt>Endpoint</dt><dd>\(facts.card.endpoint.rawValue.html)</dd></div>
      <div><dt>Created</dt><dd>\(facts.card.created.report)</dd></div>
      </dl>
      </header>
      """
  }

  /// How many requests succeeded, of those that there are, or of those that were answered where that is not
  /// known.
  private var verdict: String {
    let sums = facts.reconciliation
    let total = sums.submitted ?? sums.succeeded + sums.failed
    guard total > 0, sums.succeeded + sums.failed > 0 else { return "No request has an answer yet." }
    let share = Double(sums.succeeded) / Double(total) * 100
    // 99.96 must not be told as 100.
    let percent = sums.succeeded == total ? "100" : String(format: "%.1f", min(share, 99.9))
    return "\(sums.succeeded.grouped) of \(total.grouped) requests succeeded (\(percent) %)."
  }

  /// The six numbers that most people look for, the bad ones marked as such.
  private var counts: String {
    let sums = facts.reconciliation
    let cards = [
      ("Requests", sums.submitted ?? facts.status.counts.total, ""), ("Succeeded", sums.succeeded, "good"),
      ("Failed", sums.failed, sums.failed > 0 ? "bad" : ""),
      ("Without answer", sums.missing, sums.missing > 0 ? "bad" : ""),
      ("Tokens read", facts.usage.input, ""), ("Tokens written", facts.usage.output, ""),
    ]
    let items = cards.map { name, value, kind in
      let mark = kind.isEmpty ? "" : " class=\"\(kind)\""
      return "<li\(mark)><strong>\(value.grouped)</strong> <span>\(name)</span></li>"
    }
    return
      "<section aria-label=\"Counts\"><ul class=\"cards\">\n\(items.joined(separator: "\n"))\n</ul></section>"
  }

  /// The sum that shows that nothing is lost, and in words whether it adds up.
  private var reconciliation: String {
    let sums = facts.reconciliation
    let word =
      sums.isComplete
      ? "Every request is accounted for."
      : "Not every request is accounted for yet; the sum shows which kind."
    return section("Reconciliation", "<p class=\"sum\">\(sums.description.html)</p>\n<p>\(word)</p>")
  }

  /// A section with its heading; both must be HTML already.
  private func section(_ title: String, _ content: String) -> String {
    "<section>\n<h2>\(title)</h2>\n\(content)\n</section>"
  }
}

// MARK: - Timeline

extension ReportPage {
  /// More parts than anybody reads are told as a number.
  private static let mostParts = 200

  /// When each part began and ended, as a drawing and as a table, which alone has the exact times.
  private var timeline: String {
    let shown = facts.parts.prefix(Self.mostParts)
    let rest = facts.parts.count - shown.count
    let more = rest > 0 ? "<p>And \(rest.grouped) more parts.</p>" : ""
    let table = """
      <div class="wide" role="region" aria-label="Timeline of the parts" tabindex="0">
      <table>
      <thead><tr><th>Part</th><th>Batch</th><th>Status</th><th>Done</th><th>Created</th><th>In progress</th>\
      <th>Finalizing</th><th>Ended</th><th>Took</th></tr></thead>
      <tbody>
      \(shown.map(row).joined(separator: "\n"))
      </tbody>
      </table>
      </div>
      \(more)
      """
    return section("Timeline", ReportChart.timeline(Array(shown), now: facts.now) + table)
  }

  /// The line of a part in that table; what a service doesn't tell is left empty.
  private func row(_ part: PartState) -> String {
    let batch = part.batch
    let counts = batch?.counts
    let took = batch.flatMap { batch in
      batch.createdAt.flatMap { start in batch.endedAt.map { $0.timeIntervalSince(start).spoken } }
    }
    let total = part.requests == 0 ? counts?.total ?? 0 : part.requests
    // What follows the creation on the same day is told by the time alone, so that the table stays narrow.
    let later = [batch?.startedAt, batch?.finalizingAt, batch?.endedAt].map { date in
      date?.report(after: batch?.createdAt) ?? ""
    }
    let cells =
      [
        "\(part.index + 1)", batch?.id ?? "not sent", batch?.status.rawValue ?? part.stage.rawValue,
        "\(counts?.done ?? 0) of \(total)", batch?.createdAt?.report ?? "",
      ] + later + [took ?? ""]
    return "<tr>" + cells.map { "<td>\($0.html)</td>" }.joined() + "</tr>"
  }
}

// MARK: - Failures, tokens, sample

extension ReportPage {
  /// What went wrong, by kind, the commonest first, each with an example, some ids and what to do about it.
  private var failures: String {
    guard !facts.failures.isEmpty else { return section("Failures", "<p>No request failed.</p>") }
    let items = facts.failures.prefix(50).map { group in
      """
      <li>
      <h3><span class="count">\(group.count.grouped) ×</span> \(group.code.shortened(80).html)</h3>
      <p>\(group.example.shortened(400).html)</p>
      <p class="remedy">\(ReportRemedy.sentence(for: group).html)</p>
      <p class="ids">\(group.ids.map { $0.rawValue.shortened(80).html }.joined(separator: ", "))</p>
      </li>
      """
    }
    let rest = facts.failures.count - items.count
    let more = rest > 0 ? "<p>And \(rest.grouped) more kinds.</p>" : ""
    return section("Failures", "<ul class=\"failures\">\n\(items.joined(separator: "\n"))\n</ul>\(more)")
  }

  /// How many tokens were used, and how they are spread over the requests.
  private var tokens: String {
    guard facts.usage.total > 0 else {
      return section("Tokens", "<p>The answers so far tell nothing of tokens.</p>")
    }
    let usage = facts.usage
    let extra = [("from the cache", usage.cached), ("spent on reasoning", usage.reasoning)]
      .filter { $0.1 > 0 }.map { ", \($0.1.grouped) \($0.0)" }.joined()
    let parts = "\(usage.input.grouped) read, \(usage.output.grouped) written\(extra)"
    let words = "<p>\(usage.total.grouped) tokens: \(parts).</p>"
    return section("Tokens", words + ReportChart.histogram(facts.histogram.bars))
  }

  /// Some rows in full, with a field that searches among them.
  private var sample: String {
    guard !facts.sample.isEmpty else { return section("Rows", "<p>No row has an answer yet.</p>") }
    let rows = facts.sample.map { row in
      let tokens = row.tokens.map { " · \($0.grouped) tokens" } ?? ""
      let id = row.id.rawValue.shortened(120).html
      return """
        <article class="\(row.isGood ? "good" : "bad")">
        <h3>\(id)<small>\(row.isGood ? "succeeded" : "failed")\(tokens)</small></h3>
        <div><h4>Prompt</h4><pre>\((row.prompt ?? "not known").html)</pre></div>
        <div><h4>\(row.isGood ? "Answer" : "Failure")</h4><pre>\(row.answer.html)</pre></div>
        </article>
        """
    }
    let all = facts.reconciliation.succeeded + facts.reconciliation.failed
    let extent = rows.count == all ? "all \(all)" : "\(rows.count) of \(all.grouped)"
    return section(
      "Rows",
      """
      <p class="search"><label for="search">Search \(extent) rows</label>
      <input id="search" type="search" autocomplete="off"> <output id="found" for="search"></output></p>
      <div id="rows">
      \(rows.joined(separator: "\n"))
      </div>
      """)
  }
}
