import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// One run of a command, from its start to its end.
struct Measured {
  /// How long it took, and how long processors were busy with it.
  let (seconds, busy): (Double, Double)
  let isSuccess: Bool

  init(_ command: [String]) throws {
    let process = Process()
    process.executableURL = URL(filePath: command[0])
    process.arguments = Array(command.dropFirst())
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    let (start, before) = (ContinuousClock.now, Self.busySeconds())
    try process.run()
    process.waitUntilExit()
    let spent = (ContinuousClock.now - start).components
    seconds = Double(spent.seconds) + Double(spent.attoseconds) / 1e18
    busy = Self.busySeconds() - before
    isSuccess = process.terminationStatus == 0
  }

  /// How long processors were busy with all commands that ended so far.
  private static func busySeconds() -> Double {
    var usage = rusage()
    #if canImport(Glibc)
      let children = __rusage_who_t(RUSAGE_CHILDREN.rawValue)
    #else
      let children = RUSAGE_CHILDREN
    #endif
    guard getrusage(children, &usage) == 0 else { return 0 }
    let microseconds = Int(usage.ru_utime.tv_usec) + Int(usage.ru_stime.tv_usec)
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(microseconds) / 1e6
  }
}

/// Runs BatchKit and its rivals in turn, and prints how many times as long as each it takes, as a table in
/// Markdown.
///
/// A ratio is taken of each pair of runs, and the middle one told: what else the machine does then slows both.
struct Comparison {
  let data: SampleData
  let runs: Int
  private let program = CommandLine.arguments[0]

  init(_ data: SampleData, runs: Int) {
    self.data = data
    self.runs = runs
  }

  func run() throws {
    let target = "\(data.folder)/out"
    let join = [data.table, data.output, data.errors, target]
    let build = [data.table, target]
    let format = Contract.responseFormat
    print(heading)
    try compare("results", join, .python("duckdb", Rival.duckdb, join))
    try compare("results", join, .python("orjson", Rival.orjson, join))
    try compare("parse", [data.structured], .python("msgspec", Rival.msgspec, [data.structured]))
    try compare("build", build, .python("duckdb", Rival.duckdbBuild, build + [format]))
    try compare("build", build, .python("orjson", Rival.orjsonBuild, build + [format]))
    try compare("build", build, .system("cp", [data.output, target]))
    try compare(
      "open", [data.output, data.errors], .system("wc", ["-l", data.output, data.errors]))
    try compare(
      "results", join, Rival(name: "itself on all processors", command: [program, "results"] + join))
    // What is left of the output would only take up room.
    try? FileManager.default.removeItem(atPath: target)
  }

  private var heading: String {
    let date = Date.now.formatted(.iso8601.year().month().day())
    return """
      BatchKit's time as a multiple of another program's: \(data.rows) rows, one processor each, medians of \
      \(runs) runs in turn. \(date), \(Self.machine).

      | Task | Against | Time | Processor time |
      |---|---|---|---|
      """
  }

  /// What the figures were taken on.
  private static var machine: String {
    let info = ProcessInfo.processInfo
    // Only Linux tells its processor in a file; elsewhere the system's name has to do.
    let facts = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let model = facts.split(separator: "\n").first { $0.hasPrefix("model name") }?.split(separator: ":").last
    let name = model.map { $0.trimmingCharacters(in: .whitespaces) + ", " } ?? ""
    return
      "\(info.activeProcessorCount) × \(name)\(info.physicalMemory >> 30) GiB, \(info.operatingSystemVersionString)"
  }

  private func compare(_ task: String, _ arguments: [String], _ rival: Rival?) throws {
    guard let rival else { return }
    var (ratios, busy): ([Double], [Double]) = ([], [])
    for run in 0...runs {
      let own = try Measured(Rival.command(program, [task] + arguments))
      let other = try Measured(rival.command)
      guard own.isSuccess, other.isSuccess else { break }
      // The first run only warms up.
      guard run > 0 else { continue }
      ratios.append(own.seconds / other.seconds)
      busy.append(own.busy / other.busy)
    }
    let figures = ratios.isEmpty ? "one of the two failed | " : "\(middle(ratios)) | \(middle(busy))"
    print("| `\(task)` | \(rival.name) | \(figures) |")
  }

  private func middle(_ ratios: [Double]) -> String {
    String(format: "%.2f", ratios.sorted()[ratios.count / 2])
  }
}
