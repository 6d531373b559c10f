public import Foundation

/// Videos made from words: requests to `/v1/videos`.
///
/// The answer names the video; it is fetched from the service apart, for up to 24 hours after the batch.
///
/// ```swift
/// let clips = Videos(model: "sora-2").seconds(4).size("1280x720")
/// ```
public struct Videos: ConfigurableRequest {
  /// What the video should show, perhaps with an image to begin from.
  public typealias Input = Prompt
  /// The video.
  public typealias Output = Video

  private let name: Model
  private var settings = RequestSettings(order: ["seconds", "size"])

  /// Videos by this model.
  public init(model: Model) { name = model }

  /// Videos by the model of this name.
  @_disfavoredOverload
  public init(model: String) { self.init(model: Model(model)) }

  /// Where the requests go.
  public var endpoint: Endpoint { .videos }
  /// The model that is asked, where it is the same for all.
  public var model: Model? { settings["model"]?.string.map { Model($0) } ?? name }
  /// What is wrong with the settings.
  public var problems: [Problem] { settings.problems }

  /// Returns the body of the request about `input`.
  ///
  /// - Throws: ``BatchError`` where an image can't be read, or there are several.
  public func body(for input: Prompt) throws -> JSONValue {
    let (text, media) = try input.textAndMedia(for: endpoint)
    guard media.count <= 1 else {
      throw BatchError(.invalidBatch, "A video begins from one image at most; leave the others out.")
    }
    var body: JSONObject = ["model": .string(name.rawValue), "prompt": .string(text)]
    body["input_reference"] = try media.first?.reference()
    settings.add(to: &body)
    return .object(body)
  }

  /// Returns what an answer means, or throws why it is of no use.
  public func output(of reply: Reply) throws(LineError) -> Video {
    try reply.requireAnswer()
    guard let video = Video(reply) else { throw .nothing("video") }
    return video
  }

  /// Sets anything else by its name on the wire, also what this library has never heard of.
  public func parameter(_ name: String, _ value: JSONValue) -> Self {
    var copy = self
    copy.settings[name] = value
    return copy
  }
}

extension Videos {
  /// Sets how long the video is.
  ///
  /// It is sent as a text, as the service wants it.
  public func seconds(_ seconds: Int) -> Self { parameter("seconds", .string("\(seconds)")) }

  /// Sets the size in pixels, such as `1280x720`.
  public func size(_ size: String) -> Self { parameter("size", .string(size)) }
}

/// A video at the service, finished or on its way.
public struct Video: Sendable {
  /// The id by which it is fetched.
  public let id: String
  /// How far it is in the service's word, such as `queued` or `completed`.
  public let status: String?
  /// How much of it is made, of 100.
  public let progress: Int?
  /// How long it is.
  public let seconds: Int?
  /// Its size in pixels, such as `1280x720`.
  public let size: String?
  /// When the service forgets it.
  public let expiresAt: Date?
  /// Everything that came back.
  public let reply: Reply

  fileprivate init?(_ reply: Reply) {
    let raw = reply.raw
    guard let id = raw["id"].string, !id.isEmpty else { return nil }
    self.id = id
    self.reply = reply
    status = raw["status"].string
    progress = raw["progress"].int
    seconds = raw["seconds"].int ?? raw["seconds"].string.flatMap { Int($0) }
    size = raw["size"].string
    expiresAt = raw["expires_at"].double.map { Date(timeIntervalSince1970: $0) }
  }
}
