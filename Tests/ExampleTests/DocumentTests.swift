import BatchKit
import BatchKitTesting
import Foundation
import Testing

/// The articles of the documentation, each with its Swift.
private struct Article {
  let name: String
  let swift: [String]

  static func all() throws -> [Article] {
    let folder = Built.root.appendingPathComponent("Sources/BatchKit/BatchKit.docc")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
      $0.hasSuffix(".md")
    }
    return try names.sorted().map { name in
      let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      return Article(name: String(name.dropLast(3)), swift: snippets(in: text))
    }
  }

  /// The blocks of Swift, but for those that say why this machine can't compile them.
  private static func snippets(in text: String) -> [String] {
    let pieces = text.components(separatedBy: "\n```")
    return zip(pieces, pieces.dropFirst()).compactMap { before, piece in
      guard piece.hasPrefix("swift\n") else { return nil }
      let last = before.split(separator: "\n").last ?? ""
      return last.hasPrefix("<!-- not compiled: ") ? nil : String(piece.dropFirst("swift\n".count))
    }
  }

  /// The article as the body of one function: its snippets follow each other as in a program.
  var program: String {
    """
    import BatchKit
    import BatchKitTesting
    import Foundation
    #if canImport(FoundationNetworking)
      import FoundationNetworking
    #endif

    func read\(name)() async throws {
    \(swift.joined(separator: "\n\n"))
    }

    """
  }
}

@Suite struct `What the documentation shows is so` {
  @Test func `every article has a line that says what it is for`() throws {
    let articles = try Article.all()
    #expect(articles.count >= 14)
    for article in articles {
      let path = "Sources/BatchKit/BatchKit.docc/\(article.name).md"
      let text = try String(contentsOf: Built.root.appendingPathComponent(path), encoding: .utf8)
      let lines = text.split(separator: "\n")
      #expect(lines[0].hasPrefix("# "), "\(article.name)")
      #expect(lines[1].hasSuffix(".") && lines[1].count < 120, "\(article.name)")
    }
  }

  @Test(arguments: [
    "quickstart", "csv-to-batch", "join-results", "label-reviews", "evaluate", "synthetic-data", "summarise",
  ]) func `every example has an article`(example: String) throws {
    let folder = Built.root.appendingPathComponent("Sources/BatchKit/BatchKit.docc")
    let texts = try FileManager.default.contentsOfDirectory(atPath: folder.path).map { name in
      try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }
    #expect(texts.contains { $0.contains("swift run \(example)") })
  }

  #if os(Linux)
    @Test func `its Swift compiles`() throws {
      let place = try Workplace()
      let articles = try Article.all().filter { !$0.swift.isEmpty }
      #expect(articles.count >= 13)
      for article in articles { try place.write(article.program, to: "\(article.name).swift") }
      let ending = try Built.run(
        "/usr/bin/env",
        [
          "swiftc", "-typecheck", "-parse-as-library", "-swift-version", "6", "-module-name", "Articles",
          "-I",
          Built.products.appendingPathComponent("Modules").path,
        ] + articles.map { "\($0.name).swift" }, in: place.path)
      #expect(ending.status == 0, "\(ending.errors)")
    }

    /// A package of somebody else's, with nothing but what the README says: its way to depend on the library
    /// and its Swift.
    ///
    /// Its first build takes more than a minute, so it is built where the environment asks for it, and in a
    /// folder that stays, where the second takes seconds.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["BATCHKIT_STRANGER"] != nil))
    func `a stranger's package builds and runs`() throws {
      let place = try Workplace()
      let readme = try Readme()
      let home = Built.root.appendingPathComponent(".build/stranger").path
      let files = FileManager.default
      try files.createDirectory(atPath: "\(home)/app/Sources/app", withIntermediateDirectories: true)
      if !files.fileExists(atPath: "\(home)/batchkit") {
        try files.createSymbolicLink(atPath: "\(home)/batchkit", withDestinationPath: Built.root.path)
      }
      let program = ["func log(_ line: String) { print(line) }"] + readme.blocks("swift")
      try keep(try Self.manifest(readme), at: "\(home)/app/Package.swift")
      try keep(program.joined(separator: "\n\n") + "\n", at: "\(home)/app/Sources/app/main.swift")
      let built = try Built.run(
        "/usr/bin/env", ["swift", "build", "--package-path", "\(home)/app"], in: place.path)
      #expect(built.status == 0, "\(built.output.suffix(3000))\(built.errors.suffix(3000))")
      // A warning in the library is a warning in everybody's build.
      let warnings = built.output.split(separator: "\n").filter { $0.contains("warning:") }
      #expect(warnings.filter { $0.contains("Sources/BatchKit") } == [])
      try ReadmeRun(readme, in: place).check(program: "\(home)/app/.build/debug/app")
    }

    private static func manifest(_ readme: Readme) throws -> String {
      let dependency = try #require(
        readme.text.firstMatch(of: /\.package\(path: "\.\.\/batchkit"\)/)?.output)
      let product = try #require(
        readme.text.firstMatch(of: /\.product\(name: "BatchKit", package: "batchkit"\)/)?.output)
      let testing = product.replacing("\"BatchKit\"", with: "\"BatchKitTesting\"")
      return """
        // swift-tools-version: 6.2
        import PackageDescription

        let package = Package(
          name: "app", platforms: [.macOS(.v15)], dependencies: [\(dependency)],
          targets: [.executableTarget(name: "app", dependencies: [\(product), \(testing)])])

        """
    }

    /// Writes a file, unless it is so already: a new date on it would have it compiled again.
    private func keep(_ text: String, at path: String) throws {
      if (try? String(contentsOfFile: path, encoding: .utf8)) == text { return }
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
  #endif
}
