import BatchKit
import Foundation
import Testing

/// A text that zlib packed in one way or another.
struct PackedText: Sendable, CustomTestStringConvertible {
  /// The level at which it was packed; from 20 on a strategy of zlib's instead.
  let level: UInt8
  let bytes: [UInt8]
  var testDescription: String { level < 20 ? "level \(level)" : "strategy \(level)" }

  static let size = 178_458
  static let checkSum: UInt32 = 3_434_805_090

  static func all() throws -> [PackedText] {
    var rest = try fixture("deflated.bin")[...]
    var all: [PackedText] = []
    while let level = rest.popFirst() {
      let size = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      all.append(PackedText(level: level, bytes: Array(rest.dropFirst(4).prefix(size))))
      rest = rest.dropFirst(4 + size)
    }
    return all
  }
}

/// The bytes of a file beside the tests.
func fixture(_ name: String) throws -> [UInt8] {
  try DiskStore.shared.read(fixturePath(name))
}

func fixturePath(_ name: String) -> String {
  Bundle.module.bundleURL.appendingPathComponent("Fixtures/workbooks/\(name)").path
}

/// Everything that `bytes`, coming in pieces of `size`, unpack to; `nil` where they end too early.
func inflated(_ bytes: [UInt8], piece size: Int) throws -> [UInt8]? {
  var inflate = Inflate()
  var output: [UInt8] = []
  for start in stride(from: 0, to: bytes.count, by: size) {
    let piece = Array(bytes[start..<min(start + size, bytes.count)])
    var position = 0
    while try piece.withSpan({ try inflate.next($0, &position, into: &output) }) {}
    if inflate.isAtEnd { return output }
  }
  return nil
}

@Suite struct `What was packed unpacks` {
  @Test func `zlib's work at all levels and strategies, in pieces of any size`() throws {
    let all = try PackedText.all()
    #expect(all.map(\.level) == Array(1...9) + Array(20...24))
    for packed in all {
      for size in [1, 7, 1000, 1 << 20] {
        let text = try #require(try inflated(packed.bytes, piece: size))
        var sum = CRC32()
        sum.update(text)
        #expect(text.count == PackedText.size && sum.value == PackedText.checkSum, "\(packed) by \(size)")
      }
    }
  }

  @Test(arguments: [0, 1, 5, 65_535])
  func `bytes that were only stored`(_ size: Int) throws {
    var dice = SplitMix(seed: 1)
    let bytes = dice.bytes(size, of: Array(0...255))
    let length = [UInt8(size & 0xFF), UInt8(size >> 8)]
    let packed = [0] + length + length.map { ~$0 } + bytes + [1, 0, 0, 0xFF, 0xFF]
    for piece in [1, 3, 100_000] { #expect(try inflated(packed, piece: piece) == bytes) }
  }

  @Test func `a text cut anywhere has no end`() throws {
    let packed = try #require(try PackedText.all().first)
    for count in [0, 1, 2, 100, packed.bytes.count / 2, packed.bytes.count - 1] {
      #expect(try inflated(Array(packed.bytes.prefix(count)), piece: 64) == nil)
    }
  }

  @Test(
    arguments: [
      ([0b111], InflateFault.badBlock), ([0b001, 1, 0, 1, 0], .badBlock),
      // A fixed block that begins with a repetition, though nothing is there to repeat.
      ([0b0000_0011, 0b0000_0010], .badDistance),
      // A block of codes of its own, in which the first bits stand for nothing.
      ([0b1110_0101] + [UInt8](repeating: 0xFF, count: 16), .badCode),
    ] as [([UInt8], InflateFault)])
  func `what nobody packed is refused`(_ bytes: [UInt8], _ fault: InflateFault) {
    #expect(throws: fault) { try inflated(bytes, piece: 1) }
  }

  @Test func `damaged bytes never trap, and unpack to the same in pieces of any size`() throws {
    var dice = SplitMix(seed: 11)
    let all = try PackedText.all()
    for _ in 0..<400 {
      let sound = all.randomElement(using: &dice)!.bytes.prefix(3000)
      let damaged = dice.mutate(Array(sound), times: Int.random(in: 1..<4, using: &dice))
      let whole = Result { try inflated(damaged, piece: 1 << 20) }
      let pieces = Result { try inflated(damaged, piece: 13) }
      #expect((try? whole.get()) == (try? pieces.get()))
    }
  }

  @Test(arguments: [("", 0), ("123456789", 0xCBF4_3926), ("The quick brown fox", 0xB74574DE)])
  func `check sums are those of zip`(_ text: String, _ value: UInt32) {
    var whole = CRC32()
    whole.update(Array(text.utf8))
    var pieces = CRC32()
    for byte in text.utf8 { pieces.update(CollectionOfOne(byte)) }
    #expect(whole.value == value && pieces.value == value)
  }
}
