/// The named values of a JSON object, in the order they were written.
///
/// Equality does not mind the order, as JSON does not. Objects are small as a rule, so a name is looked up by
/// walking along them; a key written twice keeps its first place and its last value.
///
/// The order is kept because it means something to a model: it reads a schema from top to bottom, and it
/// writes its answer in that order. It also makes the same batch the same bytes.
public struct JSONObject: Sendable, Hashable {
  /// The names and values in order.
  public private(set) var pairs: [(key: String, value: JSONValue)] = []

  /// An object of these pairs.
  public init(_ pairs: some Sequence<(String, JSONValue)>) {
    // Few names are found sooner by walking along them; many would make that a walk for each of them.
    var places: [String: Int] = [:]
    for (key, value) in pairs {
      let isSmall = self.pairs.count < Self.few
      if !isSmall, places.isEmpty {
        for (place, pair) in self.pairs.enumerated() { places[pair.key] = place }
      }
      if let place = isSmall ? self.pairs.firstIndex(where: { $0.key == key }) : places[key] {
        self.pairs[place].value = value
      } else {
        if !isSmall { places[key] = self.pairs.count }
        self.pairs.append((key, value))
      }
    }
  }

  private static let few = 32

  /// The value under `key`; set `nil` to take it out.
  ///
  /// A value that is set under a known name keeps the place of that name; a new one goes to the end.
  public subscript(_ key: String) -> JSONValue? {
    get { pairs.first { $0.key == key }?.value }
    set {
      let place = pairs.firstIndex { $0.key == key }
      switch (place, newValue) {
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
    return left.dictionary == right.dictionary
  }

  /// Feeds the members to a hasher, their order left aside.
  public func hash(into hasher: inout Hasher) { hasher.combine(dictionary) }

  /// The names and values without their order.
  public var dictionary: [String: JSONValue] {
    Dictionary(pairs.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
  }
}

extension JSONObject: Sequence, ExpressibleByDictionaryLiteral {
  /// An object of these pairs.
  public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }

  /// Starts at the first pair.
  public func makeIterator() -> IndexingIterator<[(key: String, value: JSONValue)]> { pairs.makeIterator() }
}
