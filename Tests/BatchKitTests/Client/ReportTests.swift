import BatchKit
import BatchKitTesting
import Foundation
import Testing

@Suite(.inTurn) struct `A report shows a person how a job went` {
  private func report(
    _ script: EmulatorScript, rows: Int = 40, saying text: String = "Say", named name: String = "reviews",
    requestsPerPart: Int = 50_000
  ) async throws -> String {
    let limits = BatchLimits(requests: requestsPerPart, bytes: 200_000_000)
    let stage = Stage(script, limits: limits)
    let batch = Stage.batch(rows, saying: text)
    let job = try await stage.client.submit(batch, named: name, description: "a <b>trial</b>")
    _ = try await job.wait()
    return try job.report().html
  }

  @Test func `the head line, the sums and the parts are there`() async throws {
    let html = try await report(.echo.failing("r-3", with: .contextLengthExceeded), requestsPerPart: 15)
    #expect(html.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
    #expect(html.contains("<h1>reviews</h1>"))
    #expect(html.contains("39 of 40 requests succeeded (97.5 %)."))
    #expect(html.contains("40 submitted = 39 succeeded + 1 failed + 0 missing"))
    #expect(html.contains("Every request is accounted for."))
    #expect(html.contains("part 1 took") && html.contains("part 3 took"))
    #expect(html.contains("<td>15 of 15</td>") && html.contains("<td>10 of 10</td>"))
  }

  @Test(arguments: [201, 399, 400]) func `the sample reaches from the first rows to the last`(rows: Int)
    async throws
  {
    let html = try await report(.echo, rows: rows)
    let shown = html.matches(of: /<h3>r-(\d+)/).compactMap { Int($0.output.1) }
    #expect(shown.count > 90 && shown.count <= 200)
    #expect(shown.first == 1 && shown.last ?? 0 >= rows - 2, "\(shown.suffix(3))")
  }

  @Test func `rows that share a request are shown with their prompts`() async throws {
    let stage = Stage(.echo)
    var batch = Batch(Chat(model: "m"))
    for number in 1...6 { batch.add(CustomID("r-\(number)"), number > 2 ? "The same." : "Another.") }
    let job = try await stage.client.submit(batch.collapsingDuplicates(), named: "n")
    _ = try await job.wait()
    let html = try job.report().html
    #expect(!html.contains("not known"))
    #expect(html.components(separatedBy: "The same.").count == 1 + 2 * 4)
  }

  @Test func `failures are grouped, each with what to do about it`() async throws {
    let html = try await report(
      .echo.failing("r-3", "r-4", with: .contextLengthExceeded).failing("r-9", with: .rateLimit))
    #expect(html.contains("2 ×</span> context_length_exceeded"))
    #expect(html.contains("Shorten the prompt, or choose a model with more room."))
    #expect(html.contains("r-3, r-4"))
    #expect(html.contains("1 ×</span> rate_limit_exceeded"))
  }

  @Test func `charts say in words what they draw`() async throws {
    let html = try await report(.echo)
    let charts = html.matches(
      of: /<svg viewBox="[0-9 ]+" width="\d+" height="\d+" role="img" aria-label="([^"]+)">/)
    #expect(charts.count == 2)
    #expect(charts.map { $0.output.1 }.contains { $0.hasPrefix("Requests by tokens: ") })
    #expect(charts.map { $0.output.1 }.contains { $0.hasPrefix("Time of each part: part 1 took ") })
  }

  @Test(arguments: [
    "</script><script>alert(1)</script>", "\" onload=\"alert(1)", "'><img src=x onerror=alert(1)>",
    "&lt;b&gt; &amp;", "</pre></article>", "<!--", "\u{0}\u{1B}[31m\u{202E}",
  ]) func `nothing in the data becomes a part of the page`(text: String) async throws {
    let plain = try await report(.echo, rows: 2, saying: "harmless", named: "harmless")
    let hostile = try await report(
      .echo.failing("r-2", with: .serverError), rows: 2, saying: text, named: text)
    func tags(_ html: String) -> Set<String> {
      Set(html.matches(of: /<\/?[a-z0-9]+/).map { String($0.output) })
    }
    #expect(tags(hostile).subtracting(tags(plain)).isSubset(of: ["<li", "</li"]))
    #expect(!hostile.contains("onerror=alert(1)>"))
    #expect(!hostile.contains("\" onload"))
    #expect(hostile.matches(of: /<script>/).count == 1)
    #expect(!hostile.unicodeScalars.contains { ["\u{0}", "\u{1B}", "\u{202E}"].contains($0) })
  }

  @Test func `the page loads nothing from elsewhere`() async throws {
    let html = try await report(.echo)
    #expect(html.contains("default-src 'none'"))
    #expect(!html.contains("src="))
    #expect(!html.contains("@import"))
    #expect(!html.contains("url("))
  }

  @Test func `a large job makes no large page`() async throws {
    let html = try await report(.echo, rows: 900, saying: String(repeating: "<&\"é", count: 200))
    #expect(html.utf8.count < 3_000_000)
    let rows = html.matches(of: /<article class=/).count
    #expect(rows > 50 && rows <= 200)
    #expect(html.contains("of 900 rows"))
  }

  @Test func `a job that is not over says so`() async throws {
    let stage = Stage(.echo.taking(.seconds(3600)))
    let job = try await stage.client.submit(Stage.batch(3), named: "early")
    let html = try job.report().html
    #expect(html.contains("No request has an answer yet. The job is not over yet"))
    #expect(html.contains("No row has an answer yet."))
  }

  @Test func `it is written whole, for its owner's eyes to share`() async throws {
    let scratch = try Scratch()
    let stage = Stage()
    let job = try await stage.client.submit(Stage.batch(3))
    _ = try await job.wait()
    try job.report().write(to: scratch("report.html"))
    #expect(try DiskStore.shared.text(scratch("report.html")).hasSuffix("</html>\n"))
    #expect(throws: BatchError.self) { try job.report().write(to: scratch("no/report.html")) }
  }
}
