import BatchKit
import Foundation

let words = CommandLine.arguments.dropFirst()
switch words.first {
case "emulator": exit(try serveEmulator(words.dropFirst()))
case "storm":
  let requests = words.dropFirst().first.flatMap { Int($0) } ?? 20_000
  exit(try await storm(requests: requests) ? 0 : 1)
default:
  print("usage: torture storm [REQUESTS]\n       torture emulator [OPTIONS]")
  exit(2)
}
