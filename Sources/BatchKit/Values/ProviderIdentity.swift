/// Whom a provider's calls reach and on whose account; never the key.
///
/// Two jobs of the same content are the same job only when this is the same too.
public struct ProviderIdentity: Sendable, Hashable, Codable {
  /// What a person calls the service.
  public var name: String
  /// The address that all calls begin with.
  public var baseURL: String
  /// The organisation that pays, where it is chosen by name.
  public var organization: String?
  /// The project that pays, where it is chosen by name.
  public var project: String?

  /// An identity of these parts.
  public init(name: String, baseURL: String, organization: String? = nil, project: String? = nil) {
    self.name = name
    self.baseURL = baseURL
    self.organization = organization
    self.project = project
  }
}
