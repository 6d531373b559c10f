import Foundation

/// What a purge would take away, listed before anything is.
///
/// A plan and its doing are two steps, so that a person can look in between:
/// ```swift
/// let plan = try await client.purgePlan(olderThan: .seconds(7 * 86_400))
/// for item in plan.items { print(item.file, item.name ?? item.job) }
/// for kept in plan.kept { print("kept:", kept.reason) }
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

  /// Something that stays at the service, though its job is over, since what is here would not replace it.
  public struct Kept: Sendable, Hashable {
    /// The job that it belongs to.
    public let job: String
    /// The job's name, where it has one.
    public let name: String?
    /// The file's id at the service; `nil` where the journal is damaged, so that no file of it is known.
    public let file: String?
    /// A sentence that says what is wrong with the copy on this disk.
    public let reason: String
  }

  /// The files, newest job first.
  public let items: [Item]
  /// What is kept back, because it may be the only whole copy.
  ///
  /// Answers are paid for once: as long as the file here is gone, cut or changed, the one at the service is
  /// all there is. To wait for the job fetches it again; after that the plan has the file among its items.
  public let kept: [Kept]
}

extension BatchClient {
  /// Lists the files at the service that settled jobs no longer need; takes nothing away.
  ///
  /// Only files that this registry's own jobs made are listed, and only those whose contents are on disk
  /// here, whole: every file here is read and held against its hash, as ``BatchJob/verify()`` does. What is
  /// not whole here is kept at the service, and the plan says so. One job whose journal can't be read does
  /// not keep the others from being listed.
  ///
  /// - Parameter age: how long ago a job must have settled.
  ///
  /// - Returns: the plan, which is empty where there is nothing to take away.
  /// - Throws: ``BatchError`` where the registry can't be read.
  public func purgePlan(olderThan age: Duration = .zero) async throws -> PurgePlan {
    // Dates in a journal are rounded to the millisecond, up or down.
    let latest = clock.now.addingTimeInterval(0.001 - age.seconds)
    var items: [PurgePlan.Item] = []
    var kept: [PurgePlan.Kept] = []
    for entry in try await registry.entries where entry.phase == BatchStatus.Phase.settled.rawValue {
      do throws(BatchError) {
        let files = try purgeable(of: entry, settledBy: latest)
        items += files.filter { $0.damage == nil }.map {
          PurgePlan.Item(job: entry.id, name: entry.name, file: $0.id, isInput: $0.isInput)
        }
        kept += files.compactMap { file in
          file.damage.map { PurgePlan.Kept(job: entry.id, name: entry.name, file: file.id, reason: $0) }
        }
      } catch {
        kept.append(PurgePlan.Kept(job: entry.id, name: entry.name, file: nil, reason: error.message))
      }
    }
    return PurgePlan(items: items, kept: kept)
  }

  /// The files of one job that nothing needs any more; none where it is young, or of another account.
  private func purgeable(
    of entry: RegistryEntry, settledBy latest: Date
  ) throws(BatchError) -> [PurgeableFile] {
    let state = try registry.state(of: entry.id)
    guard state.card.identity == provider.identity, state.updated <= latest else { return [] }
    return try JobEngine(state, of: self).purgeable()
  }

  /// Deletes the files of a plan at the service; requests and answers on disk here stay.
  ///
  /// Each deletion is written down, so a purge that is interrupted goes on where it stopped.
  ///
  /// A file that the job needs again since the plan was made is left alone, such as after a retry, or where
  /// its copy here was damaged meanwhile: the copies are read once more, right before.
  /// - Parameter plan: what ``purgePlan(olderThan:)`` returned, or a choice of it.
  /// - Throws: ``BatchError`` where the service refuses a deletion, or another process works on the job.
  public func purge(_ plan: PurgePlan) async throws {
    for (job, items) in Dictionary(grouping: plan.items, by: \.job).sorted(by: { $0.key < $1.key }) {
      let engine = JobEngine(try state(of: job), of: self)
      try await engine.exclusively { pen in
        let wanted = Set(items.map(\.file))
        for file in try engine.purgeable() where wanted.contains(file.id) {
          try await engine.purge(file, pen)
        }
      }
    }
  }
}
