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
  package init(
    name: String = "OpenAI", apiKey: APIKey, baseURL: String, organization: String?, project: String?,
    limits: BatchLimits, credentials: Credentials
  ) {
    var (base, hadSecrets) = Self.withoutSecrets(baseURL)
    while base.hasSuffix("/") { base.removeLast() }
    if hadSecrets { fault = .secretsInAddress(base) }
    identity = ProviderIdentity(name: name, baseURL: base, organization: organization, project: project)
    self.limits = limits
    self.apiKey = apiKey
    self.credentials = credentials
  }
}

extension OpenAI {
  /// The address without a user, a password, a query or a fragment: it is written into journals and messages,
  /// and each of those may hold a key.
  ///
  /// An address that can't be taken apart is returned as it is, and is no web address for any call.
  private static func withoutSecrets(_ address: String) -> (address: String, hadSecrets: Bool) {
    guard var parts = URLComponents(string: address) else { return (address, false) }
    let had = parts.user != nil || parts.password != nil || parts.query != nil || parts.fragment != nil
    (parts.user, parts.password, parts.query, parts.fragment) = (nil, nil, nil, nil)
    return (had ? parts.string ?? "" : address, had)
  }
}

extension BatchError {
  fileprivate static func secretsInAddress(_ address: String) -> Self {
    Self(
      .refused,
      "The base URL \(address) came with a user name, a password or a query; leave them out, and give the key as a key."
    )
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
      limits: .openAI, credentials: credentials)
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
      name: baseURL.host ?? "compatible", apiKey: apiKey, baseURL: baseURL.absoluteString, organization: nil,
      project: nil, limits: limits, credentials: Credentials())
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
    else {
      throw BatchError(
        .refused,
        "The base URL “\(identity.baseURL)” is no web address; write it like https://api.openai.com/v1.")
    }
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
