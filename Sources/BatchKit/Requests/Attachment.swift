public import Foundation

/// An image, a sound or a file that goes with a message, before its endpoint has its words for it.
///
/// A local file is read only when the request is written, so that a million of them need the memory of one.
package struct Attachment: Sendable, Hashable {
  /// What the model is to see or hear; each kind has its own object in the body.
  package enum Kind: Sendable, Hashable {
    case image(detail: ImageDetail?)
    case audio
    /// The name is what the model is told; without one, it is the last part of the path.
    case file(name: String?)
  }

  /// Where the bytes are.
  package enum Source: Sendable, Hashable {
    /// An address that the service fetches; the library never does.
    case url
    /// A file of this machine, which goes into the body as base64.
    case path
    /// A file that stands at the service already.
    case id
    /// Bytes in memory. They stay there for as long as the request does, so a path is better for many.
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
  ///
  /// A template fills in the place row by row; kind and source stay as they are.
  package func at(_ place: String) -> Self { Self(kind, source, place) }
}

extension Message.Part {
  /// An image at an address that the service can reach, or a data URL.
  ///
  /// The address is handed on as it stands and fetched by the service while the batch runs, so it must still
  /// be reachable then: hours later, and without a login.
  ///
  /// - Parameters:
  ///   - url: The address, or over a table a template that becomes one.
  ///   - detail: How closely the model looks; left to the service if `nil`.
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
  ///
  /// - Parameters:
  ///   - data: The bytes of the file, whose kind is read off their beginning.
  ///   - detail: How closely the model looks; left to the service if `nil`.
  public static func image(data: Data, detail: ImageDetail? = nil) -> Self {
    Self(kind: .media(Attachment(.image(detail: detail), .data(data))))
  }

  /// An image that was uploaded to the service before; chat takes none.
  public static func image(fileID: String, detail: ImageDetail? = nil) -> Self {
    Self(kind: .media(Attachment(.image(detail: detail), .id, fileID)))
  }

  /// A sound in a local file: WAV or MP3, of at most 50 MB.
  ///
  /// The file is read when the request is written. The model must be one that hears.
  public static func audio(path: String) -> Self { Self(kind: .media(Attachment(.audio, .path, path))) }

  /// A sound as the bytes of its file: WAV or MP3, of at most 50 MB.
  public static func audio(data: Data) -> Self { Self(kind: .media(Attachment(.audio, .data(data)))) }

  /// A local file, such as a PDF, of at most 50 MB.
  ///
  /// The file is read when the request is written, and the model sees the last part of its path as the name.
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
  /// Local files are read here and nowhere earlier, one at a time, and their bytes live no longer than the
  /// line.
  ///
  /// - Throws: ``BatchError`` where a file can't be read, is none of its kind, or is not taken there.
  func json(
    _ dialect: MessageDialect, store: any FileStore = DiskStore.shared
  ) throws(BatchError) -> JSONValue {
    switch kind {
    case .image(let detail): try image(dialect, detail, store)
    case .audio: try audio(store)
    case .file(let name): try file(dialect, name, store)
    }
  }

  /// Chat puts the image into an object beneath `image_url`; responses keeps all in one object, and there
  /// alone knows ids of files.
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

  /// The format is a field of its own here, so a sound must be one of the two that have a word.
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

  /// Chat puts the file into an object beneath `file`; responses has the same keys at the top, beside the
  /// type.
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

  /// What a person knows it by, for the sentences of errors: never the bytes themselves.
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
