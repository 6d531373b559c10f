import BatchKit
import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What it costs to write down one step of one of 10,000 parts, beside a bare append and fsync of as many
/// bytes, in turn on the same disk.
///
/// The step is all that a job does for it: the entry is put into JSON, appended, synced, and taken into the
/// state that is in memory.
struct JournalCost {
  private static let parts = 10_000
  private static let rounds = 1000

  private let folder: String

  /// - Parameter folder: where to write; it must be on a disk, since in memory nothing is synced.
  init(in folder: String?) {
    let parent = folder ?? FileManager.default.currentDirectoryPath
    self.folder = "\(parent)/.journal-cost-\(UUID())"
  }

  func compare() throws {
    let store = DiskStore.shared
    try store.createFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = "\(folder)/journal.jsonl"
    let journal = Journal<JobRecord>(at: path, in: store)
    let opening = Self.opening()
    try journal.append(contentsOf: opening)
    guard var state = JobState(opening) else { return }
    let bare = try BareFile("\(folder)/bare")
    var (ours, theirs): ([Duration], [Duration]) = ([], [])
    for round in 0..<Self.rounds {
      let record = Self.record(of: round * 7 % Self.parts)
      let before = try store.open(path).size()
      ours.append(
        try ContinuousClock().measure {
          try journal.append(record)
          state.apply(record)
        })
      let bytes = [UInt8](repeating: 0x20, count: try store.open(path).size() - before)
      theirs.append(try ContinuousClock().measure { try bare.append(bytes) })
    }
    report(ours, theirs)
  }

  private func report(_ ours: [Duration], _ theirs: [Duration]) {
    let (median, bare) = (ours.sorted()[ours.count / 2], theirs.sorted()[theirs.count / 2])
    let (sum, bareSum) = (ours.reduce(.zero, +), theirs.reduce(.zero, +))
    print(
      "one step of \(Self.parts) parts: \(median), bare append and fsync: \(bare) (medians of \(ours.count))")
    print(
      "ratio of the medians \(Self.text(median / bare)), of the sums \(Self.text(sum / bareSum)); at most 3")
  }

  private static func text(_ ratio: Double) -> String {
    ratio.formatted(.number.precision(.fractionLength(2)))
  }

  private static func opening() -> [JobRecord] {
    let now = Date()
    let identity = ProviderIdentity(
      name: "OpenAI", baseURL: "https://api.openai.com/v1", organization: nil, project: nil)
    let card = JobCard(
      id: "job-20260101-000000-cafe", name: "cost", description: nil,
      fingerprint: String(repeating: "a", count: 64),
      identity: identity, endpoint: .chatCompletions, requests: parts * 50_000, created: now)
    let spooled = (0..<parts).map { index in
      SpooledPart(
        index: index, file: "parts/part-\(index).jsonl", sha256: String(repeating: "b", count: 64),
        bytes: 100_000_000, requests: 50_000, model: "gpt-5.4-mini", tokens: 1_000_000)
    }
    return [.opened(card)] + spooled.map { .part($0, at: now) }
  }

  private static func record(of part: Int) -> JobRecord {
    var batch = RemoteBatch(id: "batch_\(part)", status: "in_progress")
    batch.inputFileID = "file-\(part)"
    batch.counts = RequestCounts(total: 50_000, completed: 100, failed: 1)
    batch.createdAt = Date()
    batch.metadata = [
      "batchkit_token": "job-20260101-000000-cafe-\(part)-12345", "batchkit_job": "job-20260101",
    ]
    return .observed(part, batch, at: Date())
  }
}

/// A file that is written to by the calls of the system alone.
private final class BareFile {
  private let descriptor: Int32

  init(_ path: String) throws {
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    guard descriptor >= 0 else { throw BatchError(.unwritableFile, "\(path) can't be written.") }
  }

  deinit { close(descriptor) }

  func append(_ bytes: [UInt8]) throws {
    let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard count == bytes.count, fsync(descriptor) == 0 else {
      throw BatchError(.unwritableFile, "The bare file can't be written.")
    }
  }
}
