public import Foundation

/// Images made from words: requests to `/v1/images/generations`, or `/v1/images/edits` for changed ones.
///
/// ```swift
/// let covers = Images(model: "gpt-image-1").size("1024x1536").quality("low")
/// let retouch = Images.edits(model: "gpt-image-1")      // its prompts hold the images to change
/// ```
///
/// An answer holds the bytes of its images, so results are large: some megabytes for each request. Read them
/// one by one as they are gone through, and keep none.
public struct Images: ConfigurableRequest {
  /// What the image should show; for a change, also the images that are changed.
  public typealias Input = Prompt
  /// The images.
  public typealias Output = ImagesReply

  /// Where the requests go.
  public let endpoint: Endpoint
  private let name: Model
  private var settings = RequestSettings(order: Self.order)

  private static let order = [
    "mask", "n", "size", "quality", "background", "output_format", "output_compression", "input_fidelity",
    "moderation", "response_format", "style",
  ]

  private init(_ endpoint: Endpoint, _ model: Model) {
    self.endpoint = endpoint
    name = model
  }

  /// New images by this model.
  public init(model: Model) { self.init(.imageGenerations, model) }

  /// New images by the model of this name.
  @_disfavoredOverload
  public init(model: String) { self.init(model: Model(model)) }

  /// Changes to images by this model.
  ///
  /// Each prompt holds its images beside the text, as attachments: `[Message(.user, [.text("Add a hat"),
  /// .image(path: "cat.png")])]`.
  public static func edits(model: Model) -> Self { Self(.imageEdits, model) }

  /// The model that is asked, where it is the same for all.
  public var model: Model? { settings["model"]?.string.map { Model($0) } ?? name }
  /// What is wrong with the settings.
  public var problems: [Problem] { settings.problems }

  /// Returns the body of the request about `input`.
  ///
  /// - Throws: ``BatchError`` where an image can't be read, or there are none to change.
  public func body(for input: Prompt) throws -> JSONValue {
    let (text, media) = try input.textAndMedia(for: endpoint)
    var body: JSONObject = ["model": .string(name.rawValue), "prompt": .string(text)]
    if endpoint == .imageEdits {
      guard !media.isEmpty else {
        throw BatchError(.invalidBatch, "An edit needs an image; put one into the prompt, beside its text.")
      }
      body["images"] = .array(try media.map { try $0.reference() })
    } else if !media.isEmpty {
      throw BatchError(.invalidBatch, "New images are made from words alone; use Images.edits for changes.")
    }
    settings.add(to: &body)
    return .object(body)
  }

  /// Returns what an answer means, or throws why it is of no use.
  public func output(of reply: Reply) throws(LineError) -> ImagesReply {
    try reply.requireAnswer()
    let images = (reply.raw["data"].array ?? []).compactMap { GeneratedImage($0) }
    guard !images.isEmpty else { throw .nothing("image") }
    return ImagesReply(images: images, reply: reply)
  }

  /// Sets anything else by its name on the wire, also what this library has never heard of.
  public func parameter(_ name: String, _ value: JSONValue) -> Self {
    var copy = self
    copy.settings[name] = value
    return copy
  }
}

extension Images {
  /// Sets the size in pixels, such as `1024x1024`.
  public func size(_ size: String) -> Self { parameter("size", .string(size)) }

  /// Sets how much care is taken, such as `low`.
  public func quality(_ quality: String) -> Self { parameter("quality", .string(quality)) }

  /// Sets what stands behind, such as `transparent`.
  public func background(_ background: String) -> Self { parameter("background", .string(background)) }

  /// Sets the format of the file, such as `webp`.
  public func outputFormat(_ format: String) -> Self { parameter("output_format", .string(format)) }

  /// Asks for several images for each prompt, all of which are paid for.
  ///
  /// They are in the ``ImagesReply/images`` of the one answer, in the service's order.
  public func count(_ count: Int) -> Self { parameter("n", count) }
}

/// The images that answer a request.
public struct ImagesReply: Sendable {
  /// The images in order; never empty.
  public let images: [GeneratedImage]
  /// Everything that came back, with usage read off.
  public let reply: Reply
}

/// An image that a model made: its bytes, or for some hours an address to fetch them from.
///
/// Newer models send the bytes; older ones an address unless asked otherwise, which is dead long before some
/// batches are read. Fetch those at once, or ask for bytes with `.parameter("response_format", "b64_json")`.
public struct GeneratedImage: Sendable, Hashable {
  /// Where the image can be fetched for some hours.
  public let url: URL?
  /// The words that the model worked from, where it changed those of the prompt.
  public let revisedPrompt: String?
  private let base64: String?

  fileprivate init?(_ json: JSONValue) {
    url = json["url"].string.flatMap { URL(string: $0) }
    base64 = json["b64_json"].string
    revisedPrompt = json["revised_prompt"].string
    if url == nil, base64 == nil { return nil }
  }

  /// The bytes of the image's file, where the answer holds them.
  public var data: Data? { base64.flatMap { Data(base64Encoded: $0) } }
}

extension Attachment {
  /// The image as endpoints that change it refer to it.
  ///
  /// - Throws: ``BatchError`` where it is a sound or a file, can't be read, or is no image by its first
  ///   bytes.
  func reference(store: any FileStore = DiskStore.shared) throws(BatchError) -> JSONValue {
    guard case .image = kind else {
      throw BatchError(.invalidBatch, "\(name) is no image; put images beside the text only.")
    }
    if source == .id { return ["file_id": .string(place)] }
    return ["image_url": .string(try imageAddress(store))]
  }
}
