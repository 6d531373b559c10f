import Foundation

extension BatchClient {
  /// Renders a batch into a job's folder, or finds the job that it is already.
  ///
  /// A name that is known is tried first, without the disk: the job of a disk that is full by now must still
  /// be found. Otherwise the requests are read once: what lies in the folder afterwards is what is checked,
  /// hashed and sent. Only the whole hash tells whether the job is new, so the folder is written first and
  /// given up where the job is known.
  ///
  /// - Parameters:
  ///   - batch: what to send.
  ///   - name: what the job is found again by.
  ///   - description: what it is about, for people.
  ///   - splitting: how its requests are divided into parts.
  ///   - reuse: whose answers may be taken over. With any, or with a batch of another shape than row by row,
  ///     the rows and what is sent of them are kept apart.
  /// - Returns: the state of the job that is there now, new or found.
  /// - Throws: ``BatchError`` of all problems at once; the folder is gone again then.
  func open<Request: BatchRequest>(
    _ batch: Batch<Request>, named name: String?, description: String?, splitting: Splitting,
    reusing reuse: Reuse
  ) async throws -> JobState {
    try provider.checkSettings()
    let job = "job-\(Self.stamp(clock.now))-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
    let folder = registry.folder(for: job)
    var card = JobCard(
      id: job, name: name, description: description, fingerprint: "", identity: provider.identity,
      endpoint: batch.endpoint, requests: 0, created: clock.now)
    if let known = try await known(batch, card) { return known }
    do {
      var spool = try Spool(
        store: registry.store, folder: folder, limits: provider.limits, splitting: splitting)
      let known: JobState?
      if batch.shape.isPlain, reuse == .nothing {
        let (parts, hash) = try batch.spooled(into: &spool)
        card.requests = parts.reduce(0) { $0 + $1.requests }
        card.fingerprint = fingerprint(hash, batch.endpoint)
        known = try await claim(card, parts, content: hash)
      } else {
        known = try await openShaped(batch, as: &card, &spool, reusing: reuse)
      }
      if let known {
        try registry.store.removeTree(folder)
        return known
      }
    } catch {
      // The failure that stopped us is the one to tell; the draft is only room on the disk.
      try? registry.store.removeTree(folder)
      throw error
    }
    return try state(of: job)
  }

  /// The job that has the name of this one; nothing is written to tell whether it is the same.
  ///
  /// - Throws: ``BatchError`` of the code `different_job` where it is another.
  private func known<Request: BatchRequest>(
    _ batch: Batch<Request>, _ card: JobCard
  ) async throws -> JobState? {
    guard let name = card.name, try await registry.entries.contains(where: { $0.name == name })
    else { return nil }
    let (requests, hash) = try batch.content()
    var card = card
    card.requests = requests
    card.fingerprint = fingerprint(hash, batch.endpoint)
    return try await known(card, content: hash)
  }

  /// The job that this one is already, unless it may make way.
  ///
  /// It spares work and decides nothing: ``claim(_:_:_:content:)`` asks again when it enters a job.
  func known(_ card: JobCard, content: String) async throws -> JobState? {
    guard let same = try await registry.entries.first(where: card.isSame),
      try !mayMove(same, to: card, content: content)
    else { return nil }
    return try resumed(same.id, as: card)
  }

  /// Enters the job in the registry, in one step with the look for a job that is the same.
  ///
  /// - Returns: the job that it is already, or `nil` where it is new.
  ///
  /// Two processes that submit the same thing at the same time both get here; the registry's lock lets one of
  /// them enter its job, and the other finds it. The journal is written within that step, before the entry,
  /// so an entry never lacks its journal.
  ///
  /// A job of the same name and content that was made for another service, and of which nothing ever left
  /// this machine, makes way for the new one: an address that was mistyped must not take the name for good.
  ///
  /// - Parameters:
  ///   - card: what the job is.
  ///   - parts: what was written of it.
  ///   - shape: how its rows differ from what is sent, where they do.
  ///   - content: the hash of its rows.
  func claim(
    _ card: JobCard, _ parts: [SpooledPart], _ shape: JobShape? = nil, content: String
  ) async throws -> JobState? {
    var card = card
    var old: (id: String, lock: any FileLock)?
    defer { old?.lock.release() }
    card.parts = parts.count
    card.isShaped = shape == nil ? nil : true
    let path = "\(registry.folder(for: card.id))/journal.jsonl"
    let known = try await registry.edit { entries -> String? in
      card.isFirst = try entries.isEmpty && registry.store.status(of: registry.path) == nil ? true : nil
      if let same = entries.first(where: card.isSame) {
        guard try mayMove(same, to: card, content: content), let lock = try registry.lockJob(same.id),
          // Read once more, now that nobody else can send it.
          try mayMove(same, to: card, content: content)
        else { return same.id }
        old = (same.id, lock)
        card.isFirst = try registry.state(of: same.id).card.isFirst
        try registry.store.remove(registry.cardPath(same.id))
        entries.removeAll { $0.id == same.id }
      }
      let records =
        [JobRecord.opened(card)] + (shape.map { [.shaped($0, at: card.created)] } ?? [])
        + parts.map { .part($0, at: card.created) }
      guard let fresh = JobState(records) else { throw BatchError.damagedJob(card.id) }
      try Journal<JobRecord>(at: path, in: registry.store).append(contentsOf: records)
      entries.append(try registry.introduce(RegistryEntry(fresh, phase: .prepared)))
      return nil
    }
    guard let known else {
      if let old { try registry.store.removeTree(registry.folder(for: old.id)) }
      if let counts = shape?.counts {
        tell(card, .spared(rows: counts.rows, shared: counts.shared, reused: counts.reused))
      }
      tell(card, .prepared(requests: parts.reduce(0) { $0 + $1.requests }, parts: parts.count))
      return nil
    }
    return try resumed(known, as: card)
  }

  /// Takes up a job that is known already.
  ///
  /// - Throws: ``BatchError`` of the code `different_job` where the name is taken by other content: what was
  ///   sent under it is paid for, and must not be mixed up with what was not.
  func resumed(_ known: String, as card: JobCard) throws -> JobState {
    let state = try state(of: known)
    guard state.card.fingerprint == card.fingerprint else {
      throw BatchError(
        .differentJob,
        """
        The name “\(card.name ?? known)” belongs to a job with \(state.card.requests) requests whose content \
        differs from these \(card.requests); choose another name, or delete that job.
        """)
    }
    tell(state.card, .resumed)
    return state
  }

  /// Whether a job that is known may make way for the same one at another service: the rows are the same, and
  /// none of them was sent or uploaded.
  func mayMove(_ entry: RegistryEntry, to card: JobCard, content: String) throws -> Bool {
    guard entry.batches.isEmpty else { return false }
    let known = try registry.state(of: entry.id)
    return known.card.identity != card.identity && known.neverLeft
      && known.card.fingerprint == fingerprint(content, card.endpoint, of: known.card.identity)
  }

  /// Tells of what happens before a job has an engine to tell of it.
  func tell(_ card: JobCard, _ kind: BatchEvent.Kind) {
    observer.tell(BatchEvent(date: clock.now, job: card.id, name: card.name, kind: kind))
  }

  /// What is sent and where to: the hash of the rows, the endpoint and the account.
  ///
  /// The key is not in it: a job stays the same job when its key is replaced.
  func fingerprint(_ hash: String, _ endpoint: Endpoint, of identity: ProviderIdentity? = nil) -> String {
    let identity = identity ?? provider.identity
    let parts = [
      hash, endpoint.rawValue, identity.name, identity.baseURL, identity.organization ?? "",
      identity.project ?? "",
    ]
    return SHA256.hex(of: Array(parts.joined(separator: "\n").utf8))
  }

  /// A job's id begins with its day, so that a listing of the folder is in order.
  private static func stamp(_ date: Date) -> String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(identifier: "GMT") ?? calendar.timeZone
    let day = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
    return String(
      format: "%04d%02d%02d-%02d%02d%02d", day.year ?? 0, day.month ?? 0, day.day ?? 0, day.hour ?? 0,
      day.minute ?? 0, day.second ?? 0)
  }
}

extension JobCard {
  /// Whether an entry of the registry is this very job: by its name, or without one by what it sends, as long
  /// as that is not over.
  func isSame(_ entry: RegistryEntry) -> Bool {
    if let name { return entry.name == name }
    return entry.name == nil && entry.fingerprint == fingerprint
      && entry.phase != BatchStatus.Phase.settled.rawValue
  }
}

extension Batch {
  /// How many requests there are, and the hash of all in order, as it is of the parts or rows of a job.
  ///
  /// - Throws: ``BatchError`` of all problems at once.
  fileprivate func content() throws -> (requests: Int, hash: String) {
    var hash = SHA256()
    var requests = 0
    var problems = ProblemList()
    try check(into: &problems) { line in
      hash.update(line.bytes)
      requests += 1
    }
    try problems.throwErrors()
    return (requests, hash.hex())
  }

  /// Writes every request into the parts as it stands.
  ///
  /// Checking and writing are one walk over the batch, since a source may be large and slow to read. Any
  /// error comes after the walk, so that all of them are told together.
  fileprivate func spooled(into spool: inout Spool) throws -> (parts: [SpooledPart], hash: String) {
    var problems = ProblemList()
    try check(into: &problems) { line in try spool.take(line) }
    try problems.throwErrors()
    return try spool.finish()
  }
}
