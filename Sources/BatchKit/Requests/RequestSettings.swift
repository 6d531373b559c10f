/// The settings of a request beside its model and its input, ready for the body.
///
/// What has a method of its own comes in the order of its endpoint's list, whatever the order of the calls;
/// what was given by name follows in the order it was given. So the same settings make the same bytes.
struct RequestSettings: Sendable, Hashable {
  private var named: [String: JSONValue] = [:]
  private var others: JSONObject = [:]

  /// Sets what has a method of its own.
  mutating func set(_ name: String, _ value: JSONValue?) {
    named[name] = value
    others[name] = nil
  }

  /// Sets anything by its name on the wire, also what stands in the body by itself, such as the model.
  mutating func setParameter(_ name: String, _ value: JSONValue) { others[name] = value }

  subscript(_ name: String) -> JSONValue? { others[name] ?? named[name] }

  /// Puts the settings into a body behind what is there, or in its place.
  func add(to body: inout JSONObject, order: [String]) {
    for name in order where named[name] != nil { body[name] = named[name] }
    for (name, value) in others { body[name] = value }
  }

  /// What the service would refuse.
  var problems: [Problem] {
    var problems: [Problem] = []
    if self["stream"]?.bool == true { problems.append(.streaming) }
    if let metadata = self["metadata"]?.object { problems += metadata.metadataProblems }
    return problems
  }
}

extension JSONObject {
  /// The limits that OpenAI sets to metadata of any kind.
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
