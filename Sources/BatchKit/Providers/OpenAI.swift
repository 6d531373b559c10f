public import Foundation

/// OpenAI's Batch API, and every server that speaks it at another address.
///
/// Without arguments it takes `OPENAI_API_KEY`, `OPENAI_BASE_URL`, `OPENAI_ORG_ID` and `OPENAI_PROJECT_ID`
/// from the environment, or from `.env` in the working folder.
///
/// It is made by the words that a client takes:
///
/// ```swift
/// let client = BatchClient(.openAI())
/// let local = BatchClient(.compatible(at: URL(string: "http://127.0.0.1:8000/v1")!, apiKey: .none))
/// ```
/// The key is looked up for each call, so a program can be set up before there is one.
public struct OpenAI: BatchProvider {
  /// Whom the calls reach, and on whose account.
  ///
  /// It shows the address without its last slash, so that two spellings are one service.
  public let identity: ProviderIdentity
  /// What one remote batch may hold.
  public let limits: BatchLimits
  /// Where the key is to be found, and through what.
  let apiKey: APIKey
  let credentials: Credentials
  /// Whether the server can be asked to let files expire; others may refuse a request that asks.
  var expiresFiles = false
  /// Why the settings could not be read: told by the first call, since the way here can't throw.
  var fault: BatchError?

  /// Takes the address without what may be secret in it, and remembers that something was left out: the first
  /// call then refuses to go, rather than without what its user meant it to carry.
  ///
  /// - Parameter place: what the address is called in messages, which show no more of it than its host.
  package init(
    name: String = "OpenAI", apiKey: APIKey, baseURL: String, organization: String?, project: String?,
    limits: BatchLimits, credentials: Credentials, from place: String = "base URL"
  ) {
    var (base, fault) = Self.withoutSecrets(baseURL, from: place)
    while base.hasSuffix("/") { base.removeLast() }
    self.fault = fault
    identity = ProviderIdentity(name: name, baseURL: base, organization: organization, project: project)
    self.limits = limits
    self.apiKey = apiKey
    self.credentials = credentials
  }
}

extension OpenAI {
  /// The address without a query or a fragment, and nothing at all of one that could hold a password: it is
  /// written into journals and messages, and any of those parts may be a key.
  ///
  /// A password with a `/`, a `#` or a `?` in it has the address read otherwise than it was meant: as one
  /// whose host is the user, or as none at all. So it is not the parts that tell, but the `@`, wherever it
  /// stands.
  ///
  /// - Returns: what may be kept, and why the address can't be used, where it can't.
  private static func withoutSecrets(
    _ address: String, from place: String
  ) -> (base: String, fault: BatchError?) {
    let parts = URLComponents(string: address)
    guard !address.contains("@"), parts?.host?.contains("@") != true else {
      return ("", .secretsInAddress(place, shown: nil))
    }
    guard var parts, let scheme = parts.scheme, let host = parts.host, !host.isEmpty else {
      return ("", .noAddress(place, shown: nil))
    }
    let shown = "\(scheme)://\(host)"
    guard ["http", "https"].contains(scheme.lowercased()) else {
      return (shown, .noAddress(place, shown: shown))
    }
    guard parts.query != nil || parts.fragment != nil else { return (address, nil) }
    (parts.query, parts.fragment) = (nil, nil)
    return (parts.string ?? shown, .secretsInAddress(place, shown: shown))
  }

  /// Whether nothing of an address could be a password, so that its host may be shown.
  fileprivate static func isPlain(_ address: URL) -> Bool {
    !address.absoluteString.contains("@") && address.host?.contains("@") != true
  }
}

extension BatchError {
  /// The address holds what belongs nowhere but into a header; `shown` is what may be told of it.
  fileprivate static func secretsInAddress(_ place: String, shown: String?) -> Self {
    Self(
      .refused,
      "The \(place)\(shown.map { " (\($0))" } ?? "") came with a user name, a password or a query; leave "
        + "them out, and give the key as a key."
    )
  }

  /// The address leads to no web server.
  fileprivate static func noAddress(_ place: String, shown: String?) -> Self {
    Self(
      .refused,
      "The \(place)\(shown.map { " (\($0))" } ?? "") is no web address; write it like "
        + "https://api.openai.com/v1.")
  }
}

extension BatchProvider where Self == OpenAI {
  /// OpenAI itself, or whatever server `OPENAI_BASE_URL` names.
  ///
  /// Settings that can't be read are told by the first call, since to make a provider throws nothing.
  ///
  /// - Parameters:
  ///   - apiKey: Where the key is found.
  ///   - organization: The organisation that pays; if `nil`, the one that `OPENAI_ORG_ID` names, if any.
  ///   - project: The project that pays; if `nil`, the one that `OPENAI_PROJECT_ID` names, if any.
  public static func openAI(
    apiKey: APIKey = .environment("OPENAI_API_KEY"), organization: String? = nil, project: String? = nil
  ) -> Self {
    openAI(apiKey: apiKey, organization: organization, project: project, credentials: Credentials())
  }

  /// The same, with settings and keys from the given places, as a test wants it. Whether files can be asked
  /// to expire is told by the host: only OpenAI's own surely know the field.
  package static func openAI(
    apiKey: APIKey, organization: String? = nil, project: String? = nil, credentials: Credentials
  ) -> Self {
    var fault: BatchError?
    func setting(_ name: String) -> String? {
      do throws(BatchError) { return try credentials.setting(name) } catch {
        fault = error
        return nil
      }
    }
    var provider = OpenAI(
      apiKey: apiKey, baseURL: setting("OPENAI_BASE_URL") ?? "https://api.openai.com/v1",
      organization: organization ?? setting("OPENAI_ORG_ID"),
      project: project ?? setting("OPENAI_PROJECT_ID"),
      limits: .openAI, credentials: credentials, from: "address in OPENAI_BASE_URL")
    provider.fault = fault ?? provider.fault
    let host = URL(string: provider.identity.baseURL)?.host ?? ""
    provider.expiresFiles = host == "api.openai.com" || host.hasSuffix(".api.openai.com")
    return provider
  }

  /// Any server that speaks OpenAI's Batch API at this address, which as a rule ends in `/v1`.
  ///
  /// - Parameters:
  ///   - baseURL: The address, to which `/batches` and the like are added.
  ///   - apiKey: The key, or `.none` where the server asks for none.
  ///   - limits: What fits into one batch there.
  ///   - expiresFiles: Whether the server knows `expires_after`, by which a ``FileLifetime`` is asked for.
  ///     Many don't, and some refuse what they don't know.
  ///
  /// ```swift
  /// let azure = BatchClient(
  ///   .compatible(
  ///     at: URL(string: "https://acme.openai.azure.com/openai/v1")!, apiKey: .environment("AZURE_KEY"),
  ///     limits: .azureOpenAI))
  /// ```
  public static func compatible(
    at baseURL: URL, apiKey: APIKey, limits: BatchLimits = .openAI, expiresFiles: Bool = false
  ) -> Self {
    var provider = OpenAI(
      name: OpenAI.isPlain(baseURL) ? baseURL.host ?? "compatible" : "compatible", apiKey: apiKey,
      baseURL: baseURL.absoluteString, organization: nil, project: nil, limits: limits,
      credentials: Credentials())
    provider.expiresFiles = expiresFiles
    return provider
  }
}

extension OpenAI {
  /// A request to a path below the base address, with the key and the account in its header.
  ///
  /// Every part of the path is escaped, since ids come from the service and are not to be trusted with
  /// slashes. Nothing is looked at that costs a call.
  ///
  /// - Throws: ``BatchError`` where the settings could not be read, the address is none, or there is no key.
  func request(_ method: String, _ path: [String], query: [(String, String)] = []) throws -> HTTPRequest {
    if let fault { throw fault }
    let escaped = path.map { Self.escaped($0) }.joined(separator: "/")
    let tail = query.map { "\($0.0)=\(Self.escaped($0.1))" }.joined(separator: "&")
    guard let url = URL(string: "\(identity.baseURL)/\(escaped)" + (tail.isEmpty ? "" : "?\(tail)")),
      url.scheme == "http" || url.scheme == "https", url.host != nil
    else { throw BatchError.noAddress("base URL", shown: nil) }
    var request = HTTPRequest(method, url, headers: ["Accept": "application/json"])
    if let key = try secret() { request.headers["Authorization"] = "Bearer \(key)" }
    request.headers["OpenAI-Organization"] = identity.organization
    request.headers["OpenAI-Project"] = identity.project
    return request
  }

  /// The text of the key, or `nil` for a server that asks for none.
  func secret() throws -> String? { try credentials.text(of: apiKey) }

  /// Leaves only what stands for itself anywhere in an address.
  private static func escaped(_ text: String) -> String {
    let unreserved = CharacterSet(
      charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    return text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? text
  }
}
