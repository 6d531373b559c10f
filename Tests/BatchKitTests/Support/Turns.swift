import Testing

/// So many tests at once and no more, over all suites that say so.
///
/// The runner starts every test at once. Each job holds its journal, its lock and its files open while it
/// waits, and two hundred jobs held more than the 1,024 files that many a machine allows.
struct Turns: SuiteTrait, TestTrait, TestScoping {
  private static let seats = Seats(16)

  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    // A suite as such holds nothing open, and must not keep its own tests out.
    guard testCase != nil else { return try await function() }
    await Self.seats.sit()
    do { try await function() } catch {
      await Self.seats.stand()
      throw error
    }
    await Self.seats.stand()
  }
}

extension Trait where Self == Turns {
  /// Waits until few enough other tests are under way.
  static var inTurn: Self { Self() }
}

private actor Seats {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) { free = count }

  func sit() async {
    if free > 0 { free -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
  }

  func stand() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
