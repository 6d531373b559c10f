/// A word that a service knows for a setting; words that are not named here can be written as literals.
///
/// Services add words faster than libraries are released. An enum would make each new one wait for a release;
/// here it is a literal: `.reasoningEffort("extreme")`.
public protocol SettingWord: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral,
  CustomStringConvertible
where RawValue == String, StringLiteralType == String {
  /// The word as the service spells it.
  init(rawValue: String)
}

extension SettingWord {
  /// The word as the service spells it.
  public init(stringLiteral value: String) { self.init(rawValue: value) }

  /// The word as the service spells it.
  public init(_ word: String) { self.init(rawValue: word) }

  /// The value as text.
  public var description: String { rawValue }

  var json: JSONValue { .string(rawValue) }
}

/// How long a reasoning model thinks.
public struct ReasoningEffort: SettingWord {
  /// The word as the service spells it.
  public let rawValue: String

  /// The word as the service spells it.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Not at all.
  public static let none: Self = "none"
  /// Hardly.
  public static let minimal: Self = "minimal"
  /// Shortly.
  public static let low: Self = "low"
  /// For a while.
  public static let medium: Self = "medium"
  /// For long.
  public static let high: Self = "high"
  /// For as long as it takes.
  public static let xhigh: Self = "xhigh"
}

/// How much a reasoning model tells of its thoughts.
public struct ReasoningSummary: SettingWord {
  /// The word as the service spells it.
  public let rawValue: String

  /// The word as the service spells it.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// As much as the model offers.
  public static let auto: Self = "auto"
  /// Few words.
  public static let concise: Self = "concise"
  /// Many words.
  public static let detailed: Self = "detailed"
}

/// How much a model says.
public struct Verbosity: SettingWord {
  /// The word as the service spells it.
  public let rawValue: String

  /// The word as the service spells it.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Little.
  public static let low: Self = "low"
  /// As much as usual.
  public static let medium: Self = "medium"
  /// Much.
  public static let high: Self = "high"
}

/// The class of service that a request is run in.
public struct ServiceTier: SettingWord {
  /// The word as the service spells it.
  public let rawValue: String

  /// The word as the service spells it.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// As the project is set up.
  public static let auto: Self = "auto"
  /// The usual one.
  public static let `default`: Self = "default"
  /// Cheaper and slower.
  public static let flex: Self = "flex"
  /// Dearer and faster.
  public static let priority: Self = "priority"
}

/// What is done with a conversation that is too long.
public struct Truncation: SettingWord {
  /// The word as the service spells it.
  public let rawValue: String

  /// The word as the service spells it.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Its beginning is left out.
  public static let auto: Self = "auto"
  /// It is refused.
  public static let disabled: Self = "disabled"
}

/// Something more that an answer should include.
public struct Inclusion: SettingWord {
  /// The word as the service spells it.
  public let rawValue: String

  /// The word as the service spells it.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The likelihood of each word.
  public static let logprobs: Self = "message.output_text.logprobs"
  /// The model's thoughts, sealed, to be handed back later.
  public static let encryptedReasoning: Self = "reasoning.encrypted_content"
  /// What was found in files.
  public static let fileSearchResults: Self = "file_search_call.results"
  /// The sources of what was found in the web.
  public static let webSearchSources: Self = "web_search_call.action.sources"
  /// What programs of the model printed.
  public static let codeInterpreterOutputs: Self = "code_interpreter_call.outputs"
}

/// A kind of output.
public struct Modality: SettingWord {
  /// The word as the service spells it.
  public let rawValue: String

  /// The word as the service spells it.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Words.
  public static let text: Self = "text"
  /// Speech.
  public static let audio: Self = "audio"
}

/// How closely a model looks at an image.
public struct ImageDetail: SettingWord {
  /// The word as the service spells it.
  public let rawValue: String

  /// The word as the service spells it.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// As closely as the model sees fit.
  public static let auto: Self = "auto"
  /// At a glance, for few tokens.
  public static let low: Self = "low"
  /// Closely.
  public static let high: Self = "high"
}
