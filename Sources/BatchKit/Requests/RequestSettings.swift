/// The settings of a request beside its model and its input, ready for the body.
///
/// What the endpoint is known to take comes in the order of its list, whatever the order of the calls;
/// anything else follows in the order in which it was given. So the same settings make the same bytes.
///
/// Each request type has one, and every fluent setting is a value in it. They are few, so a list is searched
/// faster than a dictionary and keeps its order by itself.
struct RequestSettings: Sendable {
  /// The names that the endpoint is known to take, in the order in which they are written.
  private let order: [String]
  private var pairs: [(name: String, value: JSONValue)] = []
  /// What is wrong with a setting by itself, by the name of the setting.
  private var faults: [String: [Problem]] = [:]

  init(order: [String]) { self.order = order }

  /// The value of a setting.
  subscript(_ name: String) -> JSONValue? {
    get { pairs.first { $0.name == name }?.value }
    set { set(name, newValue) }
  }

  /// Sets a value by its name on the wire, also what stands in the body by itself, such as the model.
  ///
  /// - Parameters:
  ///   - name: The name on the wire.
  ///   - value: The value; `nil` takes the setting away.
  ///   - faults: What is wrong with it. They go with the value: the next one brings its own or none.
  mutating func set(_ name: String, _ value: JSONValue?, faults: [Problem] = []) {
    self.faults[name] = faults.isEmpty ? nil : faults
    let place = pairs.firstIndex { $0.name == name }
    switch (place, value) {
    case (let place?, let value?): pairs[place].value = value
    case (let place?, nil): pairs.remove(at: place)
    case (nil, let value?):
      let next = pairs.firstIndex { rank($0.name) > rank(name) } ?? pairs.endIndex
      pairs.insert((name, value), at: next)
    case (nil, nil): break
    }
  }

  /// Sets one value inside a setting that is an object, and leaves the others in it.
  ///
  /// - Parameter order: The order of the values in the object.
  mutating func set(_ name: String, _ key: String, _ value: JSONValue, order: [String]) {
    var inner = RequestSettings(order: order)
    for (key, value) in self[name]?.object ?? [:] { inner[key] = value }
    inner[key] = value
    var object: JSONObject = [:]
    inner.add(to: &object)
    set(name, .object(object), faults: faults[name] ?? [])
  }

  /// The place of a name in the order; names that are not in it come after all others.
  private func rank(_ name: String) -> Int { order.firstIndex(of: name) ?? order.count }

  /// Puts the settings into a body behind what is there, or in its place.
  func add(to body: inout JSONObject) {
    for (name, value) in pairs { body[name] = value }
  }

  /// What the service would refuse.
  ///
  /// Nothing is guessed here: only what every batch service refuses is refused, since new models take new
  /// settings.
  var problems: [Problem] {
    var problems = pairs.flatMap { faults[$0.name] ?? [] }
    if self["stream"]?.bool == true { problems.append(.streaming) }
    if let metadata = self["metadata"]?.object { problems += metadata.metadataProblems }
    return problems
  }
}

extension JSONObject {
  /// The limits that OpenAI sets to metadata of any kind.
  ///
  /// Characters are counted as Unicode scalars, the way the service counts.
  fileprivate var metadataProblems: [Problem] {
    var problems: [Problem] = []
    if pairs.count > 16 {
      problems.append(
        Problem(.error, "invalid_metadata", "The metadata has \(pairs.count) entries; 16 are allowed."))
    }
    for key in keys where key.unicodeScalars.count > 64 {
      problems.append(
        Problem(
          .error, "invalid_metadata",
          "The metadata key “\(key.prefix(20))…” is longer than 64 characters."
        ))
    }
    for (key, value) in pairs where (value.string?.unicodeScalars.count ?? .max) > 512 {
      problems.append(
        Problem(
          .error, "invalid_metadata",
          "The metadata value of “\(key.prefix(64))” must be a text of at most 512 characters."))
    }
    return problems
  }
}

extension Problem {
  static var streaming: Self {
    Problem(.error, "streaming_unsupported", "A batch can't stream its answers; leave “stream” out.")
  }
}
