/// Random numbers that are the same for the same seed on every machine and in every release.
///
/// The standard library promises neither how it draws from a range nor that it will go on doing so; a sample
/// that was looked at yesterday has to be the same sample today. So both the sequence, which is SplitMix64,
/// and the drawing are our own. It is small, fast, and good enough to shuffle by; for secrets it is not.
package struct SplitMix: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// The next number of the sequence.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 up to, and without, `bound`, each as likely as any other.
  mutating func below(_ bound: Int) -> Int {
    guard bound > 1 else { return 0 }
    let bound = UInt64(bound)
    // Numbers past the last whole multiple of the bound would make the small ones likelier.
    let limit = UInt64.max - UInt64.max % bound
    var number = next()
    while number >= limit { number = next() }
    return Int(number % bound)
  }
}
