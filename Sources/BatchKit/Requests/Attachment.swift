public import Foundation

/// An image, a sound or a file that goes with a message, before its endpoint has its words for it.
///
/// A local file is read only when the request is written, so that a million of them need the memory of one.
package struct Attachment: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case image(detail: ImageDetail?)
    case audio
    case file(name: String?)
  }

  package enum Source: Sendable, Hashable {
    case url
    case path
    case id
    case data(Data)
  }

  let kind: Kind
  let source: Source
  /// The address, path or id; a template where a table fills it.
  package let place: String

  init(_ kind: Kind, _ source: Source, _ place: String = "") {
    self.kind = kind
    self.source = source
    self.place = place
  }

  /// The same, of another address, path or id.
  package func at(_ place: String) -> Self { Self(kind, source, place) }
}

extension Message.Part {
  /// An image at an address that the service can reach, or a data URL.
  public static func image(url: String, detail: ImageDetail? = nil) -> Self {
    Self(kind: .media(Attachment(.image(detail: detail), .url, url)))
  }

  /// An image in a local file: PNG, JPEG, GIF or WebP, of at most 50 MB.
  ///
  /// The file is read when the request is written; one that can't be read is a problem of that request. Over
  /// a table, the path is a template, as every text is.
  public static func image(path: String, detail: ImageDetail? = nil) -> Self {
    Self(kind: .media(Attachment(.image(detail: detail), .path, path)))
  }

  /// An image as the bytes of its file: PNG, JPEG, GIF or WebP, of at most 50 MB.
  public static func image(data: Data, detail: ImageDetail? = nil) -> Self {
    Self(kind: .media(Attachment(.image(detail: detail), .data(data))))
  }

  /// An image that was uploaded to the service before; chat takes none.
  public static func image(fileID: String, detail: ImageDetail? = nil) -> Self {
    Self(kind: .media(Attachment(.image(detail: detail), .id, fileID)))
  }

  /// A sound in a local file: WAV or MP3, of at most 50 MB.
  public static func audio(path: String) -> Self { Self(kind: .media(Attachment(.audio, .path, path))) }

  /// A sound as the bytes of its file: WAV or MP3, of at most 50 MB.
  public static func audio(data: Data) -> Self { Self(kind: .media(Attachment(.audio, .data(data)))) }

  /// A local file, such as a PDF, of at most 50 MB.
  public static func file(path: String) -> Self {
    Self(kind: .media(Attachment(.file(name: nil), .path, path)))
  }

  /// A file as its bytes, and the name that the model sees.
  public static func file(data: Data, name: String) -> Self {
    Self(kind: .media(Attachment(.file(name: name), .data(data))))
  }

  /// A file that was uploaded to the service before.
  public static func file(id: String) -> Self { Self(kind: .media(Attachment(.file(name: nil), .id, id))) }

  /// A file at an address that the service can reach; chat takes none.
  public static func file(url: String) -> Self { Self(kind: .media(Attachment(.file(name: nil), .url, url))) }
}

extension Attachment {
  /// The part in the words of an endpoint.
  ///
  /// - Throws: ``BatchError`` where a file can't be read or is none of its kind, or the endpoint takes no such.
  func json(
    _ dialect: MessageDialect, store: any FileStore = DiskStore.shared
  ) throws(BatchError) -> JSONValue {
    switch kind {
    case .image(let detail): try image(dialect, detail, store)
    case .audio: try audio(store)
    case .file(let name): try file(dialect, name, store)
    }
  }

  private func image(
    _ dialect: MessageDialect, _ detail: ImageDetail?, _ store: any FileStore
  ) throws(BatchError) -> JSONValue {
    let isChat = dialect == .chat
    if source == .id {
      guard !isChat else { throw .unsupportedPart("an image that was uploaded before", "path or URL") }
      let part: JSONValue = ["type": "input_image", "file_id": .string(place)]
      return part.with("detail", detail?.json)
    }
    let address = JSONValue.string(try imageAddress(store))
    if isChat {
      let image: JSONValue = ["url": address]
      return ["type": "image_url", "image_url": image.with("detail", detail?.json)]
    }
    let part: JSONValue = ["type": "input_image", "image_url": address]
    return part.with("detail", detail?.json)
  }

  private func audio(_ store: any FileStore) throws(BatchError) -> JSONValue {
    let content = try MediaContent(self, store)
    guard let format = content.audioFormat else {
      throw .unusableMedia(name, "is no WAV or MP3; convert it first")
    }
    return [
      "type": "input_audio",
      "input_audio": ["data": .string(content.base64), "format": .string(format)],
    ]
  }

  private func file(
    _ dialect: MessageDialect, _ name: String?, _ store: any FileStore
  ) throws(BatchError) -> JSONValue {
    let isChat = dialect == .chat
    let content: JSONValue
    switch source {
    case .id: content = ["file_id": .string(place)]
    case .url:
      guard !isChat else { throw .unsupportedPart("a file at an address", "path or id") }
      content = ["file_url": .string(place)]
    case .path, .data:
      let name = name ?? place.split(separator: "/").last.map(String.init) ?? place
      let media = try MediaContent(self, store)
      content = ["filename": .string(name), "file_data": .string(media.dataURL(media.fileType(name)))]
    }
    guard let keys = content.object, !isChat else { return ["type": "file", "file": content] }
    return .object(JSONObject([("type", "input_file")] + keys.map { ($0.key, $0.value) }))
  }

  /// The address of an image: its own, or one that holds all of it.
  func imageAddress(_ store: any FileStore) throws(BatchError) -> String {
    guard source != .url else { return place }
    let content = try MediaContent(self, store)
    guard let type = content.imageType else {
      throw .unusableMedia(name, "is no PNG, JPEG, GIF or WebP; convert it first")
    }
    return content.dataURL(type)
  }

  /// What a person knows it by.
  var name: String {
    switch kind {
    case .file(let name?): name
    default: place.isEmpty ? "The data of a message" : place
    }
  }
}

extension JSONValue {
  /// The object with a value more, where there is one.
  func with(_ key: String, _ value: JSONValue?) -> Self {
    guard let value else { return self }
    var copy = self
    copy[key] = value
    return copy
  }
}

extension BatchError {
  fileprivate static func unsupportedPart(_ part: String, _ remedy: String) -> Self {
    Self(.unsupported, "The chat endpoint does not take \(part); give a \(remedy), or use Responses.")
  }

  static func unusableMedia(_ name: String, _ reason: String) -> Self {
    Self(.unreadableFile, "\(name) \(reason).")
  }
}
