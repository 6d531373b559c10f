/// What is known of models: what they refuse, how much they can read, whether they can be batched at all.
///
/// Whatever comes of it is a warning and never a refusal: models change faster than any table. The table that
/// comes with the library carries its date; add what you know, or take your own in its place:
/// ```swift
/// let rules = ModelRules.builtIn.adding(.init("my-model*", contextTokens: 32_000))
/// for problem in batch.problems(models: rules) { print(problem) }
/// ```
/// A table can be kept in a file, read by ``init(path:)``:
/// ```json
/// {"updated": "2026-11-01", "families": [
///   {"models": ["my-model*"], "contextTokens": 32000, "refuses": {"temperature": "leave it out"}}
/// ]}
/// ```
public struct ModelRules: Sendable, Hashable {
  /// When the table was last looked through, as a date.
  public var updated: String
  /// What is known, one entry for models that are alike.
  public var families: [Family]

  /// A table of these entries.
  public init(updated: String, families: [Family]) {
    self.updated = updated
    self.families = families
  }

  /// A table that says nothing, under which no model is warned about.
  public static let none = ModelRules(updated: "", families: [])

  /// Models that are alike.
  public struct Family: Sendable, Hashable {
    /// The names of the models; one that ends in `*` stands for all that begin so.
    public var models: [String]
    /// How many tokens the model can read and write in one request, where that is known.
    public var contextTokens: Int?
    /// The parameters the model refuses, and what to do instead of each.
    public var refuses: [String: String]
    /// Those it refuses as long as it reasons, and takes where the effort is `none`.
    public var refusesWhileReasoning: [String: String]
    /// Whether the model can be asked in a batch.
    public var isBatchable: Bool

    /// What is known of these models.
    public init(
      _ models: String..., contextTokens: Int? = nil, refuses: [String: String] = [:],
      refusesWhileReasoning: [String: String] = [:], isBatchable: Bool = true
    ) {
      self.init(models, contextTokens, refuses, refusesWhileReasoning, isBatchable)
    }

    fileprivate init(
      _ models: [String], _ contextTokens: Int?, _ refuses: [String: String],
      _ refusesWhileReasoning: [String: String], _ isBatchable: Bool
    ) {
      self.models = models
      self.contextTokens = contextTokens
      self.refuses = refuses
      self.refusesWhileReasoning = refusesWhileReasoning
      self.isBatchable = isBatchable
    }
  }
}

extension ModelRules {
  /// Returns the table with more in it; of two entries for one name, the one added last counts.
  public func adding(_ families: Family...) -> Self {
    var copy = self
    copy.families += families
    return copy
  }

  /// Returns the table with all of another added, whose word then counts.
  public func adding(_ other: Self) -> Self {
    Self(updated: max(updated, other.updated), families: families + other.families)
  }

  /// Returns what is known of a model: the entry that names it, or else the one with most of its name.
  ///
  /// A model that was tuned is known by the one it was made of, and `vendor/model` by the model.
  public func family(of model: Model) -> Family? {
    for name in Self.names(of: model) {
      var best: (family: Family, length: Int)?
      for family in families {
        guard let length = family.match(name), length >= best?.length ?? 0 else { continue }
        best = (family, length)
      }
      if let best { return best.family }
    }
    return nil
  }

  /// The names that a model may be known by, the most telling first.
  private static func names(of model: Model) -> [String] {
    let name = model.rawValue
    var names = [name]
    if name.hasPrefix("ft:") { names += name.split(separator: ":").dropFirst().prefix(1).map(String.init) }
    if let last = name.split(separator: "/").last, last.count < name.count { names.append(String(last)) }
    return names
  }
}

extension ModelRules.Family {
  /// How much of a name this entry names, or `nil` where it is none of its names.
  fileprivate func match(_ name: String) -> Int? {
    models.compactMap { pattern in
      guard pattern.hasSuffix("*") else { return pattern == name ? Int.max : nil }
      return name.hasPrefix(pattern.dropLast()) ? pattern.utf8.count - 1 : nil
    }.max()
  }
}
