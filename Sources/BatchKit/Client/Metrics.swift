public import Foundation

/// How the jobs of a registry fared: what succeeded, how long it took, what it used up.
///
/// Everything comes from the journals, so it counts what the service said of each batch, also of jobs whose
/// answers were never fetched. A row that was sent twice is two requests here: metrics are of work, not of
/// rows.
/// ```swift
/// let metrics = try await client.metrics()
/// for (model, figures) in metrics.models { print(model, figures.successRate ?? 0, figures.usage.total) }
/// ```
public struct BatchMetrics: Sendable, Hashable {
  /// One line of figures: all jobs, those of a model, or those of a day.
  public struct Figures: Sendable, Hashable {
    /// How many remote batches there were.
    public var batches = 0
    /// How many requests they held.
    public var requests = 0
    /// How many were answered well.
    public var succeeded = 0
    /// How many were answered with an error.
    public var failed = 0
    /// The tokens used up, so far as the service told.
    public var usage = TokenUsage()
    /// How long each finished batch took from its creation to its end, in seconds, the shortest first.
    public var durations: [TimeInterval] = []

    /// Figures of nothing yet.
    public init() {}

    /// The share of answered requests that were answered well; `nil` before the first answer.
    public var successRate: Double? {
      succeeded + failed == 0 ? nil : Double(succeeded) / Double(succeeded + failed)
    }

    /// The mean time to complete, in seconds.
    public var meanDuration: TimeInterval? {
      durations.isEmpty ? nil : durations.reduce(0, +) / Double(durations.count)
    }

    /// The time within which 95 of 100 batches were complete, in seconds.
    ///
    /// It is the duration of a batch that there was, none in between.
    public var duration95: TimeInterval? {
      guard !durations.isEmpty else { return nil }
      // Rounded up, so of few batches it is the slowest, and never one that is not there.
      return durations[Int((Double(durations.count) * 0.95).rounded(.up)) - 1]
    }
  }

  /// How many jobs the registry has.
  public var jobs = 0
  /// How many of them are over.
  public var settledJobs = 0
  /// All of them together.
  public var total = Figures()
  /// Those of each model, by its name.
  public var models: [String: Figures] = [:]
  /// Those begun on each day, in the form `2026-03-31`, by universal time.
  public var days: [String: Figures] = [:]
  /// Jobs whose journal can't be read, left out of all figures.
  public var unreadable: [String] = []

  /// Metrics of no jobs.
  public init() {}
}

extension BatchClient {
  /// Adds up how the registry's jobs fared, from what is on disk; asks no service.
  ///
  /// - Throws: ``BatchError`` where the registry can't be read. A single journal that can't be is named among
  ///   ``BatchMetrics/unreadable``.
  public func metrics() async throws -> BatchMetrics { try await registry.metrics() }
}

extension BatchRegistry {
  /// Adds up how the jobs fared, from what is on disk; asks no service, and so needs neither key nor client.
  public func metrics() async throws -> BatchMetrics {
    var metrics = BatchMetrics()
    for entry in try await entries {
      do throws(BatchError) {
        let state = try state(of: entry.id)
        metrics.add(state, model: try model(of: state))
      } catch {
        metrics.unreadable.append(entry.name ?? entry.id)
      }
    }
    metrics.sortDurations()
    return metrics
  }

  /// The model that the first request of a job asks, where we have the request.
  ///
  /// All requests of a job may ask different models; the first stands for them where the service does not
  /// say.
  /// - Returns: `nil` for a job that was adopted, or whose requests were deleted.
  private func model(of state: JobState) throws(BatchError) -> String? {
    guard let part = state.parts.first, !part.file.isEmpty else { return nil }
    let path = "\(folder(for: state.card.id))/\(part.file)"
    guard try store.status(of: path) != nil else { return nil }
    var lines = LineReader(try store.open(path))
    guard try lines.next() else { return nil }
    let line: JSONValue
    do throws(JSONFault) { line = try JSONValue.parse(lines.line) } catch { return nil }
    return line["body"]["model"].string
  }
}

extension BatchMetrics {
  /// Counts a job, each of its batches under the batch's own model and day.
  mutating func add(_ state: JobState, model: String?) {
    jobs += 1
    if state.isSettled { settledJobs += 1 }
    for part in state.parts {
      guard let batch = part.batch else { continue }
      let figures = Figures(batch, requests: part.requests)
      let day = (batch.createdAt ?? state.card.created).timestamp.map { String($0.prefix(10)) } ?? "unknown"
      total.add(figures)
      models[batch.model ?? model ?? "unknown", default: Figures()].add(figures)
      days[day, default: Figures()].add(figures)
    }
  }

  /// Brings all durations into the order that the figures promise; asked once, after the last job.
  mutating func sortDurations() {
    total.durations.sort()
    for key in models.keys { models[key]?.durations.sort() }
    for key in days.keys { days[key]?.durations.sort() }
  }
}

extension BatchMetrics.Figures {
  /// The figures of one batch. Only one that is over has a duration, and none where the service's dates are
  /// in the wrong order.
  init(_ batch: RemoteBatch, requests: Int) {
    batches = 1
    self.requests = requests == 0 ? batch.counts?.total ?? 0 : requests
    succeeded = batch.counts?.completed ?? 0
    failed = batch.counts?.failed ?? 0
    usage = batch.usage ?? TokenUsage()
    if let start = batch.createdAt, let end = batch.endedAt, end >= start {
      durations = [end.timeIntervalSince(start)]
    }
  }

  /// Adds figures up; the durations are sorted later.
  mutating func add(_ other: Self) {
    batches += other.batches
    requests += other.requests
    succeeded += other.succeeded
    failed += other.failed
    usage += other.usage
    durations += other.durations
  }
}

extension BatchMetrics.Figures {
  /// The figures as one JSON object.
  package var json: JSONValue {
    func number(_ value: Double?) -> JSONValue {
      value.map { .number(JSONNumber(($0 * 10_000).rounded() / 10_000)) } ?? .null
    }
    return [
      "batches": .number(JSONNumber(batches)), "requests": .number(JSONNumber(requests)),
      "succeeded": .number(JSONNumber(succeeded)), "failed": .number(JSONNumber(failed)),
      "success_rate": number(successRate), "mean_seconds": number(meanDuration),
      "p95_seconds": number(duration95), "input_tokens": .number(JSONNumber(usage.input)),
      "output_tokens": .number(JSONNumber(usage.output)),
      "cached_tokens": .number(JSONNumber(usage.cached)),
    ]
  }
}
