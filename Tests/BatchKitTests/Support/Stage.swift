import BatchKit
import BatchKitTesting
import Foundation

/// A client and an emulator that share a clock, and what the client told of its work.
struct Stage: Sendable {
  static let base = URL(string: "http://emulator.invalid/v1")!

  let emulator: Emulator
  let registry: BatchRegistry
  let client: BatchClient
  private let told = Locked<[String]>([])

  init(
    _ script: EmulatorScript = .echo, registry: BatchRegistry = .memory(), key: APIKey = "sk-test-0123456789",
    limits: BatchLimits = .openAI
  ) {
    self.init(Emulator(script, clock: VirtualClock.immediate), registry: registry, key: key, limits: limits)
  }

  /// Another client of an emulator that is there already, as a second process would be.
  init(
    _ emulator: Emulator, registry: BatchRegistry, key: APIKey = "sk-test-0123456789",
    limits: BatchLimits = .openAI,
    base: URL = Stage.base, throttle: Throttle = .none
  ) {
    self.emulator = emulator
    self.registry = registry
    let told = told
    client = BatchClient(
      .compatible(at: base, apiKey: key, limits: limits), transport: .emulator(emulator), registry: registry,
      throttle: throttle, observer: .calling { event in told.withLock { $0.append(event.description) } },
      clock: emulator.clock)
  }

  /// Lets time pass.
  func advance(by duration: Duration) { (emulator.clock as? VirtualClock)?.advance(by: duration) }

  /// What the observer was told, in order.
  var events: [String] { told.current }

  /// A batch of `count` small requests with the ids `r-1`, `r-2` and so on.
  static func batch(_ count: Int, saying text: String = "Say") -> Batch<Chat<ChatReply>> {
    var batch = Batch(Chat(model: "gpt-5.4-mini"))
    for number in 1...count { batch.add("r-\(number)", "\(text) \(number)") }
    return batch
  }
}
