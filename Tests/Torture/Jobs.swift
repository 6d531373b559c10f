import BatchKit
import BatchKitTesting
import Foundation

/// Runs many jobs at once over real HTTP against an emulator in a process of its own, which fails every fifth
/// call in one way or another, and holds what came back against the emulator's books.
///
/// Returns whether every job settled and reconciled, and every row was paid once.
func jobs(count: Int = 200, rows: Int = 20, faults: Double = 0.2, seed: UInt64 = 7) async throws -> Bool {
  let speed = 400.0
  let service = try EmulatorProcess(
    ["--speed", "\(speed)", "--seed", "\(seed)", "--faults", "\(faults)", "--taking", "600"])
  let base = URL(string: "http://127.0.0.1:\(service.port)/v1")
  guard let base else { return false }
  let client = BatchClient(
    .compatible(at: base, apiKey: "sk-torture"), registry: .memory(), clock: ScaledClock(speed: speed))
  let outcomes = await withTaskGroup(of: String?.self) { group in
    for number in 1...count {
      group.addTask {
        do {
          let results = try await client.submit(smallBatch(number, rows: rows)).wait()
          let sum = results.reconciliation
          return sum.isComplete && sum.succeeded == rows ? nil : "job \(number): \(sum)"
        } catch { return "job \(number): \(error)" }
      }
    }
    return await group.reduce(into: [String]()) { if let complaint = $1 { $0.append(complaint) } }
  }
  let books = try service.ledger()
  let paid = books["paid_rows"].int ?? 0
  let twice = books["paid_twice"].array?.count ?? -1
  for complaint in outcomes.sorted().prefix(10) { print(complaint) }
  print("\(count - outcomes.count) of \(count) jobs settled and reconciled")
  print("\(paid) rows paid of \(count * rows) submitted, \(twice) paid twice; \(books["calls"])")
  print("peak memory of this process: \(peakMemory() / 1_000_000) MB")
  return outcomes.isEmpty && paid == count * rows && twice == 0
}

/// A batch whose ids are its own, so that the books can tell the jobs apart.
private func smallBatch(_ number: Int, rows: Int) -> Batch<Chat<ChatReply>> {
  var batch = Batch(Chat(model: "gpt-5.4-mini"))
  for row in 1...rows { batch.add("job-\(number)-row-\(row)", "Say \(row) for job \(number).") }
  return batch
}

/// The most memory this process ever had, in bytes.
func peakMemory() -> Int {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
  return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1024
}

/// The emulator as a process of its own, this same program under another word.
final class EmulatorProcess {
  let port: Int
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()

  init(_ options: [String]) throws {
    process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
    process.arguments = ["emulator"] + options
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let first = Self.line(from: output)
    guard let port = first.split(separator: " ").last.flatMap({ Int($0) }) else {
      throw BatchError(.unreachable, "The emulator did not start: “\(first)”.")
    }
    self.port = port
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// The books, asked for over the process's own standard input.
  func ledger() throws -> JSONValue {
    try input.fileHandleForWriting.write(contentsOf: Data("ledger\n".utf8))
    return try JSONValue(parsing: Self.line(from: output))
  }

  private static func line(from pipe: Pipe) -> String {
    var bytes: [UInt8] = []
    while let byte = try? pipe.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0A {
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
