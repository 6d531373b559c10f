import BatchKit
import BatchKitTesting
import Foundation

/// Sends jobs of these sizes one after the other, and compares what a row took in each with the smallest.
///
/// A machine that is shared is faster at one time than at another: only sizes that are tried in turn, each more
/// than once, can be compared. Returns whether all went well; how long it took is nobody's failure.
func scale(_ sizes: [Int]) async throws -> Bool {
  var times: [Int: [Double]] = [:]
  for rows in sizes {
    guard let time = try await scale(rows: rows) else { return false }
    times[rows, default: []].append(time)
  }
  let means = times.mapValues { $0.reduce(0, +) / Double($0.count) }.sorted { $0.key < $1.key }
  guard let smallest = means.first else { return false }
  for larger in means.dropFirst() {
    let ratio = (larger.value / smallest.value).formatted(.number.precision(.fractionLength(3)))
    print("\(larger.key) rows: \(ratio) of the time that a row takes among \(smallest.key)")
  }
  return true
}

/// Sends a job of very many small rows to an emulator in a process of its own, over real HTTP and a real disk,
/// and reads all answers part by part.
///
/// Returns how many microseconds a row took, of both processes together, since the emulator has to read and to
/// answer each row as well; or `nil` unless every row was paid once and answered, in less than 100 MB of memory
/// here. What a part left at the service is deleted as soon as its answers are here, as a job of this size
/// would have it.
private func scale(rows: Int) async throws -> Double? {
  let speed = 1000.0
  let service = try EmulatorProcess(["--speed", "\(speed)", "--taking", "60"])
  guard let base = URL(string: "http://127.0.0.1:\(service.port)/v1") else { return nil }
  let place = TemporaryFolder()
  let client = BatchClient(
    .compatible(at: base, apiKey: "sk-scale"), registry: .file("\(place.path)/registry.json"),
    throttle: .parts(4), clock: ScaledClock(speed: speed)
  ).keepingFiles(for: .untilFetched)
  let watch = StopWatch(rows: rows)

  var batch = Batch(Chat(model: "gpt-5.4-mini"))
  // Of as many digits each, so that a row is as long in a small job as in a large one.
  batch.add(contentsOf: firstRow..<(firstRow + rows), id: \.description) { "Say \($0)." }
  let job = try await client.submit(batch, named: "scale")
  watch.lap("prepared, and the first parts sent")
  try await job.settle(polling: .every(.seconds(120)))
  watch.lap("sent, answered and fetched")

  var (answered, characters) = (0, 0)
  for part in 0..<job.partCount {
    for (_, reply) in try job.results(part: part).succeeded {
      answered += 1
      characters += reply.text.utf8.count
    }
  }
  watch.lap("read: \(answered) answers of \(characters) bytes in \(job.partCount) parts")
  let sums = try job.reconciliation()
  watch.lap("reconciled: \(sums)")
  let time = watch.finish()

  let books = try service.ledger()
  let isPaidOnce = books["paid_rows"].int == rows && books["paid_twice"].array?.isEmpty == true
  print("\(books["paid_rows"]) rows paid, \(books["paid_twice"].array?.count ?? -1) twice; \(books["calls"])")
  return sums.isComplete && answered == rows && isPaidOnce && peakMemory() < 100_000_000 ? time : nil
}

/// The number of the first row.
private let firstRow = 1_000_000_000

/// Tells how long each step took, and how much memory there ever was until then.
private final class StopWatch {
  private let rows: Int
  private let start = ContinuousClock.now
  private let processor = clock()
  private var last = ContinuousClock.now

  init(rows: Int) { self.rows = rows }

  func lap(_ step: String) {
    print("\(Self.seconds(ContinuousClock.now - last)) s, \(peakMemory() / 1_000_000) MB: \(step)")
    last = .now
  }

  /// Returns the microseconds of a row.
  func finish() -> Double {
    let time = ContinuousClock.now - start
    let each = (time / Double(rows)).seconds * 1_000_000
    let ours = Double(clock() - processor) / Double(CLOCKS_PER_SEC) * 1_000_000 / Double(rows)
    print(
      "\(Self.seconds(time)) s in all, \(Self.fine(each)) us a row, "
        + "\(Int(Double(rows) / time.seconds)) rows a second; "
        + "of this process \(Self.fine(ours)) us of the processor a row"
    )
    return each
  }

  private static func fine(_ number: Double) -> String {
    number.formatted(.number.precision(.fractionLength(2)))
  }

  private static func seconds(_ time: Duration) -> String {
    time.seconds.formatted(.number.precision(.fractionLength(1)).grouping(.never))
  }
}
