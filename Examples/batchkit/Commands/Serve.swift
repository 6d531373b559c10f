import BatchKit
import BatchKitTesting
import Foundation

extension Command {
  static let serve = Command(
    "serve", .around, "Play a batch service on this machine, for any client.",
    options: [
      Option("port", short: "p", "PORT", "The port to listen at: any free one if not told."),
      Option("speed", "FACTOR", "How much faster than real time its clock runs: 60 if not told."),
      Option("minutes", "COUNT", "How long a batch takes by that clock: 2 if not told."),
      Option(
        "key", "TEXT", "Let in only who has this key, one made up for the purpose: anybody if not told."),
    ],
    discussion: """
      It answers every request with its own prompt, checks files as strictly as the service does, and keeps \
      everything in memory and temporary files until it is stopped.
      """,
    examples: [
      "batchkit serve --port 8080",
      "batchkit list --remote --provider compatible --base-url http://127.0.0.1:8080/v1",
    ], reach: .files
  ) { session in
    let port = try session.arguments.number("port", in: 0...65_535) ?? 0
    let speed = try session.arguments.number("speed", in: 1...100_000) ?? 60
    let minutes = try session.arguments.number("minutes", in: 0...10_000) ?? 2
    let emulator = Emulator(.echo.taking(.seconds(minutes * 60)), key: session.arguments["key"])
    let server = try EmulatorServer(emulator, port: port, speed: Double(speed))
    defer { server.stop() }
    let address = server.baseURL.absoluteString
    try session.console.tell(
      ["base_url": .string(address), "speed": .number(JSONNumber(speed))],
      "An emulated batch service, its answers made up, listens at \(address)")
    session.console.note("OPENAI_BASE_URL=\(address); Ctrl-C stops it")
    session.wayBack.withLock { $0 = "The emulator is stopped." }
    while true { try await Task.sleep(for: .seconds(3600)) }
  }
}
