import BatchKit
import Dispatch
package import Foundation

/// A program that is killed without warning while it works with an emulator, and started again until it is
/// done.
///
/// The emulator stands behind a real port of this process, sees every request of the program, and can end it
/// by SIGKILL at any of them; the program itself knows nothing of that. It is told the address of the service
/// and the emulator's time, and what it wrote is compared with what a life without interruption writes.
/// ```swift
/// let program = MortalProgram(at: path, script: { .echo.taking(.seconds(120)) }) { service in
///   ["work", service.baseURL.absoluteString]
/// }
/// let life = try program.live(in: folder, dying: [.request(7, .afterActing)])
/// ```
///
/// A death on either side of a request is what a program can't prepare for: it doesn't know whether the
/// service acted. All of them together are a proof by trial that it goes on rightly from anywhere.
package struct MortalProgram: Sendable {
  /// When the program is killed.
  package enum Death: Sendable, Hashable {
    /// The side of a request on which death comes.
    package enum Moment: String, Sendable, CaseIterable { case beforeActing, afterActing }

    /// At the request of this number, counted from 1 over all lives.
    ///
    /// That is exact: the request decides, not the time.
    case request(Int, Moment)
    /// So long after it was started.
    ///
    /// That falls anywhere, in the middle of a write too.
    case after(Duration)
  }

  /// The service that a program is told of.
  package struct Service: Sendable {
    /// Where it is.
    package let baseURL: URL
    /// The time it lives in.
    package let clock: ScaledClock
    /// The folder that is the program's own.
    package let folder: String
  }

  /// What came of a program that was started until it was done.
  package struct Life: Sendable {
    /// How it ended at last; 0 is well.
    package var status: Int32 = 0
    /// How often it was killed.
    package var deaths = 0
    /// How many requests it sent in all.
    package var requests = 0
    /// How long its last life took.
    package var duration = Duration.zero
    /// The emulator's books, closed long after the end.
    package var ledger: EmulatorLedger
  }

  private let path: String
  private let speed: Double
  private let script: @Sendable () -> EmulatorScript
  private let arguments: @Sendable (Service) -> [String]

  /// - Parameters:
  ///   - path: the executable.
  ///   - speed: how much faster than real time the emulator's time passes.
  ///   - script: makes the emulator's script, anew for each life, since some scripts remember.
  ///   - arguments: what the program is told of the service.
  package init(
    at path: String, speed: Double = 1000, script: @escaping @Sendable () -> EmulatorScript,
    arguments: @escaping @Sendable (Service) -> [String]
  ) {
    self.path = path
    self.speed = speed
    self.script = script
    self.arguments = arguments
  }

  /// Starts the program in a folder, kills it as `deaths` say, one life each, and lets the last life end.
  /// - Parameters:
  ///   - folder: Where the program works; what an earlier life left there is what the next one finds.
  ///   - deaths: When each life but the last is ended.
  /// - Returns: What came of it, with the books as they are when nothing is under way any more.
  /// - Throws: An error where the program can't be started at all.
  package func live(in folder: String, dying deaths: [Death] = []) throws -> Life {
    let clock = ScaledClock(speed: speed, from: Date())
    let emulator = Emulator(script())
    let reaper = Reaper()
    let server = try LoopbackServer { request in
      let number = reaper.next()
      // Who dies before the service acts has sent a request that nobody read.
      if reaper.strikes(.request(number, .beforeActing)) {
        return LoopbackAnswer(503, fault: .resetWithoutAnswer)
      }
      let answer = emulator.respond(to: request, now: clock.now)
      _ = reaper.strikes(.request(number, .afterActing))
      return LoopbackAnswer(answer)
    }
    defer { server.stop() }
    let base = server.baseURL.appendingPathComponent("v1")
    let words = arguments(Service(baseURL: base, clock: clock, folder: folder))
    var life = Life(ledger: emulator.ledger)
    for death in deaths {
      let outcome = try reaper.start(path, words, until: death)
      if outcome.wasKilled { life.deaths += 1 }
    }
    let end = try reaper.start(path, words, until: nil)
    (life.status, life.duration, life.requests) = (end.status, end.duration, reaper.count)
    life.ledger = try Self.closedBooks(of: emulator, after: clock.now)
    return life
  }

  /// A batch that nobody asks about runs on, and is paid for, all the same: so the books are closed two days
  /// later.
  private static func closedBooks(of emulator: Emulator, after now: Date) throws -> EmulatorLedger {
    let request = HTTPRequest("GET", URL(fileURLWithPath: "/v1/batches"))
    _ = emulator.respond(to: request, now: now.addingTimeInterval(172_800))
    return emulator.ledger
  }
}

/// Who starts the program and kills it.
///
/// Threads of the server ask it whether to strike, while another waits for the program to end; all that they
/// share is under one lock, and the number of a process that is gone is never used.
private final class Reaper: Sendable {
  private struct State: Sendable {
    var requests = 0
    var death: MortalProgram.Death?
    var process: Int32?
    var hasStruck = false
  }

  private let state = Locked(State())

  var count: Int { state.current.requests }

  /// The number of the request that arrived now.
  func next() -> Int {
    state.withLock { state in
      state.requests += 1
      return state.requests
    }
  }

  /// Kills the program if this is the moment for it.
  func strikes(_ moment: MortalProgram.Death) -> Bool {
    state.withLock { state in
      guard state.death == moment, let process = state.process, !state.hasStruck else { return false }
      state.hasStruck = true
      kill(process, SIGKILL)
      return true
    }
  }

  /// Starts the program and returns when it has ended, by itself or by death.
  func start(
    _ path: String, _ words: [String], until death: MortalProgram.Death?
  ) throws -> (status: Int32, wasKilled: Bool, duration: Duration) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = words
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    let begin = ContinuousClock.now
    try state.withLock { state in
      state.death = death
      state.hasStruck = false
      try process.run()
      state.process = process.processIdentifier
    }
    if case .after(let duration) = death {
      DispatchQueue.global().asyncAfter(deadline: .now() + duration.seconds) {
        _ = self.strikes(.after(duration))
      }
    }
    process.waitUntilExit()
    let wasKilled = state.withLock { state in
      // From here on the number may be another program's.
      state.process = nil
      return state.hasStruck
    }
    return (process.terminationStatus, wasKilled, ContinuousClock.now - begin)
  }
}
