/// A form to be sent, with fields and files in the order they were added.
///
/// It is put together as a body of pieces: a little text in memory, the files where they lie, and so of a
/// length that is known before anything is read.
package struct Multipart: Sendable {
  /// One field of the form, its value a text or a file.
  private struct Part: Sendable {
    enum Content: Sendable {
      case text(String)
      case file(HTTPBody, name: String, type: String)
    }

    var name: String
    var content: Content

    /// Whether a field has `text` in it.
    func mentions(_ text: String) -> Bool {
      guard case .text(let value) = content else { return false }
      return value.contains(text) || name.contains(text)
    }
  }

  private var parts: [Part] = []

  /// What separates the parts; it is never found in the name or value of a field.
  ///
  /// A file isn't searched for it, as that would mean reading it once more: at 148 random bits it isn't
  /// there.
  package private(set) var boundary = Self.randomBoundary()

  package init() {}

  /// Adds a field, its name such as `expires_after[anchor]`.
  ///
  /// The boundary is drawn anew in the unlikely case that the field holds it.
  package mutating func add(_ name: String, _ value: String) {
    parts.append(Part(name: name, content: .text(value)))
    while parts.contains(where: { $0.mentions(boundary) }) { boundary = Self.randomBoundary() }
  }

  /// Adds a file under the name that the server shall know it by.
  ///
  /// The file's own length counts from here on; its bytes are read when the form is sent.
  package mutating func add(
    _ name: String, _ file: HTTPBody, named fileName: String, type: String = "application/jsonl"
  ) {
    parts.append(Part(name: name, content: .file(file, name: fileName, type: type)))
  }

  /// The value of the field `Content-Type` to send the form with.
  ///
  /// To be asked after the last part was added, since a part can change the boundary.
  package var contentType: String { "multipart/form-data; boundary=\(boundary)" }

  /// The form as it is sent; files stay where they are until then.
  package var body: HTTPBody {
    var pieces: [HTTPBody.Piece] = []
    var text = ""
    for part in parts {
      text += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(Self.escaped(part.name))\""
      switch part.content {
      case .text(let value): text += "\r\n\r\n\(value)\r\n"
      case .file(let file, let fileName, let type):
        text += "; filename=\"\(Self.escaped(fileName))\"\r\nContent-Type: \(Self.escaped(type))\r\n\r\n"
        pieces += [.bytes(Array(text.utf8))] + file.pieces
        text = "\r\n"
      }
    }
    return HTTPBody(pieces: pieces + [.bytes(Array("\(text)--\(boundary)--\r\n".utf8))])
  }

  /// A name as it may stand between quotes: browsers write what would end it in this way, and servers expect
  /// so.
  private static func escaped(_ name: String) -> String {
    let escapes: [Character: String] = [
      "\"": "%22", "\r": "%0D", "\n": "%0A", "\r\n": "%0D%0A", "\\": "%5C", "\0": "%00",
    ]
    return name.map { escapes[$0] ?? String($0) }.joined()
  }

  /// Twenty-five letters of 62 after a word that tells people whose form it is.
  private static func randomBoundary() -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    return "batchkit-" + String((0..<25).compactMap { _ in letters.randomElement() })
  }
}
