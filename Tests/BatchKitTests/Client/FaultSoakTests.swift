import BatchKit
import BatchKitTesting
import Testing

/// The full dose of this is `torture soak`: a thousand parts.
@Suite(.inTurn) struct `Every kind of fault at once loses nothing and pays nothing twice` {
  @Test func `in a job of many parts`() async throws {
    let outcome = try await FaultSoak(parts: 40).run()
    #expect(outcome.complaints == [])
    #expect(outcome.sums.submitted == 120 && outcome.sums.succeeded == 120 && outcome.sums.duplicates >= 2)
  }

  /// The trial itself must be able to find fault.
  @Test func `a kind that never came is missed`() async throws {
    let outcome = try await FaultSoak(parts: 20, faults: 0).run()
    #expect(outcome.sums.isComplete && outcome.ledger.paidTwice.isEmpty)
    #expect(outcome.complaints.contains("never met: status 429"))
  }
}
