package import BatchKit
import Foundation

/// The parts of a `multipart/form-data` body, found without taking their contents into memory.
///
/// The file in it may have gigabytes: it is gone through in windows, and only its place is noted. It is
/// written apart from the library's own writer of forms, so that each is tested by what the other makes of
/// it.
package struct MultipartForm {
  /// One field of the form, or one file.
  package struct Part: Sendable {
    /// The name of the field.
    package var name: String
    /// The name of the file, where the part is one.
    package var fileName: String?
    /// Where the content stands in the body.
    package var range: Range<Int>
  }

  package let parts: [Part]

  /// The longest part header that is read; more is an attack, or no form.
  private static let longestHeader = 16 * 1024

  /// Finds the parts of `body`; `nil` where it is no such form or ends before its closing boundary.
  /// - Throws: `BatchError` where the body can't be read.
  package init?(_ body: HTTPBody, contentType: String) throws {
    guard let boundary = Self.boundary(in: contentType) else { return nil }
    let marker = Array("\r\n--\(boundary)".utf8)
    // The first boundary may stand at the very beginning, without the line break that belongs to the others.
    let opening = Array(marker.dropFirst(2))
    guard var position = try body.find(opening, from: 0).map({ $0 + opening.count }) else { return nil }
    var parts: [Part] = []
    while true {
      let tail = try body.read(at: position, count: 2)
      if tail.elementsEqual("--".utf8) { break }
      guard tail.elementsEqual("\r\n".utf8), let part = try Self.part(of: body, at: position, until: marker)
      else { return nil }
      parts.append(part)
      position = part.range.upperBound + marker.count
    }
    self.parts = parts
  }

  /// The part of this name.
  package subscript(_ name: String) -> Part? { parts.first { $0.name == name } }

  /// The boundary that the content type names.
  private static func boundary(in contentType: String) -> String? {
    guard contentType.lowercased().hasPrefix("multipart/form-data") else { return nil }
    return value(of: "boundary", in: contentType)
  }

  /// Reads the part whose boundary line ends at `position`.
  private static func part(of body: HTTPBody, at position: Int, until marker: [UInt8]) throws -> Part? {
    let blank = Array("\r\n\r\n".utf8)
    guard let headerEnd = try body.find(blank, from: position), headerEnd - position <= longestHeader,
      let end = try body.find(marker, from: headerEnd + blank.count)
    else { return nil }
    let header = String(decoding: try body.bytes(in: position..<headerEnd), as: UTF8.self)
    let lines = header.split(whereSeparator: \.isNewline)
    guard let disposition = lines.first(where: { $0.lowercased().hasPrefix("content-disposition:") }),
      let name = value(of: "name", in: String(disposition))
    else { return nil }
    return Part(
      name: name, fileName: value(of: "filename", in: String(disposition)),
      range: (headerEnd + blank.count)..<end)
  }

  /// The value of a parameter such as `; name="file"`, its escapes undone as browsers and clients write them.
  private static func value(of parameter: String, in header: String) -> String? {
    for piece in pieces(of: header).dropFirst() {
      guard let equals = piece.firstIndex(of: "=") else { continue }
      let name = piece[..<equals].trimmingCharacters(in: .whitespaces).lowercased()
      guard name == parameter else { continue }
      return unquoted(piece[piece.index(after: equals)...].trimmingCharacters(in: .whitespaces))
    }
    return nil
  }

  /// The header cut at its semicolons, those inside quotes left alone.
  private static func pieces(of header: String) -> [String] {
    var pieces = [""]
    var isQuoted = false
    var isEscaped = false
    for character in header {
      if character == "\"", !isEscaped { isQuoted.toggle() }
      isEscaped = character == "\\" && isQuoted && !isEscaped
      if character == ";", !isQuoted {
        pieces.append("")
      } else {
        pieces[pieces.count - 1].append(character)
      }
    }
    return pieces
  }

  /// A value without its quotes; clients escape a quote either way.
  private static func unquoted(_ text: String) -> String {
    guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
    return text.dropFirst().dropLast()
      .replacingOccurrences(of: "\\\"", with: "\"").replacingOccurrences(of: "%22", with: "\"")
  }
}

extension HTTPBody {
  /// The first place at or after `start` where `pattern` stands.
  ///
  /// Windows overlap by all but a byte of the pattern, so that no match is cut in two.
  package func find(_ pattern: [UInt8], from start: Int) throws -> Int? {
    let windowSize = 256 * 1024
    let needle = Data(pattern)
    var position = start
    while position + pattern.count <= length {
      let window = Data(try bytes(in: position..<min(length, position + windowSize)))
      if let hit = window.range(of: needle) { return position + hit.lowerBound }
      position += max(1, window.count - pattern.count + 1)
    }
    return nil
  }
}
