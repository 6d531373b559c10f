import Foundation

extension HTTPFailure {
  /// Nobody could tell whether it is whole, and a part of a result file is worse than none.
  static var compressed: Self {
    Self(
      .interrupted,
      "The server compressed a file though asked not to, so that it can't be known to be complete.")
  }

  /// For an answer that should be small: files are handed on as they arrive, and have no such bound.
  static var endlessAnswer: Self {
    Self(.interrupted, "The answer is too large to be held in memory and was broken off.")
  }

  /// The lengths are told, for they are the only proof of it.
  static func cutShort(after received: Int, of promised: Int) -> Self {
    Self(.interrupted, "The answer ended after \(received) of \(promised) bytes.")
  }

  /// The session reported neither an error nor a response.
  static func noAnswer(to request: HTTPRequest) -> Self {
    Self(.interrupted, "The connection to \(request.place) ended without an answer.")
  }

  /// What a failure of the session means to whoever sent `request`.
  ///
  /// Once anything was sent or received, no failure counts as ``Kind/unreachable`` any more, whatever its
  /// code: the request may have been acted on.
  init(_ error: any Error, of request: HTTPRequest, isUnderWay: Bool) {
    let code = (error as? URLError)?.code
    let reason = Self.reason(error, of: request)
    if code == .timedOut {
      let seconds = Int(request.idleLimit.seconds.rounded(.up))
      self.init(.timedOut, "Nothing moved between here and \(request.place) for \(seconds) seconds.")
    } else if !isUnderWay, let code, Self.beforeConnecting.contains(code) {
      self.init(.unreachable, "No connection to \(request.place) came about\(reason).")
    } else {
      self.init(.interrupted, "The connection to \(request.place) broke off\(reason).")
    }
  }

  // An address that isn't understood is not among them: on Linux an answer that isn't goes by the same code.
  private static let beforeConnecting: Set<URLError.Code> = [
    .cannotFindHost, .cannotConnectToHost, .dnsLookupFailed, .notConnectedToInternet, .secureConnectionFailed,
    .serverCertificateUntrusted, .serverCertificateHasBadDate, .serverCertificateHasUnknownRoot,
    .serverCertificateNotYetValid, .dataNotAllowed, .internationalRoamingOff,
  ]

  /// The system's own words, unless they could tell a secret: an address with its query or its password, or a
  /// field of the request.
  ///
  /// What is doubtful is left out whole: a message is worth less than a key.
  private static func reason(_ error: any Error, of request: HTTPRequest) -> String {
    let text = error.localizedDescription.trimmingCharacters(in: CharacterSet(charactersIn: ". \n"))
    let tellsField = request.headers.fields.contains { !$0.value.isEmpty && text.contains($0.value) }
    guard !text.isEmpty, !tellsField, !text.contains(where: { "?@".contains($0) }) else { return "" }
    return " (\(text))"
  }
}

extension HTTPRequest {
  /// Where it goes, as far as anyone may know.
  fileprivate var place: String {
    let host = url.host ?? "the server"
    return url.port.map { "\(host):\($0)" } ?? host
  }
}
