import BatchKit
import Foundation
import Testing

@Suite struct `A form with a file` {
  @Test func `is written part by part in the order they were added`() throws {
    var form = Multipart()
    form.add("purpose", "batch")
    form.add("expires_after[anchor]", "created_at")
    form.add("file", HTTPBody(pieces: [.file(TextFile("{}\n{}\n"), length: 6)]), named: "part-1.jsonl")
    form.add("note", "grün\r\nover two lines")
    let boundary = form.boundary
    #expect(form.contentType == "multipart/form-data; boundary=\(boundary)")
    let expected = """
      --\(boundary)
      Content-Disposition: form-data; name="purpose"

      batch
      --\(boundary)
      Content-Disposition: form-data; name="expires_after[anchor]"

      created_at
      --\(boundary)
      Content-Disposition: form-data; name="file"; filename="part-1.jsonl"
      Content-Type: application/jsonl

      {}¶{}¶
      --\(boundary)
      Content-Disposition: form-data; name="note"

      grün
      over two lines
      --\(boundary)--

      """
    let wire = expected.replacingOccurrences(of: "\n", with: "\r\n").replacingOccurrences(of: "¶", with: "\n")
    #expect(try String(decoding: form.whole(), as: UTF8.self) == wire)
    #expect(form.body.length == wire.utf8.count)
  }

  @Test func `keeps its file where it is`() {
    var form = Multipart()
    form.add("file", HTTPBody(pieces: [.file(TextFile(""), length: 1 << 40)]), named: "large.jsonl")
    #expect(form.body.length > 1 << 40)
    #expect(!form.body.isInMemory)
  }

  @Test(arguments: [
    (#"a"; name="b"#, "a%22; name=%22b"), ("a\r\nX-Injected: 1", "a%0D%0AX-Injected: 1"), (#"a\"#, "a%5C"),
    ("\r", "%0D"), ("\n", "%0A"), ("grün 1.jsonl", "grün 1.jsonl"),
  ])
  func `lets no name end its quotes or its line`(name: String, written: String) throws {
    var form = Multipart()
    form.add(name, "value")
    form.add(
      "file", HTTPBody(pieces: [.file(TextFile("x"), length: 1)]), named: name,
      type: "text/plain\r\nX-Injected: 1")
    let text = try String(decoding: form.whole(), as: UTF8.self)
    #expect(text.contains("form-data; name=\"\(written)\"\r\n\r\nvalue\r\n"))
    #expect(text.contains("; filename=\"\(written)\"\r\nContent-Type: "))
    #expect(!text.contains("\nX-Injected"))
  }

  @Test func `never has its boundary in a field`() throws {
    var form = Multipart()
    let first = form.boundary
    form.add("a", "x\r\n--\(first)--\r\n")
    let second = form.boundary
    form.add("b-\(second)", "y")
    #expect(Set([first, second, form.boundary]).count == 3)
    let text = try String(decoding: form.whole(), as: UTF8.self)
    #expect(text.components(separatedBy: form.boundary).count == 4)
  }

  @Test func `has another boundary each time`() {
    let boundaries = (0..<100).map { _ in Multipart().boundary }
    #expect(Set(boundaries).count == 100)
    #expect(boundaries.allSatisfy { $0.count <= 70 && $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } })
  }
}

/// A file of a short text.
private struct TextFile: ReadableFile {
  let bytes: [UInt8]

  init(_ text: String) { bytes = Array(text.utf8) }

  func size() -> Int { bytes.count }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let rest = bytes.dropFirst(offset).prefix(buffer.count)
    buffer.copyBytes(from: rest)
    return rest.count
  }
}

extension Multipart {
  fileprivate func whole() throws -> Data {
    let body = body
    var data = Data()
    while data.count < body.length { data += try body.read(at: data.count, count: 7) }
    return data
  }
}
