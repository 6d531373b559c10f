/// Random numbers that are the same for the same seed, so that a run that failed can be run again.
///
/// The system's own generator can't be seeded. This one is small, fast, and good enough to shuffle by; for
/// secrets it is not.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// The next number of the SplitMix64 sequence.
  ///
  /// It is the same on every system.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Whether a coin that falls so with this probability did.
  ///
  /// At 0 it never does, at 1 always.
  package mutating func happens(_ probability: Double) -> Bool {
    Double.random(in: 0..<1, using: &self) < probability
  }

  /// A name of 32 hexadecimal digits.
  package mutating func name() -> String {
    [next(), next()].map { number in
      let digits = String(number, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
