import Foundation

extension BatchError.Code {
  /// A request can't be sent as it stands.
  ///
  /// It is found before anything is sent: in the method, the address, a header field or the body.
  public static let invalidRequest = Self(rawValue: "invalid_request")
}

extension BatchError {
  fileprivate static var fieldName: Self {
    Self(
      .invalidRequest,
      "A header field's name has a character that none may have; use letters, digits and hyphens.")
  }

  fileprivate static func fieldValue(of name: String) -> Self {
    Self(
      .invalidRequest,
      "The header field \(name) has a line break or another control character in its value; "
        + "check where the value was read from.")
  }

  fileprivate static var method: Self {
    Self(.invalidRequest, "A request's method must be a word such as GET or POST.")
  }

  fileprivate static var misplacedBody: Self {
    Self(.invalidRequest, "A GET or HEAD request can't carry a body; send it with POST.")
  }

  fileprivate static var address: Self {
    Self(.invalidRequest, "A request's address must begin with https:// or http:// and name a host.")
  }
}

extension HTTPRequest {
  /// Whether a body is sent, be it an empty one: a `POST` without a length is refused by some servers.
  var hasBody: Bool { body.length > 0 || ["POST", "PUT", "PATCH"].contains(method) }

  /// The fields as they leave: those of the request, and those that the session would otherwise make up
  /// itself.
  ///
  /// The length is the session's to state: two statements of it are how requests are smuggled past a proxy.
  /// And nothing is asked for in compressed form, since a compressed body that was cut short can look whole.
  var fieldsToSend: [(name: String, value: String)] {
    var headers = headers
    for name in ["Content-Length", "Transfer-Encoding"] { headers[name] = nil }
    var defaults = [("Accept-Encoding", "identity"), ("User-Agent", "BatchKit")]
    if hasBody { defaults.append(("Content-Type", "application/octet-stream")) }
    for (name, value) in defaults where headers[name] == nil { headers[name] = value }
    return headers.fields
  }

  /// Refuses whatever could make one request look like two on the wire.
  ///
  /// - Throws: ``BatchError``, which names no value: it may be a key.
  ///
  /// On Linux the session lets a line break in the name of a field through, and drops a field whose value has
  /// one without a word.
  func checkFields() throws(BatchError) {
    guard method.isToken else { throw .method }
    guard ["http", "https"].contains(url.scheme?.lowercased()), url.host?.isEmpty == false else {
      throw .address
    }
    guard body.length == 0 || !["GET", "HEAD"].contains(method) else { throw .misplacedBody }
    for (name, value) in headers.fields {
      guard name.isToken else { throw .fieldName }
      guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
        throw .fieldValue(of: name)
      }
    }
  }
}

extension HTTPBody {
  /// All bytes of a body whose pieces are in memory.
  ///
  /// It is handed to the session in one piece, since an upload from memory states its length.
  func wholeInMemory() throws -> Data {
    var whole = Data()
    whole.reserveCapacity(length)
    while whole.count < length { whole.append(try read(at: whole.count, count: length - whole.count)) }
    return whole
  }
}

extension String {
  /// Whether it may stand as a method or as the name of a field.
  fileprivate var isToken: Bool {
    let marks = Set("!#$%&'*+-.^_`|~".utf8)
    return !isEmpty
      && utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: marks.contains(byte)
        }
      }
  }
}
