public import Foundation

/// One HTTP request, as a provider asks for it and a transport carries it out.
public struct HTTPRequest: Sendable {
  /// The method, such as `POST`.
  public var method: String
  /// The whole address.
  public var url: URL
  /// The header fields.
  public var headers: HTTPHeaders
  /// What is sent along.
  public var body: HTTPBody
  /// How long nothing may move on the connection before the request is given up.
  public var idleLimit: Duration
  /// Is told, from any thread, how many bytes of the body have gone out so far.
  ///
  /// A transport that can't tell leaves it alone: nothing may depend on its being called.
  public var progress: (@Sendable (Int) -> Void)?

  /// A request to `url`.
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
  public var description: String { "\(method) \(url.path)" }
}

/// What a server answered.
public struct HTTPResponse: Sendable {
  /// The status, such as 200.
  public var status: Int
  /// The header fields.
  public var headers: HTTPHeaders
  /// The body; empty where it was handed on while it arrived.
  public var body: Data

  /// An answer of these parts.
  public init(status: Int, headers: HTTPHeaders = [:], body: Data = Data()) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// Whether the status is one of success.
  public var isSuccess: Bool { (200..<300).contains(status) }
}

/// Header fields, their names read without regard to case, the values of secret ones never shown.
public struct HTTPHeaders: Sendable, ExpressibleByDictionaryLiteral {
  /// The fields in the order they were set.
  public private(set) var fields: [(name: String, value: String)] = []

  /// Makes one of a literal.
  public init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { self[name] = value }
  }

  /// These fields, as a web server that received them hands them on.
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
  private static let harmless: Set<String> = [
    "accept", "accept-encoding", "content-type", "content-length", "content-encoding", "date", "location",
    "retry-after", "retry-after-ms", "x-should-retry", "request-id", "x-request-id", "user-agent",
    "connection",
    "transfer-encoding",
  ]

  /// What people are shown of it.
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
