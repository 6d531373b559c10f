import BatchKit
import Foundation

extension EmulatorService {
  /// Makes a batch, unless something can be refused on the spot; everything else is found by validation.
  ///
  /// A script can let the create break off here and take effect later: then the order waits for its time, and
  /// the answer is lost.
  mutating func createBatch(_ request: HTTPRequest) throws -> EmulatorAnswer {
    let order = try BatchOrder(json(of: request))
    guard let file = files[order.inputFileID],
      now >= file.createdAt.addingTimeInterval(script.delays.files.seconds)
    else { throw Refusal.fileNotFound(order.inputFileID) }
    guard file.purpose == "batch" else {
      throw Refusal(
        400, "The file \(file.id) has the purpose '\(file.purpose)', but 'batch' is needed.",
        parameter: "input_file_id", code: "invalid_value")
    }
    if let late = script.delays.creates, brokenCreates < late.first {
      brokenCreates += 1
      lateCreates.append((now.addingTimeInterval(late.duration.seconds), order))
      return EmulatorAnswer(.null).struck(by: .resetAfterActing)
    }
    return EmulatorAnswer(make(order, at: now).json)
  }

  /// Makes the batch that was asked for.
  ///
  /// From here on it runs by itself, whether anybody knows of it or not.
  @discardableResult
  mutating func make(_ order: BatchOrder, at date: Date) -> EmulatedBatch {
    var batch = EmulatedBatch(
      id: "batch_\(random.name())", endpoint: order.endpoint.rawValue, inputFileID: order.inputFileID,
      metadata: order.metadata, createdAt: date)
    batch.outputLifetime = order.outputLifetime
    batch.stuckAt = script.pace.stuckAt(batch: batchOrder.count + 1)
    batches[batch.id] = batch
    batchOrder.append((batch.id, date))
    unfinished.append(batch.id)
    mostUnfinished = max(mostUnfinished, unfinished.count)
    return batch
  }

  /// Tells of a batch, which may count as one of the polls that move it on.
  ///
  /// It is the only call that counts as a poll. The batch is moved on with the poll, so that the one that
  /// ends it shows the end.
  mutating func retrieveBatch(_ id: String) throws(Refusal) -> EmulatorAnswer {
    guard var batch = batches.removeValue(forKey: id) else { throw Self.noBatch(id) }
    batch.polls += 1
    move(&batch)
    batches[id] = batch
    settle()
    return EmulatorAnswer(batch.json)
  }

  /// Asks a batch to stop; what was run by now stays paid for.
  ///
  /// A batch that is over can't be cancelled, which is answered by 409; to cancel a cancelled one again is no
  /// error.
  mutating func cancelBatch(_ id: String) throws(Refusal) -> EmulatorAnswer {
    guard var batch = batches[id] else { throw Self.noBatch(id) }
    switch batch.status.meaning {
    case .completed, .failed, .expired:
      throw Refusal(409, "Cannot cancel a batch with status '\(batch.status)'.")
    case .cancelling, .cancelled: break
    default:
      batch.enter("cancelling", at: now)
      batch.pollsAtCancel = batch.polls
      batches[id] = batch
    }
    return EmulatorAnswer(batch.json)
  }

  /// The refusal of an id that no batch has.
  static func noBatch(_ id: String) -> Refusal { Refusal(404, "No batch found with id '\(id)'.") }

  /// A page of the batches, newest first, as well or as badly as the script wants it.
  ///
  /// The quirks bend a true list; each of them keeps every batch on some page.
  mutating func listBatches(_ route: EmulatorRoute) throws(Refusal) -> EmulatorAnswer {
    let limit = try route.limit(1...100, default: 20)
    let quirks = script.listing.quirks
    // Nothing but dates is looked at here: each page of a long list goes through all of it.
    let latest = now.addingTimeInterval(-script.listing.delay.seconds)
    var ids = batchOrder.reversed().filter { $0.created <= latest }.map(\.id)
    if quirks.contains(.ignoringTheCursor) { return page(ids, hasMore: true) }
    if let after = route.query["after"] {
      guard let place = ids.firstIndex(of: after) else { throw Self.noBatch(after) }
      // Where pages overlap they are one longer: a page of the old batch alone would lead nowhere.
      let overlap = quirks.contains(.overlapping) ? 1 : 0
      ids.removeSubrange(..<(place + 1 - overlap))
      return page(Array(ids.prefix(limit + overlap)), hasMore: ids.count > limit + overlap)
    }
    return page(Array(ids.prefix(limit)), hasMore: ids.count > limit)
  }

  /// The page that shows these batches.
  private mutating func page(_ ids: [String], hasMore: Bool) -> EmulatorAnswer {
    let isStale = script.listing.quirks.contains(.stale)
    // The cursor of the next page is the last element, so that one stays where it is.
    let shuffled = ids.dropLast().shuffled(using: &random) + ids.suffix(1)
    let shown = script.listing.quirks.contains(.outOfOrder) ? shuffled : ids
    let data = shown.compactMap { batches[$0] }.map { isStale ? $0.staleJSON : $0.json }
    return EmulatorAnswer([
      "object": "list", "data": .array(data), "first_id": .nullable(shown.first),
      "last_id": .nullable(shown.last), "has_more": .bool(hasMore),
    ])
  }
}
