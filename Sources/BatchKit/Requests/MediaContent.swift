import Foundation

/// The bytes of an image, a sound or a file, known by their first bytes rather than by a name.
///
/// Some services refuse an image whose declared type is not that of its bytes, and a name's ending often
/// lies. So the bytes decide, and the ending only where they say nothing, as for plain text.
struct MediaContent {
  /// How large one attachment may be.
  static let most = 50_000_000

  private let data: Data

  /// The bytes of an attachment that has some; an address or an id must not get here.
  ///
  /// - Throws: ``BatchError`` where the file is missing, a folder, unreadable, empty or too large.
  init(_ attachment: Attachment, _ store: any FileStore) throws(BatchError) {
    switch attachment.source {
    case .data(let data):
      try Self.checkSize(data.count, attachment.name)
      self.data = data
    default:
      let path = attachment.place
      guard let status = try store.status(of: path) else { throw .file(.notFound, .read, path) }
      if status.isFolder { throw .file(.isFolder, .read, path) }
      // Looked at before the file is read, so that a huge one costs no memory.
      try Self.checkSize(status.size, path)
      data = Data(try store.read(path))
    }
  }

  /// An empty file is refused too: it would be sent, paid for and answered with a guess.
  private static func checkSize(_ size: Int, _ name: String) throws(BatchError) {
    if size == 0 { throw .unusableMedia(name, "is empty; give a file that holds something") }
    guard size > most else { return }
    throw .unusableMedia(name, "has \(size) bytes, of which \(most) are allowed; make it smaller")
  }

  var base64: String { data.base64EncodedString() }

  /// An address that holds the bytes themselves.
  func dataURL(_ type: String) -> String { "data:\(type);base64,\(base64)" }

  private func begins(with bytes: [UInt8], at offset: Int = 0) -> Bool {
    data.dropFirst(offset).starts(with: bytes)
  }

  private func begins(with text: String, at offset: Int = 0) -> Bool {
    begins(with: Array(text.utf8), at: offset)
  }

  /// The type of an image, by the marks at its beginning; `nil` where it is none that services take.
  var imageType: String? {
    if begins(with: [0x89, 0x50, 0x4E, 0x47]) { return "image/png" }
    if begins(with: [0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
    if begins(with: "GIF8") { return "image/gif" }
    return begins(with: "RIFF") && begins(with: "WEBP", at: 8) ? "image/webp" : nil
  }

  /// The service's word for a sound; `nil` where it is neither.
  ///
  /// An MP3 begins with a tag or right with a frame, whose first eleven bits are set.
  var audioFormat: String? {
    if begins(with: "RIFF"), begins(with: "WAVE", at: 8) { return "wav" }
    let isFrame = data.count > 1 && begins(with: [0xFF]) && data[data.startIndex + 1] & 0xE0 == 0xE0
    return begins(with: "ID3") || isFrame ? "mp3" : nil
  }

  /// The type of a file, by its content where that tells, else by the end of its name.
  func fileType(_ name: String) -> String {
    if begins(with: "%PDF") { return "application/pdf" }
    let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
    return imageType ?? Self.types[ending] ?? "application/octet-stream"
  }

  private static let types = [
    "txt": "text/plain", "md": "text/markdown", "csv": "text/csv", "html": "text/html",
    "json": "application/json", "xml": "text/xml", "rtf": "application/rtf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  ]
}
