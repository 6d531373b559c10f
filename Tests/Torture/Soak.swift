import BatchKit
import BatchKitTesting
import Foundation

/// Takes one job of many parts through every kind of fault that the emulator knows, in virtual time, and
/// holds what came back against the books.
///
/// Returns whether nothing was lost and nothing paid twice.
func soak(parts: Int = 1000, faults: Double = 0.3, seed: UInt64 = 3) async throws -> Bool {
  let script = EmulatorScript.echo.taking(.seconds(1800)).seeded(seed).injecting(probability: faults)
    .listing(.outOfOrder, .overlapping, .stale).findingFiles(after: .seconds(10)).enqueuing(
      atMost: parts * 20
    )
    .committingCreates(after: .seconds(30), first: parts / 50)
  let emulator = Emulator(script, clock: VirtualClock.immediate)
  guard let base = URL(string: "http://emulator.invalid/v1") else { return false }
  let client = BatchClient(
    .compatible(at: base, apiKey: "sk-soak"),
    transport: .emulator(emulator), registry: .memory(), clock: emulator.clock)
  var batch = Batch(Chat(model: "gpt-5.4-mini"))
  for row in 1...(parts * 3) { batch.add("row-\(row)", "Say \(row).") }
  var runs = 0
  while true {
    runs += 1
    do {
      let job = try await client.submit(batch, named: "soak", splitting: .requests(3))
      var results = try await job.wait()
      while try await job.retry() > 0 { results = try await job.wait() }
      let sum = results.reconciliation
      let ledger = emulator.ledger
      print("\(sum) after \(runs) runs; \(ledger.batches.count) batches, \(ledger.paidRows) rows paid")
      print("paid twice: \(ledger.paidTwice.count); calls: \(ledger.calls.values.reduce(0, +))")
      return sum.isComplete && sum.succeeded == parts * 3 && ledger.paidTwice.isEmpty
    } catch let error as BatchError where runs < 200 {
      print("run \(runs) ended: \(error.message)")
    }
  }
}
