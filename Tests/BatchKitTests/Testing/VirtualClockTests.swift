import BatchKit
import BatchKitTesting
import Foundation
import Testing

struct `A virtual clock` {
  /// Waits until so many tasks sleep on the clock.
  private func until(_ clock: VirtualClock, has count: Int) async {
    while clock.sleeperCount != count { await Task.yield() }
  }

  @Test func `stands still until it is advanced`() async throws {
    let clock = VirtualClock()
    let task = Task { try await clock.sleep(for: .seconds(10)) }
    await until(clock, has: 1)
    clock.advance(by: .seconds(9))
    #expect(clock.sleeperCount == 1)
    clock.advance(by: .seconds(1))
    try await task.value
    #expect(clock.now == VirtualClock.dawn + 10)
  }

  @Test func `wakes sleepers by their dates, whatever order they lay down in`() async throws {
    let clock = VirtualClock()
    let woken = Locked<[Int]>([])
    let tasks = [30, 10, 20].enumerated().map { place, seconds in
      Task {
        try await clock.sleep(for: .seconds(seconds))
        woken.withLock { $0.append(seconds) }
      }
    }
    await until(clock, has: 3)
    for remaining in [2, 1, 0] {
      clock.advance(by: .seconds(10))
      #expect(clock.sleeperCount == remaining)
      while woken.current.count != 3 - remaining { await Task.yield() }
    }
    for task in tasks { try await task.value }
    #expect(woken.current == [10, 20, 30])
  }

  @Test func `lets a cancelled sleeper go at once`() async {
    let clock = VirtualClock()
    let task = Task { try await clock.sleep(for: .seconds(10)) }
    await until(clock, has: 1)
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(clock.sleeperCount == 0)
    #expect(clock.now == VirtualClock.dawn)
  }

  @Test func `lets nobody sleep who is cancelled already`() async {
    let clock = VirtualClock()
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      try await clock.sleep(for: .seconds(10))
    }
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func `jumps by itself to the end of a sleep`() async throws {
    let clock = VirtualClock(advancingByItself: true)
    try await clock.sleep(for: .seconds(86_400))
    #expect(clock.now == VirtualClock.dawn + 86_400)
    try await clock.sleep(for: .zero)
    try await clock.sleep(for: .seconds(-5))
    #expect(clock.now == VirtualClock.dawn + 86_400)
  }

  @Test func `never jumps past a sleeper`() async throws {
    let clock = VirtualClock(advancingByItself: true)
    await withTaskGroup(of: Void.self) { group in
      for index in 1...50 {
        group.addTask {
          let before = clock.now
          do { try await clock.sleep(for: .seconds(index)) } catch { Issue.record(error) }
          #expect(clock.now >= before + Double(index))
        }
      }
    }
    #expect(clock.sleeperCount == 0)
    #expect(clock.now >= VirtualClock.dawn + 50)
  }

  @Test func `survives sleepers that are cancelled at any moment`() async {
    let clock = VirtualClock(advancingByItself: true)
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<200 {
        group.addTask {
          let task = Task { try await clock.sleep(for: .seconds(index % 7 + 1)) }
          if index.isMultiple(of: 2) { task.cancel() }
          _ = await task.result
        }
      }
    }
    #expect(clock.sleeperCount == 0)
  }

  @Test func `a scaled clock runs ahead of the wall, and nonsense is speed 1`() async throws {
    let clock = ScaledClock(speed: 1_000_000)
    let before = clock.now
    try await clock.sleep(for: .seconds(1000))
    #expect(clock.now.timeIntervalSince(before) >= 1000)
    for speed in [0, -1, .nan, .infinity] { #expect(ScaledClock(speed: speed).speed == 1) }
  }
}
