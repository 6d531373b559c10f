import BatchKit
import BatchKitTesting
import Foundation

/// Serves the emulator until standard input closes: `emulator [--port N] [--speed X] [--seed N] [--faults P]
/// [--taking SECONDS] [--key KEY]`.
///
/// The first line it prints is `port N`. A line `ledger` on standard input is answered by the books as one
/// line of JSON.
func serveEmulator(_ words: some Sequence<String>) throws -> Int32 {
  guard let options = EmulatorOptions(words) else {
    say(
      "usage: torture emulator [--port N] [--speed X] [--seed N] [--faults P] [--taking SECONDS] [--key KEY]")
    return 2
  }
  let emulator = Emulator(options.script, key: options.key)
  let server = try EmulatorServer(emulator, port: options.port, speed: options.speed)
  say("port \(server.port)")
  while let line = readLine() {
    if line == "ledger" { say(emulator.ledger.json.description) }
  }
  server.stop()
  return 0
}

private struct EmulatorOptions {
  var port = 0
  var speed = 1.0
  var seed: UInt64 = 1
  var faults = 0.0
  var taking = 30
  var key: String?

  init?(_ words: some Sequence<String>) {
    var words = Array(words)
    while words.count >= 2 {
      guard take(words[0], words[1]) else { return nil }
      words.removeFirst(2)
    }
    if !words.isEmpty { return nil }
  }

  private mutating func take(_ name: String, _ value: String) -> Bool {
    switch name {
    case "--port": return Self.set(&port, Int(value))
    case "--speed": return Self.set(&speed, Double(value))
    case "--seed": return Self.set(&seed, UInt64(value))
    case "--faults": return Self.set(&faults, Double(value))
    case "--taking": return Self.set(&taking, Int(value))
    case "--key": return Self.set(&key, .some(value))
    default: return false
    }
  }

  private static func set<Value>(_ place: inout Value, _ value: Value?) -> Bool {
    guard let value else { return false }
    place = value
    return true
  }

  var script: EmulatorScript {
    let script = EmulatorScript.echo.seeded(seed).taking(.seconds(taking))
    return faults > 0 ? script.injecting(probability: faults) : script
  }
}

/// Writes a line at once, so that whoever reads a pipe need not wait for a full buffer.
private func say(_ line: String) {
  FileHandle.standardOutput.write(Data("\(line)\n".utf8))
}
