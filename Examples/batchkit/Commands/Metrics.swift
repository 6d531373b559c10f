import BatchKit
import Foundation

extension Command {
  static let metrics = Command(
    "metrics", .jobs, "Add up how the jobs fared: success, time, tokens.",
    discussion:
      "From what is on this disk, for all jobs of the registry, per model and per day; asks no service.",
    examples: ["batchkit metrics --json"], reach: .registry
  ) { session in
    let metrics = try await session.registry.metrics()
    for name in metrics.unreadable {
      session.console.note("“\(name)” is left out: its journal can't be read.")
    }
    try session.console.tell(metrics.json, metrics.lines)
    return .done
  }
}

extension BatchMetrics {
  fileprivate var json: JSONValue {
    func table(_ slices: [String: Figures]) -> JSONValue {
      .object(JSONObject(slices.keys.sorted().map { ($0, slices[$0]?.json ?? .null) }))
    }
    return [
      "jobs": .number(JSONNumber(jobs)), "settled": .number(JSONNumber(settledJobs)), "total": total.json,
      "models": table(models), "days": table(days), "unreadable": .array(unreadable.map { .string($0) }),
    ]
  }

  fileprivate var lines: String {
    guard jobs > 0 else { return "No jobs yet." }
    var rows = Columns()
    rows.add("", "batches", "requests", "success", "mean", "95 %", "tokens in", "tokens out")
    rows.add(figures: total, of: "all")
    for model in models.keys.sorted() { rows.add(figures: models[model], of: model) }
    for day in days.keys.sorted() { rows.add(figures: days[day], of: day) }
    return "\(jobs) \(jobs == 1 ? "job" : "jobs"), \(settledJobs) of them over\n\(rows.text)"
  }
}

extension Columns {
  fileprivate mutating func add(figures: BatchMetrics.Figures?, of name: String) {
    guard let figures else { return }
    let rate = figures.successRate.map { String(format: "%.1f %%", $0 * 100) } ?? "-"
    add(
      name, "\(figures.batches)", "\(figures.requests)", rate, figures.meanDuration?.spoken ?? "-",
      figures.duration95?.spoken ?? "-", "\(figures.usage.input)", "\(figures.usage.output)")
  }
}
