package import BatchKit
import Dispatch
import Foundation

/// Many requests at once, each cancelled at a moment of chance: what a network layer must come through
/// without a hang, a trap, or a call that never returns.
///
/// On Linux `URLSession` has locked up and crashed in just this: a cancel as the answer arrives. Requests are
/// of every kind: with and without a body, from memory and from a file, sent and downloaded.
package struct LoopbackStorm: Sendable {
  /// What the requests meet.
  ///
  /// Each kind strikes the cancel at another point of a request's life.
  package enum Weather: String, Sendable, CaseIterable {
    /// A server that answers at once.
    case fast
    /// A server whose answers come in drops.
    case drip
    /// A server that never answers.
    case silent
    /// A port that nobody listens on.
    case refused
    /// A server that asks for a name and a password.
    case challenged
  }

  /// How the requests ended.
  ///
  /// Each request is in exactly one of the three counts; that they add up is half of the test.
  package struct Tally: Sendable, Equatable {
    package var answered = 0
    package var cancelled = 0
    package var failed = 0
    /// The kinds of failure that no weather explains.
    package var unexplained: [String] = []

    package var total: Int { answered + cancelled + failed }
  }

  /// How many requests are sent.
  package var requests: Int
  /// How many are under way at any moment.
  package var atOnce = 8
  /// What the moments of chance follow from.
  package var seed: UInt64

  package init(requests: Int, atOnce: Int = 8, seed: UInt64) {
    self.requests = requests
    self.atOnce = atOnce
    self.seed = seed
  }

  /// Sends the requests through `transport` and returns when every one of them has ended.
  ///
  /// If it does not return, something hangs: whoever calls it has a limit of time for that.
  ///
  /// - Parameters:
  ///   - transport: What the requests are sent through.
  ///   - weather: What they meet.
  package func rage(over transport: any HTTPTransport, in weather: Weather) async throws -> Tally {
    let server = try LoopbackServer { _ in weather.answer }
    if weather == .refused { server.stop() }
    let tally = Locked(Tally())
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<atOnce {
        group.addTask { await work(as: worker, on: server.baseURL, over: transport, in: weather, tally) }
      }
    }
    server.stop()
    return tally.current
  }

  /// The share of one worker: every request whose number is its own, one after the other.
  private func work(
    as worker: Int, on url: URL, over transport: any HTTPTransport, in weather: Weather,
    _ tally: Locked<Tally>
  ) async {
    var chance = SplitMix(seed: seed &+ UInt64(worker))
    for number in stride(from: worker, to: requests, by: atOnce) {
      let outcome = await Self.one(number, to: url, over: transport, &chance)
      tally.withLock { $0.note(outcome, in: weather) }
    }
  }

  /// Sends one request and cancels it up to four milliseconds later.
  private static func one(
    _ number: Int, to url: URL, over transport: any HTTPTransport, _ chance: inout SplitMix
  ) async -> Result<Int, any Error> {
    let request = request(number, to: url)
    let task = Task {
      number.isMultiple(of: 4)
        ? try await transport.download(request) { _ in }.status
        : try await transport.send(request).status
    }
    let moment = Int.random(in: 0...4000, using: &chance)
    // Every eighth is cancelled before it begins, or as it does.
    if moment < 500 {
      task.cancel()
    } else {
      DispatchQueue.global().asyncAfter(deadline: .now() + .microseconds(moment)) { task.cancel() }
    }
    return await task.result
  }

  private static func request(_ number: Int, to url: URL) -> HTTPRequest {
    switch number % 4 {
    case 1: HTTPRequest("POST", url, body: .bytes("{}".utf8))
    case 2: HTTPRequest("POST", url, body: ZeroFile.body(number % 8 == 2 ? 400_000 : 1_000))
    default: HTTPRequest("GET", url)
    }
  }
}

extension LoopbackStorm.Weather {
  fileprivate var answer: LoopbackAnswer {
    switch self {
    case .fast, .refused: LoopbackAnswer(text: "at once")
    case .silent: LoopbackAnswer(delay: .seconds(3600))
    case .drip:
      LoopbackAnswer(
        text: "drop by drop", fault: .dripping(pieceLength: 1, pause: .microseconds(300)))
    case .challenged:
      LoopbackAnswer(401, headers: ["WWW-Authenticate": "Basic realm=\"storm\""], text: "who are you?")
    }
  }
}

extension LoopbackStorm.Tally {
  /// Cancelled and answered are both right; a failure is only where nobody listens.
  fileprivate mutating func note(_ outcome: Result<Int, any Error>, in weather: LoopbackStorm.Weather) {
    switch outcome {
    case .success(let status):
      answered += 1
      let expected = weather == .challenged ? 401 : 200
      if status != expected { unexplained.append("status \(status)") }
    case .failure(is CancellationError): cancelled += 1
    case .failure(let error):
      failed += 1
      let isExplained = weather == .refused && (error as? HTTPFailure)?.kind == .unreachable
      if !isExplained { unexplained.append("\(error)") }
    }
  }
}

/// A file of zeros, as long as anyone wants it.
private struct ZeroFile: ReadableFile {
  static func body(_ length: Int) -> HTTPBody { HTTPBody(pieces: [.file(Self(), length: length)]) }

  func size() -> Int { .max }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    for index in buffer.indices { buffer[index] = 0 }
    return buffer.count
  }
}
