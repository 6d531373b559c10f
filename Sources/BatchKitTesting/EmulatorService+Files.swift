import BatchKit
import Foundation

extension EmulatorService {
  /// Keeps an uploaded file.
  ///
  /// It was read and checked before; to keep it is all that needs the lock.
  mutating func store(_ upload: Upload?) throws(Refusal) -> EmulatorAnswer {
    guard let upload else { throw Refusal.missing("file") }
    // Batch files go after a month; all others stay until someone deletes them.
    let lifetime = upload.lifetime ?? (upload.purpose == "batch" ? .seconds(2_592_000) : nil)
    let file = add(upload.content, name: upload.name, purpose: upload.purpose, at: now, lifetime: lifetime)
    return EmulatorAnswer(file.json)
  }

  /// Files bytes under a fresh id.
  ///
  /// Ids are drawn from the seed, so that a run that is repeated has the same ones.
  mutating func add(
    _ content: HTTPBody, name: String, purpose: String, at date: Date, lifetime: Duration?
  ) -> StoredFile {
    let file = StoredFile(
      id: "file-\(random.name().prefix(24))", name: name, purpose: purpose, createdAt: date,
      expiresAt: lifetime.map { date.addingTimeInterval($0.seconds) }, content: content)
    files[file.id] = file
    fileOrder.append(file.id)
    nextExpiry = min(nextExpiry, file.expiresAt ?? .distantFuture)
    return file
  }

  /// The file of this id, so long as it has not expired.
  func file(_ id: String) throws(Refusal) -> StoredFile {
    guard let file = files[id] else {
      throw Refusal(404, "No such File object: \(id)", parameter: "id")
    }
    return file
  }

  /// The bytes of a file, of whatever purpose.
  ///
  /// Inputs can be fetched as well as results.
  func content(of id: String) throws(Refusal) -> EmulatorAnswer {
    let file = try file(id)
    return EmulatorAnswer(content: file.content, fileName: file.name)
  }

  /// A video that an answer named, for as long as the answer says: a container of the format with nothing to
  /// see in it but the id.
  func content(ofVideo id: String) throws(Refusal) -> EmulatorAnswer {
    guard let expiry = videos[id], now < expiry else {
      throw Refusal(404, "Video with id '\(id)' not found.", parameter: "id")
    }
    let kind = Array("ftypmp42".utf8) + [0, 0, 0, 0] + Array("mp42".utf8)
    let bytes = [kind, Array("mdat\(id)".utf8)].flatMap { box in
      withUnsafeBytes(of: UInt32(box.count + 4).bigEndian, Array.init) + box
    }
    return EmulatorAnswer(content: .bytes(bytes), fileName: "\(id).mp4")
  }

  /// Deletes a file; a batch that was checked already goes on without it.
  mutating func deleteFile(_ id: String) throws(Refusal) -> EmulatorAnswer {
    _ = try file(id)
    files[id] = nil
    fileOrder.removeAll { $0 == id }
    return EmulatorAnswer(["id": .string(id), "object": "file", "deleted": true])
  }

  /// A page of the files, newest first unless asked otherwise.
  ///
  /// A cursor that names a file which was deleted meanwhile is refused.
  func listFiles(_ route: EmulatorRoute) throws(Refusal) -> EmulatorAnswer {
    let limit = try route.limit(1...10_000, default: 10_000)
    let order = route.query["order"] ?? "desc"
    guard ["asc", "desc"].contains(order) else {
      throw Refusal.invalidValue("order", .string(order), supported: ["asc", "desc"])
    }
    var ids = order == "asc" ? fileOrder : fileOrder.reversed()
    if let after = route.query["after"] {
      guard let place = ids.firstIndex(of: after) else {
        throw Refusal(404, "No such File object: \(after)", parameter: "after")
      }
      ids.removeSubrange(...place)
    }
    let purpose = route.query["purpose"]
    let matching = ids.compactMap { files[$0] }.filter { purpose == nil || $0.purpose == purpose }
    let page = matching.prefix(limit)
    return EmulatorAnswer([
      "object": "list", "data": .array(page.map(\.json)), "first_id": .nullable(page.first?.id),
      "last_id": .nullable(page.last?.id), "has_more": .bool(matching.count > page.count),
    ])
  }

  /// Takes away the files whose time is over.
  ///
  /// Most requests return at once: the earliest date at which a file goes is known.
  mutating func expireFiles() {
    guard nextExpiry <= now else { return }
    let expired = files.values.filter { $0.expiresAt.map { $0 <= now } ?? false }.map(\.id)
    for id in expired { files[id] = nil }
    fileOrder.removeAll { files[$0] == nil }
    nextExpiry = files.values.compactMap(\.expiresAt).min() ?? .distantFuture
  }
}
