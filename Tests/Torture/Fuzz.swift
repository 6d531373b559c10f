import BatchKit
import BatchKitTesting
import Foundation

/// Throws damaged input at everything that reads any: nothing may trap, hang, leave out a row without a word, or
/// write a line that is no request.
///
/// `torture fuzz [--rounds N] [--seed S] [--kind NAME] FILE…` goes through the kinds in turn, N rounds in all, the
/// files being damaged beside the tables that are built in. A round that takes too long counts as a hang. The
/// last seed is printed, so that a failure can be had again.
func fuzz(_ arguments: ArraySlice<String>) throws {
  let options = FuzzOptions(arguments)
  var kinds = FuzzKind.all(tables: options.files).filter { options.kind == nil || $0.name == options.kind }
  guard !kinds.isEmpty else { throw FuzzFailure(description: "There is no such kind of input.") }
  for round in 0..<options.rounds {
    let seed = options.seed &+ UInt64(round)
    if round % 1000 == 0 { FileHandle.standardError.write(Data("seed \(seed)\r".utf8)) }
    try kinds[round % kinds.count].run(seed)
  }
  for kind in kinds { print(kind.summary) }
}

/// One kind of input and what became of it.
struct FuzzKind {
  let name: String
  /// Handles one damaged input, and tells whether it was taken for a sound one.
  private let body: (inout SplitMix) throws -> Bool
  private var (rounds, taken) = (0, 0)
  private var slowest = Duration.zero

  init(_ name: String, _ body: @escaping (inout SplitMix) throws -> Bool) {
    self.name = name
    self.body = body
  }

  mutating func run(_ seed: UInt64) throws {
    var dice = SplitMix(seed: seed)
    var isTaken = false
    let time = try ContinuousClock().measure {
      do { isTaken = try body(&dice) } catch let error as FuzzFailure {
        throw FuzzFailure(description: "\(name), seed \(seed): \(error)")
      }
    }
    rounds += 1
    taken += isTaken ? 1 : 0
    slowest = max(slowest, time)
    guard time < .seconds(20) else { throw FuzzFailure(description: "\(name), seed \(seed) took \(time)") }
  }

  var summary: String { "\(name): \(rounds) rounds, \(taken) taken, the others refused; slowest \(slowest)" }

  static func all(tables: [(ending: String, bytes: [UInt8])]) -> [Self] {
    [
      Self("tables") { try FuzzedTables.read(tables, &$0) },
      Self("workbooks") { try FuzzedWorkbooks.read(&$0) },
      Self("templates") { try FuzzedTemplates.fill(&$0) },
      Self("requests") { try FuzzedRequests.check(&$0) },
    ]
  }
}

struct FuzzFailure: Error, CustomStringConvertible { var description: String }

private struct FuzzOptions {
  var rounds = 1_000_000
  var seed: UInt64 = 1
  var kind: String?
  var files: [(ending: String, bytes: [UInt8])] = [
    ("csv", Array("id,text\r\n1,\"a \"\"quote\"\"\r\nnew\"\r\n2,é😀\r\n".utf8)),
    ("csv", Array("\u{FEFF}id;text\n1;\"a;b\"\n".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })),
    ("jsonl", Array("{\"a\":1,\"b\":\"x\\n\"}\n{\"a\":[1,{}],\"c\":null}\n".utf8)),
    ("json", Array("[{\"a\":1,\"b\":\"x\\n\"},\n{\"a\":[1,{}],\"c\":null}]\n".utf8)),
  ]

  init(_ arguments: ArraySlice<String>) {
    var rest = arguments
    while let word = rest.popFirst() {
      switch word {
      case "--rounds": rounds = rest.popFirst().flatMap { Int($0) } ?? rounds
      case "--kind": kind = rest.popFirst()
      case "--seed": seed = rest.popFirst().flatMap { UInt64($0) } ?? seed
      default:
        guard let bytes = try? DiskStore.shared.read(word) else { continue }
        files.append((word.split(separator: ".").last.map(String.init) ?? "csv", bytes))
      }
    }
  }
}

extension SplitMix {
  /// The bytes with a few of them changed, taken out, doubled or cut off.
  mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1..<8, using: &self) where !bytes.isEmpty {
      let place = Int.random(in: bytes.indices, using: &self)
      let end = min(bytes.count, place + Int.random(in: 1..<32, using: &self))
      switch Int.random(in: 0..<12, using: &self) {
      case 0: bytes.removeSubrange(place...)
      case 1: bytes.removeSubrange(place..<end)
      case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
      case 3: bytes[place] = [0, 0xFF, 0x7F, 0x80].randomElement(using: &self) ?? 0
      default: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      }
    }
    return bytes
  }
}
