public import BatchKit

/// The emulator's books: what was asked of it, what it ran, and what a real service would have charged.
///
/// ```swift
/// let ledger = emulator.ledger
/// #expect(ledger.paidTwice.isEmpty)
/// #expect(ledger.paidRows == 1000)
/// #expect(ledger.calls[.createBatch] == 1)
/// ```
/// It is a snapshot: a value that stays as it was when it was taken. The books know more than a client can
/// ask a service for, such as a batch whose create was never answered.
public struct EmulatorLedger: Sendable {
  /// A batch, as the books have it.
  public struct Batch: Sendable, Identifiable {
    /// The id by which the service knows it.
    public let id: String
    /// The file it was made of.
    public let inputFileID: String
    /// What was noted on it when it was made.
    public let metadata: [String: String]
    /// What became of it.
    public let status: RemoteStatus
    /// How many of its requests succeeded and failed, of how many.
    public let counts: RequestCounts
    /// The tokens it used up.
    public let usage: TokenUsage
    /// The requests that were run, in the order of their turn.
    ///
    /// Services answer in no order, so neither is this that of the file.
    public let executed: [CustomID]
    /// Those of them that were answered with success, and so are paid for.
    ///
    /// A request that failed by status was run and costs nothing.
    public let paid: [CustomID]
  }

  /// Every batch that was ever made, oldest first.
  ///
  /// Those too that failed their check or that nobody ever learnt of.
  public let batches: [Batch]
  /// The ids of the files that are still kept, oldest first.
  ///
  /// Uploads and result files alike: what is left here after a job was cleaned up was forgotten.
  public let filesAlive: [String]
  /// How often each call was made, answered or not.
  ///
  /// A call that never came has no entry.
  public let calls: [EmulatorCall: Int]
  /// How often each fault was struck into a call, so that a test can see that it met what it is about.
  public let faults: [EmulatorFault: Int]
  /// How many requests were being answered at one moment at most.
  ///
  /// By it a test tells whether a client keeps to what it promised to send at once.
  public let mostOpenRequests: Int
  /// How many batches were unfinished at one moment at most.
  ///
  /// By it a test tells whether parts were held back as they should be.
  public let mostUnfinishedBatches: Int
  /// How many requests were sent to an endpoint directly and answered with success.
  ///
  /// Those are outside of any batch and in none of the sums for batches.
  public let paidDirectly: Int

  init(of service: EmulatorService, mostOpenRequests: Int) {
    batches = service.batchOrder.compactMap { service.batches[$0.id] }.map(Batch.init)
    filesAlive = service.fileOrder
    calls = service.calls
    faults = service.faults
    self.mostOpenRequests = mostOpenRequests
    mostUnfinishedBatches = service.mostUnfinished
    paidDirectly = service.directRecord.paid.count
  }

  /// How many requests were paid for in all batches together.
  ///
  /// A row that was paid twice counts twice.
  public var paidRows: Int { batches.reduce(0) { $0 + $1.paid.count } }

  /// The requests that were paid for more than once, over all batches, sorted.
  ///
  /// Empty is what the library promises, whatever was injected. It takes all batches for one job; jobs that
  /// use the same ids for other requests are told apart by ``paidTwice(perValueOf:)``.
  public var paidTwice: [CustomID] { Self.repeated(in: batches) }

  /// The requests paid for more than once among batches alike in this metadata, sorted.
  ///
  /// For jobs that use the same ids for different requests, as independent jobs may. Batches without the key
  /// are taken together.
  /// - Parameter key: A key of the metadata, such as `batchkit_job`.
  /// - Returns: The ids that were paid for more than once among batches with the same value.
  public func paidTwice(perValueOf key: String) -> [CustomID] {
    let groups = Dictionary(grouping: batches) { $0.metadata[key] }
    return Set(groups.values.flatMap(Self.repeated)).sorted()
  }

  private static func repeated(in batches: [Batch]) -> [CustomID] {
    var times: [CustomID: Int] = [:]
    for batch in batches { for id in batch.paid { times[id, default: 0] += 1 } }
    return times.filter { $0.value > 1 }.keys.sorted()
  }
}

extension EmulatorLedger.Batch {
  init(_ batch: EmulatedBatch) {
    id = batch.id
    inputFileID = batch.inputFileID
    metadata = (batch.metadata.object?.dictionary ?? [:]).compactMapValues(\.string)
    status = batch.status
    counts = batch.record.counts
    usage = batch.record.usage
    executed = batch.record.executed
    paid = batch.record.paid
  }
}

extension EmulatorLedger {
  /// The books as JSON: sums for each batch, and every request that was paid twice.
  ///
  /// For whoever runs the emulator behind a port and wants to look in from outside.
  public var json: JSONValue {
    let calls = self.calls.sorted { $0.key < $1.key }.map { ($0.key.rawValue, Self.number($0.value)) }
    return [
      "batches": .array(batches.map(\.json)), "calls": .object(JSONObject(calls)),
      "paid_rows": Self.number(paidRows), "paid_directly": Self.number(paidDirectly),
      "paid_twice": .array(paidTwice.map { .string($0.rawValue) }),
      "files_alive": .array(filesAlive.map { .string($0) }),
      "most_open_requests": Self.number(mostOpenRequests),
      "most_unfinished_batches": Self.number(mostUnfinishedBatches),
    ]
  }

  fileprivate static func number(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }
}

extension EmulatorLedger.Batch {
  fileprivate var json: JSONValue {
    let pairs = metadata.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
    return [
      "id": .string(id), "input_file_id": .string(inputFileID), "status": .string(status.rawValue),
      "metadata": .object(JSONObject(pairs)), "total": EmulatorLedger.number(counts.total),
      "executed": EmulatorLedger.number(executed.count), "paid": EmulatorLedger.number(paid.count),
    ]
  }
}
