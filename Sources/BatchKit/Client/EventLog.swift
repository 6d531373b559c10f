import Foundation

extension BatchObserver {
  /// A log file at this path, one line of JSON for each event, added to what is there.
  ///
  /// It holds ids, counts and times, never a prompt, an answer or a key. A log that can't be written does
  /// not stop a job that is paid for; the next event tries again.
  ///
  /// ```json
  /// {"date":"2026-03-31T08:15:00.000Z","job":"job-20260331-…","event":"uploaded","part":0,"bytes":48}
  /// ```
  /// Each event is one write of a whole line, so several jobs and processes can share a log. It is not synced
  /// to the disk: what must not be lost is in the journal.
  /// - Parameter path: the file, which is made where there is none.
  public static func jsonLines(to path: String) -> Self { jsonLines(to: path, store: DiskStore.shared) }

  package static func jsonLines(to path: String, store: any FileStore) -> Self {
    let log = Locked(EventLog(path: path, store: store))
    return .calling { event in log.withLock { $0.write(event) } }
  }
}

/// The file that events are written to.
///
/// It is opened at the first event and then kept open; behind its lock, lines of several threads do not mix.
private struct EventLog: Sendable {
  let path: String
  let store: any FileStore
  private var file: (any WritableFile)?

  init(path: String, store: any FileStore) {
    self.path = path
    self.store = store
  }

  /// Appends the line of an event, or drops it: a log must never be the reason that a paid job stops.
  mutating func write(_ event: BatchEvent) {
    // A log tells what became so; how far an upload is at this moment is for who looks on.
    if case .uploading = event.kind { return }
    do {
      let file = try file ?? store.create(path, .append)
      try file.write(JSONWriter.bytes(of: event.json) + [0x0A])
      self.file = file
    } catch {
      // Opened anew for the next event: the disk may have room again by then.
      file = nil
    }
  }
}

extension BatchEvent {
  /// The event as one JSON object.
  package var json: JSONValue {
    var object: JSONObject = ["date": date.timestamp.map { .string($0) } ?? .null, "job": .string(job)]
    object["name"] = name.map { .string($0) }
    for (key, value) in fields { object[key] = value }
    return .object(object)
  }

  /// What is told beside date, job and name: the word of the event, and its numbers. Words and keys are part
  /// of what other programs read, so they stay as they are.
  private var fields: [(String, JSONValue)] {
    func event(_ word: String, _ more: (String, JSONValue)...) -> [(String, JSONValue)] {
      [("event", .string(word))] + more
    }
    func number(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }
    switch kind {
    case .spared(let rows, let shared, let reused):
      return event(
        "spared", ("rows", number(rows)), ("shared", number(shared)), ("reused", number(reused)))
    case .prepared(let requests, let parts):
      return event("prepared", ("requests", number(requests)), ("parts", number(parts)))
    case .resumed: return event("resumed")
    case .uploading(let part, let sent, let total):
      return event("uploading", ("part", number(part)), ("sent", number(sent)), ("total", number(total)))
    case .uploaded(let part, let bytes):
      return event("uploaded", ("part", number(part)), ("bytes", number(bytes)))
    case .created(let part, let batch):
      return event("created", ("part", number(part)), ("batch", .string(batch)))
    case .adopted(let part, let batch):
      return event("adopted", ("part", number(part)), ("batch", .string(batch)))
    case .ghostCancelled(let batch): return event("ghost_cancelled", ("batch", .string(batch)))
    case .waiting(let reason, let duration):
      return event("waiting", ("reason", .string(reason)), ("seconds", number(Int(duration.seconds))))
    case .progressed(let status): return event("progressed", ("status", status.json))
    case .troubled(let reason): return event("troubled", ("reason", .string(reason)))
    case .collected(let part, let kind, let bytes):
      return event(
        "collected", ("part", number(part)), ("kind", .string(kind.rawValue)), ("bytes", number(bytes)))
    case .settled(let status): return event("settled", ("status", status.json))
    }
  }
}

extension BatchStatus {
  /// The status as one JSON object.
  package var json: JSONValue {
    var object: JSONObject = [
      "phase": .string(phase.rawValue), "total": .number(JSONNumber(counts.total)),
      "completed": .number(JSONNumber(counts.completed)), "failed": .number(JSONNumber(counts.failed)),
      "parts": .number(JSONNumber(parts.count)),
    ]
    if shared > 0 { object["shared"] = .number(JSONNumber(shared)) }
    if reused > 0 { object["reused"] = .number(JSONNumber(reused)) }
    if isStalled { object["stalled"] = true }
    if let end = expectedEnd?.timestamp { object["expected_end"] = .string(end) }
    if let asOf = asOf?.timestamp { object["as_of"] = .string(asOf) }
    return .object(object)
  }
}
