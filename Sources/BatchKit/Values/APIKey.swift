/// A key, or the place where one is found; never shown by any description, mirror or dump.
///
/// A key is looked up when a request needs it, not before: a program that only writes files needs none.
///
/// ```swift
/// BatchClient(.openAI(apiKey: .environment("TEAM_KEY")))
/// ```
public struct APIKey: Sendable, ExpressibleByStringLiteral {
  /// Where the key is looked for when a request needs it.
  package enum Source: Sendable, Hashable {
    case value(String)
    case environment(String)
    case settings(path: String, name: String)
    case absent
  }

  package let source: Source

  package init(source: Source) { self.source = source }

  /// Makes one of a literal.
  public init(stringLiteral value: String) { source = .value(value) }

  /// This very key.
  public static func value(_ key: String) -> Self { Self(source: .value(key)) }

  /// The key in this environment variable, else in `.env` of the working folder, else in the settings file.
  public static func environment(_ name: String) -> Self { Self(source: .environment(name)) }

  /// The key under `name` in a settings file, which must be readable by its owner alone.
  public static func settings(_ path: String, name: String = "OPENAI_API_KEY") -> Self {
    Self(source: .settings(path: path, name: name))
  }

  /// No key: for servers that ask for none.
  public static var none: Self { Self(source: .absent) }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// What people are shown of it.
  public var description: String { "APIKey(redacted)" }
  /// The same as its description.
  public var debugDescription: String { description }
  /// A mirror that shows nothing secret.
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
