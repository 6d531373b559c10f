import BatchKitTesting

/// Takes one job of many parts through every kind of fault that the emulator knows, in virtual time, and
/// holds what came back against the books.
///
/// Returns whether nothing was lost, nothing paid twice, and no kind of fault left out.
func soak(parts: Int = 1000, faults: Double = 0.3, seed: UInt64 = 3) async throws -> Bool {
  var outcome: FaultSoak.Outcome?
  let time = try await ContinuousClock().measure {
    outcome = try await FaultSoak(parts: parts, faults: faults, seed: seed).run()
  }
  guard let outcome else { return false }
  let ledger = outcome.ledger
  print("\(outcome.sums) after \(outcome.runs) runs and \(time)")
  print(
    "\(ledger.batches.count) batches, \(ledger.paidRows) rows paid, \(ledger.paidTwice.count) twice, "
      + "\(ledger.calls.values.reduce(0, +)) calls")
  for (call, count) in ledger.calls.sorted(by: { $0.value > $1.value }) { print("  \(count) calls: \(call)") }
  for (kind, count) in outcome.met.sorted(by: { $0.key < $1.key }) { print("  \(count) x \(kind)") }
  for complaint in outcome.complaints { print("FAILED: \(complaint)") }
  return outcome.complaints.isEmpty
}
