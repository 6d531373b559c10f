import BatchKit
import BatchKitTesting
import Foundation
import Testing

struct `A multipart form` {
  private let type = "multipart/form-data; boundary=\"b-1\""

  private func form(_ text: String, type: String? = nil) throws -> MultipartForm? {
    try MultipartForm(.bytes(text.utf8), contentType: type ?? self.type)
  }

  private func part(_ head: String, _ content: String) -> String {
    "--b-1\r\nContent-Disposition: form-data; \(head)\r\n\r\n\(content)\r\n"
  }

  @Test(arguments: ["", "x", "\r\n", "--b", "\r\n--b-", "line\n--b-1 in the text\n", "\r\n\r\n"])
  func `every content is found whole`(content: String) throws {
    let text = part("name=\"purpose\"", "batch") + part("name=\"file\"; filename=\"a.jsonl\"", content)
    let form = try #require(try form(text + "--b-1--\r\n"))
    let file = try #require(form["file"])
    #expect(file.fileName == "a.jsonl")
    #expect(String(decoding: Array(text.utf8)[file.range], as: UTF8.self) == content)
    #expect(form["purpose"]?.fileName == nil)
    #expect(form["nothing"] == nil)
  }

  @Test(arguments: [
    (#"name="file"; filename="a;b.jsonl""#, "a;b.jsonl"), (#"name=file; filename=a.jsonl"#, "a.jsonl"),
    (#"filename="a\"b.jsonl"; name="file""#, #"a"b.jsonl"#), (#"name="file"; filename="a%22b""#, #"a"b"#),
    (#"NAME="file"; FileName="ü.jsonl""#, "ü.jsonl"),
  ])
  func `names are read as clients write them`(head: String, name: String) throws {
    let form = try #require(try form(part(head, "x") + "--b-1--"))
    #expect(form["file"]?.fileName == name)
  }

  @Test(arguments: [
    "", "--b-1", "--b-1\r\n", "--b-1\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx",
    "--b-1\r\nContent-Type: text/plain\r\n\r\nx\r\n--b-1--", "--b-2--",
    "--b-1\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--b-1",
  ])
  func `what is cut or no form is none`(text: String) throws {
    #expect(try form(text) == nil)
  }

  @Test(arguments: ["application/json", "multipart/form-data", "multipart/form-data; charset=utf-8", ""])
  func `without a boundary there is no form`(type: String) throws {
    #expect(try form(part("name=\"a\"", "x") + "--b-1--", type: type) == nil)
  }

  @Test func `a header without end is given up`() throws {
    let text = "--b-1\r\nX: " + String(repeating: "x", count: 20_000) + "\r\n\r\nx\r\n--b-1--"
    #expect(try form(text) == nil)
  }

  @Test(arguments: [256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 700_000])
  func `a boundary may lie anywhere across the windows`(size: Int) throws {
    for shift in 0..<8 {
      let content = String(repeating: "y", count: size - 80 + shift * 11)
      let form = try #require(try form(part("name=\"file\"; filename=\"f\"", content) + "--b-1--"))
      #expect(form["file"]?.range.count == content.utf8.count)
    }
  }
}

struct `Lines of a body` {
  private func lines(_ body: HTTPBody) throws -> [String] {
    var reader = BodyLines(body)
    var lines: [String] = []
    while let line = try reader.next() {
      lines.append(String(decoding: line.bytes, as: UTF8.self))
      #expect(try body.bytes(in: line.range) == line.bytes)
    }
    return lines
  }

  @Test(
    arguments: [
      ("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]), ("\n", [""]),
      ("a\n\nb\n", ["a", "", "b"]),
    ] as [(String, [String])])
  func `are what stands between line feeds`(text: String, expected: [String]) throws {
    #expect(try lines(.bytes(text.utf8)) == expected)
    let pieces = text.utf8.map { HTTPBody.Piece.bytes([$0]) }
    #expect(try lines(HTTPBody(pieces: pieces)) == expected)
  }

  @Test func `may be longer than the window`() throws {
    let long = String(repeating: "z", count: 600_000)
    #expect(try lines(.bytes("a\n\(long)\nb".utf8)) == ["a", long, "b"])
  }
}

struct `The emulator's spool` {
  @Test func `keeps large things in files that nobody sees, and leaves nothing behind`() throws {
    let store = MemoryStore()
    let chunk = [UInt8](repeating: 7, count: 100_000)
    func spooled() throws -> HTTPBody {
      var writer = Spool(store: store, in: "/tmp").writer()
      for _ in 0..<5 { try writer.append(chunk) }
      #expect(writer.length == 500_000)
      #expect(try store.names(in: "/tmp").count == 1)
      return try writer.finish()
    }
    let body = try spooled()
    #expect(!body.isInMemory && body.length == 500_000)
    #expect(try body.bytes(in: 499_000..<500_000) == Array(chunk[..<1000]))
    #expect(try store.names(in: "/tmp").isEmpty)
  }

  @Test func `keeps small things in memory`() throws {
    var writer = Spool(store: MemoryStore(), in: "/tmp").writer()
    try writer.append([1, 2, 3])
    let body = try writer.finish()
    #expect(body.isInMemory && body.length == 3)
  }
}
