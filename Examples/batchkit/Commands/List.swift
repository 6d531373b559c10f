import BatchKit
import Foundation

extension Command {
  static let list = Command(
    "list", .jobs, "List the jobs of the registry, or all batches at the service.",
    options: [
      Option("refresh", "Ask the service about all open jobs first."),
      Option("remote", "List what the service has, whoever made it."),
      Option("limit", short: "n", "COUNT", "How many to list at most: 100 if not told."),
    ],
    examples: ["batchkit list --remote"]
  ) { session in
    let limit = try session.arguments.number("limit", in: 1...100_000) ?? 100
    guard session.arguments.has("remote") else { return try await session.listJobs(limit) }
    let batches = try await session.client().remoteBatches(limit: limit)
    var rows = Columns()
    for batch in batches {
      let counts = batch.counts.map { "\($0.done)/\($0.total)" } ?? ""
      rows.add(batch.id, batch.status.rawValue, counts, batch.createdAt?.formatted(.iso8601) ?? "")
    }
    let text = batches.isEmpty ? "The service has no batches." : rows.text
    try session.console.tell(.array(batches.map(\.json)), text + session.origin)
    return .done
  }
}

extension Session {
  fileprivate func listJobs(_ limit: Int) async throws -> ExitCode {
    if arguments.has("refresh") { try await client().pollAll() }
    let registry = registry
    // A job whose journal can't be read is a job all the same, and listed without its counts.
    let entries = try await registry.entries.prefix(limit).map { ($0, try? registry.counts(of: $0)) }
    var rows = Columns()
    for (entry, counts) in entries {
      rows.add(
        entry.name ?? entry.id, entry.phase, counts.map { "\($0.done)/\($0.total)" } ?? "",
        entry.created.formatted(.iso8601), entry.description ?? "")
    }
    let text = entries.isEmpty ? "No jobs yet; batchkit run and batchkit submit make them." : rows.text
    try console.tell(.array(entries.map { $0.json(counts: $1) }), text)
    return .done
  }
}

extension RegistryEntry {
  fileprivate func json(counts: RequestCounts?) -> JSONValue {
    var object: JSONObject = ["id": .string(id), "phase": .string(phase)]
    object["name"] = name.map { .string($0) }
    object["description"] = description.map { .string($0) }
    object["endpoint"] = .string(endpoint.rawValue)
    object["provider"] = .string(provider)
    object["total"] = counts.map { .number(JSONNumber($0.total)) }
    object["completed"] = counts.map { .number(JSONNumber($0.completed)) }
    object["failed"] = counts.map { .number(JSONNumber($0.failed)) }
    object["batches"] = .array(batches.map { .string($0) })
    object["created"] = .string(created.formatted(.iso8601))
    return .object(object)
  }
}

extension RemoteBatch {
  fileprivate var json: JSONValue {
    var object: JSONObject = ["id": .string(id), "status": .string(status.rawValue)]
    object["endpoint"] = endpoint.map { .string($0) }
    object["input_file"] = inputFileID.map { .string($0) }
    object["total"] = counts.map { .number(JSONNumber($0.total)) }
    object["completed"] = counts.map { .number(JSONNumber($0.completed)) }
    object["failed"] = counts.map { .number(JSONNumber($0.failed)) }
    object["created"] = createdAt.map { .string($0.formatted(.iso8601)) }
    return .object(object)
  }
}
