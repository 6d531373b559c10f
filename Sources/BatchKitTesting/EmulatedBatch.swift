import BatchKit
import Foundation

/// A batch as the service knows it.
///
/// It holds what a client is told and what it is not: the run itself, and how often it was asked for. A batch
/// is never forgotten, since the books are made of all of them.
struct EmulatedBatch: Sendable {
  let id: String
  let endpoint: String
  let inputFileID: String
  let metadata: JSONValue
  let createdAt: Date
  var outputLifetime: Duration = .seconds(2_592_000)
  /// The share of its requests after which nothing more is run until the window closes.
  var stuckAt: Double?

  var status: RemoteStatus = "validating"
  /// When each status after the first one began.
  var dates: [RemoteStatus: Date] = [:]
  /// How often the batch was retrieved, and how often when it was cancelled.
  var polls = 0
  var pollsAtCancel = 0
  var problems: [RemoteProblem] = []
  var outputFileID: String?
  var errorFileID: String?
  /// The work, from the check of the input to the end.
  var run: BatchRun?
  /// What remains of the run in the books when its files are handed out.
  var record = BatchRecord()

  /// The window: a day, as everywhere.
  var expiresAt: Date { createdAt.addingTimeInterval(86_400) }

  /// Enters a status, at this date.
  mutating func enter(_ status: RemoteStatus, at date: Date) {
    self.status = status
    dates[status] = date
  }

  /// The batch as the service tells of it.
  var json: JSONValue {
    [
      "id": .string(id), "object": "batch", "endpoint": .string(endpoint), "model": .nullable(record.model),
      "errors": errors, "input_file_id": .string(inputFileID), "completion_window": "24h",
      "status": .string(status.rawValue), "output_file_id": .nullable(outputFileID),
      "error_file_id": .nullable(errorFileID), "created_at": .seconds(createdAt),
      "in_progress_at": .seconds(dates["in_progress"]), "expires_at": .seconds(expiresAt),
      "finalizing_at": .seconds(dates["finalizing"]), "completed_at": .seconds(dates["completed"]),
      "failed_at": .seconds(dates["failed"]), "expired_at": .seconds(dates["expired"]),
      "cancelling_at": .seconds(dates["cancelling"]), "cancelled_at": .seconds(dates["cancelled"]),
      "request_counts": record.countsJSON, "usage": record.usageJSON, "metadata": metadata,
    ]
  }

  /// The batch as it was told of when it was made.
  ///
  /// For a list that is behind: the batch in it is still being validated, and has no files.
  var staleJSON: JSONValue {
    Self(
      id: id, endpoint: endpoint, inputFileID: inputFileID, metadata: metadata, createdAt: createdAt
    ).json
  }

  /// What is wrong with the input, where it was refused.
  private var errors: JSONValue {
    guard !problems.isEmpty else { return nil }
    let data = problems.map { problem -> JSONValue in
      [
        "code": .nullable(problem.code), "message": .string(problem.message),
        "param": .nullable(problem.parameter), "line": .nullable(problem.line),
      ]
    }
    return ["object": "list", "data": .array(data)]
  }
}

/// What the books say of a batch: what it ran, what of that is paid, and the sums.
///
/// It grows with each request that is run, so that a batch which is given up halfway has its true bill.
struct BatchRecord: Sendable {
  var model: String?
  var counts = RequestCounts()
  var usage = TokenUsage()
  /// The ids of the requests that were run, in the order of their turn.
  var executed: [CustomID] = []
  /// Those of them that got an answer with status 2xx, and so are paid for.
  var paid: [CustomID] = []

  /// Notes what one request came to.
  ///
  /// Also of a request that the script leaves out of the files: it was run and is paid for.
  mutating func note(_ id: CustomID, _ answer: EndpointAnswer) {
    executed.append(id)
    usage += answer.usage
    if answer.isPaid {
      paid.append(id)
      counts.completed += 1
    } else {
      counts.failed += 1
    }
  }

  /// The counts as the service writes them.
  var countsJSON: JSONValue {
    [
      "total": .number(JSONNumber(counts.total)), "completed": .number(JSONNumber(counts.completed)),
      "failed": .number(JSONNumber(counts.failed)),
    ]
  }

  /// The tokens as the service writes them.
  var usageJSON: JSONValue {
    [
      "input_tokens": .number(JSONNumber(usage.input)), "input_tokens_details": ["cached_tokens": 0],
      "output_tokens": .number(JSONNumber(usage.output)), "output_tokens_details": ["reasoning_tokens": 0],
      "total_tokens": .number(JSONNumber(usage.total)),
    ]
  }
}
