/// A request whose settings are set one by one, each making a copy.
///
/// Settings that several endpoints share are declared here once; each endpoint adds its own. A setting is a
/// parameter of the body under another name, so the last word about it counts, whoever said it.
public protocol ConfigurableRequest: BatchRequest {
  /// Sets anything by its name on the wire, also what this library has never heard of.
  func parameter(_ name: String, _ value: JSONValue) -> Self
}

extension ConfigurableRequest {
  /// Names the person behind the request by a sign that can't be traced, so that abuse harms no one else.
  public func safetyIdentifier(_ identifier: String) -> Self {
    parameter("safety_identifier", .string(identifier))
  }

  /// Whole numbers are written without a point, which some services insist on.
  func parameter(_ name: String, _ value: Int) -> Self { parameter(name, .number(JSONNumber(value))) }
  func parameter(_ name: String, _ value: Double) -> Self { parameter(name, .number(JSONNumber(value))) }
}

/// A request that a model answers in words.
public protocol TextRequest: ConfigurableRequest where Input == Prompt {}

extension TextRequest {
  /// Sets how freely the model chooses its words, from 0 to 2.
  ///
  /// Models that reason often refuse any but their own; leave it out for them.
  public func temperature(_ value: Double) -> Self { parameter("temperature", value) }

  /// Keeps to the words that make up this share of the likelihood.
  public func topP(_ share: Double) -> Self { parameter("top_p", share) }

  /// Attaches up to 16 names and values that the service keeps with the answer.
  ///
  /// The pairs are written in the order of their names, since a dictionary has none: the same metadata must
  /// make the same bytes.
  public func metadata(_ metadata: [String: String]) -> Self {
    let pairs = metadata.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
    return parameter("metadata", .object(JSONObject(pairs)))
  }

  /// Sets the class of service.
  public func serviceTier(_ tier: ServiceTier) -> Self { parameter("service_tier", tier.json) }

  /// Sets whether the service keeps the answer.
  public func store(_ isStored: Bool) -> Self { parameter("store", .bool(isStored)) }

  /// Sets whether the model may ask for several tools at once.
  public func parallelToolCalls(_ isAllowed: Bool) -> Self {
    parameter("parallel_tool_calls", .bool(isAllowed))
  }

  /// Brings requests with the same beginning together, so that more of it is read at the lower price.
  public func promptCacheKey(_ key: String) -> Self { parameter("prompt_cache_key", .string(key)) }
}

extension TextRequest {
  /// The words as a list of JSON, for settings that take several.
  static func values(_ words: [some SettingWord]) -> JSONValue { .array(words.map(\.json)) }
}
