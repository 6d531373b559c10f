import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// One run of a command, from its start to its end.
///
/// It is started and waited for by the system's own calls: Foundation's `Process` learns of an end some
/// hundredths of a second later, which is a good part of the shortest runs.
struct Measured {
  /// How long it took, and how long processors were busy with it.
  let (seconds, busy): (Double, Double)
  /// How many megabytes it took at most; no fewer than this program had when it started it.
  let memory: Int
  let isSuccess: Bool

  /// What the system counts memory in.
  private static var unit: Int {
    #if canImport(Darwin)
      1
    #else
      1024
    #endif
  }

  init(_ command: [String]) throws {
    let start = ContinuousClock.now
    let child = try Self.start(command)
    var (status, usage): (Int32, rusage) = (0, rusage())
    while wait4(child, &status, 0, &usage) < 0 {
      guard errno == EINTR else { throw POSIXError(.init(rawValue: errno) ?? .ECHILD) }
    }
    let spent = (ContinuousClock.now - start).components
    seconds = Double(spent.seconds) + Double(spent.attoseconds) / 1e18
    let microseconds = Int(usage.ru_utime.tv_usec) + Int(usage.ru_stime.tv_usec)
    busy = Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(microseconds) / 1e6
    memory = (Int(usage.ru_maxrss) * Self.unit) >> 20
    isSuccess = status == 0
  }

  /// Starts a command that is silent.
  private static func start(_ command: [String]) throws -> pid_t {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = posix_spawn_file_actions_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for output: Int32 in [1, 2] {
      posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0)
    }
    var words = command.map { strdup($0) } + [nil]
    var settings = ProcessInfo.processInfo.environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for word in words + settings { free(word) } }
    var child: pid_t = 0
    let failure = posix_spawn(&child, command[0], &actions, nil, &words, &settings)
    guard failure == 0 else { throw POSIXError(.init(rawValue: failure) ?? .ENOENT) }
    return child
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
    guard try Measured([program, "requests", "\(data.rows)", target]).isSuccess else { return }
    try compare(
      "check", [target], Rival(name: "its scan for JSON", command: Rival.command(program, ["scan", target])))
    // What is left of the output would only take up room.
    try? FileManager.default.removeItem(atPath: target)
  }

  private var heading: String {
    let date = Date.now.formatted(.iso8601.year().month().day())
    return """
      BatchKit's time as a multiple of another program's, one processor each, medians of \(runs) runs in turn, \
      and the memory of both. \(date), \(Self.machine).

      | Task | Rows | Against | Time | Processor time | Memory |
      |---|---|---|---|---|---|
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
    var pairs: [(own: Measured, other: Measured)] = []
    for run in 0...runs {
      let pair = (
        own: try Measured(Rival.command(program, [task] + arguments)), other: try Measured(rival.command)
      )
      guard pair.own.isSuccess, pair.other.isSuccess else { break }
      // The first run only warms up.
      if run > 0 { pairs.append(pair) }
    }
    let head = "| `\(task)` | \(data.rows) | \(rival.name) | "
    guard !pairs.isEmpty else { return print(head + "one of the two failed | | |") }
    let time = middle(pairs.map { $0.own.seconds / $0.other.seconds })
    let busy = middle(pairs.map { $0.own.busy / $0.other.busy })
    let memory = pairs.map(\.own.memory).max() ?? 0
    let others = pairs.map(\.other.memory).max() ?? 0
    print(head + "\(time) | \(busy) | \(memory) MB (\(others)) |")
  }

  private func middle(_ ratios: [Double]) -> String {
    String(format: "%.2f", ratios.sorted()[ratios.count / 2])
  }
}
