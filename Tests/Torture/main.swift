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
case "fuzz": try fuzz(words.dropFirst())
case "walk": try walk(words.dropFirst())
default:
  print(
    """
    usage: torture storm [REQUESTS]
           torture jobs [COUNT]
           torture emulator [OPTIONS]
           torture fuzz [--rounds N] [--seed S] [TABLE…]
           torture walk TABLE…
    """)
  exit(2)
}
