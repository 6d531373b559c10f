import Foundation

/// What a purge would take away, listed before anything is.
///
/// A plan and its doing are two steps, so that a person can look in between:
/// ```swift
/// let plan = try await client.purgePlan(olderThan: .seconds(7 * 86_400))
/// for item in plan.items { print(item.file, item.name ?? item.job) }
/// try await client.purge(plan)
/// ```
public struct PurgePlan: Sendable {
  /// One file at the service, made by a job of this registry.
  public struct Item: Sendable, Hashable {
    /// The job that made it.
    public let job: String
    /// The job's name, where it has one.
    public let name: String?
    /// The file's id at the service.
    public let file: String
    /// Whether it holds requests or answers.
    public let isInput: Bool
  }

  /// The files, newest job first.
  public let items: [Item]
}

extension BatchClient {
  /// Lists the files at the service that settled jobs no longer need; takes nothing away.
  ///
  /// Only files that this registry's own jobs made are listed, and of the answers only those that are on disk
  /// here, whole.
  ///
  /// - Parameter age: how long ago a job must have settled.
  ///
  /// - Returns: the plan, which is empty where there is nothing to take away.
  /// - Throws: ``BatchError`` where the registry or a journal can't be read.
  public func purgePlan(olderThan age: Duration = .zero) async throws -> PurgePlan {
    // Dates in a journal are rounded to the millisecond, up or down.
    let latest = clock.now.addingTimeInterval(0.001 - age.seconds)
    var items: [PurgePlan.Item] = []
    for entry in try await registry.entries where entry.phase == BatchStatus.Phase.settled.rawValue {
      let state = try readState(of: entry.id)
      guard state.card.identity == provider.identity, state.updated <= latest else { continue }
      items += state.purgeable.map { file, isInput in
        PurgePlan.Item(job: entry.id, name: entry.name, file: file, isInput: isInput)
      }
    }
    return PurgePlan(items: items)
  }

  /// Deletes the files of a plan at the service; requests and answers on disk here stay.
  ///
  /// Each deletion is written down, so a purge that is interrupted goes on where it stopped.
  ///
  /// A file that the job needs again since the plan was made, such as after a retry, is left alone.
  /// - Parameter plan: what ``purgePlan(olderThan:)`` returned, or a choice of it.
  /// - Throws: ``BatchError`` where the service refuses a deletion, or another process works on the job.
  public func purge(_ plan: PurgePlan) async throws {
    for (job, items) in Dictionary(grouping: plan.items, by: \.job).sorted(by: { $0.key < $1.key }) {
      let engine = JobEngine(try state(of: job), of: self)
      try await engine.exclusively { pen in
        let purgeable = Set(engine.state.purgeable.map(\.file))
        for item in items where purgeable.contains(item.file) { try await engine.delete(item.file, pen) }
      }
    }
  }
}

extension JobEngine {
  /// Deletes one file, and notes it only then: asked twice, a service says that there is nothing, which is as
  /// good.
  fileprivate func delete(_ file: String, _ pen: borrowing JobPen) async throws {
    try await provider.delete(file: file, through: exchange)
    try pen.write(.deleted(file, at: clock.now))
  }
}

extension JobState {
  /// The files at the service that nothing needs any more: inputs of parts that are over, answers that are on
  /// disk.
  fileprivate var purgeable: [(file: String, isInput: Bool)] {
    guard isSettled else { return [] }
    let inputs = parts.filter(\.isOver).compactMap(\.fileID).map { (file: $0, isInput: true) }
    let answers = parts.flatMap(\.collected).map { (file: $0.result.id, isInput: false) }
    return (inputs + answers).filter { !deleted.contains($0.file) }
  }
}
