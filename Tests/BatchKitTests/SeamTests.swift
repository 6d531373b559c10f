import BatchKit
import Testing

@Test func `a value reads back`() throws {
  let value = try JSONValue(
    parsing: #"{"a":[1,2.50,-0,1e400,12345678901234567890],"b":"\ud83d\ude00\n","c":null}"#)
  #expect(value.description == #"{"a":[1,2.50,-0,1e400,12345678901234567890],"b":"😀\n","c":null}"#)
}
