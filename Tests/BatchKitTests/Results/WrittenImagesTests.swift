import BatchKit
import Foundation
import Testing

@Suite struct `Images that came back are written as files` {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 1, 2, 3]
  private static let jpg: [UInt8] = [0xFF, 0xD8, 0xFF, 9]
  private static let webp = Array("RIFF1234WEBPVP8 ".utf8)

  private func line(_ id: String, _ images: [JSONValue]) -> String {
    let line: JSONValue = [
      "custom_id": .string(id),
      "response": ["status_code": 200, "body": ["created": 1, "data": .array(images)]],
    ]
    return line.description
  }

  private func image(_ bytes: [UInt8]) -> JSONValue {
    ["b64_json": .string(Data(bytes).base64EncodedString())]
  }

  private func results(_ lines: [String]) throws -> BatchResults<ImagesReply> {
    let path = scratch("images.jsonl")
    try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: path))
    return try BatchResults(contentsOf: path, as: Images(model: "gpt-image-1"))
  }

  @Test func `each has the name of its row and the ending of its format`() throws {
    let results = try results([
      line("emma", [image(Self.png), image(Self.jpg)]), line("moby.dick-2", [image(Self.webp)]),
      line("odd", [image([1, 2])]),
    ])
    let folder = scratch("out")
    let written = try results.writeImages(to: folder)
    let names = ["emma.png", "emma+2.jpg", "moby.dick-2.webp", "odd.image"]
    #expect(written.files == names.map { "\(folder)/\($0)" })
    #expect(try DiskStore.shared.names(in: folder) == names.sorted())
    #expect(try DiskStore.shared.read("\(folder)/emma.png") == Self.png)
    #expect(try DiskStore.shared.read("\(folder)/emma+2.jpg") == Self.jpg)
    // Written once more, they are replaced and nothing is added.
    #expect(try results.writeImages(to: folder) == written)
    #expect(try DiskStore.shared.names(in: folder).count == 4)
  }

  @Test func `no id leads out of the folder, and no two share a file`() throws {
    let ids = [
      "../../etc/passwd", "/tmp/x", "..", ".hidden", "a b", "a%20b", "A", "a", "a+2", "è", "\u{0}", "C:\\x",
      String(repeating: "é", count: 200), String(repeating: "é", count: 199) + "f",
    ]
    let written = try results(ids.map { line($0, [image(Self.png), image(Self.png)]) })
      .writeImages(to: scratch("out"))
    #expect(written.files.count == ids.count * 2)
    let names = try DiskStore.shared.names(in: scratch("out"))
    #expect(Set(names.map { $0.lowercased() }).count == ids.count * 2)
    #expect(names.allSatisfy { !$0.hasPrefix(".") && $0.utf8.count < 255 })
    #expect(try DiskStore.shared.names(in: scratch("")).sorted() == ["images.jsonl", "out"])
  }

  @Test func `what can't be written is told`() throws {
    let results = try results([
      line("far", [["url": "https://images.invalid/1.png"]]), line("broken", [["b64_json": "%%%"]]),
      line("near", [image(Self.png)]),
    ])
    let written = try results.writeImages(to: scratch("out"))
    #expect(written.addresses.map(\.absoluteString) == ["https://images.invalid/1.png"])
    #expect(written.unreadable == ["broken"] && written.files.count == 1)
    // A file stands where the folder should be.
    #expect(throws: BatchError.self) { try results.writeImages(to: scratch("images.jsonl")) }
  }
}
