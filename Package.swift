// swift-tools-version: 6.2
import PackageDescription

// Warnings become errors where the change is made (`.ci/run` sets this), never in a user's build.
let strict = Context.environment["BATCHKIT_WARNINGS_AS_ERRORS"] != nil

let settings: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (strict ? [.treatAllWarnings(as: .error)] : [])

func example(_ name: String, resources: [Resource] = []) -> Target {
  .executableTarget(
    name: name, dependencies: ["BatchKit", "BatchKitTesting"], path: "Examples/\(name)",
    resources: resources, swiftSettings: settings)
}

let package = Package(
  name: "BatchKit",
  platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
  products: [
    .library(name: "BatchKit", targets: ["BatchKit"]),
    .library(name: "BatchKitTesting", targets: ["BatchKitTesting"]),
    .executable(name: "quickstart", targets: ["quickstart"]),
    .executable(name: "csv-to-batch", targets: ["csv-to-batch"]),
    .executable(name: "join-results", targets: ["join-results"]),
    .executable(name: "label-reviews", targets: ["label-reviews"]),
    .executable(name: "evaluate", targets: ["evaluate"]),
    .executable(name: "synthetic-data", targets: ["synthetic-data"]),
    .executable(name: "summarise", targets: ["summarise"]),
    .executable(name: "batchkit", targets: ["batchkit-command"]),
  ],
  targets: [
    .target(name: "BatchKit", swiftSettings: settings),
    .target(name: "BatchKitTesting", dependencies: ["BatchKit"], swiftSettings: settings),
    example("quickstart", resources: [.copy("reviews.csv")]),
    example("csv-to-batch"),
    example("join-results"),
    example("label-reviews", resources: [.copy("reviews.csv")]),
    example("evaluate", resources: [.copy("pairs.csv")]),
    example("synthetic-data"),
    example("summarise", resources: [.copy("documents")]),
    // Not named after its product: on a disk that minds no case its module would be that of the library.
    .executableTarget(
      name: "batchkit-command", dependencies: ["BatchKit", "BatchKitTesting"], path: "Examples/batchkit",
      swiftSettings: settings),
    .executableTarget(
      name: "torture", dependencies: ["BatchKit", "BatchKitTesting"], path: "Tests/Torture",
      swiftSettings: settings),
    .executableTarget(
      name: "benchmarks", dependencies: ["BatchKit"], path: "Tests/Benchmarks", swiftSettings: settings),
    .testTarget(
      name: "BatchKitTests", dependencies: ["BatchKit", "BatchKitTesting"],
      resources: [.copy("Fixtures")], swiftSettings: settings),
    .testTarget(
      name: "ExampleTests", dependencies: ["BatchKit", "BatchKitTesting", "batchkit-command"],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
