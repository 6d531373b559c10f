/// The named values of a JSON object, in the order they were written.
///
/// Equality does not mind the order, as JSON does not. Objects are small as a rule, so a name is looked up by
/// walking along them; a key written twice keeps its first place and its last value.
///
/// Keys are compared byte for byte, as services do and as answers are decoded: an accent that is written in
/// another way makes another key, although Swift's strings are then equal.
///
/// The order is kept because it means something to a model: it reads a schema from top to bottom, and it
/// writes its answer in that order. It also makes the same batch the same bytes.
public struct JSONObject: Sendable, Hashable {
  /// The names and values in order.
  public private(set) var pairs: [(key: String, value: JSONValue)] = []

  /// An object of these pairs.
  public init(_ pairs: some Sequence<(String, JSONValue)>) {
    // Few names are found sooner by walking along them; many would make that a walk for each of them.
    var places: [ExactKey: Int] = [:]
    for (key, value) in pairs {
      let isSmall = self.pairs.count < Self.few
      if !isSmall, places.isEmpty {
        for (place, pair) in self.pairs.enumerated() { places[ExactKey(text: pair.key)] = place }
      }
      if let place = isSmall ? self.place(of: key) : places[ExactKey(text: key)] {
        self.pairs[place].value = value
      } else {
        if !isSmall { places[ExactKey(text: key)] = self.pairs.count }
        self.pairs.append((key, value))
      }
    }
  }

  private static let few = 32

  /// The value under `key`; set `nil` to take it out.
  ///
  /// A value that is set under a known name keeps the place of that name; a new one goes to the end.
  public subscript(_ key: String) -> JSONValue? {
    get { place(of: key).map { pairs[$0].value } }
    set {
      switch (place(of: key), newValue) {
      case (let place?, let value?): pairs[place].value = value
      case (let place?, nil): pairs.remove(at: place)
      case (nil, let value?): pairs.append((key, value))
      case (nil, nil): break
      }
    }
  }

  /// The names in order.
  public var keys: [String] { pairs.map(\.key) }

  /// Whether two objects have the same members, in whatever order.
  public static func == (left: Self, right: Self) -> Bool {
    guard left.pairs.count == right.pairs.count else { return false }
    return left.members == right.members
  }

  /// Feeds the members to a hasher, their order left aside.
  public func hash(into hasher: inout Hasher) { hasher.combine(members) }

  /// The names and values without their order.
  ///
  /// Of two keys that are equal as strings of Swift, and differ only in how an accent is written, the later
  /// one is kept.
  public var dictionary: [String: JSONValue] {
    Dictionary(pairs.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
  }
}

extension JSONObject {
  /// Where the member of this name stands.
  private func place(of key: String) -> Int? { pairs.firstIndex { ExactKey.areEqual($0.key, key) } }

  /// All members without their order.
  private var members: [ExactKey: JSONValue] {
    Dictionary(pairs.map { (ExactKey(text: $0.key), $0.value) }, uniquingKeysWith: { $1 })
  }
}

/// A name that equals only what has the same bytes.
private struct ExactKey: Hashable {
  let text: String

  static func == (left: Self, right: Self) -> Bool { areEqual(left.text, right.text) }

  /// Most names differ in their length already, and nearly all others at once as strings, which is fast to
  /// see; only then are the bytes compared.
  static func areEqual(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count && left == right && left.utf8.elementsEqual(right.utf8)
  }

  /// Names of the same bytes are equal strings, so the hash of those serves.
  func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension JSONObject: Sequence, ExpressibleByDictionaryLiteral {
  /// An object of these pairs.
  public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }

  /// Starts at the first pair.
  public func makeIterator() -> IndexingIterator<[(key: String, value: JSONValue)]> { pairs.makeIterator() }
}
