import BatchKit
import Foundation
import Testing

/// Whether the bytes are one JSON value to a scanner that builds nothing.
private func skips(_ bytes: [UInt8]) -> Bool {
  bytes.withSpan { span in
    var scanner = JSONScanner()
    do throws(JSONFault) {
      try scanner.skipValue(span)
      try scanner.finish(span)
      return true
    } catch { return false }
  }
}

@Suite struct `JSON is read by RFC 8259` {
  @Test(arguments: [
    "null", "true", "false", "0", "-0", "-1", "1.5", "1e5", "1E+5", "1e-5", "0.10", "12345678901234567890123",
    "\"\"",
    "[]", "{}", "[[]]", "[null,1,\"x\"]", #"{"a":{"b":[1,2]},"":0}"#, #""\u0000\u001f\"\\\/""#,
    "\"\u{7F}\u{2028}😀\"",
    " \t\r\n[ 1 , 2 ]\n", "\"\\uD83D\\uDE00\"", "[1e400]", "{\"a\":1,\"a\":2}",
  ])
  func `a sound text is read`(_ text: String) throws {
    _ = try JSONValue(parsing: text)
    #expect(skips(Array(text.utf8)))
  }

  @Test(arguments: [
    "", " ", "nul", "nulll", "True", "tru", "01", "-", "-01", "+1", ".5", "1.", "1.e5", "1e", "1e+", "0x1",
    "Infinity",
    "NaN", "-Infinity", "1_000", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1]]", "{", "}", "{\"a\"",
    "{\"a\":",
    "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}", "{1:1}", "{\"a\" 1}",
    "{\"a\":1 \"b\":2}", "\"",
    "\"a", "'a'", "\"\n\"", "\"\u{1}\"", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\", "\"\\u", "1 2",
    "{}{}", "// c\n1",
    "[1]#", "\u{A0}1", "\u{FEFF}",
  ])
  func `anything else is refused, whether built or skipped`(_ text: String) {
    #expect(throws: BatchError.self) { try JSONValue(parsing: text) }
    #expect(!skips(Array(text.utf8)))
  }

  @Test(
    arguments: [
      [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
    ] as [[UInt8]])
  func `text that is not UTF-8 is refused`(_ bytes: [UInt8]) {
    #expect(throws: BatchError.self) { try JSONValue(parsing: bytes) }
  }

  @Test func `a fault names its line and column`() {
    #expect {
      try JSONValue(parsing: "{\n  \"a\": 1,\n  \"b\": x\n}")
    } throws: {
      "\($0)" == "This is not JSON: something else was expected here at line 3, column 8."
    }
  }

  @Test func `every code unit that can be escaped is the character it spells, in either case`() throws {
    for unit in UInt16.min...UInt16.max {
      let expected = Unicode.Scalar(unit).map { String(Character($0)) } ?? "\u{FFFD}"
      let digits = String(unit, radix: 16)
      let padded = String(repeating: "0", count: 4 - digits.count) + digits
      let text = try JSONValue(parsing: #""a\u\#(padded)\u\#(padded.uppercased())""#).string
      guard text != "a\(expected)\(expected)" else { continue }
      Issue.record("\(padded) became \(text ?? "nothing")")
    }
    for scalar in stride(from: UInt32(0x10000), through: 0x10FFFF, by: 1021).compactMap(Unicode.Scalar.init) {
      let text = Character(scalar)
      let units = String(text).utf16.map { #"\u"# + String($0, radix: 16) }.joined()
      #expect(try JSONValue(parsing: "\"\(units)\"").string == String(text))
    }
  }

  @Test(arguments: [
    (#""\n\t\r\b\f\/\\\"""#, "\n\t\r\u{8}\u{C}/\\\""),
    (#""\u00e9\u4e2d""#, "é中"),
    (#""\ud83d\ude00!""#, "😀!"),
    (#""\ud83d""#, "\u{FFFD}"),
    (#""\ude00x""#, "\u{FFFD}x"),
    (#""\ud83d\u0041""#, "\u{FFFD}A"),
    (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
    (#""\u0000""#, "\0"),
  ])
  func `escapes are undone, and a lone surrogate is replaced`(_ json: String, _ text: String) throws {
    #expect(try JSONValue(parsing: json).string == text)
  }

  @Test(arguments: ["[", "{\"a\":", "[{\"a\":"])
  func `a text nested without end is refused, not followed`(_ opening: String) {
    let bomb = String(repeating: opening, count: 100_000)
    #expect { try JSONValue(parsing: bomb) } throws: { "\($0)".contains("nested too deeply") }
    #expect(!skips(Array(bomb.utf8)))
  }

  @Test func `the deepest nesting allowed fits the smallest stack a thread has`() throws {
    let text = String(repeating: "[{\"a\":", count: 64) + "1" + String(repeating: "}]", count: 64)
    let read = Locked(false)
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      if let value = try? JSONValue(parsing: text) {
        let same = value == value && value.hashValue == value.hashValue
        read.withLock { $0 = same && value.description == text }
      }
      done.signal()
    }
    thread.stackSize = 512 << 10
    thread.start()
    done.wait()
    #expect(read.current)
  }

  @Test func `a large object is not read in quadratic time`() throws {
    let members = (0..<20_000).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
    let clock = ContinuousClock()
    var value = JSONValue.null
    let time = try clock.measure { value = try JSONValue(parsing: "{\(members)}") }
    #expect(value.object?.pairs.count == 20_000)
    #expect(time < .seconds(10))
  }

  @Test func `a doubled key keeps its first place and its last value`() throws {
    #expect(try JSONValue(parsing: #"{"a":1,"b":2,"a":3}"#).description == #"{"a":3,"b":2}"#)
  }

  @Test func `damaged JSON never traps, and what is read is written as it was`() throws {
    var dice = SplitMix(seed: 6)
    let sound = Array(#"{"a":[1,-2.5e3,"x\u00e9\n😀"],"b":{"c":null,"d":true},"e":""}"#.utf8)
    for _ in 0..<2000 {
      let bytes = dice.mutate(sound, times: Int.random(in: 1..<4, using: &dice))
      guard let value = try? JSONValue(parsing: bytes) else { continue }
      #expect(skips(bytes), "what can be built can be skipped")
      #expect(try JSONValue(parsing: JSONWriter.bytes(of: value)) == value)
    }
  }
}
