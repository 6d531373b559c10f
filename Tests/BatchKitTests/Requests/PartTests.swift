import BatchKit
import Foundation
import Testing

private let png = Data([0x89, 0x50, 0x4E, 0x47, 1, 2])
private let pdf = Data("%PDF-1.7".utf8)
private let wav = Data("RIFF....WAVEfmt ".utf8)

@Suite struct `A message may hold images, sounds and files` {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func content(_ parts: Message.Part...) throws -> (chat: String, responses: String) {
    let prompt = Prompt([Message(.user, [.text("Look:")] + parts)])
    return (
      try Chat(model: "m").body(for: prompt)["messages"][0]["content"].description,
      try Responses(model: "m").body(for: prompt)["input"][0]["content"].description
    )
  }

  private func save(_ data: Data, _ name: String) throws -> String {
    let path = scratch(name)
    try DiskStore.shared.replace(path, with: Array(data))
    return path
  }

  @Test func `an image at an address`() throws {
    let (chat, responses) = try content(
      .image(url: "https://x/y.png", detail: .low), .image(url: "https://z"))
    #expect(
      chat == """
        [{"type":"text","text":"Look:"},{"type":"image_url","image_url":{"url":"https://x/y.png","detail":"low"}},\
        {"type":"image_url","image_url":{"url":"https://z"}}]
        """)
    #expect(
      responses == """
        [{"type":"input_text","text":"Look:"},{"type":"input_image","image_url":"https://x/y.png","detail":"low"},\
        {"type":"input_image","image_url":"https://z"}]
        """)
  }

  @Test func `an image in a file, whatever its name`() throws {
    let (chat, responses) = try content(.image(path: try save(png, "photo.jpeg")))
    #expect(chat.hasSuffix(#"{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORwEC"}}]"#))
    #expect(responses.hasSuffix(#"{"type":"input_image","image_url":"data:image/png;base64,iVBORwEC"}]"#))
    #expect(try content(.image(data: png)).chat == chat)
  }

  @Test(arguments: [
    (Data([0xFF, 0xD8, 0xFF, 0xE0]), "image/jpeg"), (Data("GIF89a".utf8), "image/gif"),
    (Data("RIFF....WEBPVP8 ".utf8), "image/webp"),
  ])
  func `images are known by their first bytes`(_ data: Data, _ type: String) throws {
    #expect(try content(.image(data: data)).chat.contains("data:\(type);base64,"))
  }

  @Test func `a sound`() throws {
    let (chat, responses) = try content(.audio(path: try save(wav, "a.mp3")))
    let part =
      #"{"type":"input_audio","input_audio":{"data":"\#(wav.base64EncodedString())","format":"wav"}}]"#
    #expect(chat.hasSuffix(part) && responses.hasSuffix(part))
    #expect(try content(.audio(data: Data("ID3xx".utf8))).chat.contains(#""format":"mp3""#))
    #expect(try content(.audio(data: Data([0xFF, 0xFB, 1]))).chat.contains(#""format":"mp3""#))
  }

  @Test func `a file`() throws {
    let (chat, responses) = try content(.file(path: try save(pdf, "paper.pdf")))
    let data = #""filename":"paper.pdf","file_data":"data:application/pdf;base64,JVBERi0xLjc=""#
    #expect(chat.hasSuffix(#"{"type":"file","file":{\#(data)}}]"#))
    #expect(responses.hasSuffix(#"{"type":"input_file",\#(data)}]"#))
    #expect(try content(.file(id: "file-1")).chat.hasSuffix(#"{"type":"file","file":{"file_id":"file-1"}}]"#))
    #expect(
      try content(.file(id: "file-1")).responses.hasSuffix(#"{"type":"input_file","file_id":"file-1"}]"#))
    #expect(
      try content(.file(data: Data("a,b".utf8), name: "t.csv")).responses.contains(
        "data:text/csv;base64,YSxi"))
  }

  @Test func `what only the responses endpoint takes is refused by the other`() throws {
    let prompt: (Message.Part) -> Prompt = { Prompt([Message(.user, [.text("x"), $0])]) }
    let responses = Responses(model: "m")
    #expect(
      try responses.body(for: prompt(.file(url: "https://x/y.pdf"))).description.contains(
        #"{"type":"input_file","file_url":"https://x/y.pdf"}"#))
    #expect(
      try responses.body(for: prompt(.image(fileID: "file-1"))).description.contains(
        #"{"type":"input_image","file_id":"file-1"}"#))
    for part in [Message.Part.file(url: "https://x/y.pdf"), .image(fileID: "file-1")] {
      #expect { try Chat(model: "m").body(for: prompt(part)) } throws: {
        ($0 as? BatchError)?.code == .unsupported && "\($0)".contains("use Responses")
      }
    }
  }

  @Test func `a file that is missing, empty or something else is a problem of its request`() throws {
    var batch = Batch(Chat(model: "m"))
    let gone = scratch("gone.png")
    let text = try save(Data("hello".utf8), "text.png")
    let nothing = try save(Data(), "empty.png")
    for path in [gone, text, nothing, scratch("")] {
      batch.add(CustomID(path), [Message(.user, [.image(path: path)])])
    }
    let sound: Prompt = [Message(.user, [.audio(data: png)])]
    batch.add("sound", sound)
    batch.add("good", "Hi")
    let problems = batch.problems()
    #expect(
      problems.map(\.id) == [
        CustomID(gone), CustomID(text), CustomID(nothing), CustomID(scratch("")), "sound",
      ])
    #expect(problems.allSatisfy { $0.severity == .error && $0.code == "unreadable_file" })
    let words = [
      "There is nothing at \(gone)", "is no PNG, JPEG, GIF or WebP", "is empty", "is a folder",
      "no WAV or MP3",
    ]
    for (problem, word) in zip(problems, words) { #expect(problem.message.contains(word), "\(problem)") }
  }

  @Test func `a file that is too large is refused before it is read`() throws {
    let path = try save(png, "huge.png")
    try DiskStore.shared.truncate(path, to: 50_000_001)
    #expect { try content(.image(path: path)) } throws: {
      "\($0)".contains("50000001 bytes, of which 50000000")
    }
    #expect { try content(.image(data: Data(count: 50_000_001))) } throws: {
      "\($0)".contains("make it smaller")
    }
  }

  @Test func `each row of a table may have its own`() throws {
    _ = try save(png, "one.png")
    let look = Message(
      .user, [.text("{{id}}?"), .image(path: scratch("{{photo}}.png")), .image(url: "https://x/{{photo}}")])
    var batch = Batch(Responses(model: "m"))
    batch.add(
      contentsOf: try Table(columns: ["id", "photo"], rows: [["1", "one"]]), id: "{{id}}", messages: [look])
    #expect(
      try rendered(batch) == """
        {"custom_id":"1","method":"POST","url":"/v1/responses","body":{"model":"m","input":[{"role":"user","content":\
        [{"type":"input_text","text":"1?"},{"type":"input_image","image_url":"data:image/png;base64,iVBORwEC"},\
        {"type":"input_image","image_url":"https://x/one"}]}]}}

        """)
    batch.add(
      contentsOf: try Table(columns: ["id", "photo"], rows: [["2", "two"]]), id: "{{id}}", messages: [look])
    let problems = batch.problems()
    #expect(problems.map(\.id) == ["2"] && problems.first?.place == "row 1 of the table")
  }
}
