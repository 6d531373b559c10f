/// Why a text is not JSON, and at which byte.
package struct JSONFault: Error, Hashable {
  package enum Reason: String {
    case endsEarly = "the text ends too early"
    case unexpectedByte = "something else was expected here"
    case trailingBytes = "something follows after the value"
    case badNumber = "a number is malformed"
    case badEscape = "a backslash escape is malformed"
    case controlCharacter = "a raw control character stands in a string"
    case invalidUTF8 = "the text is not valid UTF-8"
    case tooDeep = "arrays and objects are nested too deeply"
  }

  package let reason: Reason
  /// The offset of the byte, counted from 0.
  package let offset: Int

  package init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  /// The line and column of the byte in `bytes`, both counted from 1, the column in bytes.
  package func place(in bytes: some Collection<UInt8>) -> (line: Int, column: Int) {
    let before = bytes.prefix(offset)
    let line = before.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    let column = before.reduce(1) { $1 == 0x0A ? 1 : $0 + 1 }
    return (line, column)
  }
}

extension JSONFault: CustomStringConvertible {
  package var description: String { "\(reason.rawValue) (byte \(offset))" }
}
