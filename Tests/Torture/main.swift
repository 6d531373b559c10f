import BatchKit
import Foundation

let words = CommandLine.arguments.dropFirst()
switch words.first {
case "emulator": exit(try serveEmulator(words.dropFirst()))
case "storm":
  let requests = words.dropFirst().first.flatMap { Int($0) } ?? 20_000
  exit(try await storm(requests: requests) ? 0 : 1)
case "jobs":
  let count = words.dropFirst().first.flatMap { Int($0) } ?? 200
  exit(try await jobs(count: count) ? 0 : 1)
case "soak":
  let parts = words.dropFirst().first.flatMap { Int($0) } ?? 1000
  exit(try await soak(parts: parts) ? 0 : 1)
default:
  print("usage: torture storm [REQUESTS]\n       torture jobs [COUNT]\n       torture soak [PARTS]\n       torture emulator [OPTIONS]")
  exit(2)
}
