/// Reads the schema off a type by letting it decode itself from made-up values, and noting what it asks for.
///
/// A type that contains itself can be made only once there is a value of it to put inside, so a round that
/// lacks one is followed by another, which has those that the first could make.
///
/// A mirror would show stored properties of a value, but there is no value yet, and coding keys, custom
/// decoding and optional properties would stay hidden. What a type asks its decoder for is what an answer has
/// to hold.
///
/// It is used for one type and then thrown away. What it runs is the type's own initializer, with values that
/// nobody ever sent, so whatever that throws is taken as news and not as a failure.
final class SchemaProbe {
  /// Which of two sets of made-up values is used: a type that asks for other things the second time looks at
  /// the values, and no schema can be read off it.
  let usesSecondValues: Bool
  /// Whether values are wanted that no case of an enumeration is likely to have.
  private(set) var usesRareValues = false
  /// What kept something from being read off, each once, in the order of finding.
  private(set) var faults: [SchemaFault] = []
  /// The names of types that contain themselves, by which their definitions are referred to.
  private(set) var names: [ObjectIdentifier: String] = [:]
  /// The types that are being made just now, the innermost last.
  private var open: [ObjectIdentifier] = []
  /// The shapes of types that were read off in this round.
  private var done: [ObjectIdentifier: SchemaShape] = [:]
  /// A value of each type that could be made, kept from round to round.
  private var made: [ObjectIdentifier: Any] = [:]
  /// Types that were tried with failures already: once is enough.
  private var provoked: Set<ObjectIdentifier> = []
  /// The first type of which a value was needed before there was one.
  private var lacking: (type: Any.Type, path: String)?

  /// How deep types may nest; a service takes ten levels.
  private static let deepest = 32

  init(usesSecondValues: Bool) { self.usesSecondValues = usesSecondValues }

  /// The shape of `type`; what can't be read off is among the faults.
  ///
  /// It goes round by round, as long as a round makes a value that the one before lacked.
  func shape<T: Decodable>(of type: T.Type) -> SchemaShape {
    while true {
      let before = made.count
      let shape = SchemaShape()
      faults = []
      done = [:]
      lacking = nil
      // What keeps a value from being made is among the faults.
      _ = try? value(of: type, into: shape, path: "")
      guard let lacking else { return shape }
      if made.count == before {
        fault(lacking.type, lacking.path, .endless)
        return shape
      }
    }
  }

  /// A value of `type`, after noting in `shape` what it is made of.
  ///
  /// - Throws: ``Stop`` where no value can be made.
  func value<T>(of type: T.Type, into shape: SchemaShape, path: String) throws -> T {
    let value: Any
    if let known = type as? any KnownShape.Type {
      value = try known.madeUp(by: self, into: shape, path: path)
    } else if let choice = try choice(type, into: shape, path: path) {
      value = choice
    } else if let decodable = type as? any Decodable.Type {
      value = try decoded(decodable, into: shape, path: path)
    } else {
      throw stop(type, path, .undecodable("it is not Decodable"))
    }
    guard let typed = value as? T else { throw stop(type, path, .undecodable("it is no \(type)")) }
    return typed
  }

  /// Notes why the schema can't be read off, and returns what to throw where no value can be made either.
  func stop(_ type: Any.Type, _ path: String, _ reason: SchemaFault.Reason) -> Stop {
    fault(type, path, reason)
    return .noValue
  }

  /// Notes a fault, unless it was noted before.
  func fault(_ type: Any.Type, _ path: String, _ reason: SchemaFault.Reason) {
    let fault = SchemaFault(type: "\(type)", path: path, reason: reason)
    if !faults.contains(fault) { faults.append(fault) }
  }

  /// Why a value could not be made.
  enum Stop: Error {
    /// There is none of a type further up yet.
    case unfinished
    /// The reason is among the faults.
    case noValue
  }
}

extension SchemaProbe {
  /// One case of an enumeration that lists its cases, which are noted.
  ///
  /// Only an enumeration with raw values that are texts or whole numbers is one for JSON: its raw values are
  /// what an answer holds. `nil` for any other type.
  private func choice<T>(_ type: T.Type, into shape: SchemaShape, path: String) throws -> Any? {
    guard let listed = type as? any CaseIterable.Type else { return nil }
    let cases = listed.anyCases
    let values = cases.compactMap { ($0 as? any RawRepresentable)?.anyRawValue as? any Encodable }
    guard let first = cases.first else { throw stop(type, path, .noCases) }
    guard values.count == cases.count else { return nil }
    let words = values.compactMap { $0 as? String }
    let numbers = values.compactMap { $0 as? any BinaryInteger }
    if words.count == cases.count {
      shape.kind = .choice(words.map { .string($0) }, type: "string")
    } else if numbers.count == cases.count {
      shape.kind = .choice(numbers.map { .number($0.json) }, type: "integer")
    } else {
      return nil
    }
    return usesSecondValues ? cases.last : first
  }

  /// A value that the type decodes itself.
  ///
  /// A type that is met again is not read off again: many properties of one type cost no more than one.
  private func decoded<T: Decodable>(_ type: T.Type, into shape: SchemaShape, path: String) throws -> T {
    let id = ObjectIdentifier(type)
    if open.contains(id) { return try recurring(type, into: shape, path: path) }
    if let known = done[id], let value = made[id] as? T {
      shape.adopt(known)
      return value
    }
    guard open.count < Self.deepest else { throw stop(type, path, .tooDeep) }
    open.append(id)
    defer { open.removeLast() }
    shape.owner = id
    // Whether the type goes on with null goes wherever it is met; whether it may be missing here does not.
    let mayBeMissing = shape.isNullable
    shape.isNullable = false
    defer { shape.isNullable = shape.isNullable || mayBeMissing }
    let value = try decoding(type, into: shape, path: path)
    made[id] = value
    let copy = SchemaShape()
    copy.adopt(shape)
    done[id] = copy
    return value
  }

  /// A value of a type that is being made further up, where an earlier round could make one.
  private func recurring<T>(_ type: T.Type, into shape: SchemaShape, path: String) throws -> T {
    let id = ObjectIdentifier(type)
    shape.kind = .reference
    shape.owner = id
    if names[id] == nil { names[id] = freeName(for: type) }
    guard let value = made[id] as? T else {
      lacking = lacking ?? (type, path)
      throw Stop.unfinished
    }
    return value
  }

  /// Lets the type decode itself, and translates what it throws into a fault with a remedy.
  private func decoding<T: Decodable>(
    _ type: T.Type, into shape: SchemaShape, path: String
  ) throws -> T {
    let before = usesRareValues
    usesRareValues = type is any RawRepresentable.Type
    defer { usesRareValues = before }
    let log = ProbeLog()
    let decoder = ProbeDecoder(probe: self, shape: shape, path: path, log: log)
    do {
      let value = try T(from: decoder)
      note(log, of: type, shape, path)
      provoke(type, log, path)
      return value
    } catch let stop as Stop {
      throw stop
    } catch {
      if log.asksForAllKeys { throw self.stop(type, path, .dynamicKeys) }
      let isEnumeration = log.isSingle && type is any RawRepresentable.Type
      throw self.stop(type, path, isEnumeration ? .unlistedCases : .undecodable("\(error.reason)"))
    }
  }

  /// Notes what is known of a type only after it was made.
  private func note(_ log: ProbeLog, of type: Any.Type, _ shape: SchemaShape, _ path: String) {
    if log.asksForAllKeys { fault(type, path, .dynamicKeys) }
    if log.mixesElements { fault(type, path, .mixedArray) }
    for (name, member) in shape.members {
      if case .unknown = member.kind { fault(type, path.descending(to: name), .untyped) }
    }
    if case .unknown = shape.kind { fault(type, path, .untyped) }
  }

  /// Has the type decode itself again and again, failing one question each time, to see whether it then asks
  /// for something else in the same place.
  ///
  /// A type that decodes a number or else a text has two schemas; with a value for every question it would
  /// never show. It is done once for a type, and not for one with very many questions, where it would take
  /// long.
  private func provoke<T: Decodable>(_ type: T.Type, _ log: ProbeLog, _ path: String) {
    guard provoked.insert(ObjectIdentifier(type)).inserted, log.answers.count <= 256 else { return }
    for failing in log.answers.indices {
      let replay = ProbeLog(answers: log.answers, failing: failing)
      let decoder = ProbeDecoder(probe: self, shape: SchemaShape(), path: path, log: replay)
      // Whatever comes of it: only the questions count.
      _ = try? T(from: decoder)
      if replay.asksOtherwise {
        return fault(type, path.descending(to: log.answers[failing].place), .severalTypes)
      }
    }
  }

  /// A name for a definition that no other type has.
  ///
  /// Two types of one name, nested in different ones, get different numbers.
  private func freeName(for type: Any.Type) -> String {
    let base = "\(type)".schemaName
    var name = base
    var number = 2
    while names.values.contains(name) {
      name = "\(base)\(number)"
      number += 1
    }
    return name
  }
}

extension CaseIterable {
  /// All cases, of a type that is known only as one that lists them.
  fileprivate static var anyCases: [Any] { allCases.map { $0 as Any } }
}

extension RawRepresentable {
  /// The raw value, whatever its type.
  fileprivate var anyRawValue: Any { rawValue }
}

extension BinaryInteger {
  /// The number as JSON has it.
  fileprivate var json: JSONNumber { JSONNumber(self) }
}

extension Error {
  /// What a type's own initializer had to say.
  fileprivate var reason: String {
    switch self as? DecodingError {
    case .dataCorrupted(let context)?, .keyNotFound(_, let context)?, .typeMismatch(_, let context)?,
      .valueNotFound(_, let context)?:
      context.debugDescription
    default: "\(self)"
    }
  }
}

extension String {
  /// The path of a property of what stands at this one.
  func descending(to name: String) -> String {
    isEmpty || name.hasPrefix("[") || name.isEmpty ? self + name : "\(self).\(name)"
  }

  /// The text as a name that a service takes for a schema: letters, digits, hyphens and underscores.
  ///
  /// A generic type's name has brackets and commas, which become underscores; a long one is cut to 64
  /// characters.
  package var schemaName: String {
    let sound = utf8.map { byte -> UInt8 in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
        byte
      default: UInt8(ascii: "_")
      }
    }
    let name = String(decoding: sound.prefix(64), as: UTF8.self)
    return name.isEmpty ? "_" : name
  }
}
