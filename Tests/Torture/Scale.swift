import BatchKit
import BatchKitTesting
import Foundation

/// Sends a job of very many small rows to an emulator in a process of its own, over real HTTP and a real disk,
/// and reads all answers part by part.
///
/// Returns whether every row was paid once and answered, in less than 100 MB of memory here. The time of a
/// row is that of both processes together: the emulator has to read and to answer each row as well.
func scale(rows: Int) async throws -> Bool {
  let speed = 1000.0
  let service = try EmulatorProcess(["--speed", "\(speed)", "--taking", "60"])
  guard let base = URL(string: "http://127.0.0.1:\(service.port)/v1") else { return false }
  let place = TemporaryFolder()
  let client = BatchClient(
    .compatible(at: base, apiKey: "sk-scale"), registry: .file("\(place.path)/registry.json"),
    throttle: .parts(4), clock: ScaledClock(speed: speed))
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
  watch.finish()

  let books = try service.ledger()
  let isPaidOnce = books["paid_rows"].int == rows && books["paid_twice"].array?.isEmpty == true
  print("\(books["paid_rows"]) rows paid, \(books["paid_twice"].array?.count ?? -1) twice; \(books["calls"])")
  return sums.isComplete && answered == rows && isPaidOnce && peakMemory() < 100_000_000
}

/// The number of the first row.
private let firstRow = 1_000_000_000

/// Tells how long each step took, and how much memory there ever was until then.
private final class StopWatch {
  private let rows: Int
  private let start = ContinuousClock.now
  private var last = ContinuousClock.now

  init(rows: Int) { self.rows = rows }

  func lap(_ step: String) {
    print("\(Self.seconds(ContinuousClock.now - last)) s, \(peakMemory() / 1_000_000) MB: \(step)")
    last = .now
  }

  func finish() {
    let time = ContinuousClock.now - start
    let each = (time / Double(rows)).seconds * 1_000_000
    print(
      "\(Self.seconds(time)) s in all, \(each.formatted(.number.precision(.fractionLength(2)))) us a row, "
        + "\(Int(Double(rows) / time.seconds)) rows a second")
    let ours = Double(clock()) / Double(CLOCKS_PER_SEC) * 1_000_000 / Double(rows)
    print(
      "\(ours.formatted(.number.precision(.fractionLength(2)))) us of the processor a row, of this process")
  }

  private static func seconds(_ time: Duration) -> String {
    time.seconds.formatted(.number.precision(.fractionLength(1)).grouping(.never))
  }
}
