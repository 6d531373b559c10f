import Foundation
import Testing

/// The rooms of the library, read from its sources.
private enum House {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Sources")

  /// Which room may use which others; everything may use Values, and a room itself.
  static let arrows: [String: Set<String>] = [
    "Values": [], "JSON": [], "Text": ["JSON"], "Files": [], "Tables": ["Text", "Files", "JSON"],
    "Requests": ["Text", "Files", "JSON"], "Batch": ["Requests", "Tables", "Files", "Text", "JSON"],
    "Transport": ["Files", "JSON"], "Providers": ["Transport", "JSON"], "Registry": ["Files", "JSON"],
    "Results": ["Batch", "Requests", "Tables", "Files", "Text", "JSON"],
    "Client": [
      "Registry", "Results", "Providers", "Batch", "Transport", "Requests", "Tables", "Files", "Text", "JSON",
    ],
  ]

  struct Source {
    let room: String
    let name: String
    let code: String
  }

  static let sources: [Source] = {
    let library = root.appendingPathComponent("BatchKit")
    let files = FileManager.default.enumerator(atPath: library.path)?.compactMap { $0 as? String } ?? []
    return files.filter { $0.hasSuffix(".swift") }.sorted().compactMap { file in
      let text = try? String(contentsOf: library.appendingPathComponent(file), encoding: .utf8)
      return text.map { Source(room: String(file.split(separator: "/")[0]), name: file, code: bare($0)) }
    }
  }()

  /// The text without its comments and the contents of its strings.
  static func bare(_ text: String) -> String {
    text.replacing(/#*"""(?s:.*?)"""#*/, with: "\"\"").replacing(/"(?:\\.|[^"\\\n])*"/, with: "\"\"")
      .replacing(/\/\/[^\n]*/, with: "")
  }

  /// The room in which each type of the library is declared.
  static let homes: [String: String] = {
    var homes: [String: String] = [:]
    for source in sources {
      for match in source.code.matches(
        of:
          /(?m)^(?:package |public |private |fileprivate |final |indirect )*(?:struct|class|enum|actor|protocol|typealias) (\w+)/
      ) { homes[String(match.1)] = source.room }
    }
    return homes
  }()
}

@Suite struct `The arrows between the rooms run one way` {
  @Test func `every room is known`() {
    #expect(Set(House.sources.map(\.room)).subtracting(House.arrows.keys) == [])
    #expect(House.sources.count > 100 && House.homes.count > 100)
  }

  @Test func `no room uses one above it`() {
    var strays: [String] = []
    for source in House.sources {
      let allowed = (House.arrows[source.room] ?? []).union([source.room, "Values"])
      for match in source.code.matches(of: /\b[A-Z]\w+/) {
        guard let home = House.homes[String(match.0)], !allowed.contains(home) else { continue }
        strays.append("\(source.name) uses \(match.0) of \(home)")
      }
    }
    #expect(Set(strays).sorted() == [])
  }

  @Test func `the arrows have no circle`() {
    var left = House.arrows
    while let free = left.first(where: { $0.value.intersection(left.keys).isEmpty })?.key { left[free] = nil }
    #expect(left.keys.sorted() == [])
  }

  @Test(arguments: [
    ("FoundationNetworking", "Transport/URLSessionTransport"), ("Glibc", "Files/"), ("Darwin", "Files/"),
    ("Musl", "Files/"),
  ])
  func `only one door imports what leads outside`(module: String, door: String) {
    let importers = House.sources.filter { $0.code.contains("import \(module)") }.map(\.name)
    #expect(!importers.isEmpty)
    #expect(importers.filter { !$0.hasPrefix(door) } == [])
  }

  @Test func `only a few rooms see a clock, and none makes up the time`() {
    let seers = Set(House.sources.filter { $0.code.contains("BatchClock") }.map(\.room))
    #expect(seers.subtracting(["Values", "Transport", "Registry", "Client"]) == [])
    let makers = House.sources.filter { $0.code.contains(/\bDate\(\)/) || $0.code.contains(/Task\.[s]leep/) }
      .map(\.name)
    #expect(makers == ["Client/BatchStatus.swift", "Values/Clock.swift"])
  }

  @Test func `only the door to the disk opens files`() {
    let openers = House.sources.filter { source in
      source.code.contains(/\b(FileManager|FileHandle|contentsOfFile|Data\(contentsOf)/)
    }.map(\.name)
    #expect(
      openers.filter { !$0.hasPrefix("Files/") && !$0.hasPrefix("Transport/URLSessionTransport") } == [])
  }
}
