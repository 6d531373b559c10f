import BatchKit
import Foundation
import Testing

@Suite struct `A JSON value reads like Swift` {
  let value: JSONValue = ["model": "m", "n": 3, "x": 1.5, "on": true, "none": nil, "list": ["a", ["b": 2]]]

  @Test func `literals keep the order of keys`() {
    #expect(value.description == #"{"model":"m","n":3,"x":1.5,"on":true,"none":null,"list":["a",{"b":2}]}"#)
  }

  @Test func `what is not there reads as null`() {
    #expect(value["list"][1]["b"].int == 2)
    #expect(value["list"][9]["b"].isNull)
    #expect(value["list"][-1].isNull)
    #expect(value["model"]["x"][0].isNull)
    #expect(value["model"].int == nil && value["n"].string == nil && value["on"].bool == true)
  }

  @Test func `a key can be set, replaced and taken out`() {
    var copy = value
    copy["n"] = 4
    copy["new"] = "x"
    #expect(copy["n"] == 4 && copy.object?.keys.last == "new")
    var object = copy.object
    object?["model"] = nil
    #expect(object?.keys.first == "n")
  }

  @Test func `equality does not mind the order of keys`() {
    let (a, b): (JSONValue, JSONValue) = (["x": 1, "y": [2]], ["y": [2], "x": 1])
    #expect(a == b && a.hashValue == b.hashValue)
    #expect(a != ["x": 1])
    #expect(a != ["x": 1, "y": [3]])
  }
}

@Suite struct `Keys of JSON are compared byte for byte` {
  /// The same word in the two ways of writing an accent, which Swift's strings hold for equal.
  let short = "caf\u{E9}"
  let long = "cafe\u{301}"

  @Test(arguments: [0, 40])
  func `two ways to write one accent are two keys`(_ others: Int) throws {
    let members =
      (0..<others).map { "\"k\($0)\":\($0)" } + ["\"\(short)\":1", "\"\(long)\":2", "\"\(short)\":3"]
    let value = try JSONValue(parsing: "{\(members.joined(separator: ","))}")
    let object = try #require(value.object)
    #expect(object.keys.count == others + 2)
    #expect(object[short]?.int == 3 && object[long]?.int == 2)
    #expect(try JSONValue(parsing: value.description).description == value.description)
  }

  @Test func `each is set, taken out and compared for itself`() {
    var object: JSONObject = [short: 1]
    object[long] = 2
    #expect(object.keys.map(\.utf8.count) == [5, 6])
    let other: JSONObject = [long: 2, short: 1]
    #expect(object == other && object.hashValue == other.hashValue)
    object[short] = nil
    #expect(object == [long: 2] && object != [short: 2])
  }
}

@Suite struct `A number keeps every digit` {
  @Test(arguments: [
    ("1", "1.0"), ("1", "1e0"), ("100", "1e2"), ("0", "-0"), ("0", "0.000e9"), ("-2.50", "-2.5"),
    ("1200e-2", "12"),
    (
      "12345678901234567890123456789012345678901234567890",
      "1234567890123456789012345678901234567890123456789e1"
    ),
  ])
  func `two ways to write one number are equal`(_ left: String, _ right: String) throws {
    let (a, b) = (try JSONValue(parsing: left), try JSONValue(parsing: right))
    #expect(a == b && a.hashValue == b.hashValue)
  }

  @Test(arguments: [
    ("1", "-1"), ("1", "10"), ("0.1", "0.01"), ("9007199254740992", "9007199254740993"), ("1e400", "1e401"),
    (
      "12345678901234567890123456789012345678901234567890",
      "12345678901234567890123456789012345678901234567891"
    ),
  ])
  func `two numbers are not`(_ left: String, _ right: String) throws {
    #expect(try JSONValue(parsing: left) != JSONValue(parsing: right))
  }

  @Test(arguments: ["12345678901234567890", "-0", "1.10", "1e400", "1E5", "0.1"])
  func `it is written as it was read`(_ literal: String) throws {
    #expect(try JSONValue(parsing: literal).description == literal)
  }

  @Test func `Swift's numbers become the shortest that say the same`() {
    let written = [0.1, 1, -3, 1e21, 2.5e-7, 123_456_789_012].map { JSONNumber($0).literal }
    #expect(written == ["0.1", "1", "-3", "1e+21", "2.5e-07", "123456789012"])
    #expect(JSONNumber(UInt64.max).literal == "18446744073709551615")
    #expect(JSONNumber(Decimal(string: "0.30")!).literal == "0.3")
  }

  @Test func `whole numbers are whole only where they fit`() throws {
    #expect(try JSONValue(parsing: "1e3").int == 1000)
    #expect(try JSONValue(parsing: "1.5").int == nil)
    #expect(try JSONValue(parsing: "1e99").int == nil)
    #expect(try JSONValue(parsing: "9223372036854775807").int == .max)
    #expect(try JSONValue(parsing: "9223372036854775808").int == nil)
    #expect(try JSONValue(parsing: "9007199254740993.0").int == 9_007_199_254_740_993)
    #expect(try JSONValue(parsing: "-0.50").int == nil)
  }
}

@Suite struct `JSON is written compact and safe` {
  @Test(arguments: [
    ("\"\\\n\r\t\u{8}\u{C}", #""\"\\\n\r\t\b\f""#),
    ("\0\u{1F}", #""\u0000\u001f""#),
    ("\u{7F}\u{2028}é😀/", "\"\u{7F}\u{2028}é😀/\""),
    ("", "\"\""),
  ])
  func `only what must be escaped is`(_ text: String, _ json: String) throws {
    #expect(JSONValue.string(text).description == json)
    #expect(try JSONValue(parsing: json).string == text)
  }

  @Test func `any text comes back from its JSON, here and from Foundation`() throws {
    var dice = SplitMix(seed: 7)
    for _ in 0..<300 {
      let scalars = (0..<Int.random(in: 0..<20, using: &dice)).compactMap { _ in
        Unicode.Scalar(UInt32.random(in: 0..<(Bool.random(using: &dice) ? 0x80 : 0x10FFFF), using: &dice))
      }
      var text = ""
      text.unicodeScalars.append(contentsOf: scalars)
      let json = JSONWriter.bytes(of: [.string(text)])
      #expect(try JSONValue(parsing: json)[0].string == text)
      #expect(try JSONDecoder().decode([String].self, from: Data(json)) == [text])
    }
  }

  @Test func `a number that JSON has no word for is noticed`() {
    for number in [Double.infinity, -.infinity, .nan] {
      var writer = JSONWriter()
      writer.value([.number(JSONNumber(number))])
      #expect(writer.hasUnwritableNumber)
      writer.clear()
      writer.value([1, 1e300])
      #expect(!writer.hasUnwritableNumber)
    }
  }
}
