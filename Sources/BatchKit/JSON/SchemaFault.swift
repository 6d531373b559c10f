/// Why a schema can't be read off a type, where in it, and what to do.
struct SchemaFault: Hashable {
  enum Reason: Hashable {
    case dictionary
    case dynamicKeys
    case unlistedCases
    case noCases
    case mixedArray
    case severalTypes
    case untyped
    case endless
    case tooDeep
    case undecodable(String)
  }

  let type: String
  let path: String
  let reason: Reason

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
