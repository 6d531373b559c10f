public import Foundation

/// One HTTP request, as a provider asks for it and a transport carries it out.
///
/// A plain value: it knows nothing of a connection, can be sent again, and can be looked into by a test.
public struct HTTPRequest: Sendable {
  /// The method, such as `POST`.
  public var method: String
  /// The whole address.
  ///
  /// It begins with `https`, or `http` for a server of one's own.
  public var url: URL
  /// The header fields.
  ///
  /// Those of the connection, such as `Content-Length`, are the transport's own to set.
  public var headers: HTTPHeaders
  /// What is sent along.
  public var body: HTTPBody
  /// How long nothing may move on the connection before the request is given up.
  ///
  /// It counts from the last byte in either direction: a large file may take hours while it moves.
  public var idleLimit: Duration
  /// Is told, from any thread, how many bytes of the body have gone out so far.
  ///
  /// A transport that can't tell leaves it alone: nothing may depend on its being called.
  public var progress: (@Sendable (Int) -> Void)?

  /// A request to `url`.
  /// - Parameters:
  ///   - method: The method, such as `POST`.
  ///   - url: The whole address.
  ///   - headers: The header fields.
  ///   - body: What is sent along.
  ///   - idleLimit: How long nothing may move on the connection.
  public init(
    _ method: String, _ url: URL, headers: HTTPHeaders = [:], body: HTTPBody = .empty,
    idleLimit: Duration = .seconds(300)
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.idleLimit = idleLimit
  }
}

extension HTTPRequest: CustomStringConvertible {
  /// What people are shown of it.
  ///
  /// The method and the path, without the host and without the query.
  public var description: String { "\(method) \(url.path)" }
}

/// What a server answered.
///
/// Every answer is one, a refusal too: what a status means depends on the call.
public struct HTTPResponse: Sendable {
  /// The status, such as 200.
  public var status: Int
  /// The header fields.
  public var headers: HTTPHeaders
  /// The body; empty where it was handed on while it arrived.
  ///
  /// A transport may cut the body of a refusal short where it has no end.
  public var body: Data

  /// An answer of these parts.
  /// - Parameters:
  ///   - status: The status, such as 200.
  ///   - headers: The header fields.
  ///   - body: The body.
  public init(status: Int, headers: HTTPHeaders = [:], body: Data = Data()) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// Whether the status is one of success.
  ///
  /// That is 200 to 299. A redirect is none, since a transport follows none.
  public var isSuccess: Bool { (200..<300).contains(status) }
}

/// Header fields, their names read without regard to case, the values of secret ones never shown.
///
/// ```swift
/// var headers: HTTPHeaders = ["Accept": "application/json", "Authorization": "Bearer …"]
/// headers["accept"]  // application/json
/// print(headers)  // Accept: application/json, Authorization: redacted
/// ```
/// Each name has one value: a second one takes the place of the first.
public struct HTTPHeaders: Sendable, ExpressibleByDictionaryLiteral {
  /// The fields in the order they were set.
  ///
  /// A field that is set anew moves to the end.
  public private(set) var fields: [(name: String, value: String)] = []

  /// Makes one of a literal.
  public init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { self[name] = value }
  }

  /// These fields, as a web server that received them hands them on.
  /// - Parameter fields: Names and values; of two with one name the later one counts.
  public init(_ fields: some Sequence<(key: String, value: String)>) {
    for (name, value) in fields { self[name] = value }
  }

  /// The value of a field; set `nil` to take it out.
  public subscript(_ name: String) -> String? {
    get { fields.first { $0.name.lowercased() == name.lowercased() }?.value }
    set {
      fields.removeAll { $0.name.lowercased() == name.lowercased() }
      if let newValue { fields.append((name, newValue)) }
    }
  }
}

extension HTTPHeaders: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Fields that anyone may read; all others are shown by name alone.
  ///
  /// A list of what may be shown, not of what may not: services name their keys as they like.
  private static let harmless: Set<String> = [
    "accept", "accept-encoding", "content-type", "content-length", "content-encoding", "date", "location",
    "retry-after", "retry-after-ms", "x-should-retry", "request-id", "x-request-id", "user-agent",
    "connection",
    "transfer-encoding",
  ]

  /// What people are shown of it.
  ///
  /// Every field has its name there; the values of those that are not known to be harmless are replaced by a
  /// word.
  public var description: String {
    fields.map { field in
      let isHarmless = Self.harmless.contains(field.name.lowercased())
      return "\(field.name): \(isHarmless ? field.value : "redacted")"
    }.joined(separator: ", ")
  }

  /// The same as its description.
  public var debugDescription: String { description }
  /// A mirror that shows nothing secret.
  public var customMirror: Mirror { Mirror(self, children: ["fields": description]) }
}
