import BatchKit
import Foundation

let words = CommandLine.arguments.dropFirst()

/// The number behind the first word, or what is usual.
func number(_ usual: Int) -> Int { words.dropFirst().first.flatMap { Int($0) } ?? usual }

// A failure is told in its sentence; thrown out of here it would be a trap with a page of registers.
do {
  try await run()
} catch {
  print("FAILED: \(error)")
  exit(1)
}

func run() async throws {
  switch words.first {
  case "emulator": exit(try serveEmulator(words.dropFirst()))
  case "storm": exit(try await storm(requests: number(20_000)) ? 0 : 1)
  case "jobs": exit(try await jobs(count: number(200)) ? 0 : 1)
  case "soak": exit(try await soak(parts: number(1000)) ? 0 : 1)
  case "crash": exit(try await crash(stride: number(1)) ? 0 : 1)
  case "kill":
    let instants = words.dropFirst(2).first.flatMap { Int($0) } ?? 200
    exit(try kill(points: number(60), instants: instants) ? 0 : 1)
  case "victim": try await victim(Array(words.dropFirst()))
  case "scale":
    let sizes = words.dropFirst().compactMap { Int($0) }
    exit(try await scale(sizes.isEmpty ? [1_000_000] : sizes) ? 0 : 1)
  case "lines":
    let count = number(1_000_000)
    print("\(count) damaged lines read, \(try MutatedLines.run(count, seed: 7)) of them still answers")
  case "fuzz": try fuzz(words.dropFirst())
  case "walk": try walk(words.dropFirst())
  default:
    print(
      """
      usage: torture storm [REQUESTS]
             torture jobs [COUNT]
             torture soak [PARTS]
             torture crash [STRIDE]
             torture kill [POINTS [INSTANTS]]
             torture scale [ROWS…]
             torture lines [COUNT]
             torture emulator [OPTIONS]
             torture fuzz [--rounds N] [--seed S] [--kind tables|workbooks|templates|requests] [TABLE…]
             torture walk TABLE…
      """)
    exit(2)
  }
}
