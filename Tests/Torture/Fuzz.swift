import BatchKit
import BatchKitTesting
import Foundation

/// Throws damaged tables at the readers: none may trap, hang, or leave out a row without a word.
///
/// `torture fuzz [--rounds N] [--seed S] FILE…` damages each file in turn, N times, and reads what is left;
/// a round that takes too long counts as a hang. The last seed is printed, so that a trap can be had again.
func fuzz(_ arguments: ArraySlice<String>) throws {
  let options = FuzzOptions(arguments)
  let folder = TemporaryFolder()
  try folder.store.createFolder(folder.path)
  var tally = (rows: 0, problems: 0, refused: 0)
  var slowest = Duration.zero
  for round in 0..<options.rounds {
    let seed = options.seed &+ UInt64(round)
    let sound = options.files[round % options.files.count]
    var dice = SeededGenerator(seed: seed)
    let path = "\(folder.path)/damaged.\(sound.ending)"
    try folder.store.replace(path, with: dice.damaged(sound.bytes))
    if round % 1000 == 0 { FileHandle.standardError.write(Data("seed \(seed)\r".utf8)) }
    let time = ContinuousClock().measure {
      do {
        for row in try Table(path: path) {
          tally.rows += 1
          tally.problems += row.problem == nil ? 0 : 1
        }
      } catch { tally.refused += 1 }
    }
    slowest = max(slowest, time)
    guard time < .seconds(20) else { throw FuzzFailure(description: "seed \(seed) took \(time)") }
  }
  print(
    "\(options.rounds) rounds: \(tally.rows) rows, \(tally.problems) with a problem, \(tally.refused) refused"
  )
  print("slowest \(slowest)")
}

private struct FuzzFailure: Error, CustomStringConvertible { var description: String }

private struct FuzzOptions {
  var rounds = 1_000_000
  var seed: UInt64 = 1
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
      case "--seed": seed = rest.popFirst().flatMap { UInt64($0) } ?? seed
      default:
        guard let bytes = try? DiskStore.shared.read(word) else { continue }
        files.append((word.split(separator: ".").last.map(String.init) ?? "csv", bytes))
      }
    }
  }
}

extension SeededGenerator {
  /// The bytes with a few of them changed, taken out, doubled or cut off.
  fileprivate mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
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
