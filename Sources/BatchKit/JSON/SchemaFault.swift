/// Why a schema can't be read off a type, where in it, and what to do.
///
/// Each reason has a remedy in its sentence, since the type is the user's own and often mended with one word.
struct SchemaFault: Hashable {
  /// What keeps the schema from being read off.
  enum Reason: Hashable {
    /// Free keys, which strict output can't describe.
    case dictionary
    /// The type asks which keys there are.
    case dynamicKeys
    /// An enumeration that is not `CaseIterable`.
    case unlistedCases
    /// An enumeration without any case.
    case noCases
    /// An array that is read as a tuple.
    case mixedArray
    /// A second try with another type, where the first one failed.
    case severalTypes
    /// A property that is only tested for being there.
    case untyped
    /// A value that would need another of its type inside, without end.
    case endless
    /// More levels of types than any service takes.
    case tooDeep
    /// The type's own initializer threw this.
    case undecodable(String)
  }

  /// The type at fault, as Swift spells it.
  let type: String
  /// The coding keys on the way to it; empty at the root.
  let path: String
  let reason: Reason

  /// The fault as it is told: where, why and what to do.
  var problem: Problem {
    let place =
      path.isEmpty ? "No schema can be read off \(type)" : "No schema can be read off “\(path)” (\(type))"
    return .schema("\(place): \(explanation).")
  }

  private static let byHand = "give the schema yourself with returning(_:schema:)"

  private var explanation: String {
    switch reason {
    case .dictionary:
      "strict output has no objects with free keys; use an array of values that hold key and value"
    case .dynamicKeys:
      "its keys are not fixed, as in an enumeration with payloads; use a struct with optional "
        + "properties, or \(Self.byHand)"
    case .unlistedCases:
      "its cases can't be listed; make it CaseIterable, with a raw type of String or Int"
    case .noCases: "it has no cases; add one"
    case .mixedArray:
      "it reads an array whose elements differ in type; use a struct with named properties"
    case .severalTypes:
      "its init(from:) tries one type after the other; decode one type, or \(Self.byHand)"
    case .untyped:
      "its init(from:) never says what stands there; decode it, or \(Self.byHand)"
    case .endless:
      "it contains itself without an optional or an array between; make one of them optional"
    case .tooDeep: "its types are nested too deeply; flatten them"
    case .undecodable(let reason):
      "its init(from:) refused a made-up value (\(reason)); let it take any value, or \(Self.byHand)"
    }
  }
}
